"""Every reason has an example: its template filled, with nothing missing and nothing left over."""

from __future__ import annotations

import re

import pytest

from market_sim.analysis.reason_examples import COMMON, OWN, example_of
from market_sim.core.models.reasons import REASONS
from tests.sentences import fields_of


@pytest.mark.parametrize("code", REASONS)
def test_the_template_of_a_reason_is_filled(code):
    example = example_of(REASONS[code])
    assert example
    assert not {"{", "}"} & set(example)


@pytest.mark.parametrize("code", REASONS)
def test_a_sentence_has_the_right_article_and_no_nanoseconds(code):
    for value in ("auction", "ioc", "day"):
        said = example_of(REASONS[code], time_in_force=value) if code == "WRONG_PHASE" else example_of(REASONS[code])
        assert not re.search(r"\ba (?!uni|one|eu|us)[aeiou]|\b\d{9,12}\b", f"{said} {REASONS[code].rule}")


def test_no_example_holds_a_number_that_its_reason_does_not_ask_for():
    known = REASONS
    assert set(OWN) <= set(known)
    spare = {code: sorted(set(own) - fields_of(known[code].template)) for code, own in OWN.items()}
    # The two rules about the length of a chain share their numbers.
    del spare["PARENT_BELOW_LOCK"], spare["PARENT_TOO_SHORT"]
    assert not {code: fields for code, fields in spare.items() if fields}
    assert set(COMMON) <= set().union(*(fields_of(reason.template) for reason in known.values()))
