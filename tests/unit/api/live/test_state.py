"""The live state: every number of a view equals the one of the session's own books and ledger."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, pairwise
from math import log
from random import Random
from statistics import stdev
from threading import Thread

import pytest

from market_sim.analysis.history.chain_story import story_of
from market_sim.analysis.results.performance import performances
from market_sim.analysis.three_clocks import CLOCKS, last_entry
from market_sim.api.live.board import rows_of
from market_sim.api.live.market import LiveMarket
from market_sim.api.live.orders import ENDED_KEPT
from market_sim.api.live.state import LiveState
from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Amend, Buy, Cancel, CancelAll, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, Trade, book_name
from market_sim.core.models.mechanism_events import ContractSpecified
from market_sim.market.agents.mailbox import Mail
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.simulation.session import Session


def opened(scenario=None, epochs: int = 10_000, settlement: str = "memory") -> LiveMarket:
    market = LiveMarket(Session(scenario or FirstMarket(), Options(epochs=epochs, settlement=settlement)), None)
    market.stop_clock()
    market.start()
    return market


def traded(market: LiveMarket, name: str, seed: int, messages: int) -> None:
    """Send all sorts of orders at random, and cancel and amend some of them."""
    chance, placed = Random(seed), []
    market.join(name, {"USD": 10**8}, {"ACME": 2_000})
    for number in range(messages):
        side, quantity = chance.choice([Buy, Sell]), chance.randrange(1, 30)
        limit = 10_000 + chance.randrange(-60, 60)
        kinds: list[PlaceOrder | Cancel | Amend] = [
            side("ACME", quantity, limit),
            side("ACME", quantity, limit, "ioc"),
            side("ACME", quantity),
            side("ACME", quantity, limit, display=3, self_trade="decrement_and_cancel"),
            side("ACME", quantity, limit, hidden=True),
            side("ACME", quantity, limit, peg="mid"),
            side("ACME", quantity, limit, stop=limit + 30),
            side("ACME", quantity, limit, client_id=f"c{number}"),
        ]
        if placed:
            kinds += [Cancel(chance.choice(placed)), Amend(chance.choice(placed), quantity, limit)] * 2
        answers = market.submit(name, chance.choice(kinds))
        placed += [one.order for one in answers if one.order is not None]
        if number % 40 == 0:
            market.start_clock()
            market.wait(len(market.journal) + 20, 1)
            market.stop_clock()


@pytest.fixture(scope="module")
def market() -> Iterator[LiveMarket]:
    """A market in which two people have traded at random, while its own participants did."""
    made = opened()
    for seed, name in enumerate(("ann", "bob")):
        traded(made, name, seed, 300)
    made.halt()
    made.reopen("ACME")
    made.submit("ann", Buy("ACME", 3))
    made.submit("bob", Buy("ACME", 2, 9_990))
    yield made
    made.end()


@pytest.fixture(scope="module")
def state(market: LiveMarket) -> LiveState:
    return LiveState(market)


def test_the_book_and_the_quote_are_those_of_the_exchange(market, state) -> None:
    def look(session):
        listing = session.world.venues.first.listings["ACME"]
        return listing.book.depth(10**6), listing.last, listing.phase, listing.book.best_bid, listing.book.best_ask

    (bids, asks), last, phase, bid, ask = market.ask(look)
    seen, quote = state.book("ACME", 10**6), state.quote("ACME")
    assert [(level.price, level.quantity) for level in seen.bids] == bids
    assert [(level.price, level.quantity) for level in seen.asks] == asks
    assert [level.cumulative for level in seen.asks] == list(accumulate(quantity for _, quantity in asks))
    assert (quote.last, quote.phase, quote.bid, quote.ask) == (last, phase, bid, ask)
    assert (quote.bid_size, quote.ask_size) == (bids[0][1], asks[0][1])
    assert phase == "call", "the fixture ends in a call, so that orders wait"
    assert len(state.book("ACME", 2).bids) == 2


def test_balances_are_those_of_the_ledger_and_of_the_journal(market, state) -> None:
    def look(session):
        return {
            name: {asset: (held.total, held.reserved, held.available) for asset, held in account.balances.items()}
            for name, account in session.world.ledger.accounts.items()
        }

    ledger, sums = market.ask(look), fold(market.journal.since(0))
    for name, assets in ledger.items():
        seen = state.account(name)
        found = {one.asset: (one.total, one.reserved, one.available) for one in seen.balances}
        assert found == {asset: numbers for asset, numbers in assets.items() if any(numbers)}
        assert {one.asset: one.total for one in seen.balances if one.total} == sums[name]
    assert any(one.reserved for one in state.account("ann").balances)
    with pytest.raises(InputError, match="there is no account named 'zoe'"):
        state.account("zoe")


def test_orders_are_those_of_the_exchange(market, state) -> None:
    def look(session):
        return {
            name: {
                order.id: (order.symbol, order.side, order.quantity, order.filled, order.remaining, order.status)
                for order in member.open.values()
            }
            for name, member in session.world.venues.first.accounts.items()
        }

    statuses = set()
    for name, orders in market.ask(look).items():
        seen = {
            one.order: (one.symbol, one.side, one.quantity, one.filled, one.remaining, one.status)
            for one in state.orders(name, is_open=True)
        }
        assert seen == orders
        statuses |= {one.status for one in state.orders(name)}
    assert statuses == {"open", "waiting", "filled", "cancelled"}, "every status was reached"


def test_the_limits_and_ends_of_orders_are_those_of_the_exchange(market, state) -> None:
    def look(session):
        members = session.world.venues.first.accounts
        orders = [order for member in members.values() for order in member.open.values()]
        return {order.id: order.limit for order in orders if order.intent.limit is not None and not order.cap}

    limits = market.ask(look)
    assert {number: state.order(number).limit for number in limits} == limits
    reasons = {event.order: event.reason for event in market.journal.of(OrderCancelled)}
    ended = [one for name in ("ann", "bob") for one in state.orders(name, is_open=False)]
    assert ended
    assert all(one.reason == reasons[one.order] for one in ended if one.status == "cancelled")
    for one in ended:
        fills = [event for event in market.journal.of(Trade) if one.order in (event.maker_order, event.taker_order)]
        assert one.filled == sum(fill.quantity for fill in fills)
        assert one.value == sum(fill.price * fill.quantity for fill in fills)
    called = next(one for one in state.orders("ann") if one.terms.client_id)
    assert state.order_called("ann", called.terms.client_id).order == called.order
    assert state.order_called("bob", "nothing") is None


def test_trades_candles_and_statistics_are_those_of_the_journal(market, state) -> None:
    trades = [event for event in market.journal.of(Trade)]
    seen = state.trades("ACME", after=0, limit=10**6)
    assert [(one.trade, one.time, one.price, one.quantity, one.side) for one in seen] == [
        (event.trade, event.time, event.price, event.quantity, event.side) for event in trades
    ]
    assert state.trades("ACME", limit=5) == seen[-5:]
    assert state.trades("ACME", after=seen[4].trade, limit=3) == seen[5:8]
    now = market.journal[len(market.journal) - 1].time
    for seconds in (1, 2, 60):
        length = seconds * 10**9
        for candle in state.candles("ACME", seconds, 10**4):
            inside = [event for event in trades if candle.time <= event.time < candle.time + length]
            before = [event for event in trades if event.time < candle.time]
            prices = [event.price for event in inside] or [before[-1].price]
            assert (candle.open, candle.high, candle.low, candle.close) == (
                prices[0], max(prices), min(prices), prices[-1],
            )  # fmt: skip
            assert (candle.volume, candle.trades) == (sum(event.quantity for event in inside), len(inside))
        times = [candle.time for candle in state.candles("ACME", seconds, 10**4)]
        assert times == list(range(trades[0].time // length * length, now + 1, length)), "no gap, and up to now"
    assert [one.time for one in state.candles("ACME", 1, 3)] == [
        one.time for one in state.candles("ACME", 1, 10**4)[-3:]
    ]
    figures = state.statistics("ACME")
    prices = [event.price for event in trades]
    changes = [log(after / before) for before, after in pairwise(prices)]
    assert figures.volatility == pytest.approx(stdev(changes))
    assert (figures.open, figures.high, figures.low, figures.last) == (
        prices[0], max(prices), min(prices), prices[-1],
    )  # fmt: skip
    assert figures.volume == sum(event.quantity for event in trades)
    assert figures.turnover == sum(event.price * event.quantity for event in trades)
    assert figures.orders == sum(1 for _ in market.journal.of(OrderAccepted))
    with pytest.raises(InputError, match="GOLD is not listed; listed are ACME"):
        state.quote("GOLD")
    with pytest.raises(InputError, match="a candle lasts 1 to 86400 seconds, found 0"):
        state.candles("ACME", 0)


def test_the_clocks_and_blocks_are_those_of_the_chain(market, state) -> None:
    clocks, story = state.clocks(), story_of(market.journal)
    assert (clocks.matched, clocks.finalized, clocks.settled) == tuple(
        last_entry(market.journal, one) for one in CLOCKS
    )
    assert clocks.matched > clocks.finalized >= clocks.settled > 0
    blocks = state.blocks(after=0, limit=10**6)
    assert [one.number for one in blocks] == list(range(1, len(story.blocks) + 1))
    for seen, told in zip(blocks, story.blocks.values(), strict=True):
        assert (seen.block, seen.height, seen.epoch, seen.trades) == (told.block, told.height, told.epoch, told.trades)
        assert (list(seen.voters), list(seen.final_for)) == (told.voters, told.final_for)
        assert (seen.notarized is not None) == bool(told.notarized_by)
    paid = sum(one.trades for one in blocks if one.settled is not None)
    assert paid == clocks.settled
    assert state.blocks(limit=2) == blocks[-2:]
    assert state.block(blocks[0].block) == blocks[0]


def test_the_turnover_of_a_margined_contract_is_its_value_although_no_cash_moves() -> None:
    session = Session(Arena(), Options(epochs=3, settlement="none"))
    session.step(epoch=2)
    state = LiveState(LiveMarket(session))
    contracts = {event.symbol: event.multiplier for event in session.journal.of(ContractSpecified)}
    assert contracts
    for symbol, multiplier in contracts.items():
        trades = [event for event in session.journal.of(Trade) if event.symbol == symbol]
        assert state.statistics(symbol).turnover == sum(one.price * one.quantity * multiplier for one in trades) > 0


def test_reports_are_those_of_a_participants_mailbox(market, state) -> None:
    box = list(Mail(market.journal).box("ann"))
    seen = state.reports("ann")
    assert seen[-1].number == len(box)
    assert [one.report for one in seen] == [report._asdict() for report in box[-len(seen) :]]
    assert state.reports("ann", after=seen[-2].number) == seen[-1:]


def test_the_board_is_the_leaderboard_of_the_results(market, state) -> None:
    so_far = Journal()
    for event in market.journal:
        so_far.record(event)
    assert state.board() == rows_of(performances(so_far))
    ranks = [row.rank for row in state.board() if row.rank]
    assert ranks == list(range(1, len(ranks) + 1))
    assert {"ann", "bob"} <= {row.account for row in state.board()}


def test_ended_orders_are_kept_for_a_while_only() -> None:
    market = opened(epochs=2, settlement="none")
    state = LiveState(market)
    market.join("ann", {"USD": 10**9})
    for _ in range(ENDED_KEPT + 3):
        market.submit("ann", Buy("ACME", 1, 1))
    market.submit("ann", CancelAll())
    ended = state.orders("ann")
    assert len(ended) == ENDED_KEPT
    assert state.order(ended[0].order - 1) is None
    assert state.order(ended[0].order).status == "cancelled"
    market.end()


@pytest.mark.parametrize("scenario", [Arena(), TwoVenues()])
def test_every_book_of_a_wider_market_is_seen(scenario) -> None:
    session = Session(scenario, Options(epochs=2, settlement="none"))
    market = LiveMarket(session, None)
    state = LiveState(market)
    result = session.run()
    market.whole = len(result.journal)
    books = {
        book_name(symbol, venue.name): listing
        for venue in session.world.venues.by_name.values()
        for symbol, listing in venue.listings.items()
    }
    assert state.symbols() == list(books)
    for name, listing in books.items():
        bids, asks = listing.book.depth(10**6)
        seen = state.book(name, 10**6)
        assert [(one.price, one.quantity) for one in seen.bids] == bids
        assert [(one.price, one.quantity) for one in seen.asks] == asks
        assert state.quote(name).last == listing.last


@pytest.mark.thorough
def test_readers_on_several_threads_never_see_a_crossed_book() -> None:
    market = opened(epochs=40, settlement="none")
    state, crossed, reads = LiveState(market), [], []

    def read() -> None:
        while not market.is_over:
            quote = state.quote("ACME")
            reads.append(quote)
            if quote.bid is not None and quote.ask is not None and quote.bid >= quote.ask:
                crossed.append(quote)

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    market.start_clock()
    for reader in readers:
        reader.join()
    assert len(reads) > 50 and not crossed
    assert state.catch_up() == len(market.end().journal)
