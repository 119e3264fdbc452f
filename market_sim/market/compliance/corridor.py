"""Corridors: prices at which nothing can happen to an instrument, so that most trades and orders need no exact look.

While all trades of an instrument stay between two prices, no rule of a market can halt it, whatever their order: the
mean of a window lies between them, too. A trade inside is only compared with the two ends, and its windows are filled
later, many trades at once. One that leaves the corridor is judged exactly, in the message that caused it, after all
that came before; then a new corridor is laid around it. Every bound is on the safe side, so the verdicts are the exact
ones (docs/decisions/0038).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.allowance import SafeLimits

FOREVER = 2**63
UNLIMITED = float("inf")


class Corridor(SafeLimits):
    """The safe prices of one instrument, and what follows from them for its orders.

    No limit from `sell_least` to `buy_most` is a typing error; `ceiling` is the most that one unit is in an exposure.
    """

    __slots__ = ("high", "last", "least", "low", "room", "scale", "until")

    def __init__(self, last: int, low: int, high: int) -> None:
        super().__init__(0, FOREVER, 0)
        self.last = last
        """The price of the last trade."""
        self.least = self.low = low
        """The lowest safe price: alone, and with what the whole market may still fall."""
        self.high = high
        self.until = FOREVER
        """When the day or a window of the volatility ends: the next trade is judged exactly."""
        self.room, self.scale = UNLIMITED, 0.0
        """What squared returns may still add up to, and a price difference of one as a return, in millionths."""

    def holds(self, price: int, time: int) -> bool:
        """Whether this corridor, apart from the rest of the market, is still around the market."""
        return self.least <= price <= self.high and time < self.until and self.room >= 0

    def keeps(self, first: int, last: int, time: int, count: int) -> bool:
        """Whether the trades of one order, from this price to that, are inside: its prices only rise or only fall.

        A verdict that is False may be too careful.
        """
        known, low, high = self.last, self.low, self.high
        if not (low <= last <= high and low <= first <= high and time < self.until):
            return False
        if last != known or first != known:
            # A return is cut off to whole millionths, so that each is at most 1 more; and squares of a walk in one
            # direction add up to no more than the square of the whole way.
            scale, self.last = self.scale, last
            away = abs(first - known) * scale + 1.0
            self.room -= away * away
            if first != last:
                away = abs(last - first) * scale + count
                self.room -= away * away
            return self.room >= 0
        return True


class Corridors:
    """The corridors of all instruments of a market."""

    def __init__(
        self,
        lay: Callable[[str], Corridor | None],
        floors: Callable[[], dict[str, int]],
        raised: Callable[[], None],
        laid: Callable[[str, Corridor | None], None],
        patience: int,
    ) -> None:
        """`lay` finds a corridor, `floors` the lowest prices of a joint fall.

        `raised` is told that a ceiling has risen, `laid` of each new corridor, and of none where one was.
        """
        self._lay, self._floors, self._raised, self._laid = lay, floors, raised, laid
        self._patience = patience
        self._again: dict[str, int] = {}
        """Where there was none: when it is worth looking again, because a search reads the whole window."""
        self.of: dict[str, Corridor] = {}

    def renew(self, trades: Iterable[Trade]) -> None:
        """After exact verdicts: lay new corridors where the market has left the old one."""
        newest = {trade.symbol: trade for trade in trades}
        for symbol, trade in newest.items():
            known = self.of.get(symbol)
            if known is not None and known.holds(trade.price, trade.time):
                known.last = trade.price
            elif trade.time >= self._again.get(symbol, 0):
                self._replace(symbol, known, trade.time)
        floors = self._floors()
        for symbol, one in self.of.items():
            one.low = max(one.least, floors.get(symbol, one.least))

    def _replace(self, symbol: str, known: Corridor | None, now: int) -> None:
        found = self._lay(symbol)
        if found is None:
            self._again[symbol] = now + self._patience
            self.forget(symbol)
        elif known is not None and found.ceiling <= known.ceiling <= 2 * found.ceiling:
            found.ceiling = known.ceiling
            self._keep(symbol, found)
        else:
            found.ceiling += found.ceiling // 10
            self._keep(symbol, found)
            self._raised()

    def _keep(self, symbol: str, found: Corridor) -> None:
        self.of[symbol] = found
        self._laid(symbol, found)

    def forget(self, symbol: str = "") -> None:
        """Have no corridor until the next trade: for one instrument, or for all."""
        for each in [symbol] if symbol else [*self.of]:
            if self.of.pop(each, None) is not None:
                self._laid(each, None)
                self._raised()
