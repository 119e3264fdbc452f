"""Spreads, slippage, markouts, shortfall and benchmarks: worked examples by hand, and exact sums in a run."""

from __future__ import annotations

import pytest

from market_sim import Buy, Sell
from market_sim.analysis.microstructure.benchmarks import comparisons, signed_bps
from market_sim.analysis.microstructure.shortfall import (
    Fill,
    ParentOrder,
    parent_orders,
    recommendations,
    shortfall,
)
from market_sim.analysis.microstructure.slippage import by_side, by_size, by_time, by_venue, total
from market_sim.analysis.microstructure.spreads import averages, spreads
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import InstrumentListed, OrderAccepted, OrderCancelled, Trade
from market_sim.core.models.run_events import AgentJoined
from market_sim.market.exchange.markouts import markouts, ranked
from market_sim.market.exchange.quotes import BookTape, Quotes, tapes
from market_sim.simulation.run import simulate
from tests.reference.naive_microstructure import paper_less_real

SECOND = 1_000_000_000
LISTED = InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0)


def traded(time: int, number: int, price: int, quantity: int, side: int, **more) -> Trade:
    terms = {"maker": "ann", "taker": "bob", "maker_fee": 0, "taker_fee": 0, "maker_order": 1, "taker_order": 2, **more}
    return Trade(time, number, "ACME", price, quantity, side, **terms)


def quoted(*states: tuple[int, int, int]) -> Quotes:
    made = Quotes()
    for time, bid, ask in states:
        made.tell(time, bid, ask, 10, 10)
    return made


def order(side: int, quantity: int, decision: int, close: int, *fills: tuple[int, int, int, int]) -> ParentOrder:
    """An order with fills of (quantity, price, midpoint at arrival, fee), and prices as whole units."""
    made = tuple(
        Fill(traded(place, place, price, size, side), size, price, fee, True, 2 * arrived, price, 0)
        for place, (size, price, arrived, fee) in enumerate(fills, 1)
    )
    return ParentOrder("ann", "ACME", LISTED, side, quantity, 0, 2 * decision, 2 * close, made, True)


@pytest.fixture(scope="module")
def run():
    """Two venues in one run."""
    return simulate("two-venues", epochs=5, settlement="none").journal


def test_the_three_spreads_of_a_trade_are_those_of_the_rule():
    path = quoted((0, 99, 101), (50, 103, 105), (SECOND + 60, 105, 107))
    bought, sold = traded(10, 1, 102, 4, 1), traded(20, 2, 99, 1, -1)
    one, two = spreads([bought, sold], path, 3 * SECOND, 40)
    assert (one.quoted, one.effective, one.realised, one.impact, one.improvement) == (2, 4, -4, 8, -1)
    assert (two.effective, two.realised, two.impact, two.improvement) == (2, 10, -8, 0)
    told = averages([one, two])
    assert told == (2, 5, 2.0, (4 * 4 + 2) / 5, (-16 + 10) / 5, (32 - 8) / 5, 18 / 5, -4 / 5)
    assert told.effective_over_quoted == pytest.approx(1.8)


def test_a_trade_without_quotes_before_it_or_with_no_horizon_left_has_no_such_spread():
    path = quoted((5, 99, 101))
    assert spreads([traded(5, 1, 101, 1, 1)], path, 100, 10) == []
    [last] = spreads([traded(95, 1, 101, 1, 1)], path, 100, 10)
    assert (last.realised, last.impact) == (None, None)
    assert averages([last]).realised is None
    assert averages([]) is None


def test_the_identity_of_spreads_is_exact_and_every_table_of_slippage_adds_up(run):
    end, seen = run[-1].time, 0
    for tape in tapes(run).values():
        found = spreads(tape.trades, tape.quotes, end)
        whole = [one for one in found if one.realised is not None]
        assert all(one.effective == one.realised + one.impact for one in whole)
        told = averages(found)
        assert told.effective_then == pytest.approx(told.realised + told.impact, rel=1e-12)
        sums = {total(cut)[1:] for cut in (by_size(found), by_time(found, end), by_side(found), by_venue(found))}
        assert sums == {
            (
                len(found),
                sum(one.trade.quantity for one in found),
                sum(one.trade.quantity * one.trade.price for one in found),
                sum(one.trade.quantity * one.effective for one in found),
            )
        }
        seen += len(whole)
    assert seen > 50


def test_slippage_by_size_names_its_classes():
    path = quoted((0, 99, 101))
    found = spreads([traded(5, n, 101, size, 1) for n, size in enumerate((1, 1, 2, 3, 5, 8, 13, 21))], path, 100)
    assert [(cell.name, cell.trades) for cell in by_size(found)] == [
        ("1", 2),
        ("2 to 4", 2),
        ("5 to 12", 2),
        ("13 to 21", 2),
    ]
    assert by_size([]) == []


def test_a_markout_is_the_gain_of_a_trade_a_while_later_and_its_makers_loss():
    path = quoted((0, 99, 101), (100, 109, 111))
    found = markouts([traded(10, 1, 101, 3, 1), traded(20, 2, 99, 1, -1)], path, 150, (50, 90, 135))
    taker, maker = found
    assert (taker.account, taker.role, taker.trades, taker.quantity) == ("bob", "taker", 2, 4)
    assert taker.means == ((3 * -1 - 1) / 4, (3 * 9 - 11) / 4, 9)
    assert taker.counts == (2, 2, 1)
    assert maker.means == (1.0, -4.0, -9)
    assert ranked(found, (50, 90, 135), 90) == []  # two trades are too few for a rank


def test_the_worked_example_of_the_shortfall_of_a_delayed_order_has_its_four_parts():
    """1,000 shares decided at 10.00, an expired day later 700 bought at 10.07 from 10.05, fees 14, last price 10.08.

    J. Maginn and others, Managing Investment Portfolios (2007), chapter 10: 0.87 % in all, of which delay 0.35, trading
    0.14, what never traded 0.24, and commissions 0.14.
    """
    example = order(1, 1_000, 1_000, 1_008, (700, 1_007, 1_005, 1_400))
    cost = shortfall(example)
    assert (cost.delay, cost.trading, cost.opportunity, cost.fees) == (7_000, 2_800, 4_800, 2_800)
    assert cost.total / 2 / example.value == pytest.approx(0.0087)
    assert paper_less_real(example) == cost.total


@pytest.mark.parametrize(
    ("example", "parts"),
    [
        (order(-1, 10, 100, 90, (10, 95, 98, 3)), (40, 60, 0, 6)),
        (order(-1, 10, 100, 90), (0, 0, 200, 0)),
        (order(1, 10, 100, 90, (4, 99, 100, -2), (6, 101, 103, 1)), (36, -32, 0, -2)),
        (order(1, 5, 100, 104, (2, 101, 100, 0)), (0, 4, 24, 0)),
    ],
)
def test_the_parts_of_a_shortfall_are_those_of_the_definition(example, parts):
    cost = shortfall(example)
    assert (cost.delay, cost.trading, cost.opportunity, cost.fees) == parts
    assert cost.total == paper_less_real(example)


def test_every_order_of_a_run_is_cut_into_causes_that_add_up_to_paper_less_real(run):
    found = tapes(run)
    agents = [event.agent for event in run.of(AgentJoined)]
    told = [one for agent in agents for one in parent_orders(run, found, agent)]
    assert sum(bool(one.fills) for one in told) > 5
    for one in told:
        assert shortfall(one).total == paper_less_real(one)
        assert one.filled <= one.quantity
        for advice in recommendations(one, None):
            assert advice.saving > 0


def test_a_stated_order_begins_at_its_start_and_what_it_never_traded_is_missed():
    journal = Journal()
    for event in (
        LISTED,
        AgentJoined(0, "desk", "Twap", {"symbol": "ACME", "side": 1, "quantity": 9, "start_s": 1.0}, 10, 5),
        OrderAccepted(0, 1, "ann", Buy("ACME", 10, 99)),
        OrderAccepted(0, 2, "ann", Sell("ACME", 10, 101)),
        OrderAccepted(SECOND + 5, 3, "ann", Buy("ACME", 5, 100)),
        OrderAccepted(2 * SECOND, 4, "desk", Buy("ACME", 6, 101)),
        traded(2 * SECOND, 1, 101, 4, 1, maker_order=2, taker_order=4, taker="desk", taker_fee=3, maker_fee=1),
        OrderCancelled(2 * SECOND, 4, 2, "IOC"),
        OrderAccepted(3 * SECOND, 5, "ann", Buy("ACME", 5, 100)),
    ):
        journal.record(event)
    [found] = parent_orders(journal, tapes(journal), "desk")
    assert (found.quantity, found.filled, found.decided_at, found.decision, found.close) == (9, 4, SECOND, 200, 201)
    cost = shortfall(found)
    assert (cost.delay, cost.trading, cost.opportunity, cost.fees) == (4, 4, 5, 6)
    told = {one.advice.partition(":")[0]: one.saving for one in recommendations(found, 100.0)}
    assert told == {
        "trade along with the market": 8,
        "finish the order": 5,
        "send each part when the order is decided, not later": 4,
        "wait in the book until somebody trades at the midpoint of the moment": 4,
        "let others take": 4,
    }
    prices = {one.name: one.price for one in comparisons(found, tapes(journal)["ACME"])}
    assert prices == {"arrival": 100.0, "VWAP": 101.0, "TWAP": pytest.approx(100.5), "close": 100.5}


def test_benchmarks_are_signed_and_those_of_the_time_of_the_order():
    example = order(-1, 10, 100, 104, (10, 98, 100, 0))
    tape = BookTape(quoted((0, 99, 101), (1, 103, 105)), [traded(1, 1, 98, 10, -1), traded(9, 2, 500, 10, 1)])
    found = {one.name: one for one in comparisons(example, tape)}
    assert (found["arrival"].bps, found["VWAP"].price, found["close"].bps) == pytest.approx((200, 98, 6 / 104 * 10_000))
    assert signed_bps(1, 101, 100) == pytest.approx(100)
    assert comparisons(order(1, 10, 100, 100), tape) == []
    with pytest.raises(InputError, match="positive price, found 0"):
        signed_bps(1, 1, 0)


def test_a_time_average_weighs_each_midpoint_by_how_long_it_held():
    path = quoted((0, 99, 101), (10, 109, 111), (30, 89, 91))
    assert path.mean_twice(0, 40) == (200 * 10 + 220 * 20 + 180 * 10) / 40
    assert path.mean_twice(5, 15) == 210
    assert path.mean_twice(35, 45) == 180
    assert path.mean_twice(7, 7) is None
    assert quoted((50, 99, 101)).mean_twice(0, 40) is None
    assert quoted((20, 99, 101)).mean_twice(0, 40) == 200
