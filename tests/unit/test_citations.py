"""Every file and every rule that the prose of the repository cites is there, and a citation of nothing is found."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import ROOT
from tests.unit.citations import DEFINED, Citations, defined, prose
from tests.unit.house_rules import Source
from tests.unit.test_house_rules import sources

RULEBOOK = (ROOT / "docs/rulebook.md").read_text()


@pytest.fixture(scope="module")
def repository() -> list[Source]:
    return sources()


@pytest.fixture(scope="module")
def citations(repository) -> Citations:
    return Citations([source.path for source in repository], RULEBOOK)


def test_every_citation_leads_somewhere(repository, citations):
    findings = [finding for source in repository for finding in citations.missing(source)]
    assert not findings, "\n".join(findings)


def test_the_planted_bugs_break_rules_of_the_rulebook():
    broken = {
        bug["invariant"]
        for manifest in ROOT.glob("tests/planted/**/*.json")
        for bug in json.loads(manifest.read_text())
        if "invariant" in bug
    }
    assert len(broken) > 40
    assert not broken - defined(RULEBOOK)


def test_a_rule_has_one_definition():
    rules = DEFINED.findall(RULEBOOK)
    assert len(rules) > 120
    assert len(rules) == len(set(rules))


def test_the_list_of_decisions_has_every_page_once_by_its_number():
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"^\| \[(\d{4})\]\(([\w-]+\.md)\)", (folder / "README.md").read_text(), re.MULTILINE)
    assert [name for _, name in listed] == sorted(page.name for page in folder.glob("[0-9]*.md"))
    assert all(name.startswith(number) for number, name in listed)


BREACHES = [
    ("market_sim/a.py", '"""A book (docs/nowhere.md)."""\n', "there is no file docs/nowhere.md"),
    ("market_sim/a.py", '"""A book (nowhere.md, section 3)."""\n', "there is no file nowhere.md"),
    (
        "market_sim/a.py",
        "def f():\n    x = 1  # as in tests/unit/test_nothing.py\n",
        "there is no file tests/unit/test_",
    ),
    ("market_sim/a.py", '"""A book (rulebook F-9.9)."""\n', "docs/rulebook.md has no rule F-9.9"),
    ("market_sim/a.py", 'def f():\n    """R99: nothing."""\n', "docs/rulebook.md has no rule R99"),
    ("market_sim/a.py", '"""A book (finance rule 1.1)."""\n', "not 'finance rule 1.1'"),
    ("market_sim/a.py", '"""A note (features IN-07)."""\n', "not 'features IN-07'"),
    ("market_sim/a.py", '"""A split (rule 3.3)."""\n', "not 'rule 3.3'"),
    ("docs/a.md", "Look at `market_sim/nothing.py`.\n", "there is no file market_sim/nothing.py"),
    ("contracts/A.sol", "/// See docs/nowhere.md.\n", "there is no file docs/nowhere.md"),
]


@pytest.mark.parametrize(("path", "text", "said"), BREACHES)
def test_a_planted_breach_is_found(path, text, said, citations):
    [finding] = citations.missing(Source(path, text))
    assert finding.startswith(f"{path}:")
    assert said in finding


KEPT = [
    ("market_sim/a.py", '"""A book (rulebook F-1.1 and F-1.2, R1 to R13; docs/exchange.md)."""\n'),
    ("market_sim/a.py", 'PATH = "nowhere.md"\n'),
    ("docs/a.md", "Save `buy_the_dip.py`, see order_book.py.\n```sh\ncat nowhere.md\n```\n"),
    ("contracts/A.sol", 'import {A} from "./nowhere.sol";\n'),
]


@pytest.mark.parametrize(("path", "text"), KEPT)
def test_what_leads_somewhere_and_what_is_no_prose_is_left_alone(path, text, citations):
    assert not list(citations.missing(Source(path, text)))


def test_prose_keeps_its_line_numbers():
    text = '"""One.\n\nThree."""\n\n\ndef f():\n    """Seven."""\n    return 8  # eight\n'
    assert [(line, found) for line, found in prose(Source("a.py", text)) if found] == [
        (1, "One."),
        (3, "Three."),
        (7, "Seven."),
        (8, "# eight"),
    ]
