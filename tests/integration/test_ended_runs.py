"""However the program ends during a run, its folder can be opened, verifies, and tells how far the run came."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from market_sim.core.data import archive
from market_sim.core.data.manifest import read_manifest
from market_sim.core.data.packing import packed, unpacked
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main
from market_sim.ui.cli.places import writable

ROOT = Path(__file__).parents[2]
LONG = ("--epochs", "100000", "--traders", "2", "--makers", "1", "--no-settle", "--headless", "--no-plot")
REACHED = 4
"""The epoch after which a run is ended from outside."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX systems")


def run_until(epoch: int, out: Path, number: signal.Signals, **how: object) -> tuple[int, str]:
    """A long run in a process of its own that gets this signal when it has told of this epoch."""
    with subprocess.Popen(
        [sys.executable, "-u", "simulate.py", *LONG, "--out", str(out)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **how,  # type: ignore[call-overload]
    ) as process:
        told = ""
        for line in process.stdout:
            told += line
            if re.match(rf"epoch +{epoch} ", line):
                process.send_signal(number)
        return process.wait(), told


def verified(run: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["verify", str(run)]) == 0
    return capsys.readouterr().out


def same_run() -> Session:
    return Session(FirstMarket(traders=2, makers=1), Options(epochs=100000, settlement="none"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_end_ends_in_good_order(number, tmp_path, capsys):
    code, told = run_until(REACHED, tmp_path, number)
    assert (code, "Traceback" in told) == (130, False), told
    [run] = tmp_path.iterdir()
    assert f"run          {run}" in told
    said = verified(run, capsys)
    assert "partial (interrupted): first-market, seed 7, " in said
    manifest = archive.load(run).manifest
    assert REACHED <= manifest.reached < 100_000
    assert f"reached epoch {manifest.reached} of 100000" in said
    assert (manifest.finished, manifest.complete) == (True, False)


def test_a_run_that_is_killed_leaves_its_whole_epochs(tmp_path, capsys):
    code, _ = run_until(REACHED, tmp_path, signal.SIGKILL)
    assert code == -signal.SIGKILL
    [run] = tmp_path.iterdir()
    said = verified(run, capsys)
    assert "partial (the program was killed, or is still running): first-market, seed 7, " in said
    stored = archive.load(run)
    assert stored.manifest.reached >= REACHED
    # What is there is the beginning of the same run, up to the end of an epoch.
    again = same_run()
    again.step(epoch=stored.manifest.reached)
    assert list(stored.journal) == list(again.journal)


@pytest.mark.thorough
def test_a_full_disk_is_one_sentence_and_keeps_the_run_so_far(tmp_path, capsys):
    # A limit on the size of a file refuses a write as a full disk does, and needs no disk to be filled.
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))

    code, told = run_until(10**9, tmp_path, signal.SIGTERM, preexec_fn=limit)
    assert code == 2, told
    [run] = tmp_path.iterdir()
    last = told.splitlines()[-1]
    assert last.startswith("simulate.py: the run cannot be written any further: File too large; ")
    manifest = archive.load(run).manifest
    assert f"{run} keeps it up to epoch {manifest.reached} ({manifest.events:,} events)" in last
    assert manifest.reached > 1
    assert "partial" in verified(run, capsys)
    assert "bytes after the last whole epoch were cut off" in archive.load(run).cut
    for command in ("verify", "replay"):
        assert main([command, str(run)]) == 0
        told = capsys.readouterr().out
        assert "bytes after the last whole epoch were cut off" in told
    assert f"reached epoch {manifest.reached} of {manifest.epochs}" in told


@pytest.mark.thorough
def test_two_runs_at_a_time_into_one_folder_do_not_harm_each_other(tmp_path):
    typed = [sys.executable, "simulate.py", "--epochs", "3", *LONG[2:], "--out", str(tmp_path)]
    both = [
        subprocess.Popen([*typed, "--seed", seed], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for seed in ("7", "7", "8")
    ]
    assert [one.wait() for one in both] == [0, 0, 0]
    runs = sorted(tmp_path.iterdir())
    assert [re.sub("-[0-9a-f]{12}$", "", run.name) for run in runs] == ["first-market-seed7", "first-market-seed8"]
    assert all(archive.load(run).manifest.complete for run in runs)


def test_runs_that_begin_at_once_do_not_refuse_each_other_the_folder(tmp_path):
    """Each asks whether it can write there, and whoever asks may not be in another's way."""
    for folder in (tmp_path, tmp_path / "not" / "there"):
        with ThreadPoolExecutor(4) as pool:
            assert {*pool.map(writable, ["--out"] * 400, [folder] * 400)} == {folder}
    assert not any(tmp_path.iterdir())


def test_a_mistake_in_a_scenario_that_shows_late_keeps_the_run(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text(
        "from dataclasses import dataclass\n"
        "from market_sim.core.errors import InputError\n"
        "from market_sim.simulation.scenarios.first_market import FirstMarket\n\n\n"
        "@dataclass(frozen=True)\n"
        "class Mine(FirstMarket):\n"
        '    """Concludes wrongly."""\n\n'
        '    name = "mine"\n\n'
        "    def conclusion(self, journal):\n"
        '        raise InputError("nothing can be concluded")\n'
    )
    out = tmp_path / "results"
    typed = ["--scenario", str(path), "--epochs", "2", "--no-settle", "--headless", "--no-plot", "--out", str(out)]
    assert main(typed) == 2
    [run] = out.iterdir()
    assert f"nothing can be concluded; the run up to there is kept in {run}" in capsys.readouterr().err
    assert "complete: mine, seed 7, " in verified(run, capsys)


def test_verify_names_the_damaged_line_and_exits_with_two(tmp_path, capsys):
    assert main(["--epochs", "1", *LONG[2:], "--out", str(tmp_path)]) == 0
    [run] = tmp_path.iterdir()
    assert "complete: first-market, seed 7, " in verified(run, capsys)
    noted = read_manifest(run).fingerprint
    assert main(["verify", str(run), "--fingerprint", noted[:12].upper()]) == 0
    assert main(["verify", str(run), "--fingerprint", "0" + noted[1:]]) == 2
    assert (
        f"is whole, but it is not the run with fingerprint 0{noted[1:]}: its own is {noted}," in capsys.readouterr().err
    )
    assert main(["verify", str(run), "--fingerprint", "12"]) == 2
    assert "expected 12 to 64 hexadecimal digits, found '12'" in capsys.readouterr().err
    path = run / "journal.jsonl.gz"
    path.write_bytes(packed(unpacked(path.read_bytes())[0].replace(b'"epochs":1', b'"epochs":2', 1)))
    assert main(["verify", str(run)]) == 2
    assert re.search(r"^simulate.py: .*journal.jsonl.gz, line 1 of \d+ is damaged", capsys.readouterr().err)
