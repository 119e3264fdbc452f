"""The page that compares protocols says what the command line says, and answers what it cannot read in one sentence."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from market_sim.analysis.protocol_figures import figures_of, sentences
from market_sim.core.models.consensus_events import BlockProposed
from market_sim.simulation.side_by_side import Question, side_by_side

ASKED = "/protocols?epochs=6&partition=3-4&seed=9"


@pytest.fixture(scope="module")
def plays():
    return side_by_side(Question(seed=9, epochs=6, partition="3-4"))


def test_the_form_comes_first_and_nothing_is_played(visitor):
    answer = visitor.get("/protocols")
    assert answer.status_code == 200
    assert 'name="partition"' in answer.text
    assert "<table" not in answer.text
    assert "/protocols" in visitor.get("/scenarios").text


def test_the_answer_holds_the_table_the_sentences_and_every_block(visitor, plays):
    text = unescape(visitor.get(ASKED).text)
    for play in plays:
        for cell in figures_of(play).cells:
            assert f">{cell}<" in text
    for sentence in sentences(plays):
        assert f"<li>{sentence}</li>" in text
    assert [f'value="{value}"' in text for value in ("3-4", "9", "6", "4", "3", "8-14")] == [True] * 5 + [False]
    assert text.count("<details>") == 3


def test_the_picture_is_asked_for_with_the_same_question(visitor, plays):
    address = unescape(re.search(r'data-figure="([^"]+)"', visitor.get(ASKED).text)[1])
    answer = json.loads(visitor.get(address).text)
    marks = sum(len(trace["x"]) for trace in answer["figure"]["data"] if trace.get("mode") == "markers"
                and trace["name"])  # fmt: skip
    assert marks == sum(len({event.block for event in play.journal.of(BlockProposed)}) for play in plays)
    assert answer["dark"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("epochs=61", "epochs: at most 60 on this page, found 61"),
        ("validators=11", "validators: at most 10 on this page, found 11"),
        ("seed=x", "seed is a whole number, found 'x'"),
        ("byzantine=n3:flood", "the protocols are compared under silent"),
        ("byzantine=n1:silent,n2:silent", "--beyond-the-bound"),
        ("partition=<script>", "epochs look like 5 or 5-9"),
    ],
)
def test_what_cannot_be_read_is_said_and_what_was_typed_stays(visitor, query, says):
    answer = visitor.get(f"/protocols?{query}")
    assert answer.status_code == 422
    assert says in unescape(answer.text)
    assert "<script>" not in answer.text.partition("<h1>")[2]
    value = query.partition("=")[2]
    assert f'value="{value}"' in unescape(answer.text)
    assert visitor.get(f"/protocols/figure.json?{query}").status_code == 422
