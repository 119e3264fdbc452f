"""The documents tell the truth: their commands run, their snippets work, the places they name exist."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from market_sim.ui.cli.main import main
from tests.conftest import ROOT

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/decisions/README.md"]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
ONLY_AT_THE_TOP = {"results", "answers", "tests"}


def _not_copied(folder: str, names: list[str]) -> set[str]:
    return LEFT_OUT(folder, names) | (ONLY_AT_THE_TOP if folder == str(ROOT) else set())


BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: str, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return [text for kind, text in BLOCK.findall((ROOT / document).read_text()) if kind == language]


def commands(document: str) -> list[str]:
    """The commands that a document gives, one a line; of an installing one-liner, what follows the installation.

    Test runs and make targets are left out: CI calls them, and they would run this test again.
    """
    lines = [line for text in blocks(document, "sh") for line in text.splitlines()]
    last_parts = [line.rpartition(" && ")[2] if line.startswith("python3 -m venv") else line for line in lines]
    return [line for line in last_parts if " -m pytest" not in line and " -m ruff" not in line and "make " not in line]


def check_out(place: Path) -> Path:
    """A copy of what a student has after the installation, with the README's snippets saved as it says."""
    copy = place / "checkout"
    shutil.copytree(ROOT, copy, ignore=_not_copied)
    python = copy / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    for snippet in blocks("README.md", "python"):
        (copy / snippet.splitlines()[0].removeprefix("# ")).write_text(snippet)
    return copy


OURS = ".venv/bin/python simulate.py "


def run(command: str, folder: Path, as_program: bool) -> tuple[int, str]:
    """What a command leaves behind: its exit code and all that it printed."""
    if as_program or not command.startswith(OURS):
        done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            code = main(shlex.split(command.removeprefix(OURS)))
        except SystemExit as ended:  # --help
            code = ended.code
    return code, printed.getvalue()


def stories() -> list[list[str]]:
    """The README's commands in two parts: the walk through a lesson, and all others."""
    told = commands("README.md")
    return [[one for one in told if (" lesson " in one) is in_lesson] for in_lesson in (True, False)]


@pytest.mark.thorough
@pytest.mark.skipif(os.name == "nt", reason="the commands are written for a POSIX shell")
@pytest.mark.parametrize("story", stories(), ids=["the walk through a lesson", "all others"])
def test_the_readmes_commands_run_one_after_the_other(story, tmp_path, monkeypatch):
    """In a fresh checkout. The first is a program of its own; the others call what `simulate.py` calls."""
    folder = check_out(tmp_path)
    monkeypatch.setenv("MARKET_SIM_HEADLESS", "1")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)  # as for a program in it: the README's scenario imports the README's strategy
    for place, command in enumerate(story):
        code, printed = run(command, folder, as_program=place == 0)
        assert code == 0, f"{command}\n{printed}"
        assert printed.strip(), f"{command}: a command that prints nothing shows nothing"
    sys.modules.pop("buy_the_dip", None)


def test_the_readme_has_commands_and_snippets_to_run():
    assert ".venv/bin/python simulate.py --epochs 12" in commands("README.md")
    assert {text.splitlines()[0] for text in blocks("README.md", "python")} == {"# buy_the_dip.py", "# dip_room.py"}


def test_the_readmes_strategy_trades(tmp_path):
    code = "from buy_the_dip import BuyTheDip; from market_sim.market.agents.view import InstrumentView, View\n"
    code += "dip = View({'ACME': InstrumentView('ACME', prices=[10000, 10000, 10000, 10000, 9990])})\n"
    code += "flat = View({'ACME': InstrumentView('ACME', prices=[10000] * 5)})\n"
    code += (
        "print([(intent.quantity, intent.limit) for intent in BuyTheDip().decide(dip)], [*BuyTheDip().decide(flat)])"
    )
    (tmp_path / "buy_the_dip.py").write_text(blocks("README.md", "python")[0])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[(1, 9991)] []"


def test_ci_runs_the_readmes_test_command():
    installing = [text.strip() for text in blocks("README.md", "sh") if text.startswith("python3 -m venv")]
    assert [line.rpartition(" && ")[2] for line in installing] == [
        ".venv/bin/python simulate.py --epochs 12",
        ".venv/bin/python -m pytest -q",
    ]
    pattern = re.search(r"grep -E '(.+)' README\.md", (ROOT / ".ci/run").read_text())
    assert pattern and re.fullmatch(pattern[1], installing[1])


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_make_targets_exist(document):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", (ROOT / document).read_text(), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_places_exist(document):
    text = re.sub(r"^```.*?^```$", "", (ROOT / document).read_text(), flags=re.MULTILINE | re.DOTALL)
    folder = (ROOT / document).parent
    links = [folder / link.partition("#")[0] for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text)]
    quoted = re.findall(
        r"`((?:market_sim|contracts|benchmarks|tests|docs|examples|lessons)(?:/[\w./-]+)?|simulate\.py)`", text
    )
    missing = [str(path) for path in (*links, *(ROOT / place for place in quoted)) if not path.exists()]
    assert links or quoted
    assert not missing
