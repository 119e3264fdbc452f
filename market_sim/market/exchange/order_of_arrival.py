"""The order of arrival: what it gave to one account and took from another that a reader was there before an order.

From the first order that the reader places while the other is on its way until that has arrived, the book is played a
second time, with the order that was read in the place of the first: the order of sending. What an account has more
than in that order, the order of arrival gave to it. The differences of all accounts sum to zero, in shares and in
money, since every trade has two sides; fees are left out. In an auction nobody is before anybody, so that only
continuous trading counts. It is the measure of docs/decisions/0055, for a book in place of a pool.

The book here knows limits, markets, and price before time (rulebook F-1.1). A stretch in which an order has conditions
of its own, such as a stop or an iceberg, is left out, and so is an order that was refused when it arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import PlaceOrder
from market_sim.core.models.market_events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRead,
    OrderRejected,
    PhaseChanged,
    Trade,
    book_name,
)
from market_sim.market.exchange.terms import shown

Step = OrderAccepted | OrderCancelled | OrderAmended
"""What changes a book."""
Changes = dict[str, tuple[int, int]]
"""Shares and money by account."""
ENDS = (")", *(f", {name}=" for name in PlaceOrder.__struct_fields__ if name not in OrderRead.__struct_fields__))
"""What may follow the terms that can be read, where an order is written out."""


class Resting(NamedTuple):
    """What is left of an order in the book, and how much of it has traded."""

    account: str
    side: int
    limit: int
    left: int
    traded: int = 0

    def less(self, quantity: int) -> Resting:
        """After a trade."""
        return self._replace(left=self.left - quantity, traded=self.traded + quantity)


Queue = dict[int, Resting]
"""A book: its orders by number, those with the older places first."""


class Episode(NamedTuple):
    """An order that was read, the book before its reader was there, and what happened until it had arrived."""

    read: OrderRead
    before: Queue
    steps: tuple[Step, ...]
    """The last one is the arrival of the order that was read."""

    @property
    def in_order_of_sending(self) -> tuple[Step, ...]:
        """The same steps, with the order that was read in the place of the first."""
        return self.steps[-1:] + self.steps[:-1]


def gains_by_reader(journal: Journal, symbol: str = "") -> dict[str, Changes]:
    """What the order of arrival changed for each account, by the reader that was there first; of one book or of all."""
    found: dict[str, Changes] = {}
    for episode in episodes(journal):
        if symbol not in ("", episode.read.symbol):
            continue
        actual, honest = (play(episode.before, steps) for steps in (episode.steps, episode.in_order_of_sending))
        changed = found.setdefault(episode.read.reader, {})
        for account in {**honest, **actual}:
            now, then = actual.get(account, (0, 0)), honest.get(account, (0, 0))
            shares, money = changed.get(account, (0, 0))
            changed[account] = shares + now[0] - then[0], money + now[1] - then[1]
    return found


def episodes(journal: Journal) -> list[Episode]:
    """Each order that was read while it was on its way, and before which its reader placed an order."""
    if not any(journal.of(OrderRead)):
        return []
    return list(_Reading().read(journal))


def play(before: Queue, steps: Iterable[Step]) -> Changes:
    """What these steps change for each account, by price and time."""
    book, changed = dict(before), Changes()
    for step in steps:
        if isinstance(step, OrderAccepted):
            _match(book, step, changed)
        elif step.order not in book:
            continue
        elif isinstance(step, OrderCancelled):
            del book[step.order]
        else:
            _amend(book, step)
    return changed


def _match(book: Queue, event: OrderAccepted, changed: Changes) -> None:
    terms, left = event.terms, event.terms.quantity
    side = terms.side
    others = sorted(
        (side * one.limit, place, number, one)
        for place, (number, one) in enumerate(book.items())
        if one.side == -side and (terms.limit is None or side * one.limit <= side * terms.limit)
    )
    if terms.time_in_force == "fok" and sum(one.left for *_, one in others) < left:
        return
    for _, _, number, one in others:
        if not left:
            break
        if one.account == event.account:
            return  # the newest order of an account that would trade with itself is cancelled
        traded = min(left, one.left)
        left -= traded
        for account, sign in ((event.account, side), (one.account, -side)):
            shares, money = changed.get(account, (0, 0))
            changed[account] = shares + sign * traded, money - sign * traded * one.limit
        _trade(book, number, traded)
    if left and terms.limit is not None and terms.time_in_force not in ("ioc", "fok"):
        book[event.order] = Resting(event.account, side, terms.limit, left, terms.quantity - left)


def _trade(book: Queue, number: int, quantity: int) -> None:
    if book[number].left > quantity:
        book[number] = book[number].less(quantity)
    else:
        del book[number]


def _amend(book: Queue, event: OrderAmended) -> None:
    """New terms, in which the quantity is that of the whole order: what has traded of it has traded."""
    known = book[event.order]
    left = event.quantity - known.traded
    if not event.kept_place or left <= 0:
        del book[event.order]
    if left > 0:
        book[event.order] = known._replace(limit=event.limit, left=left)


@dataclass
class _OnTheWay:
    """An order that was read and has not arrived; for each book what has happened since its reader was there."""

    read: OrderRead
    before: dict[str, Queue] = field(default_factory=dict)
    steps: dict[str, list[Step]] = field(default_factory=dict)

    def begin(self, name: str, book: Queue) -> None:
        """The reader is there."""
        self.before[name], self.steps[name] = dict(book), []

    def is_arrival(self, event: OrderAccepted) -> bool:
        """Whether this is the order that was read."""
        read, terms = self.read, event.terms
        told = read.account, read.symbol, read.side, read.quantity, read.limit
        found = event.account, terms.symbol, terms.side, terms.quantity, terms.limit
        return told == found and event.time >= read.arrives

    def is_refused(self, event: OrderRejected) -> bool:
        """Whether this refuses the order that was read, as far as the text of a refusal tells its terms."""
        read = self.read
        told = shown(PlaceOrder(read.symbol, read.side, read.quantity, read.limit)).removesuffix(")")
        return (
            event.account == read.account
            and event.time >= read.arrives
            and event.intent.startswith(tuple(told + end for end in ENDS))
        )


class _Reading:
    """The books of a run as they were, and the episodes that are on their way."""

    def __init__(self) -> None:
        self._books: dict[str, Queue] = {}
        self._names: dict[int, str] = {}
        """The book of each order."""
        self._conditional: set[int] = set()
        """The orders with conditions of their own."""
        self._open: list[_OnTheWay] = []
        self._in_call: set[str] = set()
        """The books outside continuous trading."""

    def read(self, journal: Journal) -> Iterable[Episode]:
        for event in journal:
            if isinstance(event, PhaseChanged):
                name = book_name(event.symbol, event.venue)
                (self._in_call.discard if event.phase == "continuous" else self._in_call.add)(name)
                self._open = [one for one in self._open if not self._is_called(one.read.symbol)]
            elif isinstance(event, OrderRead) and not self._is_called(event.symbol):
                self._open.append(_OnTheWay(event))
            elif isinstance(event, Trade):
                for number in (event.maker_order, event.taker_order):
                    if number in (book := self._book(number)):
                        _trade(book, number, event.quantity)
            elif isinstance(event, OrderAccepted):
                yield from self._accepted(event)
            elif isinstance(event, OrderRejected) and self._open:
                refused = next((one for one in self._open if one.is_refused(event)), None)
                self._open = [one for one in self._open if one is not refused]
            elif isinstance(event, OrderCancelled | OrderAmended) and event.order in self._names:
                self._changed(event)

    def _is_called(self, symbol: str) -> bool:
        """Whether a book of this instrument does not trade continuously now."""
        return any(name.partition(" on ")[0] == symbol for name in self._in_call)

    def _accepted(self, event: OrderAccepted) -> Iterable[Episode]:
        """An order arrives: it may be one that was read, or one of a reader."""
        terms = event.terms
        name = self._names[event.order] = book_name(terms.symbol, terms.venue)
        book = self._book(event.order)
        if terms.conditions is not None:
            self._conditional.add(event.order)
        arrived = next((one for one in self._open if one.is_arrival(event)), None)
        if arrived is not None:
            self._open = [one for one in self._open if one is not arrived]
            if steps := arrived.steps.get(name):
                episode = Episode(arrived.read, arrived.before[name], (*steps, event))
                if self._conditional.isdisjoint([*episode.before, *(step.order for step in episode.steps)]):
                    yield episode
        for one in self._open:
            if one.read.symbol == terms.symbol and name not in one.steps and event.account == one.read.reader:
                one.begin(name, book)
            if name in one.steps:
                one.steps[name].append(event)
        book[event.order] = Resting(event.account, terms.side, terms.limit or 0, terms.quantity)

    def _changed(self, event: OrderCancelled | OrderAmended) -> None:
        name, book = self._names[event.order], self._book(event.order)
        for one in self._open:
            if name in one.steps:
                one.steps[name].append(event)
        if event.order not in book:
            return
        if isinstance(event, OrderAmended):
            _amend(book, event)
        elif event.quantity < book[event.order].left:  # a part of it, which would have traded with its owner
            book[event.order] = book[event.order]._replace(left=book[event.order].left - event.quantity)
        else:
            del book[event.order]

    def _book(self, order: int) -> Queue:
        return self._books.setdefault(self._names.get(order, ""), {})
