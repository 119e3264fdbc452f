"""`simulate.py resume`: a run that was killed with SIGKILL goes on, and is the run that it would have been."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.analysis.summary import summarize
from market_sim.blockchain.settlement_log import FILE, lines
from market_sim.core.data.folder_lock import FolderLock
from market_sim.core.models.settlement_events import BlockSettled, CallExecuted
from market_sim.ui.cli.main import main
from tests.integration.killing import SCENARIO

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL and fork are of POSIX systems")


def contents(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.iterdir()}


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("scenario") / "small.py"
    path.write_text(SCENARIO)
    return str(path)


@pytest.fixture(scope="module")
def whole(scenario: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nobody killed."""
    out = tmp_path_factory.mktemp("whole")
    assert main(["--scenario", scenario, "--headless", "--no-plot", "-q", "--out", str(out)]) == 0
    [run] = out.iterdir()
    return run


def killed(points: list[str], out: Path, *arguments: str) -> dict[str, list[int]]:
    """By point, the exit codes of the run and of each time that it was resumed."""
    words = [sys.executable, "-m", "tests.integration.killing", ",".join(points), str(out), *arguments]
    done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
    codes = {line.split()[0]: [int(code) for code in line.split()[1:]] for line in done.stdout.splitlines()}
    assert all(code in (-9, 0) for one in codes.values() for code in one), done.stderr
    return codes


def steps(run: Path) -> dict[str, int]:
    """The number of the line at which each kind of step stands for the second time, when there is a past already."""
    seen: dict[str, list[int]] = {}
    for number, line in enumerate(lines(run / FILE), start=1):
        kind, *facts = msgspec.json.decode(line)
        name = ("told" if facts[2] else facts[1]) if kind == "row" else kind
        seen.setdefault(name, []).append(number)
    return {name: numbers[1] for name, numbers in seen.items()}


def agree(points: list[str], out: Path, whole: Path, scenario: str) -> None:
    codes = killed(points, out, "--scenario", scenario)
    for point in points:
        assert codes[point] == [-9] * (point.count("+") + 1) + [0], point
        [run] = (out / point).iterdir()
        assert run.name == whole.name
        assert contents(run) == contents(whole), point


def test_a_run_that_is_killed_while_it_settles_and_resumed_has_the_same_files(
    tmp_path: Path, whole: Path, scenario: str
) -> None:
    at = steps(whole)
    agree([str(at["settled"]), f"{at['prepared'] - 1}.5+{at['told']}"], tmp_path, whole, scenario)
    journal = open_run(whole).journal
    assert len(list(journal.of(BlockSettled))) > 1 and list(journal.of(CallExecuted)), "there was something to settle"
    settled = summarize(open_run(whole)).settled
    assert settled is not None and settled.reconciled
    assert main(["verify", str(whole)]) == 0


@pytest.mark.thorough
def test_it_does_not_matter_at_which_step_of_its_outbox_a_run_is_killed(
    tmp_path: Path, whole: Path, scenario: str
) -> None:
    at = steps(whole)
    assert list(at) == ["signed", "ready", "prepared", "sent", "mined", "settled", "told"]
    agree(
        [str(at[name]) for name in ("signed", "ready", "prepared", "sent", "mined", "told")], tmp_path, whole, scenario
    )


def test_what_cannot_be_resumed_is_refused_in_one_sentence(
    tmp_path: Path, whole: Path, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["resume", str(whole)]) == 2
    assert "needs no resuming: complete: small, seed 7" in capsys.readouterr().err
    killed(["12!"], tmp_path, "--scenario", scenario)
    [run] = (tmp_path / "12").iterdir()
    before = contents(run)
    other = tmp_path / "other.py"
    other.write_text(SCENARIO.replace("dollars(50_000)", "dollars(60_000)"))
    for typed, sentence in (
        (["--chain", "http://127.0.0.1:9"], "on a chain inside the program, not on a node: leave out --chain"),
        (
            ["--scenario", str(other)],
            "cannot be resumed: block 1 is signed already, with another result; nothing was written",
        ),
    ):
        assert main(["resume", str(run), *(typed if "--scenario" in typed else ["--scenario", scenario, *typed])]) == 2
        assert sentence in capsys.readouterr().err
        assert contents(run) == before


def test_a_run_that_another_program_runs_is_neither_resumed_nor_touched(
    tmp_path: Path, scenario: str, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed(["12!"], tmp_path, "--scenario", scenario)
    [run] = (tmp_path / "12").iterdir()
    before, again = contents(run), ["resume", str(run), "--scenario", scenario, "-q"]
    running = FolderLock(run)
    assert main(again) == 2
    assert f"{run} is in use: another program runs it" in capsys.readouterr().err
    assert contents(run) == before and [*run.parent.iterdir()] == [run]
    running.release()
    assert main(again) == 0
    [run] = (tmp_path / "12").iterdir()
    assert contents(run) == contents(whole)
