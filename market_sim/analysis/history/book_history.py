"""The books over time: depth samples at chosen moments, all trades, and all liquidity-taking orders.

One pass through the journal serves all instruments. A sample shows the book before the first event of its moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import BookOpened, InstrumentListed, OrderAccepted, Trade, book_name
from market_sim.core.models.run_events import AnswerCompared
from market_sim.core.money import written
from market_sim.market.exchange.book_replay import BookReplay, Depth


@dataclass(frozen=True)
class Sample:
    """The book of one instrument just before a moment."""

    time: int
    bids: Depth
    asks: Depth
    number: int = 0
    """The number of the next event of a book, from which on the sample is known."""

    @cached_property
    def bid(self) -> int | None:
        """The best bid."""
        return max(self.bids, default=None)

    @cached_property
    def ask(self) -> int | None:
        """The best ask."""
        return min(self.asks, default=None)


@dataclass
class Taker:
    """A liquidity-taking order: all its trades of one instant together."""

    order: int
    time: int
    side: int
    account: str
    quantity: int = 0
    value: int = 0
    fills: int = 0
    number: int = 0
    """The number of its last trade in the journal."""

    @property
    def average(self) -> float:
        """Its average price, in the unit of prices."""
        return self.value / self.quantity


@dataclass
class Market:
    """One instrument with its samples, trades and liquidity-taking orders."""

    listed: InstrumentListed
    axis: TimeAxis
    venue: str = ""
    """Its venue, where there are several."""
    ended: Sample = field(init=False)
    """The book after the last event."""
    samples: list[Sample] = field(default_factory=list)
    takers: list[Taker] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """The event numbers of the trades."""
    answers: list[tuple[int, AnswerCompared]] = field(default_factory=list)
    """The trades of a lesson's answer, in the replay of a check, with their event numbers."""

    @property
    def name(self) -> str:
        """The instrument, and its venue where there are several."""
        return book_name(self.listed.symbol, self.venue)

    def growing(self) -> Iterator[list[Taker]]:
        """Each liquidity-taking order as it was after each of its trades."""
        trades = zip(self.trades, self.numbers, strict=True)
        for taker in self.takers:
            versions = [replace(taker, quantity=0, value=0, fills=0)]
            for trade, number in islice(trades, taker.fills):
                so_far = versions[-1]
                value = so_far.value + trade.quantity * trade.price
                quantity, fills = so_far.quantity + trade.quantity, so_far.fills + 1
                versions.append(replace(so_far, quantity=quantity, value=value, fills=fills, number=number))
            yield versions[1:]

    def price(self, units: float) -> float:
        """A price in decimals, for plotly."""
        return round(units / 10**self.listed.price_decimals, self.listed.price_decimals + 2)

    def text(self, units: int | None) -> str:
        """A price in decimals, for a table."""
        return "none" if units is None else written(units, self.listed.price_decimals)

    def quantity(self, lots: int) -> int | float:
        """A quantity in decimals, for plotly."""
        decimals = self.listed.quantity_decimals
        return round(lots / 10**decimals, decimals) if decimals else lots

    def size(self, lots: int) -> str:
        """A quantity in decimals."""
        return written(lots, self.listed.quantity_decimals)


class Listed(NamedTuple):
    """An instrument on one venue."""

    terms: InstrumentListed
    venue: str

    @property
    def book(self) -> str:
        """The name of its book."""
        return book_name(self.terms.symbol, self.venue)


def books(journal: Journal) -> list[Listed]:
    """All books with orders, the most traded first; all books when there are no orders."""
    trades = Counter(book_name(trade.symbol, trade.venue) for trade in journal.of(Trade))
    ordered = {book_name(event.terms.symbol, event.terms.venue) for event in journal.of(OrderAccepted)}
    terms = {event.symbol: event for event in journal.of(InstrumentListed)}
    on_venues = [Listed(terms[event.symbol], event.venue) for event in journal.of(BookOpened)]
    listed = on_venues or [Listed(event, "") for event in terms.values()]
    wanted = [one for one in listed if one.book in ordered] or listed
    return sorted(wanted, key=lambda one: -trades[one.book])


def markets_of(journal: Journal, axis: TimeAxis) -> tuple[list[Market], BookReplay]:
    """Every instrument, the most traded first, and the books at the end.

    There are up to forty samples an epoch, and at most some three thousand in all.
    """
    per_epoch = max(4, min(40, 3_000 // max(1, len(axis.columns))))
    markets = [Market(listed.terms, axis, listed.venue) for listed in books(journal)]
    if markets and next(journal.of(AnswerCompared), None) is not None:
        markets[0].answers = [(at, event) for at, event in enumerate(journal) if isinstance(event, AnswerCompared)]
    return markets, replayed(journal, markets, axis.moments(per_epoch))


def replayed(journal: Iterable[Event], markets: Iterable[Market], moments: Iterable[int]) -> BookReplay:
    """Fill these markets with samples just before each of these ascending moments, and with trades from the first on.

    Returns the books after the last event.
    """
    replay, by_name = BookReplay(), {market.name: market for market in markets}
    books = [(market, replay.book(name)) for name, market in by_name.items()]
    effects, takers = replay.effects, dict.fromkeys(by_name, Taker(0, -1, 0, ""))
    waiting = iter(moments)
    first = moment = next(waiting, None)
    number = 0
    for number, event in enumerate(journal):
        effect = effects.get(type(event))
        if effect is None:
            continue
        while moment is not None and event.time >= moment:
            for market, (bids, asks) in books:
                market.samples.append(Sample(moment, dict(bids), dict(asks), number))
            moment = next(waiting, None)
        effect(event)
        if type(event) is not Trade or first is None or event.time < first:
            continue
        name = book_name(event.symbol, event.venue)
        if name in by_name:
            market, taker = by_name[name], takers[name]
            if (taker.order, taker.time) != (event.taker_order, event.time):
                taker = takers[name] = Taker(event.taker_order, event.time, event.side, event.taker)
                market.takers.append(taker)
            taker.quantity += event.quantity
            taker.value += event.quantity * event.price
            taker.fills += 1
            taker.number = number
            market.trades.append(event)
            market.numbers.append(number)
    while moment is not None:
        for market, (bids, asks) in books:
            market.samples.append(Sample(moment, dict(bids), dict(asks), number))
        moment = next(waiting, None)
    for market, (bids, asks) in books:
        market.ended = Sample(market.axis.last, dict(bids), dict(asks), number)
    return replay
