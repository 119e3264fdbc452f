"""The best quotes over several venues, an order that a router divides, and trades in the dark beside the lit quotes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from statistics import fmean

import pytest

from market_sim import Buy, Sell
from market_sim.analysis.microstructure.best_quotes import whole_tapes
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.report_tables import report
from market_sim.analysis.microstructure.shortfall import shortfall
from market_sim.analysis.microstructure.spreads import Averages
from market_sim.analysis.reports.execution_quality import venues_by_day
from market_sim.analysis.reports.flow import flow_sheets
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import (
    BookOpened,
    InstrumentListed,
    OrderAccepted,
    OrderCancelled,
    PhaseChanged,
    Trade,
)
from market_sim.core.models.run_events import AgentJoined
from market_sim.core.models.venue_events import OutageBegan, OutageEnded, VenueHealthChanged
from market_sim.market.exchange.quotes import tapes
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.dark_pool import DarkPoolScenario
from market_sim.simulation.scenarios.outage import DESK, OutageScenario
from market_sim.simulation.scenarios.several_venues import NYSE, POOL
from tests.reference.naive_microstructure import paper_less_real

SECOND = 1_000_000_000
LISTED = InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0)
STATED = {"symbol": "ACME", "side": 1, "quantity": 9, "start_s": 1.0, "venue": ""}


def journal_of(*events: Event) -> Journal:
    made = Journal()
    for event in events:
        made.record(event)
    return made


def two_books(**terms: object) -> Iterable[Event]:
    """A at 98 to 102 and B at 99 to 105 from the beginning, and a desk that decides to buy 9 after a second."""
    yield LISTED
    yield from (BookOpened(0, "ACME", venue) for venue in "AB")
    yield AgentJoined(0, "desk", "Router", {**STATED, **terms}, 10, 0)
    quotes = (("A", Buy, 98), ("A", Sell, 102), ("B", Buy, 99), ("B", Sell, 105))
    for number, (venue, side, price) in enumerate(quotes, 1):
        yield OrderAccepted(0, number, "ann", side("ACME", 20, price, venue=venue))


def bought(time: int, number: int, price: int, quantity: int, venue: str, maker: int, taker: int) -> Trade:
    return Trade(time, number, "ACME", price, quantity, 1, maker, taker, "ann", "desk", 0, 3, venue)


def divided() -> Iterable[Event]:
    """The desk takes 5 on A at 102, A's bid rises to 100, the desk takes 4 on B at 105, and A's bid ends at 101."""
    yield OrderAccepted(2 * SECOND, 5, "desk", Buy("ACME", 5, 102, venue="A"))
    yield bought(2 * SECOND, 1, 102, 5, "A", 2, 5)
    yield OrderAccepted(2 * SECOND + 5, 6, "ann", Buy("ACME", 1, 100, venue="A"))
    yield OrderAccepted(3 * SECOND, 7, "desk", Buy("ACME", 4, 105, venue="B"))
    yield bought(3 * SECOND, 2, 105, 4, "B", 4, 7)
    yield OrderAccepted(4 * SECOND, 8, "ann", Buy("ACME", 1, 101, venue="A"))


def test_an_order_that_is_divided_among_venues_is_one_order_beside_the_best_quotes_of_all():
    found = Microscope(journal_of(*two_books(), *divided()))
    [order] = found.orders
    assert (order.book, order.quantity, order.filled, order.stated) == ("ACME", 9, 9, True)
    assert (order.decision, order.close) == (99 + 102, 101 + 102)
    cost = shortfall(order)
    # By hand, in halves: 4 arrived at 101 and not at 100.5; 5 at 102 beside 100.5 and 4 at 105 beside 101; fees of 3.
    assert (cost.delay, cost.trading, cost.opportunity, cost.fees) == (4, 5 * 3 + 4 * 8, 0, 12)
    assert cost.total == paper_less_real(order)
    told = {one.name: one.price for one in found.benchmarks(order)}
    assert told == {"arrival": 100.5, "VWAP": 930 / 9, "TWAP": pytest.approx(100.75, abs=1e-6), "close": 101.5}
    advised = {one.advice.partition(":")[0]: one.saving for one in found.advice(order)}
    assert advised["take no more at once than the best quote shows"] == 4 * 2 * 3
    assert "finish the order" not in advised


def test_an_order_for_one_venue_stays_one_of_its_book():
    other, order = Microscope(journal_of(*two_books(venue="B"), *divided()), "desk").orders
    assert (order.book, order.quantity, order.filled, order.decision) == ("ACME on B", 9, 4, 99 + 105)
    assert (other.book, other.quantity, other.filled, other.stated) == ("ACME on A", 5, 5, False)


def test_an_order_of_which_nothing_got_to_a_venue_missed_all_of_it():
    rest = [event for event in divided() if getattr(event, "account", "") == "ann"]
    others = Trade(2 * SECOND, 1, "ACME", 102, 5, 1, 2, 9, "ann", "bob", 0, 0, "A")
    [order] = Microscope(journal_of(*two_books(), others, *rest)).orders
    assert (order.quantity, order.filled, order.fills) == (9, 0, ())
    assert shortfall(order).opportunity == shortfall(order).total == 9 * (203 - 201)
    [later] = [Microscope(journal_of(*two_books(start_s=5.0), others, *rest))]
    assert later.orders == []  # it was not decided before the end


@pytest.mark.parametrize(
    ("away", "back"),
    [
        (OutageBegan(1, "A", 3), OutageEnded(3, "A")),
        (VenueHealthChanged(1, "A", "OPEN", 5), VenueHealthChanged(3, "A", "CLOSED", 0)),
        (PhaseChanged(1, "ACME", "halted", "x", {}, "A"), PhaseChanged(3, "ACME", "continuous", "x", {}, "A")),
    ],
)
def test_a_venue_on_which_nobody_can_trade_has_no_part_in_the_best_quotes(away, back):
    extra = OrderAccepted(2, 5, "ann", Buy("ACME", 7, 99, venue="B"))
    quotes = whole_tapes(journal_of(*two_books(), away, extra, back))["ACME"].tape.quotes
    shown = list(zip(quotes.times, quotes.bids, quotes.asks, quotes.bid_sizes, quotes.ask_sizes, strict=True))
    assert shown == [(0, 99, 102, 20, 20), (1, 99, 105, 20, 20), (2, 99, 105, 27, 20), (3, 99, 102, 27, 20)]


def test_the_quotes_of_two_venues_may_cross_and_then_there_is_no_share_of_them():
    crossed = OrderAccepted(1, 5, "ann", Buy("ACME", 1, 103, venue="B"))
    quotes = whole_tapes(journal_of(*two_books(), crossed))["ACME"].tape.quotes
    assert (quotes.bids[-1], quotes.asks[-1], quotes.twice[-1]) == (103, 102, 205)
    told = Averages(1, 1, -1.0, 0.0, None, None, None, 0.0)
    assert told.effective_over_quoted is None and told._replace(quoted=0.0).effective_over_quoted is None


def test_one_book_and_no_named_venue_have_no_quotes_of_several():
    assert whole_tapes(journal_of(LISTED, OrderAccepted(0, 1, "ann", Buy("ACME", 1, 98)))) == {}
    assert whole_tapes(journal_of(LISTED, BookOpened(0, "ACME", "A"))) == {}


@pytest.fixture(scope="module")
def outage() -> Journal:
    return market_alone(OutageScenario(), 7, 8)


@pytest.fixture(scope="module")
def dark() -> Journal:
    return market_alone(DarkPoolScenario(), 7, 5)


def test_the_best_quotes_of_a_run_are_the_best_of_its_books(dark):
    """With one lit venue they are its own; the tape of each book comes from another reader."""
    lit = tapes(dark)[f"ACME on {NYSE.name}"].quotes
    whole = whole_tapes(dark)["ACME"].tape
    assert (whole.quotes.times, whole.quotes.bids, whole.quotes.ask_sizes) == (lit.times, lit.bids, lit.ask_sizes)
    assert whole.trades == [*dark.of(Trade)]


def test_a_router_in_an_outage_finishes_its_order_and_the_microscope_says_so(outage):
    mine = [trade for trade in outage.of(Trade) if trade.taker == DESK]
    assert len({trade.venue for trade in mine}) == 2
    found = Microscope(outage)
    [order] = found.orders
    assert order.filled == sum(trade.quantity for trade in mine)
    assert shortfall(order).fees == 2 * sum(trade.taker_fee for trade in mine)
    assert shortfall(order).total == paper_less_real(order)
    [one] = found.progresses
    assert one.done[-1][1] == order.quantity - order.filled


def test_a_trade_in_the_dark_is_at_the_midpoint_of_its_moment_and_half_a_spread_better_than_the_quote(dark):
    found = Microscope(dark)
    [pool] = found.dark
    assert pool.name == f"ACME on {POOL.name}"
    mine = [trade for trade in dark.of(Trade) if trade.venue == POOL.name]
    assert [one.trade for one in pool.spreads] == mine and len(mine) > 20
    assert all(one.effective == 0 and 2 * one.improvement == one.quoted > 0 for one in pool.spreads)
    assert any(one.impact for one in pool.spreads)


def test_the_tables_count_every_trade_of_every_venue(dark):
    found = Microscope(dark)
    told = {table.name: table for table in report(found)}
    sums = [row["trades"] for row in told["slippage"] if row["cut"] == "venue"]
    assert sum(sums) == sum(row["trades"] for row in told["spreads"]) == len([*dark.of(Trade)])
    assert {row["account"] for row in told["markouts"] if row["book"].endswith(POOL.name)}
    shows = {row["book"] for name in ("estimates", "efficiency", "evidence") for row in told[name]}
    assert shows == {f"ACME on {NYSE.name}"}
    assert not told["discovery"].rows  # of two venues one shows no price
    days = [row for row in venues_by_day(found, dark, SECOND) if row[1].endswith(POOL.name)]
    assert sum(row[4] for row in days) == sum(trade.venue == POOL.name for trade in dark.of(Trade))
    assert {row[11:13] for row in days} == {(None, None)}  # neither a spread nor a depth of its own


def test_the_flow_report_counts_who_took_in_the_dark_as_filled_at_the_quote_or_better(dark):
    _, (by_venue, *_) = flow_sheets(dark, "ACME", "1h")
    pool = next(row for row in by_venue.table if row["book"].endswith(POOL.name))
    takers = {trade.taker_order: 0 for trade in dark.of(Trade) if trade.venue == POOL.name}
    wanted = {event.order: event.terms.quantity for event in dark.of(OrderAccepted) if event.order in takers}
    for trade in dark.of(Trade):
        if trade.taker_order in takers:
            takers[trade.taker_order] += trade.quantity
    assert pool["traded_at_once"] == len(takers) > 10
    assert pool["quality"] == pytest.approx(100 * fmean(took / wanted[order] for order, took in takers.items()))


def test_cancelled_quotes_leave_the_best_ones():
    gone = OrderCancelled(1, 3, 20, "x")
    quotes = whole_tapes(chain(two_books(), [gone]))["ACME"].tape.quotes
    assert (quotes.bids, quotes.asks) == ([99, 98], [102, 102])
