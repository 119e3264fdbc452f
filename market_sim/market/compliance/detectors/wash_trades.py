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
        self._turnovers: dict[tuple[str, str], list[int]] = {}
        """The volume of each owner within the window, by book, and by how much its position changed."""
        self._window: deque[tuple[int, list[int], list[int], int, int]] = deque()
        """Each trade within the window: its time, the turnovers of both owners, the quantity, what the taker bought."""
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
        symbol = book_name(event.symbol, event.venue)
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
        oldest = event.time - self.thresholds.wash_window_ns
        if pair.legs and pair.legs[0].time < oldest:
            self._expire(pair, oldest)
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
        window, turnovers, quantity, time = self._window, self._turnovers, event.quantity, event.time
        made, took = turnovers.get((maker, symbol)), turnovers.get((taker, symbol))
        if made is None:
            made = turnovers[maker, symbol] = [0, 0]
        if took is None:
            took = turnovers[taker, symbol] = [0, 0]
        bought = event.side * quantity
        made[0] += quantity
        made[1] -= bought
        took[0] += quantity
        took[1] += bought
        window.append((time, made, took, quantity, bought))
        oldest = time - self.thresholds.wash_window_ns
        while window[0][0] < oldest:
            _, made, took, quantity, bought = window.popleft()
            made[0] -= quantity
            made[1] += bought
            took[0] -= quantity
            took[1] -= bought

    def _expire(self, pair: Pair, oldest: int) -> None:
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
        return 100 * order.other.live >= self.thresholds.two_sided_percent * order.quantity

    def _match(self, pair: Pair, leg: Leg) -> bool:
        """Whether a leg closes a round trip with an earlier one of the other direction."""
        limits, unmatched = self.thresholds, pair.unmatched
        size_percent, price_bps, price, sold = limits.wash_size_percent, limits.wash_price_bps, leg.price, -leg.bought
        for other in reversed(unmatched):
            # Written out, because it is done for up to fifty legs at each trade: of the other direction, of about the
            # same size, at about the same price.
            bought = other.bought
            if sold > 0:
                if bought <= 0 or 100 * abs(bought - sold) > size_percent * (bought if bought > sold else sold):
                    continue
            elif bought >= 0 or 100 * abs(bought - sold) > size_percent * -(bought if bought < sold else sold):
                continue
            if 10_000 * abs(other.price - price) <= price_bps * other.price:
                unmatched.remove(other)  # equal to no other: each leg has its trade
                pair.trips.append((other, leg))
                return True
        unmatched.append(leg)
        if len(unmatched) > MOST_UNMATCHED:
            del unmatched[0]
        return False

    def _judge(self, key: tuple[str, str, str], pair: Pair, event: Trade) -> Iterable[Alert]:
        first, second, symbol = key
        limits = self.thresholds
        if len(pair.trips) < limits.wash_round_trips:
            return NOTHING
        for owner in (first, second):
            volume, change = self._turnovers[owner, symbol]
            if 100 * pair.gross < limits.wash_mutual_percent * volume:
                return NOTHING
            if 100 * abs(change) > limits.wash_net_percent * volume:
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
