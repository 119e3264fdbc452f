"""Every place that names the supported versions of Python names the same ones, and another version is refused."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys

import pytest
from packaging.specifiers import SpecifierSet

from market_sim.ui.cli import doctor
from tests.conftest import ROOT

PROJECT = (ROOT / "pyproject.toml").read_text()
SUPPORTED = [(3, 10), (3, 11), (3, 12), (3, 13)]
REFUSED = [(3, 9), (3, 14), (4, 0)]


def test_the_metadata_accepts_exactly_the_versions_that_its_classifiers_name():
    accepted = SpecifierSet(re.search(r'^requires-python = "(.*?)"', PROJECT, re.MULTILINE)[1])
    classified = re.findall(r"Programming Language :: Python :: (\d+)\.(\d+)", PROJECT)
    assert [(int(major), int(minor)) for major, minor in classified] == SUPPORTED
    assert all(accepted.contains(f"{major}.{minor}.1") for major, minor in SUPPORTED)
    assert not any(accepted.contains(f"{major}.{minor}.1") for major, minor in REFUSED)


def test_the_readme_the_doctor_and_the_front_door_name_the_same_versions():
    front = runpy.run_path(str(ROOT / "simulate.py"))
    assert (front["OLDEST"], front["NEWEST"]) == (SUPPORTED[0], SUPPORTED[-1])
    assert (SUPPORTED[0], SUPPORTED[-1]) == (doctor.OLDEST_PYTHON, doctor.NEWEST_PYTHON)
    assert "Python 3.10 to 3.13" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("version", REFUSED)
def test_another_version_is_refused_in_one_sentence(version, monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (*version, 1, "final", 0))
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "simulate.py"), run_name="__main__")
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert told == (f"simulate.py: the sandbox needs Python 3.10 to 3.13, this is Python {version[0]}.{version[1]}.1\n")
    first = next(iter(doctor.findings()))
    assert (first.good, first.cure) == (False, "fix: use Python 3.10 to 3.13")


def test_an_environment_without_the_packages_is_told_how_to_get_them():
    """The module's name and the command that installs it, and no traceback; -S leaves installed packages out."""
    command = [sys.executable, "-S", str(ROOT / "simulate.py"), "--epochs", "1"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert found.returncode == 2
    told = r"simulate\.py: the package (\w+) is not installed; run: (.*) -m pip install -r requirements\.txt\n"
    named = re.fullmatch(told, found.stderr)
    assert named, found.stderr
    assert named[2] == sys.executable
    assert named[1] in (ROOT / "requirements.txt").read_text()
