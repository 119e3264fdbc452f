"""What the documents say exists does exist: flags, commands, names, counts, places, and the words that a run prints."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from market_sim.analysis.results.result import Result
from market_sim.analysis.results.table import Table
from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.models.reasons import REASONS
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.crowded_room import CrowdedRoom
from market_sim.strategies.catalogue import STRATEGIES
from market_sim.ui.cli.commands import COMMANDS
from market_sim.ui.cli.main import main
from tests.conftest import ROOT

DOCUMENTS = sorted(
    str(file.relative_to(ROOT))
    for file in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/decisions/*.md"))
)
FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]+")
ELSEWHERE = {
    "--check": "contracts/build.py",
    "--student": "market_sim/course/pytest_checks.py",
    "--unsafe-in-process": "market_sim/course/pytest_checks.py",
    "--count": "tests/mutation/__main__.py",
    "--areas": "tests/mutation/__main__.py",
    "--steps": "tests/mutation/__main__.py",
    "--rounds": "examples/trading_bot.py",
    "--messages": "examples/lesson_bot.py",
    "--build": "docs/deployment.md",  # of docker compose, as the next one
    "--profile": "docs/deployment.md",
    "--minutes": "benchmarks/soak.py",
    "--fall": "README.md",  # a parameter of the scenario that the README shows
    "--lie-percent": "docs/rulebook.md",  # another one
}
"""Flags that are not of the command line, and the file that has them."""
NOT_OURS = {"PR_SET_CHILD_SUBREAPER", "RLIMIT_NPROC", "DATABASE_URL"}
NUMBERS = (
    "none one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty twenty-one"
).split()


def prose(document: str) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", (ROOT / document).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def quoted(document: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", prose(document)))


@cache
def helped() -> frozenset[str]:
    """Every flag that the command line or a scenario has."""
    told = io.StringIO()
    for name in ("", *COMMANDS):
        with contextlib.redirect_stdout(told), contextlib.suppress(SystemExit):
            main([*name.split(), "--help"])
    parameters = {f"--{field.name.replace('_', '-')}" for kind in SCENARIOS for field in fields(kind)}
    return frozenset(FLAG.findall(told.getvalue())) | parameters


@cache
def sources() -> str:
    """Names of all files, the text of the package, and that of the containers."""
    files = [file for folder in ("market_sim", "tests", "contracts") for file in (ROOT / folder).rglob("*.*")]
    text = [file.read_text(encoding="utf-8") for file in files if file.suffix in (".py", ".sol")]
    text.append((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return "\n".join([*text, *(str(file.relative_to(ROOT)) for file in files)])


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_flag_command_and_name_of_a_document_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert {flag for flag in FLAG.findall(text) if flag not in ELSEWHERE} <= helped()
    assert set(re.findall(r"simulate\.py ([a-z][\w-]*)", text)) <= set(COMMANDS)
    assert {name for name in re.findall(r"--scenario ([a-z][\w-]+)(?![\w.])", text)} <= {
        kind.name for kind in SCENARIOS
    }
    names = {*STRATEGIES, *COMMANDS, *BEHAVIOURS, *(kind.name for kind in SCENARIOS)}
    for word in quoted(document):
        if re.fullmatch(r"[a-z]+(-[a-z]+)+", word):
            assert word in names, word
        if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", word):
            assert word in REASONS or word in NOT_OURS or word in sources(), word
        for name in re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", word):
            assert re.search(rf"\b{name}\b", sources() + text), name


@pytest.mark.parametrize("flag", ELSEWHERE)
def test_a_flag_of_another_program_is_in_its_file(flag: str) -> None:
    written = flag.removeprefix("--") + ": float" if flag == "--fall" else flag
    assert written in (ROOT / ELSEWHERE[flag]).read_text(encoding="utf-8")


def entry(start: str) -> str:
    """The entry of the changelog that begins like this, on one line."""
    [told] = re.findall(rf"^- {re.escape(start)}.*?(?=^- |^#|\Z)", CHANGES, re.MULTILINE | re.DOTALL)
    return " ".join(told.split())


CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_course_has_as_many_lessons_as_the_changelog_counts() -> None:
    folders = [file.parent.name for file in (ROOT / "lessons").glob("*/lesson.md")]
    assert f"- {NUMBERS[len(folders)].capitalize()} lessons with grading by pytest" in CHANGES
    for number, title in re.findall(r"\b(\d\d) \*([^*]+)\*", " ".join(CHANGES.split())):
        [folder] = [name for name in folders if name.startswith(number)]
        assert f'title = "{title}"' in (ROOT / "lessons" / folder / "lesson.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def result() -> Result:
    return simulate(CrowdedRoom(), Options(epochs=2, settlement="none"))


def test_a_result_has_the_tables_that_the_changelog_lists(result: Result, tmp_path: Path) -> None:
    told = entry("`Result` has tables").partition("; to pandas")[0]
    listed = re.findall(r"`([a-z]+)`", told)
    assert {"leaderboard", "depth"} <= set(listed)
    assert set(listed) == {name for name in dir(result) if isinstance(getattr(result, name), Table)}
    for name in "gain from_trading finalized settled dividends fees turnover hit_rate sharpe trading_drawdown".split():
        assert name in result.leaderboard.names
    for kind in ("csv", "json"):
        result.trades.save(tmp_path / f"trades.{kind}")


def test_a_stored_journal_is_as_small_as_the_changelog_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "a seventh to a twelfth of their size" in CHANGES
    for name in ("crowded-room", "arena", "news"):
        assert (
            main(["--scenario", name, "--epochs", "3", "--no-settle", "--no-plot", "-q", "--out", str(tmp_path)]) == 0
        )
    for file in tmp_path.glob("*/journal.jsonl.gz"):
        whole = len(gzip.decompress(file.read_bytes()))
        assert 6 < whole / file.stat().st_size < 13, file
