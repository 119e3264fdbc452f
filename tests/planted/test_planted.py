"""A test that cannot fail proves nothing: each planted bug turns its named test red (T18)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.conftest import PATIENCE
from tests.planted import runner
from tests.planted.conftest import all_are_wanted
from tests.planted.runner import (
    FAILED,
    STOPPED,
    Bug,
    DoesNotApply,
    Outcome,
    apply_patch,
    bugs,
    copy_tree,
    patched,
    run_test,
)

AT_ONCE = 2
AHEAD = 8
"""The bugs that are planted beyond the one that is waited for: another process may have taken over the later ones."""
PLANTED = [bug for bug in bugs() if not bug.left_out]
RUNS = [
    pytest.param(bug, id=bug.id, marks=pytest.mark.planted(default=bug.default, area=bug.area, place=place))
    for place, bug in enumerate(PLANTED)
]


def needs_a_green(bug: Bug, config: pytest.Config) -> bool:
    """Whether its test has to be seen green here: a run of everything runs it on the clean tree itself.

    With an environment of its own it is another test, which only this module runs.
    """
    return all_are_wanted(config) or bool(bug.environment)


def planted(bug: Bug, trees: SimpleQueue[Path]) -> Outcome:
    """The named test in one of these copies, with the bug; afterwards the copy is clean again."""
    place = trees.get()
    try:
        with patched(bug.patch, place):
            return run_test(place, bug)
    finally:
        trees.put(place)


def asked(bug: Bug) -> tuple:
    """What a run of the named test depends on."""
    return bug.test, *sorted(bug.environment.items())


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory) -> Iterator[Callable[[Bug], dict[object, Future[Outcome]]]]:
    """What the named tests do with and without the bugs of this run, two at a time, each question asked once."""
    mine = [item for item in request.session.items if getattr(item, "module", None) is request.module]
    wanted = [item.callspec.params["bug"] for item in mine if "runs" in getattr(item, "fixturenames", ())]
    clean = copy_tree(tmp_path_factory.mktemp("clean"))
    trees: SimpleQueue[Path] = SimpleQueue()
    for number in range(AT_ONCE):  # not one for each bug: what Python compiled of a copy serves the next bug, too
        trees.put(copy_tree(tmp_path_factory.mktemp(f"planted-{number}")))
    begun: dict[object, Future[Outcome]] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def begin(bug: Bug) -> dict[object, Future[Outcome]]:
            place = wanted.index(bug)
            for one in wanted[place : place + 1 + AHEAD]:
                if one.id not in begun:
                    begun[one.id] = pool.submit(planted, one, trees)
                if needs_a_green(one, request.config) and asked(one) not in begun:
                    begun[asked(one)] = pool.submit(run_test, clean, one)
            return begun

        yield begin
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("bug", RUNS)
def test_a_planted_bug_turns_its_test_red(bug, runs, pytestconfig):
    begun = runs(bug)
    found = begun[bug.id].result()
    assert found.code == FAILED, f"{bug.id} ({bug.says}) went unnoticed:\n{found.output[-3000:]}"
    assert f"FAILED {bug.test}" in found.output or f"ERROR {bug.test}" in found.output, found.output[-3000:]
    if needs_a_green(bug, pytestconfig):
        green = begun[asked(bug)].result()
        assert green.code == 0, f"{bug.test} fails without a bug:\n{green.output[-3000:]}"


def test_every_patch_applies(tmp_path):
    place = copy_tree(tmp_path)
    for bug in PLANTED:
        with patched(bug.patch, place) as untouched:
            assert all(path.is_relative_to(place / "market_sim") for path in untouched), f"{bug.id} changes a test"
            assert any(path.read_text() != text for path, text in untouched.items()), bug.id
        assert all(path.read_text() == text for path, text in untouched.items())


def test_each_area_has_a_bug_in_the_ordinary_run():
    areas = {bug.area for bug in PLANTED}
    assert areas == {bug.area for bug in PLANTED if bug.default}
    assert "exchange" in areas


def test_each_bug_has_its_patch_and_each_patch_its_bug():
    folders = {bug.patch.parent for bug in PLANTED}
    patches = {path for folder in folders for path in folder.glob("*.patch")}
    assert {bug.patch for bug in PLANTED} == patches
    assert len({bug.id for bug in bugs()}) == len(bugs())


def test_a_patch_that_no_longer_applies_is_a_failure(tmp_path):
    (tmp_path / "module.py").write_text("a = 1\nb = 2\na = 1\n")
    patch = tmp_path / "bug.patch"
    for lines in ("-c = 3\n+c = 4\n", "-a = 1\n+a = 2\n"):
        patch.write_text(f"--- a/module.py\n+++ b/module.py\n@@ -1 +1 @@\n{lines}")
        with pytest.raises(DoesNotApply):
            apply_patch(patch, tmp_path)
    patch.write_text("--- a/other.py\n+++ b/other.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n")
    with pytest.raises(DoesNotApply):
        apply_patch(patch, tmp_path)


def test_a_patch_finds_lines_that_have_moved(tmp_path):
    (tmp_path / "module.py").write_text("x = 0\n" * 50 + "a = 1\nb = 2\nc = 3\n")
    patch = tmp_path / "bug.patch"
    patch.write_text(
        "--- a/module.py\n+++ b/module.py\n@@ -1,2 +1,2 @@\n a = 1\n-b = 2\n+b = 9\n@@ -9 +9 @@\n-c = 3\n+c = 4\n"
    )
    apply_patch(patch, tmp_path)
    assert (tmp_path / "module.py").read_text().endswith("a = 1\nb = 9\nc = 4\n")


NEVER = Bug("none", "none", "never ends", "none", "test_never.py", seconds=1)
LEFT = Bug("none", "none", "leaves a program behind", "none", "test_left.py", seconds=PATIENCE / 3)


@pytest.mark.thorough
def test_a_program_that_a_failed_test_has_left_behind_is_ended_and_not_waited_for(tmp_path):
    (tmp_path / "test_left.py").write_text(
        "import subprocess\n\ndef test_left():\n"
        "    program = subprocess.Popen(['sleep', '1000'])\n    print(program.pid)\n    assert not program.pid\n"
    )
    found = runner.run_once(tmp_path, LEFT)
    assert found.code == FAILED, found.output
    left = re.search(r"Captured stdout call -+\n(\d+)", found.output)
    assert left is not None, found.output
    latest = time.monotonic() + PATIENCE
    while is_running(int(left[1])):
        assert time.monotonic() < latest
        time.sleep(0.01)


def is_running(process: int) -> bool:
    """Whether a process has not ended; one that has may still be listed, until somebody asks for it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.thorough
def test_a_run_that_does_not_end_is_stopped_and_says_where_it_stood(tmp_path):
    (tmp_path / "test_never.py").write_text("import time\n\ndef test_never():\n    time.sleep(1_000)\n")
    for wait in (5, 20, 60):  # a busy machine takes a while to reach the test
        stopped = runner.run_once(tmp_path, NEVER, budgets=wait / runner.SHARED)
        assert stopped.code == STOPPED
        assert f"not done within {wait} s" in stopped.output
        if "test_never.py" in stopped.output:
            return
    raise AssertionError(f"it does not say where it stood:\n{stopped.output}")


@pytest.mark.parametrize(("codes", "verdict"), [([STOPPED, FAILED], FAILED), ([STOPPED, STOPPED], STOPPED), ([0], 0)])
def test_only_what_was_stopped_is_tried_once_more(tmp_path, monkeypatch, codes, verdict):
    outcomes = [Outcome(code, 0, "") for code in codes]
    monkeypatch.setattr(runner, "run_once", lambda *_, **__: outcomes.pop(0))
    assert run_test(tmp_path, NEVER).code == verdict
    assert not outcomes
