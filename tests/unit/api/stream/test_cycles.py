"""Each ticker is the state of its book at its instant, however the journal came."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import msgspec
import pytest

from market_sim.api.stream.cycles import Cycles
from market_sim.api.stream.pipe import Batch
from market_sim.api.stream.ticker import CYCLE_NS, Ticker, TickerFold
from market_sim.core.calendar import BEGINNING_S
from market_sim.core.data.codec import encode
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import InstrumentListed, Trade, book_name
from market_sim.core.models.run_events import AgentJoined, ValueMoved
from market_sim.market.exchange.market_data import TWENTY_FOUR_HOURS
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.session import Session

KEYS = "timestamp symbol last_price bid_price ask_price bid_size ask_size volume_24h trade_count".split()


def batches(events: list[Event], chance: Random | None = None) -> list[Batch]:
    """A journal in one piece, or cut at random places, with clocks that say as much as they may."""
    end = len(events)
    cuts = [0, end] if chance is None else sorted({0, end, *(chance.randrange(end + 1) for _ in range(40))})
    found = []
    for first, beyond in pairwise(cuts):
        latest = events[beyond].time if beyond < end else events[-1].time
        now = latest if chance is None else chance.randint(events[beyond - 1].time, latest)
        lines = [encode(event) for event in events[first:beyond]]
        found.append(Batch(first, lines, now, beyond == end, beyond == end))
    return found


def told(events: list[Event], chance: Random | None = None) -> list[Ticker]:
    cycles = Cycles()
    return [one for batch in batches(events, chance) for instant in cycles.take(batch) for one in instant]


class Watched:
    """A run with what its exchange showed at each instant: the session is asked, not the journal."""

    def __init__(self, name: str, epochs: int) -> None:
        session = Session(find_scenario(name)(), Options(epochs=epochs, settlement="none"))
        self.shown: dict[tuple[int, str], tuple] = {}
        instant = 0
        while not session.is_over:
            instant += CYCLE_NS
            session.step(until=min(instant, session.boundary))
            if session.now == instant:
                for venue, exchange in session.world.venues.by_name.items():
                    for symbol, listing in exchange.listings.items():
                        place = book_name(symbol, venue)
                        self.shown[instant, place] = tuple(side[:1] for side in listing.book.depth(1))
        self.events = session.journal.since(0)
        self.tickers = told(self.events)
        listings = [event for event in self.events if type(event) is InstrumentListed]
        self.units = {event.symbol: (10**event.price_decimals, 10**event.quantity_decimals) for event in listings}


@pytest.fixture(scope="module", params=["marksim", "first-market", "two-venues", "arena"])
def run(request) -> Watched:
    return Watched(request.param, epochs=7)


def instant_of(ticker: Ticker) -> int:
    return (ticker.timestamp - BEGINNING_S * 1_000_000) * 1_000


def test_a_message_has_exactly_the_nine_keys_and_their_types(run):
    for ticker in run.tickers:
        message = msgspec.json.decode(msgspec.json.encode(ticker))
        assert list(message) == KEYS
        assert type(message["timestamp"]) is type(message["trade_count"]) is int
        assert type(message["symbol"]) is str
        assert all(message[key] is None or type(message[key]) is float for key in KEYS[2:8])
        assert type(message["volume_24h"]) is float


def test_each_book_has_one_message_at_each_tenth_of_a_simulated_second(run):
    end = run.events[-1].time
    assert end > 60 * CYCLE_NS
    expected = [instant for instant in range(CYCLE_NS, end + 1, CYCLE_NS)]
    books = {ticker.symbol for ticker in run.tickers}
    assert books == {symbol for _, symbol in run.shown}
    for book in books:
        assert [instant_of(ticker) for ticker in run.tickers if ticker.symbol == book] == expected


def test_a_ticker_is_the_state_of_the_exchange_at_its_instant(run):
    compared = 0
    for ticker in run.tickers:
        price, quantity = run.units[ticker.symbol.split(" ")[0]]
        bids, asks = run.shown.get((instant_of(ticker), ticker.symbol), (None, None))
        if bids is None:
            continue
        bid, ask = (side[0] if side else None for side in (bids, asks))
        assert (ticker.bid_price, ticker.bid_size) == ((bid[0] / price, bid[1] / quantity) if bid else (None, None))
        assert (ticker.ask_price, ticker.ask_size) == ((ask[0] / price, ask[1] / quantity) if ask else (None, None))
        compared += bid is not None
    assert compared > 20, "the canary: there were books to compare"


def test_last_price_volume_and_trades_equal_the_journal_added_up(run):
    previous: dict[str, int] = {}
    seen = 0
    trades = [event for event in run.events if type(event) is Trade]
    for ticker in run.tickers:
        instant, before = instant_of(ticker), previous.get(ticker.symbol, -1)
        price, quantity = run.units[ticker.symbol.split(" ")[0]]
        mine = [one for one in trades if book_name(one.symbol, one.venue) == ticker.symbol and one.time <= instant]
        assert ticker.trade_count == sum(one.time > before for one in mine)
        assert ticker.volume_24h == sum(one.quantity for one in mine) / quantity
        if mine:
            assert ticker.last_price == mine[-1].price / price
        previous[ticker.symbol] = instant
        seen += ticker.trade_count
    assert seen == len(trades) > 10


def test_it_does_not_matter_how_the_journal_was_cut_into_batches(run):
    for seed in range(5):
        assert told(run.events, Random(seed)) == run.tickers


LISTED = InstrumentListed(0, "BTC", "spot", 1, 1, "USD", 1, 0, 2)


def trade(time: int, price: int, quantity: int) -> Trade:
    return Trade(time, 1, "BTC", price, quantity, 1, 1, 2, "ann", "bob", 0, 0)


@pytest.mark.parametrize(
    ("event", "price"),
    [
        (ValueMoved(0, "BTC", 49_000), 49_000.0),
        (AgentJoined(0, "mm", "Maker", {"symbol": "BTC", "initial_price": 50_000}), 50_000.0),
        (AgentJoined(0, "mm", "Maker", {"symbol": "ETH", "initial_price": 50_000}), None),
    ],
)
def test_before_the_first_trade_the_last_price_is_the_one_at_which_the_market_begins(event, price):
    events = [LISTED, event, trade(CYCLE_NS + 1, 51_000, 1), trade(3 * CYCLE_NS, 52_000, 1)]
    assert [ticker.last_price for ticker in told(events)] == [price, 51_000.0, 52_000.0]


def test_a_trade_leaves_the_volume_after_twenty_four_simulated_hours():
    day = TWENTY_FOUR_HOURS
    fold = TickerFold()
    for event in (LISTED, trade(CYCLE_NS, 1, 100), trade(CYCLE_NS + 1, 1, 50), trade(CYCLE_NS + 2, 1, 25)):
        fold.add(event)
    volumes = [fold.at(day + number * CYCLE_NS)[0].volume_24h for number in range(3)]
    assert volumes == [1.75, 0.75, 0.0], "what is exactly a day old no longer counts"


def test_an_instant_waits_until_nothing_more_can_happen_at_it():
    cycles = Cycles()
    assert cycles.take(Batch(0, [encode(LISTED)], CYCLE_NS, True, False)) == []
    late = encode(trade(CYCLE_NS, 5, 1))
    [[ticker]] = cycles.take(Batch(1, [late], CYCLE_NS + 1, True, False))
    assert (instant_of(ticker), ticker.trade_count) == (CYCLE_NS, 1)
