"""What it took from one account and gave to another that somebody read an order and was there before it.

From the first order that the reader places while the other is on its way until that has arrived, the book is played a
second time, with the order that was read in the place of the first: the order of sending. What an account has more
than in that order, the order of arrival gave to it. The differences of all accounts sum to zero, in shares and in
money, since every trade has two sides; fees are left out. In an auction nobody is before anybody, so that only
continuous trading counts. It is the measure of docs/decisions/0055, for a book in place of a pool.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRead,
    PhaseChanged,
    Trade,
)

Step = OrderAccepted | OrderCancelled | OrderAmended
"""What changes a book."""
Changes = dict[str, tuple[int, int]]
"""Shares and money by account."""


class Resting(NamedTuple):
    """What is left of an order in the book."""

    account: str
    side: int
    limit: int
    left: int


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
        for account in actual.keys() | honest.keys():
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
    others = [
        (side * one.limit, place, number, one)
        for place, (number, one) in enumerate(book.items())
        if one.side == -side and (terms.limit is None or side * one.limit <= side * terms.limit)
    ]
    for _, _, number, one in sorted(others):
        if not left:
            break
        traded = min(left, one.left)
        left -= traded
        for account, sign in ((event.account, side), (one.account, -side)):
            shares, money = changed.get(account, (0, 0))
            changed[account] = shares + sign * traded, money - sign * traded * one.limit
        if traded == one.left:
            del book[number]
        else:
            book[number] = one._replace(left=one.left - traded)
    if left and terms.limit is not None and terms.time_in_force not in ("ioc", "fok"):
        book[event.order] = Resting(event.account, side, terms.limit, left)


def _amend(book: Queue, event: OrderAmended) -> None:
    changed = book[event.order]._replace(limit=event.limit, left=event.quantity)
    if not event.kept_place:
        del book[event.order]
    book[event.order] = changed


class _Reading:
    """The books of a run as they were, and the episodes that are on their way."""

    def __init__(self) -> None:
        self._books: dict[str, Queue] = {}
        self._symbols: dict[int, str] = {}
        self._open: list[tuple[OrderRead, Queue, list[Step]]] = []
        self._in_call: set[str] = set()

    def read(self, journal: Journal) -> Iterable[Episode]:
        for event in journal:
            if isinstance(event, PhaseChanged):
                (self._in_call.discard if event.phase == "continuous" else self._in_call.add)(event.symbol)
                self._open = [one for one in self._open if one[0].symbol not in self._in_call]
            elif isinstance(event, OrderRead) and event.symbol not in self._in_call:
                self._open.append((event, {}, []))
            elif isinstance(event, Trade):
                self._trade(event)
            elif isinstance(event, OrderAccepted):
                self._symbols[event.order] = event.terms.symbol
                yield from self._arrived(event)
                self._book(event.terms.symbol)[event.order] = Resting(
                    event.account, event.terms.side, event.terms.limit or 0, event.terms.quantity
                )
            elif isinstance(event, OrderCancelled | OrderAmended) and event.order in self._symbols:
                self._changed(event)

    def _arrived(self, event: OrderAccepted) -> Iterable[Episode]:
        """An order arrives: it may be one that was read, or one of a reader."""
        symbol, still = event.terms.symbol, []
        for read, before, steps in self._open:
            if read.symbol != symbol:
                still.append((read, before, steps))
            elif _is(read, event):
                if steps:
                    yield Episode(read, before, (*steps, event))
            else:
                if not steps and event.account == read.reader:
                    before.update(self._book(symbol))
                if steps or event.account == read.reader:
                    steps.append(event)
                still.append((read, before, steps))
        self._open = still

    def _changed(self, event: OrderCancelled | OrderAmended) -> None:
        symbol = self._symbols[event.order]
        for read, _, steps in self._open:
            if steps and read.symbol == symbol:
                steps.append(event)
        book = self._book(symbol)
        if event.order in book:
            if isinstance(event, OrderCancelled):
                del book[event.order]
            else:
                _amend(book, event)

    def _trade(self, event: Trade) -> None:
        book = self._book(event.symbol)
        for number in (event.maker_order, event.taker_order):
            one = book.get(number)
            if one is not None and one.left > event.quantity:
                book[number] = one._replace(left=one.left - event.quantity)
            elif one is not None:
                del book[number]

    def _book(self, symbol: str) -> Queue:
        return self._books.setdefault(symbol, {})


def _is(read: OrderRead, event: OrderAccepted) -> bool:
    """Whether this is the arrival of the order that was read."""
    terms = event.terms
    same = (read.account, read.side, read.quantity, read.limit) == (
        event.account, terms.side, terms.quantity, terms.limit,
    )  # fmt: skip
    return same and event.time >= read.arrives
