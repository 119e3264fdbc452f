"""What liars did and what came of it, and which refusals a run had, each in a sentence from the journal."""

from __future__ import annotations

import re
from functools import cache

import pytest

from market_sim.analysis.byzantine_report import byzantine_report
from market_sim.analysis.byzantine_words import FLOODS
from market_sim.analysis.refusals import refusal_documents, refusals
from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import ByzantineAct, FloodDropped, MessageRefused
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.models.reasons import REASONS, explain
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.liquidation_cascade import LiquidationCascade
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo


@cache
def journal(byzantine: str | None, validators: int = 4) -> Journal:
    """A run with these byzantine validators, and with a partition after a bar."""
    who, _, partition = (byzantine or "").partition("|")
    options = Options(
        epochs=12, settlement="none", byzantine=who or None, validators=validators, partition=partition or None,
        beyond_the_bound=("," in who and validators == 4) or None,
    )  # fmt: skip
    return simulate(FirstMarket(), options).journal


def test_an_honest_run_has_no_liars_and_no_refusals():
    told = journal(None)
    assert byzantine_report(told) == []
    assert refusals(told) == []


@pytest.mark.parametrize("how", BEHAVIOURS)
def test_every_way_to_lie_has_its_sentence(how: str):
    told = journal(f"n3:{how}@5-9")
    [sentence] = byzantine_report(told)
    acts = [event for event in told.of(ByzantineAct) if event.behaviour == how]
    assert sentence.startswith("n3 ")
    assert how in sentence
    if how == "double-vote":
        assert sentence == (
            "n3 was to double-vote and never did: no leader sent a second proposal that it could have voted for."
        )
    elif how == "greedy":
        assert sentence == (
            "n3 was to be greedy and never did: it proposed no block with calls whose order it could change."
        )
    elif how != "crash":
        assert ("once" if len(acts) == 1 else f"{len(acts)} times") in sentence


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("silent", "1 epoch that it led had no block; 4 of 4 blocks of the others became notarized without its vote"),
        ("crash", "2 epochs that it led had no block"),
        ("equivocate", "1 final, 1 of these without a trade; honest validators hold 3 proofs"),
        ("usurp", "of its 5 blocks 0 became notarized and 0 final"),
        ("forge", "57 messages were thrown away (BAD_SIGNATURE 33,"),
        ("replay", "15 messages were thrown away (BAD_SIGNATURE 9, WRONG_GENESIS 6) by n0, n1 and n2"),
        ("flood", " were dropped unread"),
    ],
)
def test_the_sentence_says_what_came_of_it(how: str, outcome: str):
    assert outcome in byzantine_report(journal(f"n3:{how}@5-9"))[0]


FORGED = "n1:late,n3:forge"


@pytest.mark.parametrize(
    ("byzantine", "part", "outcome"),
    [
        (FORGED, 0, "final; it cannot be proved, since it looks like"),
        (FORGED, 0, "no new final block, in a run with other faults, too."),
        (FORGED, 1, "agree; it cost no finality, because a forged signature"),
        ("n1:replay,n3:forge", 1, "whose sender is not proved, its own among them"),
        ("n1:usurp,n3:flood@2-4", 0, "by n0 and n2; honest validators hold"),
        ("n3:withhold|4-6", 0, "no new final block, in a run with other faults, too."),
        ("n3:late", 0, "7 of 11 epochs from then on brought no new final block."),
        ("n1:two-faced", 0, "of its 6 blocks 3 became notarized and 3 final; honest validators hold"),
        ("n1:two-faced", 0, "; nothing came of it, because two quorums share an honest validator,"),
        ("n1:misexecute", 0, "nothing came of it, because each validator executes for itself."),
        ("n1:double-sign", 0, "nothing came of it, because this run settles on no chain,"),
    ],
)
def test_each_validator_answers_for_its_own_acts(byzantine: str, part: int, outcome: str):
    assert outcome in byzantine_report(journal(byzantine))[part]


def test_of_many_validators_the_number_is_told():
    assert "one epoch (seen by 9 validators);" in byzantine_report(journal("n1:equivocate", validators=10))[0]


@pytest.mark.parametrize("how", ["forge", "usurp", "replay", "flood"])
def test_the_reasons_of_thrown_away_messages_add_up_to_their_number(how: str):
    told = journal(f"n3:{how}@5-9")
    sentence = byzantine_report(told)[0]
    total, reasons = re.search(r"(\d+) messages were thrown away \((.*?)\)", sentence).groups()
    assert sum(map(int, re.findall(r" (\d+)", reasons))) == int(total)
    assert int(total) == sum(event.sender == 3 or how == "forge" for event in told.of(MessageRefused))


def test_messages_that_are_dropped_without_a_record_are_not_counted():
    told = journal("n3:flood@5-9")
    dropped = [event for event in told.of(FloodDropped) if event.reason != "TOO_MANY_REFUSALS"]
    assert 0 < len(dropped) < len([*told.of(FloodDropped)])
    more = {event.numbers.get("code") for event in told.of(FloodDropped)} & set(FLOODS)
    assert f"{len(dropped)} messages{' or more' if more else ''} were dropped unread" in byzantine_report(told)[0]


def test_who_votes_twice_is_told_when_somebody_gives_it_the_chance():
    told = byzantine_report(journal("n3:equivocate,n1:double-vote", validators=7))
    assert len(told) == 2
    assert any(sentence.startswith("n1 voted a second time in an epoch ") for sentence in told)


def test_refusals_are_counted_by_reason_with_a_rule_and_one_case():
    run = simulate(LiquidationCascade(), Options(epochs=8, settlement="none"))
    [told] = refusals(run.journal)
    rejected = list(run.journal.of(OrderRejected))
    assert (told.by, told.reason, told.count) == ("exchange", "NO_LIQUIDITY", len(rejected))
    assert told.rule == REASONS["NO_LIQUIDITY"].rule
    assert (told.who, told.sentence) == (rejected[0].account, explain("NO_LIQUIDITY", rejected[0].numbers))
    assert run.journal[told.event] == rejected[0]
    [document] = refusal_documents([told])
    assert document["example"]["sentence"] == told.sentence


def test_the_counts_of_all_refusals_sum_to_their_events():
    told = journal("n1:late@3-9,n1:replay@3-9")
    assert sum(one.count for one in refusals(told)) == sum(
        type(event).__name__ in ("MessageRefused", "FloodDropped")
        or (type(event).__name__ == "ProposalJudged" and event.verdict != "waiting")
        for event in told
    )
    assert len({one.reason for one in refusals(told)}) > 2


@pytest.mark.parametrize(
    "options",
    [
        Options(epochs=10, settlement="none", validators=7, partition="4-6"),
        Options(epochs=10, settlement="none", validators=7, variant="crash"),
        Options(epochs=10, settlement="none", validators=10, crash="n2@4-6"),
    ],
)
def test_of_honest_validators_nothing_is_refused_but_what_came_after_its_epoch(options: Options):
    assert {one.reason for one in refusals(simulate(StreamletDemo(), options).journal)} <= {"LATE_PROPOSAL"}
