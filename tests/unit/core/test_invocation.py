"""Printed commands run as they are printed, from the folder in which they are printed."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from market_sim.core import invocation
from market_sim.course.catalogue import load_course
from market_sim.course.progress import Progress
from market_sim.course.reading import further_reading, open_sections
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


@pytest.mark.parametrize("lesson", load_course(ROOT / "lessons"), ids=lambda lesson: lesson.id)
def test_the_commands_of_a_lesson_begin_with_the_python_that_runs_this_program(lesson, tmp_path):
    record = Progress(tmp_path).of(lesson)
    told = [text for _, text in open_sections(lesson, replace(record, passed=True))] + further_reading(lesson)
    written = "\n".join([lesson.body, *lesson.further])
    shown = "\n".join(told)
    assert shown.count(invocation.python()) == written.count("python simulate.py") > 0
    ours = shown.count(f"\n{invocation.pytest()} lessons/{lesson.id} ")
    assert ours == written.count(f"\npytest lessons/{lesson.id} ") > 0
