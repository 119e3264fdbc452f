"""`simulate.py sweep`: the same file whatever does the work, and nothing that was finished is lost or done again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from market_sim import simulate
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.sweep.axes import axes
from market_sim.simulation.sweep.engines import local
from market_sim.simulation.sweep.job import Job, done
from market_sim.simulation.sweep.plan import Plan
from market_sim.ui.cli.main import main
from tests.conftest import PATIENCE, ROOT

OVER = ["sweep", "first-market", "--over", "traders=2,4", "--seeds", "3", "--epochs", "1"]


def swept(folder: Path, *further: str) -> tuple[int, Path]:
    file = folder / "sweep.jsonl"
    return main([*OVER, "--file", str(file), "--no-plot", *further]), file


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    code, file = swept(tmp_path_factory.mktemp("serial"), "--engine", "serial")
    assert code == 0
    return file


def test_each_line_is_the_run_that_its_parameters_and_its_seed_give(serial) -> None:
    head, *runs = lines(serial)
    assert head["plan"]["over"] == {"traders": ["2", "4"]}
    assert [(run["parameters"]["traders"], run["repetition"]) for run in runs] == [
        (2, 0), (2, 1), (2, 2), (4, 0), (4, 1), (4, 2),
    ]  # fmt: skip
    for run in (runs[0], runs[-1]):
        scenario = FirstMarket(**run["parameters"])
        result = simulate(scenario, Options(seed=run["seed"], epochs=1, settlement="none"))
        assert run["fingerprint"] == result.fingerprint
        assert run["measures"]["trades"] == len(result.trades)
        board = [row for row in result.leaderboard if row["strategy"] == "Noise"]
        assert run["measures"]["gain Noise"] == pytest.approx(sum(row["from_trading"] for row in board) / 100)


@pytest.mark.thorough
def test_other_processes_write_the_same_file(serial, tmp_path, capsys) -> None:
    code, file = swept(tmp_path, "--jobs", "2")
    assert code == 0
    assert file.read_bytes() == serial.read_bytes()
    assert "finished" not in capsys.readouterr().err


@pytest.mark.thorough
def test_a_sweep_that_was_killed_goes_on_where_it_stopped(serial, tmp_path, capsys) -> None:
    file = tmp_path / "sweep.jsonl"
    program = [sys.executable, "-c", DYING, *OVER, "--seeds", "30", "--file", str(file), "--no-plot", "--jobs", "2"]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True) as running:
        pass
    assert running.returncode == -signal.SIGKILL
    wait_for_the_end_of_all(running.pid)
    kept = lines_kept(file)
    assert len(kept) == 3
    with file.open("ab") as cut:
        cut.write(b'{"job":"half a li')
    code, _ = swept(tmp_path, "--seeds", "30", "--engine", "serial")
    assert code == 0
    assert f"{len(kept)} of 60 runs were done before" in capsys.readouterr().err
    # The runs of the shorter sweep are among them, line by line.
    assert set(serial.read_bytes().splitlines()[1:]) <= set(file.read_bytes().splitlines())
    assert set(kept) <= set(file.read_bytes().splitlines())


DYING = """
import os, signal, sys
from market_sim.simulation.sweep.outcomes_file import OutcomesFile
from market_sim.ui.cli.main import main

add = OutcomesFile.add

def dying(file, outcome):
    add(file, outcome)
    if len(file.finished) == 3:  # from outside the kill might come after the last one
        os.kill(os.getpid(), signal.SIGKILL)

OutcomesFile.add = dying
sys.exit(main(sys.argv[1:]))
"""


def wait_for_the_end_of_all(group: int) -> None:
    """The processes of a sweep leave with it."""
    latest = time.monotonic() + PATIENCE
    while left := list(running_in(group)):
        assert time.monotonic() < latest, f"these stay: {left}"
        time.sleep(0.02)


def running_in(group: int) -> Iterator[str]:
    """The processes of a group, without those that have ended and are asked for by nobody."""
    for process in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just gone
            state, _, its_group = process.read_text().rpartition(") ")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                yield process.parent.name


def lines_kept(file: Path) -> list[bytes]:
    return file.read_bytes().split(b"\n")[1:-1]


def test_what_is_in_the_file_is_taken_from_it_and_not_run_again(serial, tmp_path, capsys) -> None:
    file = tmp_path / "sweep.jsonl"
    head, first, *rest = serial.read_bytes().splitlines(keepends=True)
    marked = first.replace(b'"fingerprint":"', b'"fingerprint":"kept-')
    file.write_bytes(head + rest[-1] + marked)
    assert swept(tmp_path, "--engine", "serial")[0] == 0
    assert file.read_bytes() == head + marked + b"".join(rest)


def test_the_table_has_the_means_of_the_runs_and_json_the_same(serial, tmp_path, capsys) -> None:
    (tmp_path / "sweep.jsonl").write_bytes(serial.read_bytes())
    assert swept(tmp_path, "--json")[0] == 0
    told = json.loads(capsys.readouterr().out)
    runs = lines(serial)[1:]
    for point in told["points"]:
        mine = [run["measures"]["trades"] for run in runs if run["parameters"]["traders"] == point["traders"]]
        assert point["measures"]["trades"]["mean"] == pytest.approx(sum(mine) / 3)
        assert point["runs"] == 3
    assert main([*OVER, "--file", str(tmp_path / "sweep.jsonl"), "--show", "trades"]) == 0
    said = capsys.readouterr().out
    assert f"{told['points'][0]['measures']['trades']['mean']:.4g} ± " in said
    assert "trades is least at traders 2" in said
    assert (tmp_path / "sweep.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


STRATEGY = """
from market_sim import Buy, Strategy

class Own(Strategy):
    def decide(self, view):
        if view["ACME"].ask:
            yield Buy("ACME", 1, view["ACME"].ask)
"""


def test_a_strategy_of_ones_own_is_swept_and_its_file_may_not_change_on_the_way(tmp_path, capsys) -> None:
    own = tmp_path / "own.py"
    own.write_text(STRATEGY)
    typed = [*OVER, "--seeds", "1", "--with", f"{own},cash=2500", "--file", str(tmp_path / "a.jsonl"), "--no-plot"]
    assert main([*typed, "--jobs", "1", "--show", "gain own,trades"]) == 0
    assert "gain own is" in capsys.readouterr().out
    [job, _] = Plan("first-market", axes(["traders=2,4"]), repetitions=1, guests=f"{own}").jobs()
    own.write_text(STRATEGY.replace("1, view", "2, view"))
    with pytest.raises(Exception, match=r"own\.py has changed since the sweep began"):
        done(job)
    assert main([*typed, "--jobs", "1"]) == 2
    assert "is not the file of this sweep" in capsys.readouterr().err


DEADLY = """
import os
from dataclasses import dataclass
from pathlib import Path

from market_sim import Scenario, Stock


@dataclass(frozen=True)
class Deadly(Scenario):
    planned: int = 0

    def build(self, world):
        note = Path(NOTE)
        if os.environ.get("MARKET_SIM_DEADLY") and not note.exists():
            note.write_text("died")
            os._exit(9)
        world.list(Stock("ACME"))
"""


@pytest.mark.thorough
def test_a_process_that_dies_is_replaced(tmp_path, monkeypatch) -> None:
    # The scenario kills the process of its first run, and leaves a note so that it does so only once.
    note = tmp_path / "note"
    file = tmp_path / "deadly.py"
    file.write_text(DEADLY.replace("NOTE", repr(str(note))))
    jobs = list(Plan(str(file), axes(["planned=1..4"]), repetitions=1, epochs=1).jobs())
    monkeypatch.setenv("MARKET_SIM_DEADLY", "1")
    outcomes = {outcome.job for outcome in local(2, "spawn")(jobs)}
    assert note.read_text() == "died"
    assert outcomes == {job.key for job in jobs}


def test_jobs_are_plain_data() -> None:
    [job] = Plan("first-market", repetitions=1).jobs()
    assert Job(**json.loads(json.dumps(vars(job)))).seed == job.seed


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["sweep", "first-markt"], "there is no scenario 'first-markt'; did you mean first-market?"),
        ([*OVER, "--jobs", "none"], "--jobs is auto or a whole number from 1 to 1,024, found 'none'"),
        ([*OVER, "--engine", "dusk"], "there is no engine 'dusk'; did you mean dask?"),
        ([*OVER, "--scheduler", "tcp://a:1"], "--scheduler belongs to --engine dask"),
        ([*OVER, "--traders", "3"], "traders has a value of its own and is swept by --over, too"),
        ([*OVER, "--with", "no.py:Own"], "no.py"),
        ([*OVER, "--file", "/proc/nowhere/x.jsonl"], "cannot write there"),
    ],
)
def test_bad_input_is_one_sentence(typed, sentence, capsys) -> None:
    assert main(typed) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_a_measure_that_is_not_there_is_one_sentence_and_loses_no_run(serial, tmp_path, capsys) -> None:
    (tmp_path / "sweep.jsonl").write_bytes(serial.read_bytes())
    assert swept(tmp_path, "--show", "profit")[0] == 2
    assert "there is no measure 'profit' in this sweep; there is trades" in capsys.readouterr().err
    assert (tmp_path / "sweep.jsonl").read_bytes() == serial.read_bytes()


def test_another_file_is_left_alone(tmp_path, capsys) -> None:
    file = tmp_path / "sweep.jsonl"
    file.write_text("my notes\n")
    assert swept(tmp_path)[0] == 2
    assert "is not the file of this sweep" in capsys.readouterr().err
    assert file.read_text() == "my notes\n"
