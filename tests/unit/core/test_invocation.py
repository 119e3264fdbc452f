"""Printed commands run as they are printed, from the folder in which they are printed."""

from __future__ import annotations

import subprocess

from market_sim.core import invocation
from tests.conftest import ROOT


def test_a_printed_command_runs_from_any_folder(tmp_path, monkeypatch):
    for folder in (tmp_path, ROOT):
        monkeypatch.chdir(folder)
        done = subprocess.run(
            invocation.python("--version"), shell=True, cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_words_with_blanks_stay_one_word():
    assert invocation.python("lesson", "predict", "01", "about half").endswith("lesson predict 01 'about half'")
    assert "-m pytest 'my lessons/01'" in invocation.pytest("my lessons/01")
