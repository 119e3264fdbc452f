"""Planted bugs: a copy of the program with one bug in it, and the test that must notice.

Each area has a folder with a `manifest.json` and one patch for each bug. A patch is applied to a fresh copy of the
tree; its named test must fail there, within its budget, and pass in a copy without a bug, with the same seeds. No
switch for a bug exists in the program itself. A patch that no longer applies is a failure: plant the bug anew.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import ROOT

HERE = ROOT / "tests" / "planted"
COPIED = ("market_sim", "tests", "lessons", "contracts/artifacts", "simulate.py", "pyproject.toml", "README.md")
FAILED = 1
"""Pytest's exit code when tests ran and some failed; every other code but 0 means that something else went wrong."""

STOPPED = -1
"""What stands for the exit code of a test that was stopped."""

SHARED = 3
"""A budget is meant for a machine that does nothing else; planted bugs share theirs with the rest of the suite."""


@dataclass(frozen=True)
class Bug:
    """One bug: what it does, which promise it breaks, which test must notice it, and how fast."""

    id: str
    area: str
    says: str
    invariant: str
    test: str = ""
    seconds: float = 20
    environment: dict[str, str] = field(default_factory=dict)
    default: bool = False
    left_out: str = ""
    """Why the bug cannot be planted yet."""

    @property
    def patch(self) -> Path:
        return HERE / self.area / f"{self.id}.patch"


def bugs() -> list[Bug]:
    """Every bug of every area's manifest."""
    manifests = sorted(HERE.glob("*/manifest.json"))
    return [Bug(area=path.parent.name, **entry) for path in manifests for entry in json.loads(path.read_text())]


def copy_tree(place: Path) -> Path:
    """The program and its tests, without history, caches and other programs."""
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", ".*", "planted")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=ignored)
        elif source.exists():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place / name)
    return place


class DoesNotApply(Exception):
    """The lines that a patch replaces are not there, or are there more than once."""


def apply_patch(patch: Path, place: Path) -> None:
    """Apply a unified diff. Its lines must be found exactly once, wherever in the file they have moved to."""
    target: Path | None = None
    text = old = new = ""

    def replace() -> None:
        nonlocal text
        if target is None or not old + new:
            return
        if text.count(old) != 1:
            raise DoesNotApply(f"{patch.name}: its lines are found {text.count(old)} times in {target.name}:\n{old}")
        text = text.replace(old, new)
        target.write_text(text)

    for line in patch.read_text().splitlines(keepends=True):
        if line.startswith(("--- ", "diff ", "index ")):
            continue
        if line.startswith(("+++ ", "@@")):
            replace()
            old = new = ""
            if line.startswith("+++ "):
                target = place / line[4:].split("\t")[0].strip().partition("/")[2]
                if not target.exists():
                    raise DoesNotApply(f"{patch.name}: there is no {target.name}")
                text = target.read_text()
            continue
        sign, rest = line[:1], line[1:]
        if sign in " -":
            old += rest
        if sign in " +":
            new += rest
    replace()


@contextmanager
def patched(patch: Path, place: Path) -> Iterator[dict[Path, str]]:
    """A tree with a patch; gives the files that the patch names, and what stood in them before and stands again after.

    What Python compiled of such a file is removed: two versions of one size in one second would look the same to it.
    """
    lines = [line for line in patch.read_text().splitlines() if line.startswith("+++ ")]
    named = [place / line[4:].split("\t")[0].strip().partition("/")[2] for line in lines]
    untouched = {path: path.read_text() for path in named}
    try:
        apply_patch(patch, place)
        _forget_compiled(untouched)
        yield untouched
    finally:
        for path, text in untouched.items():
            path.write_text(text)
        _forget_compiled(untouched)


def _forget_compiled(paths: Iterable[Path]) -> None:
    for path in paths:
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()


@dataclass(frozen=True)
class Outcome:
    """What a test did in a copy of the tree."""

    code: int
    seconds: float
    output: str


def run_test(place: Path, bug: Bug) -> Outcome:
    """Run the bug's named test in a copy, and stop it when its budget is used up.

    A machine may stand still for longer than that, so what was stopped is tried once more with twice the time; a test
    that does not end is stopped twice.
    """
    outcome = run_once(place, bug)
    return run_once(place, bug, budgets=2) if outcome.code == STOPPED else outcome


def run_once(place: Path, bug: Bug, budgets: float = 1) -> Outcome:
    """Run the bug's named test in a copy once."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTEST_ADDOPTS", "HYPOTHESIS_PROFILE")
    }
    environment |= {"MARKET_SIM_SHRINK": "0"} | bug.environment
    start, wait = time.monotonic(), SHARED * bug.seconds * budgets
    # Its own folder: in a shared one each run would tidy up after those before it.
    with TemporaryDirectory(ignore_cleanup_errors=True) as scratch, open(f"{scratch}/said", "w+b") as said:
        command = [sys.executable, "-X", "faulthandler", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        # Plain: in CI pytest would write out all differences of two lists of thousands, for minutes.
        command += ["--basetemp", f"{scratch}/tests", "--assert=plain", bug.test]
        # Into a file: a program that a failed test has left behind would keep a pipe open, and be waited for.
        with subprocess.Popen(
            command, cwd=place, env=environment, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        ) as running:
            try:
                code, note = running.wait(wait), ""
            except subprocess.TimeoutExpired:
                code, note = STOPPED, f"not done within {wait:g} s\n"
                running.send_signal(signal.SIGABRT)  # it writes where it stands
                with suppress(subprocess.TimeoutExpired):
                    running.wait(10)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(running.pid, signal.SIGKILL)
        said.seek(0)
        return Outcome(code, time.monotonic() - start, note + said.read().decode(errors="replace"))
