"""Wash trades: an owner that trades with itself, or two that trade the same shares back and forth (rulebook F-6.4).

The exchange keeps accounts of one owner from trading with each other, so washers use two owners. They are found by
their round trips: a purchase and a sale of nearly the same size at nearly the same price with the same other owner,
within an hour. Five round trips, positions that hardly change, and half of the volume of both with each other are a
case. Trades with the quotes of a maker, which waits on both sides, do not count. Circles of three owners are not found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from market_sim.core.models.event import Event, Numbers
from market_sim.core.models.market_events import (
    AccountOpened,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
    book_name,
)
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.detector import NOTHING, Detector, Effects
from market_sim.market.compliance.detectors.live_orders import LiveOrder, LiveOrders
from market_sim.market.compliance.detectors.thresholds import Thresholds


class Leg(NamedTuple):
    """One trade of a pair of owners, seen from the first of them in the alphabet."""

    time: int
    bought: int
    """What the first one bought; negative if it sold."""
    price: int
    trade: Trade


class Pair:
    """The trades of two owners with each other within the window."""

    __slots__ = ("gross", "legs", "net", "trips", "unmatched")

    def __init__(self) -> None:
        self.legs: deque[Leg] = deque()
        self.unmatched: list[Leg] = []
        self.trips: deque[tuple[Leg, Leg]] = deque()
        self.gross = self.net = 0


class WashTrades(Detector):
    """Finds trades of an owner with itself, and pairs of owners that go round in circles."""

    kind = "WASH_TRADE"

    def __init__(self, thresholds: Thresholds | None = None, live: LiveOrders | None = None) -> None:
        self._owners: dict[str, str] = {}
        self._pairs: dict[tuple[str, str, str], Pair] = {}
        self._volumes: dict[tuple[str, str], int] = {}
        self._changes: dict[tuple[str, str], int] = {}
        """The volume of each owner within the window, by book, and by how much its position changed."""
        self._window: deque[tuple[int, str, str, str, int, int]] = deque()
        super().__init__(thresholds, live)

    def reading(self) -> Effects:
        """Accounts, orders and trades."""
        return {
            AccountOpened: self._opened,
            OrderAccepted: self._followed,
            OrderAmended: self._followed,
            OrderCancelled: self._followed,
            Trade: self._traded,
        }

    def _followed(self, event: Event) -> Iterable[Alert]:
        self.live.read(event)
        return NOTHING

    def _opened(self, event: AccountOpened) -> Iterable[Alert]:
        self.live.read(event)
        self._owners[event.account] = event.owner
        return NOTHING

    def _traded(self, event: Trade) -> Iterable[Alert]:
        symbol = book_name(event.symbol, event.venue) if event.venue else event.symbol
        maker = self._owners.get(event.maker, event.maker)
        taker = self._owners.get(event.taker, event.taker)
        makers: LiveOrder | None = self.live.read(event)[0]
        if maker == taker:
            return self._alone(event, symbol, maker)
        self._count(event, symbol, maker, taker)
        first, second = (maker, taker) if maker < taker else (taker, maker)
        bought = event.side * event.quantity * (1 if first == taker else -1)
        key = first, second, symbol
        pair = self._pairs.get(key)
        if pair is None:
            pair = self._pairs[key] = Pair()
        self._expire(pair, event.time)
        if makers is not None and self._is_quote(makers):
            return NOTHING
        leg = Leg(event.time, bought, event.price, event)
        pair.legs.append(leg)
        pair.gross += event.quantity
        pair.net += bought
        if not self._match(pair, leg):
            return NOTHING
        return self._judge(key, pair, event)

    def _alone(self, event: Trade, symbol: str, owner: str) -> Iterable[Alert]:
        if not self.rises((owner, owner, symbol), event.time):
            return NOTHING
        accounts = tuple(dict.fromkeys((event.maker, event.taker)))
        numbers: Numbers = {"accounts": " and ".join(accounts), "quantity": event.quantity, "trips": 1, "net": 0}
        orders = event.maker_order, event.taker_order
        return (Alert(event.time, self.kind, accounts, symbol, numbers, orders, (event.trade,)),)

    def _count(self, event: Trade, symbol: str, maker: str, taker: str) -> None:
        """Add to the volumes of both owners, and forget what is older than the window."""
        window = self._window
        window.append((event.time, symbol, maker, taker, event.quantity, event.side))
        self._add(symbol, maker, taker, event.quantity, event.side)
        oldest = event.time - self.thresholds.wash_window_ns
        while window[0][0] < oldest:
            _, book, made, took, quantity, side = window.popleft()
            self._add(book, made, took, -quantity, side)

    def _add(self, symbol: str, maker: str, taker: str, quantity: int, side: int) -> None:
        volumes, changes = self._volumes, self._changes
        for owner, bought in ((maker, -side * quantity), (taker, side * quantity)):
            key = owner, symbol
            volumes[key] = volumes.get(key, 0) + quantity
            changes[key] = changes.get(key, 0) + bought

    def _expire(self, pair: Pair, now: int) -> None:
        oldest = now - self.thresholds.wash_window_ns
        while pair.legs and pair.legs[0].time < oldest:
            leg = pair.legs.popleft()
            pair.gross -= abs(leg.bought)
            pair.net -= leg.bought
            if pair.unmatched and pair.unmatched[0] is leg:
                del pair.unmatched[0]
        while pair.trips and pair.trips[0][0].time < oldest:
            pair.trips.popleft()

    def _is_quote(self, order: LiveOrder) -> bool:
        """Whether the resting order is one side of a maker's quotes: its owner waits on the other side, too."""
        other = self.live.side(order.owner, order.symbol, -order.side)
        return 100 * other.live >= self.thresholds.two_sided_percent * order.quantity

    def _match(self, pair: Pair, leg: Leg) -> bool:
        """Whether a leg closes a round trip with an earlier one of the other direction."""
        limits = self.thresholds
        for place in range(len(pair.unmatched) - 1, -1, -1):
            other = pair.unmatched[place]
            if other.bought * leg.bought > 0:
                continue
            size, larger = sorted((abs(other.bought), abs(leg.bought)))
            if (
                10_000 * abs(other.price - leg.price) <= limits.wash_price_bps * other.price
                and 100 * (larger - size) <= limits.wash_size_percent * larger
            ):
                del pair.unmatched[place]
                pair.trips.append((other, leg))
                return True
        pair.unmatched.append(leg)
        del pair.unmatched[:-MOST_UNMATCHED]
        return False

    def _judge(self, key: tuple[str, str, str], pair: Pair, event: Trade) -> Iterable[Alert]:
        first, second, symbol = key
        limits = self.thresholds
        if len(pair.trips) < limits.wash_round_trips:
            return NOTHING
        for owner in (first, second):
            volume = self._volumes[owner, symbol]
            if 100 * pair.gross < limits.wash_mutual_percent * volume:
                return NOTHING
            if 100 * abs(self._changes[owner, symbol]) > limits.wash_net_percent * volume:
                return NOTHING
        if not self.rises(key, event.time):
            return NOTHING
        trades = [leg.trade for trip in pair.trips for leg in trip]
        accounts = tuple(sorted({event.maker, event.taker}))
        numbers: Numbers = {
            "accounts": " and ".join(accounts), "quantity": pair.gross, "trips": len(pair.trips), "net": pair.net,
        }  # fmt: skip
        orders = tuple(order for trade in trades for order in (trade.maker_order, trade.taker_order))
        found = tuple(trade.trade for trade in trades)
        return (Alert(event.time, self.kind, accounts, symbol, numbers, orders, found),)


MOST_UNMATCHED = 50
"""How many legs without a partner are kept for each pair of owners: the search for a partner has a bound."""
