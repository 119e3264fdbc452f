"""What the journal keeps of the calls of blocks: enough to encode each block again, and to say why an order is fair."""

from __future__ import annotations

import re
from functools import cache

import msgspec
import pytest

from market_sim import Options, simulate
from market_sim.analysis.event_sentences import EventSentences
from market_sim.analysis.history.block_contents import BlockContents
from market_sim.analysis.history.fair_places import FairPlace, FairPlaces
from market_sim.blockchain.extracted_value import extracted_by_leader
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed, CallsOrdered, ProposalJudged
from market_sim.core.models.settlement_events import CallExecuted
from market_sim.simulation.scenarios.sandwich import GREEDY, SandwichScenario
from market_sim.ui.cli.main import main


@cache
def run(order: str, byzantine: str = "") -> Journal:
    options = Options(epochs=10, settlement="memory", byzantine=byzantine or None)
    return simulate(SandwichScenario(order=order), options).journal


LIARS = ["n1:late@2", "n1:equivocate", "n2:two-faced", "n1:withhold", "n1:forge", "n2:flood@3", "n1:usurp"]


@pytest.mark.parametrize(
    "byzantine", ["", *LIARS[:1], *(pytest.param(liar, marks=pytest.mark.thorough) for liar in LIARS[1:])]
)
@pytest.mark.parametrize("order", ["fair", "sandwich"])
def test_every_final_block_encoded_again_is_what_was_voted_on(order: str, byzantine: str) -> None:
    """Also those of a byzantine leader, whose calls are on the chain like those of the others."""
    journal = run(order, byzantine)
    contents, final = BlockContents(journal), {event.block for event in journal.of(BlockFinalized)}
    assert [block for block in final if not contents.digest_matches(block)] == []
    executed = [event.call for event in journal.of(CallExecuted)]
    ordered = [call for event in journal.of(CallsOrdered) if event.block in final for call in event.calls]
    assert ordered[: len(executed)] == executed and len(executed) > 4
    if byzantine != "n1:usurp":  # what it makes up is in no journal
        known = [block for block in contents.proposed if block in contents._upto]
        assert all(map(contents.digest_matches, known))


def test_what_a_byzantine_leader_extracts_is_told_under_its_name() -> None:
    found = extracted_by_leader(run("sandwich", "n0:forge@2"), "amm")
    assert set(found) <= {0, 1, 2, 3} and found[0]["searcher"].quote > 0


def test_the_order_that_is_computed_again_is_the_one_that_the_validators_demanded() -> None:
    journal = run("fair")
    places = FairPlaces(journal)
    demanded = {
        event.block: event.numbers["expected"]
        for event in journal.of(ProposalJudged)
        if event.reason == "PAYLOAD_UNFAIR_ORDER"
    }
    proposers = {event.block: event.proposer for event in journal.of(BlockProposed)}
    assert demanded and {proposers[block] for block in demanded} == {GREEDY}
    for event in journal.of(CallsOrdered):
        expected = places.expected(event.block)
        if event.block in demanded:
            assert ", ".join(map(str, expected)) == demanded[event.block] and expected != list(event.calls)
        else:
            assert expected == list(event.calls), "an honest leader keeps the order"


def test_a_place_follows_from_the_reports_on_the_chain() -> None:
    """Against a computation that reads nothing but the reports: places up to the third longest log, second smallest."""
    journal = run("fair")
    places, parents = FairPlaces(journal), {event.block: event.parent for event in journal.of(BlockProposed)}
    reports = {event.block: event.reports for event in journal.of(CallsOrdered)}
    checked = 0
    for block in [event.block for event in journal.of(CallsOrdered)]:
        logs: dict[int, dict[int, int]] = {who: {} for who in range(4)}
        above = block
        while above in parents:
            for who, first, calls, _ in reports.get(above, ()):
                logs[who] |= dict(enumerate(calls, start=first))
            above = parents[above]
        reach = sorted((max(log, default=0) for log in logs.values()), reverse=True)[2]
        for call, found in places.of(block).items():
            seen = {who: place for who, log in logs.items() for place, held in log.items() if held == call}
            assert found.seen == seen and found.stable == reach
            near = sorted(place for place in seen.values() if place <= reach)
            assert found.place == (near[1] if len(near) > 1 else 0)
            checked += 1
    assert checked > 15


def test_the_sentences_about_places() -> None:
    seen = {0: 5, 1: 5, 2: 4, 3: 9}
    assert FairPlace(5, seen, 7, 3, 1, 4).sentence == (
        "Place 5: the call was seen by n0 at place 5, n1 at place 5, n2 at place 4 and n3 at place 9; 3 of the 4 logs "
        "on this chain reach place 7, and the 2nd smallest of its places up to there counts."
    )
    assert FairPlace(0, {2: 4}, 7, 3, 1, 4).sentence == (
        "The call was seen by n2 at place 4; 3 of the 4 logs on this chain reach place 7, and up to there fewer than 2 "
        "of them hold it, so it is not due."
    )
    assert FairPlace(0, {}, 7, 3, 1, 4).sentence.startswith("No validator has reported the call on this chain")
    many = FairPlace(3, dict.fromkeys(range(9), 3) | {9: 7}, 7, 7, 3, 10).sentence
    assert many.startswith("Place 3: the call was seen by 10 validators, at places 3 to 7; 7 of the 10 logs")
    assert "the 4th smallest of its places" in many


def test_the_timeline_tells_the_reports_of_a_block_and_nothing_where_there_are_none() -> None:
    fair = run("fair")
    event = next(one for one in fair.of(CallsOrdered) if len(one.calls) > 1)
    said = EventSentences(fair).sentence(event)
    assert "validators report what they have seen: n0 from place" in said
    for one in event.reports:
        assert f"from place {one.first} on {', '.join(map(str, one.calls))}" in said
    free = run("sandwich")
    assert all("report" not in EventSentences(free).sentence(one) for one in free.of(CallsOrdered))
    assert all(b"reports" not in msgspec.json.encode(one) for one in free.of(CallsOrdered))


def test_a_call_is_traced_to_its_execution_with_the_reason_of_its_place(tmp_path, capsys) -> None:
    journal, folder = run("fair"), tmp_path / "fair"
    archive.save(journal, folder)
    unfair = next(one for one in journal.of(ProposalJudged) if one.reason == "PAYLOAD_UNFAIR_ORDER").block
    ordered = next(one for one in journal.of(CallsOrdered) if one.block == unfair)
    call = ordered.calls[0]
    assert main(["trace", str(folder), "--call", str(call)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"call {call}: searcher calls amm.buy(")
    assert "The block breaks the fair order, by which its calls would be 5, 6 and 7." in said
    assert said.count("The block keeps the fair order.") == 1 and said.count("not final") == 1
    assert re.search(rf"call {call} of searcher is refused by amm: .* \(memory, [\d,]+ gas\)$", said.strip())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["--call", "999"], "--call: there is no call 999; the calls of this run have the numbers 1 to "),
        (["--call", "0"], "0"),
        ([], "expected the number of an order or --call with that of a call, found neither"),
        (["3", "--call", "4"], "expected the number of an order or --call with that of a call, found both"),
    ],
)
def test_what_cannot_be_traced_is_answered_with_a_sentence(tmp_path, capsys, typed: list[str], expected: str) -> None:
    archive.save(run("fair"), tmp_path / "fair")
    assert main(["trace", str(tmp_path / "fair"), *typed]) == 2
    assert expected in capsys.readouterr().err
