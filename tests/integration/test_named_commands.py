"""Every command that a document names within a sentence runs as it is written, with its placeholders filled in."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.core.data import archive
from market_sim.ui.cli.main import main
from tests.conftest import ROOT

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "contracts/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = {
    "simulate.py --epochs 12": "tests/integration/test_command_line.py",
    "simulate.py serve": "tests/integration/test_site_serving.py",
    "simulate.py serve --scenario first-market": "tests/integration/test_site_serving.py",
    "simulate.py restore RUN": "tests/unit/api/store/test_restoring.py",
    "simulate.py resume RUN": "tests/integration/test_resume.py",
    "simulate.py facts first-market": "tests/integration/test_stylised_facts.py",
    "simulate.py grade SUBMISSIONS/": "tests/integration/test_grading_class.py",
    "simulate.py league my_detector.py:Mine": "tests/integration/test_league.py",
    "simulate.py league FILE.py:Class": "tests/integration/test_league.py",
    "simulate.py quotes RUN --at SECONDS": "tests/unit/ui/cli/test_quoting.py",
    "simulate.py quotes RUN --at 10 --at 200": "tests/unit/ui/cli/test_quoting.py",
    "simulate.py trace RUN --call 5": "tests/integration/test_calls_of_blocks.py",
    "simulate.py trace RUN --call N": "tests/integration/test_calls_of_blocks.py",
    "simulate.py lint": "tests/integration/test_course.py",
    "simulate.py new-lesson SCENARIO": "tests/integration/test_course.py",
    "simulate.py lesson check 01-order-book": "tests/integration/test_command_line.py",
}
"""What takes too long to be run twice, or needs another run, and the test that runs it."""
ENDLESS = ("simulate.py serve",)
"""What goes on until it is told to stop, with any flags: its tests start it in a process of its own."""
IN_SHORT = {
    "attack": ["--budget", "3"],
    "bench": ["latency"],
    "check": ["--seeds", "1", "--epochs", "4"],
    "published": ["--paths", "5"],
    "sweep": ["--seeds", "1", "--epochs", "1", "--jobs", "1", "--no-plot"],
    "train": ["--seeds", "1", "--epochs", "20"],
    "": ["--epochs", "1", "--no-settle", "--no-plot", "--headless"],
}
"""What is added so that a command is quick: by command, "" for a run."""


def named() -> dict[str, str]:
    """Each command of this program in a sentence of a document, with the first document that has it."""
    found: dict[str, str] = {}
    for document in DOCUMENTS:
        text = FENCED.sub("", document.read_text(encoding="utf-8"))
        for command in re.findall(r"`(?:\.venv/bin/)?(?:python )?(simulate\.py [^`\n]+)`", text):
            found.setdefault(command, document.name)
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("named")
    assert main(["--epochs", "2", "--no-settle", "--no-plot", "-q", "--out", str(out)]) == 0
    [folder] = out.iterdir()
    return folder


@pytest.mark.parametrize(
    "command", [command for command in named() if command not in ELSEWHERE and not command.startswith(ENDLESS)]
)
def test_a_command_that_a_document_names_runs(
    command: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    own = re.search(r"```python\n(# buy_the_dip\.py\n.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "buy_the_dip.py").write_text(own[1])
    capsys.readouterr()
    name = "noise-3" if "--agent" in command else "my-room"
    words = [{"RUN": str(run), "NAME": name}.get(word, word) for word in shlex.split(command)[1:]]
    words += IN_SHORT.get("" if words[0].startswith("--") else words[0], [])
    try:
        code = main(words)
    except SystemExit as ended:  # --help and --version
        code = ended.code
    assert code == 0, capsys.readouterr().err
    assert capsys.readouterr().out.strip()


def test_what_is_run_elsewhere_is_named_and_its_test_exists():
    assert ELSEWHERE.keys() <= named().keys()
    for command, test in ELSEWHERE.items():
        word = shlex.split(command)[1]
        assert re.search(word.replace("-", "[-_]"), (ROOT / test).read_text()), f"{test} does not run {word}"


def test_the_fingerprint_can_be_computed_by_the_command_of_the_changelog(run: Path):
    [command] = {line for line in re.findall(r"`(gzip [^`]+)`", (ROOT / "CHANGELOG.md").read_text())}
    if not all(map(shutil.which, ("gzip", "sha256sum"))):
        pytest.skip("needs gzip and sha256sum")
    done = subprocess.run(command, shell=True, cwd=run, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == archive.load(run).manifest.fingerprint


def test_the_modules_that_documents_run_with_python_m_are_ours_or_pinned():
    texts = [document.read_text(encoding="utf-8") for document in DOCUMENTS]
    modules = {name for text in texts for name in re.findall(r"python -m ([\w.]+)", text)}
    assert {"tests.mutation", "benchmarks.pricing"} <= modules
    locks = "".join((ROOT / lock).read_text() for lock in ("requirements.txt", "requirements-dev.txt"))
    pinned = set(re.findall(r"^([\w.-]+)==", locks, re.MULTILINE))  # a builder's tools are not there for everybody
    assert "ruff" in pinned
    assert not [name for name in modules - pinned if find_spec(name) is None]


def test_the_changelog_lists_the_tables_that_a_result_has(run: Path):
    told = re.search(r"`Result` has tables: (.*?);", (ROOT / "CHANGELOG.md").read_text(), re.DOTALL)
    assert re.findall(r"`(\w+)`", told[1]) == [table.name for table in open_run(run).tables]
