"""The trace of an order has no gap, agrees with the fold, and notices what was changed."""

from __future__ import annotations

import msgspec
import pytest

from market_sim.analysis.history.books import Books
from market_sim.analysis.history.order_trace import Tracer
from market_sim.analysis.vote_check import check_vote
from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockProposed, VoteCast
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.run_events import AgentJoined
from market_sim.core.models.settlement_events import BatchCertified, BlockSettled
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS

MOST_TRACES = 25
"""So many of a scenario's fills are followed, evenly over the run: each trace adds the journal up again."""


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda kind: kind.name)
def journal(request):
    return simulate(request.param(), Options(epochs=8, settlement="memory")).journal


@pytest.fixture(scope="module")
def forked():
    """A run in which a liar sends two blocks in the epochs that it leads."""
    options = Options(epochs=12, settlement="memory", byzantine="n3:equivocate@2-9")
    return simulate(SCENARIOS[0](), options).journal


def tracer_of(journal):
    return Tracer(journal, Books(journal))


def changed(journal, kind, is_meant=lambda event: True, **changes):
    """The same journal with one event changed: the first of this kind that is meant."""
    copy, first = Journal(), True
    for event in journal:
        if first and type(event) is kind and is_meant(event):
            event, first = msgspec.structs.replace(event, **changes), False
        copy.record(event)
    return copy


def test_every_settled_fill_of_every_scenario_has_a_trace_without_a_gap(journal):
    tracer = tracer_of(journal)
    paid = [trade for batch in tracer.blocks.batches for trade in range(batch.first_trade, batch.last_trade + 1)]
    settled = [trade for trade in paid if trade in tracer.trades]
    assert settled
    assert len(paid) == sum(event.trades + event.refused for event in journal.of(BlockSettled))
    for number in settled[:: max(1, len(settled) // MOST_TRACES)]:
        trace = tracer.trade(number)
        way = trace.ways[0]
        assert trace.state == "settled"
        assert way.is_final and way.digest_matches and len(way.votes) >= 3 and way.notarized
        assert 1 <= way.place <= way.proposed.event.trades
        assert trace.paid.root_matches and trace.paid.is_proven
        assert len(trace.changes) >= 3


def test_balances_before_and_after_are_the_folds(journal):
    tracer = tracer_of(journal)
    numbers = list(tracer.trades)
    for number in (numbers[0], numbers[len(numbers) // 2], numbers[-1]):
        before, after = fold(journal, trade=number - 1), fold(journal, trade=number)
        for change in tracer.trade(number).changes:
            assert change.after == after[change.account].get(change.asset, 0)
            assert change.before == before.get(change.account, {}).get(change.asset, 0)


def test_the_chain_moves_by_the_whole_batch(journal):
    tracer = tracer_of(journal)
    trace = tracer.trade(first_trade(journal))
    at_the_end = fold(journal, trade=trace.paid.batch.last_trade)
    register = tracer.blocks.register
    held = [change for change in trace.changes if register.is_token(change.asset)]
    assert held
    for change in held:
        assert change.chain_after == at_the_end[change.account].get(change.asset, 0)
    assert all(change.chain_after is None for change in trace.changes if change not in held)


def first_trade(journal):
    return next(event.trade for event in journal.of(Trade))


def test_an_order_is_followed_through_all_its_fills(journal):
    tracer = tracer_of(journal)
    trade = next(journal.of(Trade))
    for order in (trade.maker_order, trade.taker_order):
        trace = tracer.order(order, 1_000)
        fills = [one for one in journal.of(Trade) if order in (one.maker_order, one.taker_order)]
        assert [fill.trade.event for fill in trace.trades] == fills
        assert tracer.fills(order) == len(fills)
        agents = {event.agent: event.strategy for event in journal.of(AgentJoined)}
        assert trace.strategy == agents.get(trace.accepted.event.account, "")
    assert tracer.order(10**9, 10) is None


def test_the_queue_of_an_order_is_what_the_book_shows():
    journal = simulate(SCENARIOS[0](), Options(epochs=2, settlement="none")).journal
    tracer = tracer_of(journal)
    first = next(event for event in journal.of(OrderAccepted) if event.terms.limit is not None)
    queue = tracer.order(first.order, 1).queue
    assert (queue.before, queue.opposite, queue.after) == (0, 0, first.terms.quantity)


def test_a_trade_in_an_orphaned_block_is_found_in_both(forked):
    tracer = tracer_of(forked)
    ways = [tracer.trade(number).ways for number in tracer.trades]
    twice = [way for way in ways if len(way) > 1]
    assert twice, "the liar's second block must hold trades, too"
    for way in twice:
        assert way[0].is_final or not any(one.is_final for one in way)


def test_a_payload_that_is_not_the_one_voted_on_is_noticed(journal):
    trace = tracer_of(changed(journal, Trade, price=1)).trade(first_trade(journal))
    assert not trace.ways[0].digest_matches
    assert not trace.paid.root_matches
    assert not trace.paid.is_proven


def test_another_root_is_noticed(journal):
    """Of the batch with the first trade: one before it may have calls of contracts and no trade."""
    first = first_trade(journal)
    paid = tracer_of(journal).trade(first).paid.batch.settled
    another = changed(journal, BatchCertified, lambda batch: batch.last == paid.last, trades_root="00" * 32)
    assert tracer_of(journal).trade(first).paid.root_matches
    assert not tracer_of(another).trade(first).paid.root_matches


def votes(journal):
    return [number for number, event in enumerate(journal) if type(event) is VoteCast]


def test_every_stored_vote_is_valid(journal, forked):
    for one in (journal, forked):
        checks = [check_vote(one, number) for number in votes(one)]
        assert checks
        assert all(check.is_valid and check.genesis_matches and check.verdict == "valid" for check in checks)


@pytest.mark.parametrize("place", [0, 31, 63])
def test_a_changed_byte_of_a_stored_vote_makes_it_invalid(journal, place):
    number = votes(journal)[0]
    signature = bytearray.fromhex(journal[number].signature)
    signature[place] ^= 1
    check = check_vote(changed(journal, VoteCast, signature=signature.hex()), number)
    assert check.verdict == "invalid"


ELSEWHERE = [{"voter": 0}, {"voter": 99}, {"signature": "zz"}, {"signature": ""}, {"block": "00"}]


@pytest.mark.parametrize("changes", ELSEWHERE)
def test_a_vote_of_somebody_else_or_for_something_else_is_invalid(journal, changes):
    number = votes(journal)[0]
    if journal[number].voter == 0 and "voter" in changes:
        changes = {"voter": 1}
    assert not check_vote(changed(journal, VoteCast, **changes), number).is_valid


def test_what_is_no_vote_is_not_checked(journal):
    proposal = next(number for number, event in enumerate(journal) if type(event) is BlockProposed)
    assert check_vote(journal, proposal) is None
    assert check_vote(journal, len(journal)) is None
