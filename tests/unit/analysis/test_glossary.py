"""The glossary explains each word once, in one plain sentence, and its words are found as texts spell them."""

from __future__ import annotations

import pytest

from market_sim.analysis.glossary import AREAS, TERMS, find, terms_of

ASKED_FOR = (
    "bid ask spread maker taker quorum notarized finalized epoch margin settlement journal seed fingerprint".split()
)


@pytest.mark.parametrize("word", ASKED_FOR)
def test_the_words_that_a_first_run_shows_are_explained(word):
    [term] = [one for one in TERMS if one.word == word]
    assert term.sentence.endswith(".")


def test_no_form_of_a_word_means_two_things():
    forms = [form.lower() for term in TERMS for form in (term.word, *term.also)]
    assert sorted(forms) == sorted(set(forms))
    assert len({term.word for term in TERMS}) == len(TERMS)


def test_every_term_stands_in_a_part_of_the_glossary_and_has_a_short_sentence():
    assert sum(len(terms_of(area)) for area in AREAS) == len(TERMS)
    long = {term.word: len(term.sentence) for term in TERMS if not 20 < len(term.sentence) <= 130}
    assert not long
    assert all(term.sentence[0].isupper() and term.sentence.endswith(".") for term in TERMS)


@pytest.mark.parametrize(
    ("text", "word"),
    [("Bids", "bid"), ("quorum", "quorum"), ("final", "finalized"), ("ORDER BOOK", "order book"), ("losses", "gain")],
)
def test_a_word_is_found_in_the_form_of_a_text(text, word):
    found = find(text)
    assert found is not None
    assert found.word == word


def test_a_word_that_is_not_explained_is_not_found():
    assert find("teapot") is None
    assert find("") is None
