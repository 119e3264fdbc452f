"""Execution quality: how well orders were executed, by type and size, by venue and day, and by class of clients.

Three tables after the columns of published rules: Rule 605 of Regulation NMS (SEC, 89 FR 26428), and the regulatory
technical standards 27 and 28 of MiFID II (EU 2017/575 and 2017/576). The trades, quotes and spreads are those of the
microscope; nothing is measured twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median, quantiles

from market_sim.analysis.microstructure.microscope import BookMicroscope, DarkBook, Microscope
from market_sim.analysis.microstructure.spreads import Averages, Spread, averages
from market_sim.analysis.results.table import Value
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import (
    OrderAccepted,
    OrderCancelled,
    PhaseChanged,
    Trade,
    book_name,
)
from market_sim.core.models.run_events import AgentJoined
from market_sim.core.trading_day import period
from market_sim.market.exchange.quotes import Quotes

Row = tuple[Value, ...]
SIZES = (10, 100, 500, 2_000, 5_000)
"""The limits of the classes of size: those of the rule from 100 on, and two for the small orders of a simulation."""
TYPES = ("market", "marketable limit", "resting limit")
TOP = 5
"""The number of venues that are named for each class of clients."""


@dataclass
class Covered:
    """One accepted order and what became of it."""

    accepted: OrderAccepted
    trades: list[Trade] = field(default_factory=list)
    cancelled: int = 0

    @property
    def book(self) -> str:
        """The book that it traded in, if it did; otherwise the one that it names."""
        terms = self.accepted.terms
        return book_name(terms.symbol, self.trades[0].venue if self.trades else terms.venue)

    @property
    def kind(self) -> str:
        if self.accepted.terms.limit is None:
            return TYPES[0]
        took = any(one.taker_order == self.accepted.order for one in self.trades)
        return TYPES[1] if took else TYPES[2]

    @property
    def waits(self) -> list[int]:
        """From acceptance to each of its trades."""
        return [one.time - self.accepted.time for one in self.trades]


def covered_orders(journal: Journal) -> list[Covered]:
    """Every accepted order of a run."""
    found: dict[int, Covered] = {}
    for event in journal:
        if type(event) is OrderAccepted:
            found[event.order] = Covered(event)
        elif type(event) is Trade:
            for order in (event.maker_order, event.taker_order):
                if order in found:
                    found[order].trades.append(event)
        elif type(event) is OrderCancelled and event.order in found:
            found[event.order].cancelled += event.quantity
    return list(found.values())


def size_class(quantity: int, unit: int = 1) -> str:
    """The class of an order's size, counted in whole units.

    >>> size_class(9), size_class(10), size_class(5_000), size_class(250, unit=100)
    ('1 to 9', '10 to 99', '5,000 and more', '1 to 9')
    """
    low = 1
    for limit in SIZES:
        if quantity < limit * unit:
            return f"{low:,} to {limit - 1:,}"
        low = limit
    return f"{low:,} and more"


def orders_by_type_and_size(found: Microscope, journal: Journal) -> list[Row]:
    """After Rule 605: one row for each book, type of order and class of size that occurs."""
    books = {book.name: book for book in found.traded}
    spreads = {book.name: _by_order(book.spreads) for book in found.traded}
    classes: dict[tuple[str, str, str], list[Covered]] = {}
    for one in covered_orders(journal):
        if one.book in books:
            unit = 10 ** books[one.book].listed.quantity_decimals
            key = one.book, one.kind, size_class(one.accepted.terms.quantity, unit)
            classes.setdefault(key, []).append(one)
    order = {name: place for place, name in enumerate((*TYPES, *(size_class(limit - 1) for limit in SIZES)))}
    rows = []
    for key in sorted(classes, key=lambda one: (one[0], order[one[1]], order.get(one[2], len(order)))):
        members = classes[key]
        taken = [spread for one in members for spread in spreads[key[0]].get(one.accepted.order, ())]
        rows.append((*key[:1], books[key[0]].listed.symbol, *key[1:], *_counts(members), *_costs(taken)))
    return rows


def _by_order(found: Iterable[Spread]) -> dict[int, list[Spread]]:
    orders: dict[int, list[Spread]] = {}
    for one in found:
        orders.setdefault(one.trade.taker_order, []).append(one)
    return orders


def _counts(members: list[Covered]) -> Row:
    shares = sum(one.accepted.terms.quantity for one in members)
    executed = sum(trade.quantity for one in members for trade in one.trades)
    cancelled = sum(one.cancelled for one in members)
    waits = sorted(wait for one in members for wait in one.waits)
    weighted = sum(wait * trade.quantity for one in members for wait, trade in zip(one.waits, one.trades, strict=True))
    speed: Row = (None, None, None)
    if waits:
        slowest = quantiles(waits, n=100, method="inclusive")[-1] if len(waits) > 1 else waits[0]
        speed = weighted / executed, median(waits), slowest
    return len(members), shares, executed, cancelled, *speed


def _costs(taken: list[Spread]) -> Row:
    told: Averages | None = averages(taken)
    if told is None:
        return (None,) * 7
    better, at, outside = (
        sum(one.trade.quantity for one in taken if test(one.improvement))
        for test in (lambda gap: gap > 0, lambda gap: gap == 0, lambda gap: gap < 0)
    )
    return told.quoted, told.effective, told.realised, better, at, outside, told.effective_over_quoted


def venues_by_day(found: Microscope, journal: Journal, day_ns: int) -> list[Row]:
    """After RTS 27: one row for each book and day."""
    end = journal[-1].time
    covered: dict[tuple[str, int], list[Covered]] = {}
    for one in covered_orders(journal):
        covered.setdefault((one.book, period(one.accepted.time, end, day_ns)), []).append(one)
    halts: dict[tuple[str, int], int] = {}
    for event in journal.of(PhaseChanged):
        if event.phase == "halted":
            key = book_name(event.symbol, event.venue), period(event.time, end, day_ns)
            halts[key] = halts.get(key, 0) + 1
    rows: list[Row] = []
    for book in found.traded:
        for day in range(1, period(end, end, day_ns) + 1):
            orders, halted = covered.get((book.name, day), []), halts.get((book.name, day), 0)
            rows.append(_venue_day(book, day, lambda time: period(time, end, day_ns), orders, halted))
    return rows


def _venue_day(book: BookMicroscope, day: int, day_of: Callable[[int], int], orders: list[Covered], halts: int) -> Row:
    trades = [one for one in book.tape.trades if day_of(one.time) == day]
    volume = sum(one.quantity for one in trades)
    value = sum(one.quantity * one.price for one in trades)
    quotes = Quotes() if isinstance(book, DarkBook) else book.tape.quotes
    inside = [place for place, time in enumerate(quotes.times) if day_of(time) == day]
    depth = sum(quotes.bid_sizes[place] + quotes.ask_sizes[place] for place in inside) / len(inside) if inside else None
    spread = sum(quotes.asks[place] - quotes.bids[place] for place in inside) / len(inside) if inside else None
    executed = sum(bool(one.trades) for one in orders)
    first = [one.waits[0] for one in orders if one.trades]
    return (
        day, book.name, book.listed.symbol, halts, len(trades), volume,
        trades[0].price if trades else None, value / volume if volume else None,
        max((one.price for one in trades), default=None), min((one.price for one in trades), default=None),
        trades[-1].price if trades else None, spread, depth, len(orders), executed,
        100 * executed / len(orders) if orders else None, sum(one.cancelled > 0 for one in orders),
        median(first) if first else None,
    )  # fmt: skip


def venues_by_clients(journal: Journal) -> list[Row]:
    """After RTS 28: for each strategy, the venues of most of its volume, and how much of it was passive."""
    strategies = {event.agent: event.strategy for event in journal.of(AgentJoined)}
    sums: dict[tuple[str, str], list[int]] = {}
    for trade in journal.of(Trade):
        venue = trade.venue or "the exchange"
        for account, passive in ((trade.maker, True), (trade.taker, False)):
            cell = sums.setdefault((strategies.get(account, "the house"), venue), [0, 0, 0])
            cell[0] += 1
            cell[1] += trade.quantity
            cell[2] += trade.quantity if passive else 0
    return list(_largest(sums))


def _largest(sums: dict[tuple[str, str], list[int]]) -> Iterator[Row]:
    for strategy in sorted({name for name, _ in sums}):
        mine = [(venue, cell) for (name, venue), cell in sums.items() if name == strategy]
        whole = sum(cell[1] for _, cell in mine)
        for venue, (trades, volume, passive) in sorted(mine, key=lambda one: (-one[1][1], one[0]))[:TOP]:
            waited = 100 * passive / volume
            yield strategy, venue, trades, volume, 100 * volume / whole, waited, 100 - waited
