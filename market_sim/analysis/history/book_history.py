"""The book over time: what waited at which price at chosen moments, replayed from the journal alone.

An accepted order with a limit is put at its price at once; the fills, cancellations and amendments that follow take
away from it. Between two events of one instant the two sides may therefore overlap, but a sample is taken before the
first event of a moment, and then the replay equals what the exchange shows (tests/unit/analysis compares them).

The loop runs over every order of a run, several hundred thousand in a long one: orders are plain lists, and orders
that show only a part of themselves are kept apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any, Literal

from market_sim.core.models.event import Event
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.models.intents import BUY, Conditions, PlaceOrder
from market_sim.core.models.market_events import (
    AuctionHeld,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderTriggered,
    PhaseChanged,
    Trade,
)

Depth = dict[int, int]
"""The shown quantity by price."""

Fill = Literal["maker", "taker", "auction"]
"""How an order came to trade: it waited, it arrived, or everybody traded at once."""

SIDE, LIMIT, LEFT, TOTAL = range(4)
"""The places in the list that stands for a waiting order: its side's levels, its limit, what is left, what it was."""


@dataclass(frozen=True)
class Sample:
    """The book of one instrument just before a moment."""

    time: int
    bids: Depth
    asks: Depth
    number: int = 0
    """The place in the journal from which on it is known: that of the next event of a book."""

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
    """An aggressive order: everything it traded in one instant, as one thing."""

    order: int
    time: int
    side: int
    account: str
    quantity: int = 0
    value: int = 0
    fills: int = 0
    number: int = 0
    """The place of its last trade in the journal."""

    @property
    def average(self) -> float:
        """Its average price, in the unit of prices."""
        return self.value / self.quantity


@dataclass
class BookHistory:
    """One instrument from the first sample to the last, with every aggressive order and every trade."""

    symbol: str
    end: BookReplay
    """The book after the last event."""
    samples: list[Sample] = field(default_factory=list)
    takers: list[Taker] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """The places of the trades in the journal."""
    last: int = 0
    """The number of the last event."""

    def growing(self) -> Iterator[list[Taker]]:
        """Each aggressive order after each of its trades, as far as it had come by then."""
        trades = zip(self.trades, self.numbers, strict=True)
        for taker in self.takers:
            versions = [replace(taker, quantity=0, value=0, fills=0)]
            for trade, number in islice(trades, taker.fills):
                so_far = versions[-1]
                value = so_far.value + trade.quantity * trade.price
                quantity, fills = so_far.quantity + trade.quantity, so_far.fills + 1
                versions.append(replace(so_far, quantity=quantity, value=value, fills=fills, number=number))
            yield versions[1:]


class Unusual:
    """An order with conditions: an iceberg shows its slice; a hidden, pegged or sleeping stop order shows nothing."""

    __slots__ = ("display", "left", "levels", "limit", "shown", "total", "woken")

    def __init__(self, levels: Depth, terms: PlaceOrder, limit: int) -> None:
        conditions = terms.conditions or Conditions()
        self.levels = levels
        self.limit = limit
        self.left = self.total = terms.quantity
        self.shown = 0
        self.woken = 0 if conditions.hidden or conditions.peg else conditions.display or LARGEST_AMOUNT
        self.display = self.woken if conditions.stop is None else 0
        self._show(min(self.display, self.left))

    def wake(self) -> None:
        """A stop order triggered: from now on it is like one that has just arrived."""
        self.display = self.woken
        self._show(min(self.display, self.left))

    def fill(self, quantity: int, how: Fill) -> None:
        """Some of it traded; a slice that is used up is followed by the next one (rulebook F-1.2)."""
        self.left -= quantity
        if how == "auction":
            self._show(min(self.shown, self.left))
        else:
            rest_of_slice = self.shown - quantity if how == "maker" else 0
            self._show(min(rest_of_slice if rest_of_slice > 0 else self.display, self.left))

    def shrink(self, quantity: int) -> None:
        """Some of it is gone without a trade."""
        self.left -= quantity
        self.total -= quantity
        self._show(min(self.shown, self.left))

    def amend(self, quantity: int, limit: int, kept_place: bool) -> None:
        """It has new terms; with a new place in the queue it shows a new slice."""
        self.left, self.total = quantity - (self.total - self.left), quantity
        shown = self.shown
        if not kept_place:
            self._show(0)
            self.limit, shown = limit, self.display
        self._show(min(shown, self.left))

    def _show(self, quantity: int) -> None:
        if quantity != self.shown:
            _change(self.levels, self.limit, quantity - self.shown)
            self.shown = quantity


class BookReplay:
    """The book of one instrument, moved forward event by event."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.bids: Depth = {}
        self.asks: Depth = {}
        self._orders: dict[int, list] = {}
        self._unusual: dict[int, Unusual] = {}
        self._in_auction = False
        self.effects: dict[type[Event], Callable[[Any], None]] = {
            OrderAccepted: self.accepted,
            Trade: self.traded,
            OrderCancelled: self.cancelled,
            OrderAmended: self.amended,
            OrderTriggered: self.triggered,
            AuctionHeld: self.auction_held,
            PhaseChanged: self.phase_changed,
        }
        """What each kind of event does; the others do nothing to a book."""

    def copied(self) -> BookReplay:
        """The same book, which goes its own way from here."""
        other = BookReplay(self.symbol)
        other.bids, other.asks = dict(self.bids), dict(self.asks)
        sides = {id(self.bids): other.bids, id(self.asks): other.asks}
        other._orders = {number: [sides[id(order[SIDE])], *order[LIMIT:]] for number, order in self._orders.items()}
        for number, order in self._unusual.items():
            other._unusual[number] = copy(order)
            other._unusual[number].levels = sides[id(order.levels)]
        other._in_auction = self._in_auction
        return other

    def accepted(self, event: OrderAccepted) -> None:
        """An order came; without a limit it trades at once or goes, and never waits."""
        terms = event.terms
        limit = terms.limit
        if terms.symbol != self.symbol or limit is None:
            return
        levels = self.bids if terms.side == BUY else self.asks
        if terms.conditions is None:
            quantity = terms.quantity
            self._orders[event.order] = [levels, limit, quantity, quantity]
            levels[limit] = levels.get(limit, 0) + quantity
        else:
            self._unusual[event.order] = Unusual(levels, terms, limit)

    def traded(self, event: Trade) -> None:
        """Both sides of a fill have less left."""
        if event.symbol == self.symbol:
            self._fill(event.maker_order, event.quantity, "auction" if self._in_auction else "maker")
            self._fill(event.taker_order, event.quantity, "auction" if self._in_auction else "taker")

    def _fill(self, number: int, quantity: int, how: Fill) -> None:
        order = self._orders.get(number)
        if order is not None:
            order[LEFT] -= quantity
            if not order[LEFT]:
                del self._orders[number]
            _change(order[SIDE], order[LIMIT], -quantity)
        elif number in self._unusual:
            self._unusual[number].fill(quantity, how)

    def cancelled(self, event: OrderCancelled) -> None:
        """What was left of an order is gone, or a part of it."""
        order = self._orders.get(event.order)
        if order is not None:
            quantity = event.quantity
            order[LEFT] -= quantity
            order[TOTAL] -= quantity
            if not order[LEFT]:
                del self._orders[event.order]
            _change(order[SIDE], order[LIMIT], -quantity)
        elif event.order in self._unusual:
            self._unusual[event.order].shrink(event.quantity)

    def amended(self, event: OrderAmended) -> None:
        """An order has a new total quantity and limit; what it has traded stays traded."""
        order = self._orders.get(event.order)
        if order is not None:
            _change(order[SIDE], order[LIMIT], -order[LEFT])
            order[LEFT] = event.quantity - (order[TOTAL] - order[LEFT])
            order[LIMIT], order[TOTAL] = event.limit, event.quantity
            _change(order[SIDE], order[LIMIT], order[LEFT])
        elif event.order in self._unusual:
            self._unusual[event.order].amend(event.quantity, event.limit, event.kept_place)

    def triggered(self, event: OrderTriggered) -> None:
        """A stop order goes to the book; one without a limit trades at once or goes, and never waits."""
        if event.order in self._unusual:
            self._unusual[event.order].wake()

    def auction_held(self, event: AuctionHeld) -> None:
        """The trades that follow are the auction's, in which icebergs show no new slices."""
        self._in_auction = self._in_auction or event.symbol == self.symbol

    def phase_changed(self, event: PhaseChanged) -> None:
        """An auction is over when the next phase begins."""
        self._in_auction = self._in_auction and event.symbol != self.symbol


def _change(levels: Depth, limit: int, quantity: int) -> None:
    """Add to a level, or take away; an empty level is none."""
    after = levels.get(limit, 0) + quantity
    if after:
        levels[limit] = after
    else:
        levels.pop(limit, None)


def book_history(journal: Iterable[Event], symbol: str, moments: Iterable[int]) -> BookHistory:
    """What waited just before each of these moments, which must ascend; and all trades from the first moment on."""
    replay = BookReplay(symbol)
    history = BookHistory(symbol, replay)
    samples, taker = history.samples, Taker(0, -1, 0, "")
    effects = replay.effects
    waiting = iter(moments)
    first = moment = next(waiting, None)
    number = 0
    for number, event in enumerate(journal):
        effect = effects.get(type(event))
        if effect is None:
            continue
        while moment is not None and event.time >= moment:
            samples.append(Sample(moment, dict(replay.bids), dict(replay.asks), number))
            moment = next(waiting, None)
        effect(event)
        if type(event) is Trade and event.symbol == symbol and first is not None and event.time >= first:
            if (taker.order, taker.time) != (event.taker_order, event.time):
                taker = Taker(event.taker_order, event.time, event.side, event.taker)
                history.takers.append(taker)
            taker.quantity += event.quantity
            taker.value += event.quantity * event.price
            taker.fills += 1
            taker.number = number
            history.trades.append(event)
            history.numbers.append(number)
    history.last = number
    while moment is not None:
        samples.append(Sample(moment, dict(replay.bids), dict(replay.asks), number))
        moment = next(waiting, None)
    return history
