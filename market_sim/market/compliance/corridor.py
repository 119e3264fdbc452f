"""Corridors: prices at which nothing can happen to an instrument, so that most trades and orders need no exact look.

While all trades of an instrument stay between two prices, no rule of a market can halt it, whatever their order: the
mean of a window lies between them, too. A trade inside is only compared with the two ends, and its windows are filled
later, many trades at once. One that leaves the corridor is judged exactly, in the message that caused it, after all
that came before; then a new corridor is laid around it. Every bound is on the safe side, so the verdicts are the exact
ones (docs/decisions/0038).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Trade

FOREVER = 2**63
UNLIMITED = float("inf")


class Corridor:
    """The safe prices of one instrument, and what follows from them for its orders."""

    __slots__ = (
        "buy_most", "ceiling", "high", "last", "least", "low", "room", "scale", "sell_least", "until",
    )  # fmt: skip

    def __init__(self, last: int, low: int, high: int) -> None:
        self.last = last
        """The price of the last trade."""
        self.least = self.low = low
        """The lowest safe price: alone, and with what the whole market may still fall."""
        self.high = high
        self.until = FOREVER
        """When the day or a window of the volatility ends: the next trade is judged exactly."""
        self.room, self.scale = UNLIMITED, 0.0
        """What squared returns may still add up to, and a price difference of one as a return, in millionths."""
        self.sell_least, self.buy_most = 0, FOREVER
        """No limit between them is a typing error."""
        self.ceiling = 0
        """The most that one unit of the instrument counts in an exposure, in the smallest unit of its currency."""

    def holds(self, price: int, time: int) -> bool:
        """Whether this corridor, apart from the rest of the market, is still around the market."""
        return self.least <= price <= self.high and time < self.until and self.room >= 0


class Corridors:
    """The corridors of all instruments of a market."""

    def __init__(
        self,
        lay: Callable[[str], Corridor | None],
        floors: Callable[[], dict[str, int]],
        raised: Callable[[], None],
        patience: int,
    ) -> None:
        """`lay` finds a corridor, `floors` the lowest prices of a joint fall; `raised` is told of higher ceilings."""
        self._lay, self._floors, self._raised = lay, floors, raised
        self._patience = patience
        self._again: dict[str, int] = {}
        """Where there was none: when it is worth looking again, because a search reads the whole window."""
        self.of: dict[str, Corridor] = {}

    def keep(self, trades: Sequence[Event]) -> bool:
        """Whether all of these are trades within their corridors; a verdict that is False may be too careful."""
        known = self.of
        for trade in trades:
            if type(trade) is not Trade or (one := known.get(trade.symbol)) is None:
                return False
            price = trade.price
            if not one.low <= price <= one.high or trade.time >= one.until:
                return False
            if price != one.last:
                away = abs(price - one.last) * one.scale + 1.0
                one.last = price
                one.room -= away * away
                if one.room < 0:
                    return False
        return True

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
            self.of[symbol] = found
        else:
            found.ceiling += found.ceiling // 10
            self.of[symbol] = found
            self._raised()

    def forget(self, symbol: str = "") -> None:
        """Have no corridor until the next trade: for one instrument, or for all."""
        for each in [symbol] if symbol else [*self.of]:
            if self.of.pop(each, None) is not None:
                self._raised()
