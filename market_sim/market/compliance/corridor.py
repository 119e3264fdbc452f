"""Corridors: prices at which nothing can happen to an instrument, so that most trades and orders need no exact look.

While all trades of an instrument stay between two prices, no rule of a market can halt it, whatever their order: the
mean of a window lies between them, too. The trades of an order are only compared with the two ends, and kept until the
windows are filled with many at once. One that leaves the corridor is judged exactly, in the message that caused it,
after all that came before; then a new corridor is laid around it. Every bound is on the safe side, so the verdicts are
the exact ones (docs/decisions/0038).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from market_sim.core.models.market_events import Trade
from market_sim.market.compliance.realized_volatility import UNLIMITED
from market_sim.market.exchange.allowance import SafeLimits

FOREVER = 2**63
OF_CEILING = 4, 3
"""A safe limit is at least three quarters of the ceiling, so that what an order is worth tells its exposure."""


class Corridor(SafeLimits):
    """The safe prices of one instrument, and what follows from them for its orders.

    No limit from `least_typed` to `buy_most` is a typing error; `ceiling` is the most at which one unit counts in an
    exposure, by its price.
    """

    __slots__ = (
        "ceiling", "high", "last", "least", "least_typed", "leave", "low", "prices", "room", "scale", "times",
        "until", "worth",
    )  # fmt: skip

    def __init__(self, last: int, low: int, high: int, leave: Callable[[], object]) -> None:
        """`leave` is called before a trade becomes an entry that is, or may be, outside."""
        super().__init__(0, FOREVER)
        self.leave = leave
        self.least_typed = 0
        self.last = last
        """The price of the last trade."""
        self.least = self.low = low
        """The lowest safe price: alone, and with what the whole market may still fall."""
        self.high = self.ceiling = high
        self.worth = 0
        """The least price at which an order counts in an exposure."""
        self.until = FOREVER
        """When the day or a window of the volatility ends: the next trade is judged exactly."""
        self.room, self.scale = UNLIMITED, 0.0
        """What squared returns may still add up to, and a price difference of one as a return, in millionths."""
        self.times: list[int] = []
        self.prices: list[int] = []
        """The trades inside, until they are taken in."""

    def raise_ceiling(self, ceiling: int) -> None:
        """Have this ceiling; lower limits than its share are looked at."""
        of, share = OF_CEILING
        self.ceiling, self.worth = ceiling, -(-ceiling * share // of)
        self.sell_least = max(self.least_typed, self.worth)

    def holds(self, price: int, time: int) -> bool:
        """Whether this corridor, apart from the rest of the market and its volatility, is around this trade."""
        return self.least <= price <= self.high and time < self.until

    def traded(self, prices: list[int], now: int) -> None:
        """Compare the trades of one order with the corridor: their prices only rise or only fall."""
        first, last, known = prices[0], prices[-1], self.last
        if last != known or first != known:
            # A return is cut off to whole millionths, so that each is at most 1 more; and squares of a walk in one
            # direction add up to no more than the square of the whole way.
            scale, self.last = self.scale, last
            away = abs(first - known) * scale + 1.0
            self.room -= away * away
            if first != last:
                away = abs(last - first) * scale + len(prices)
                self.room -= away * away
        low, high = self.low, self.high
        if not (low <= last <= high and low <= first <= high and now < self.until) or self.room < 0:
            self.leave()
        elif first == last and len(prices) == 1:
            self.prices.append(last)
            self.times.append(now)
        else:
            self.prices += prices
            self.times += [now] * len(prices)


class NoCorridor(SafeLimits):
    """The safe limits of an instrument without a corridor: none, and each of its trades is judged exactly."""

    __slots__ = ("leave",)

    def __init__(self, leave: Callable[[], object]) -> None:
        super().__init__(1, 0)
        self.leave = leave

    def traded(self, prices: list[int], now: int) -> None:
        """Ask for an exact look."""
        self.leave()


class Corridors:
    """The corridors of all instruments of a market."""

    def __init__(
        self,
        lay: Callable[[str], Corridor | None],
        room: Callable[[str, int], float],
        floors: Callable[[], dict[str, int]],
        raised: Callable[[], None],
        laid: Callable[[str, Corridor | None], None],
        patience: int,
    ) -> None:
        """`lay` finds a corridor, `room` its room now, `floors` the lowest prices of a joint fall.

        `raised` is told that a ceiling has risen, `laid` of each corridor that holds now, and of none where one was.
        """
        self._lay, self._room, self._floors, self._raised, self._laid = lay, room, floors, raised, laid
        self._patience = patience
        self._again: dict[str, int] = {}
        """Where there was none: when it is worth looking again, because a search reads the whole window."""
        self.of: dict[str, Corridor] = {}
        self.are_suspended = False

    def suspend(self) -> None:
        """Let each order and trade be looked at until the next `renew`, because something has happened."""
        if not self.are_suspended:
            self.are_suspended = True
            for symbol in self.of:
                self._laid(symbol, None)

    def passed(self) -> list[tuple[str, list[int], list[int]]]:
        """The trades inside that were not taken in yet: for each instrument their times and prices."""
        found = [(symbol, each.times, each.prices) for symbol, each in self.of.items() if each.prices]
        for symbol, _, _ in found:
            self.of[symbol].times, self.of[symbol].prices = [], []
        return found

    def renew(self, trades: Iterable[Trade]) -> None:
        """After exact verdicts: lay new corridors where the market has left the old one."""
        newest: dict[str, Trade] = {}
        left: dict[str, None] = {}
        for trade in trades:
            symbol = trade.symbol
            newest[symbol] = trade
            if symbol not in self.of or not self.of[symbol].holds(trade.price, trade.time):
                left[symbol] = None
        for symbol, trade in newest.items():
            known = self.of.get(symbol)
            if known is not None and symbol not in left:
                known.last, known.room = trade.price, self._room(symbol, trade.time)
            elif trade.time >= self._again.get(symbol, 0):
                self._replace(symbol, known, trade.time)
        if self.are_suspended:
            self.are_suspended = False
            for symbol, each in self.of.items():
                self._laid(symbol, each)
        floors = self._floors()
        for symbol, each in self.of.items():
            each.low = max(each.least, floors.get(symbol, each.least))

    def _replace(self, symbol: str, known: Corridor | None, now: int) -> None:
        found = self._lay(symbol)
        if found is None:
            self._again[symbol] = now + self._patience
            self.forget(symbol)
            return
        is_kept = known is not None and found.ceiling <= known.ceiling <= found.ceiling + found.ceiling // 4
        found.raise_ceiling(known.ceiling if known is not None and is_kept else found.ceiling + found.ceiling // 10)
        found.room = self._room(symbol, now)
        self.of[symbol] = found
        self._laid(symbol, found)
        if known is None or found.ceiling > known.ceiling:
            self._raised()

    def forget(self, symbol: str = "") -> None:
        """Have no corridor until the next trade: for one instrument, or for all."""
        for each in [symbol] if symbol else [*self.of]:
            if self.of.pop(each, None) is not None:
                self._laid(each, None)
                self._raised()
