"""Every reason code leads to a rule that is in the rulebook, to a lesson that there is, and is raised by a test."""

from __future__ import annotations

import re

import pytest

from market_sim.analysis.reason_sources import _SOURCES, AREAS, source_of
from market_sim.core.models.figures import KIND
from market_sim.core.models.reasons import REASONS
from market_sim.core.models.reasons_consensus import CONSENSUS_REASONS
from tests.conftest import ROOT

RULEBOOK = (ROOT / "docs" / "rulebook.md").read_text()
TABLES = ("test_reasons.py", "test_reason_examples.py", "test_reason_sources.py")
TESTS = [path.read_text() for path in sorted((ROOT / "tests").rglob("*.py")) if path.name not in TABLES]
NAMED = set().union(*(re.findall(r"\b[A-Z]\w+\b", text) for text in TESTS))


@pytest.mark.parametrize("source", sorted({source_of(reason) for reason in REASONS.values()} | set(AREAS.values())))
def test_a_source_is_a_rule_of_the_rulebook_and_a_lesson_that_there_is(source):
    assert re.search(rf"^(#+ {re.escape(source.rule)} |- \*\*{source.rule}( [^*]+)?\*\*)", RULEBOOK, re.MULTILINE)
    assert (ROOT / "lessons" / source.lesson / "lesson.md").is_file()


@pytest.mark.parametrize("code", [reason.code for reason in CONSENSUS_REASONS])
def test_a_refusal_of_a_validator_leads_to_the_rule_that_its_sentence_names(code):
    named = re.findall(r"\b[RC]\d+\b", REASONS[code].rule.partition(":")[0])
    assert not named or source_of(REASONS[code]).rule in (*named, "P-1"), "P-1 says what a valid payload is"


def test_only_codes_that_there_are_have_a_source_of_their_own():
    assert set(_SOURCES) <= set(REASONS)


def test_every_code_is_raised_by_a_test():
    assert not set(REASONS) - NAMED


MONEY = {"limit", "tick", "mean", "strike", "notional"}
AMOUNTS = {"needed", "available", "reserved"}
UNITS_ON_THE_CHAIN = {
    "ShortOfTokens", "ShortOfAllowance", "ShortOfLocked", "ShortOfShares", "ShortOfClaims", "ShortOfCash",
    "ShortOfCollateral", "ShortOfOptions", "ShortOfOutcomes", "ShortOfWarrants", "ShortOfMoney",
}  # fmt: skip
"""What a token contract says of its own units, without knowing whose money they are."""


@pytest.mark.parametrize("code", REASONS)
def test_prices_and_amounts_are_written_as_people_read_them(code):
    bare = set(re.findall(r"\{(\w+)\}", REASONS[code].template)) & (MONEY | AMOUNTS)
    if REASONS[code].area in ("exchange", "mechanism") and code not in ("BAD_CONDITIONS",):
        assert not bare
    elif bare & AMOUNTS:
        assert code in UNITS_ON_THE_CHAIN
    assert not re.search(r"\{\w+:", KIND.sub("", REASONS[code].template)), "a kind that there is not"
