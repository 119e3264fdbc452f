"""What can happen to the program itself: an early Ctrl-C, output that is closed, full or read no further."""

import os
import runpy
import subprocess
import sys
from types import ModuleType

import pytest

from market_sim.ui.cli.main import main
from tests.conftest import ROOT

QUICK = ["--epochs", "1", "--no-settle", "--no-plot"]


class Interrupted(ModuleType):
    """A module that is still being imported when Ctrl-C is pressed."""

    def __getattr__(self, name):
        raise KeyboardInterrupt


def test_ctrl_c_before_all_is_imported_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "market_sim.ui.cli.main", Interrupted("main"))
    with pytest.raises(SystemExit) as done:
        runpy.run_path(str(ROOT / "simulate.py"), run_name="__main__")
    assert done.value.code == 130
    assert capsys.readouterr().err == "simulate.py: interrupted before the run began\n"


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_output_may_be_closed(closed, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, closed, None)
    assert main([*QUICK, "--out", str(tmp_path)]) == 0
    getattr(sys, closed).close()
    [run] = tmp_path.iterdir()
    assert run.name.startswith("first-market-seed7-")


def _printing_into(stream, *words):
    """The program, which prints what is stored in a run into a file or a pipe."""
    return subprocess.run(
        [sys.executable, str(ROOT / "simulate.py"), *words],
        stdout=stream, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip


@pytest.mark.thorough
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
def test_a_full_disk_is_one_sentence():
    with open("/dev/full", "w") as full:
        done = _printing_into(full, "--list-scenarios")
    told = "simulate.py: No space left on device: what was printed is not whole; stored runs are\n"
    assert (done.returncode, done.stderr) == (2, told)


@pytest.mark.thorough
@pytest.mark.skipif(os.name == "nt", reason="a POSIX pipe")
@pytest.mark.parametrize("words", [["export"], ["report", "daily", "--run"]], ids=lambda words: words[0])
def test_files_are_written_for_a_reader_that_has_seen_enough(words, tmp_path):
    assert main([*QUICK, "-q", "--out", str(tmp_path / "runs")]) == 0
    [run] = (tmp_path / "runs").iterdir()
    ours, theirs = os.pipe()
    os.close(ours)
    done = _printing_into(theirs, *words, str(run), "--to", str(tmp_path / "files"))
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "files").iterdir())) > 1


@pytest.mark.skipif(
    not os.path.isdir("/sys") or os.access("/sys/new", os.W_OK), reason="a folder that nobody may change"
)
def test_a_place_that_may_not_be_written_is_one_sentence(monkeypatch, capsys):
    monkeypatch.chdir("/sys")
    assert main(["new-scenario", "bank-run"]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("simulate.py: cannot use bank_run.py: ") and told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["published"], "the following arguments are required: PAPER; see simulate.py published --help"),
        (
            ["execution", "prices.csv"],
            "one of the arguments --buy --sell is required; see simulate.py execution --help",
        ),
        (["verify", "a-run", "now"], "unrecognized arguments: now; see simulate.py verify --help"),
        (["verify", "a-run", "--databse", "x"], "unrecognized arguments: --databse x; did you mean --database?"),
    ],
)
def test_what_is_missing_or_too_much_leads_to_the_options_that_there_are(words, said, capsys):
    assert main(words) == 2
    assert capsys.readouterr().err == f"simulate.py: {said}\n"
