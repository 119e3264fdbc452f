"""A place that cannot be written is refused before anything is computed, by each command that writes."""

from argparse import ArgumentTypeError
from os import geteuid
from pathlib import Path

import pytest

from market_sim.ui.cli.main import main
from market_sim.ui.cli.places import new_file

NOWHERE = "/proc/nowhere/file"
RUN = ["--epochs", "1", "--no-settle", "-q"]
WRITERS = [
    ["--plot", NOWHERE],
    ["--out", NOWHERE],
    ["train", "q-learner", "--to", NOWHERE],
    ["bench", "--out", NOWHERE],
    ["attack", "--out", NOWHERE],
    ["sweep", "crowded-room", "--out", NOWHERE],
    ["sweep", "crowded-room", "--file", NOWHERE],
    ["protocols", "--plot", NOWHERE],
    ["protocols", "--out", NOWHERE],
    ["grade", "submissions", "--out", NOWHERE],
    ["grade", "submissions", "--json", NOWHERE],
    ["without", "run", "--agent", "noise-0", "--plot", NOWHERE],
    ["backtest", "run", "--with", "market-maker", "--plot", NOWHERE],
    ["execution", "run", "--buy", "5", "--csv", NOWHERE],
    ["execution", "run", "--buy", "5", "--plans", NOWHERE],
    ["export", "run", "--to", NOWHERE],
    ["report", "daily", "--run", "run", "--to", NOWHERE],
    ["spans", "run", "--to", NOWHERE],
    ["allocate", "run", "--plot", NOWHERE],
]


@pytest.mark.parametrize("typed", WRITERS, ids=" ".join)
def test_a_place_that_cannot_be_written_is_told_first(typed, capsys):
    assert main(typed) == 2  # `run` and `submissions` are not there either, and nothing asked for them yet
    said = capsys.readouterr()
    assert said.err.startswith(f"simulate.py: {typed[-2]}: {NOWHERE}: cannot write there (")
    assert said.err.endswith("; choose another place\n")
    assert said.out == ""


def test_a_run_begins_only_if_its_timeline_can_be_written(tmp_path, capsys):
    (tmp_path / "taken").mkdir()
    assert main([*RUN, "--out", str(tmp_path / "runs"), "--plot", str(tmp_path / "taken")]) == 2
    assert "cannot write there (it is a folder)" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.thorough
def test_the_folders_of_a_file_to_write_are_made(tmp_path):
    page = tmp_path / "new" / "folder" / "timeline.html"
    assert main([*RUN, "--out", str(tmp_path / "runs"), "--plot", str(page)]) == 0
    assert page.is_file()


def test_a_file_that_is_there_is_asked_itself_and_a_closed_folder_is_told(tmp_path):
    """Only root may create a file beside a device, and look into every folder."""
    assert new_file("/dev/null") == Path("/dev/null")
    kept, closed = tmp_path / "kept.csv", tmp_path / "closed"
    kept.touch(mode=0o400)
    closed.mkdir(mode=0)
    for place in (kept, closed / "page.html") if geteuid() else ():
        with pytest.raises(ArgumentTypeError, match=r"cannot write there \(Permission denied\)"):
            new_file(str(place))
    closed.chmod(0o700)
