"""Corridors: prices at which nothing can happen to an instrument, so that most trades and orders need no exact look.

While all trades of an instrument stay between two prices, no move can halt it, whatever their order: the mean of a
window lies between them, too. Nor can volatility, if prices do not go too far up and down in all: a sum of squares is
at most that way times the width. So there is a narrow corridor, for a certain way, within a wide one. The trades of an
order are only compared with its two ends,
and kept until the windows are filled with many at once. One outside is judged exactly, in the message that caused it,
after all that came before; then a new corridor is laid around it. Every bound is on the safe side, so the verdicts are
the exact ones (docs/decisions/0038).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf, sqrt
from typing import NamedTuple

from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.allowance import FOREVER, SafeRange

OF_CEILING = 4, 3
"""A safe limit is at least three quarters of the ceiling, so that what an order is worth tells its exposure."""
WIDTHS = 4
"""How many times its width prices may go at least in a narrow corridor; a wider one would soon be used up."""


class Kept(NamedTuple):
    """Trades inside a corridor."""

    symbol: str
    times: list[int]
    prices: list[int]


class Corridor(SafeRange):
    """The safe prices of one instrument, and what follows from them for its orders.

    No limit from `least_typed` to `buy_most` is a typing error; `ceiling` is the most at which one unit counts in an
    exposure, by its price.
    """

    __slots__ = ("beside", "ceiling", "end", "highest", "least_typed", "lowest", "scale", "worth")

    def __init__(self, lowest: int, highest: int, end: int, leave: Callable[[], object]) -> None:
        super().__init__(leave)
        self.lowest, self.highest = lowest, highest
        """The ends of the wide corridor; `low` and `high` are those of the narrow one."""
        self.end = self.until = end
        """When the day or a window of the volatility ends: the next trade is judged exactly."""
        self.scale = 0.0
        """A price difference of one as a return, in millionths."""
        self.beside = highest - lowest
        """How far the narrow corridor extends from the last price, on each side."""
        self.least_typed, self.buy_most = 0, FOREVER
        self.ceiling, self.worth = highest, 0
        """`worth` is the least price at which an order counts in an exposure."""

    def raise_ceiling(self, ceiling: int) -> None:
        """Have this ceiling; lower limits than its share are looked at."""
        of, share = OF_CEILING
        self.ceiling, self.worth = ceiling, -(-ceiling * share // of)
        self.sell_least = max(self.least_typed, self.worth)

    def is_around(self, trade: Trade) -> bool:
        """Whether the wide corridor holds this trade."""
        return self.lowest <= trade.price <= self.highest and trade.time < self.end

    def adapt(self, trades: Iterable[Trade]) -> None:
        """After exact verdicts: narrower if the way was used up, wider if a price was outside."""
        if not all(self.low <= trade.price <= self.high for trade in trades):
            self.beside = self.beside * 3 // 2 + 1
        elif self.left < 0:
            self.beside = self.beside * 4 // 5

    def narrow(self, price: int, room: float) -> None:
        """Lay the narrow corridor around the last price, for a way that the room for squared returns allows."""
        self.last, self.low, self.high, self.left = price, self.lowest, self.highest, FOREVER
        if room == inf:
            return
        scale = self.scale
        self.beside = min(self.beside, int(sqrt(max(room, 0) / WIDTHS) / (2 * scale)))
        self.low, self.high = max(self.low, price - self.beside), min(self.high, price + self.beside)
        # A return is cut off to whole millionths. So of a difference d it is at most d * scale + 1, and its square at
        # most d * (width * scale**2 + 2 * scale + 1).
        self.left = int(room // ((self.high - self.low) * scale * scale + 2 * scale + 1))
        if self.left < 0:
            self.last = 0

    def end_at(self, floor: int) -> None:
        """Have no safe price below this one."""
        self.low = max(self.low, floor)
        if self.last < self.low:
            self.last = 0


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
        """`lay` finds a corridor, `room` what squares may add up to, `floors` the lowest prices of a joint fall.

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

    def take(self) -> list[Kept]:
        """The trades inside since the last call, for each instrument; `renew` has to follow."""
        found = [Kept(symbol, each.times, each.prices) for symbol, each in self.of.items() if each.prices]
        for symbol, _, _ in found:
            self.of[symbol].times, self.of[symbol].prices = [], []
        return found

    def renew(self, taken: Iterable[Kept], trades: Iterable[Trade]) -> None:
        """After these trades inside and exact verdicts: lay new corridors, where the market has left one wide ones."""
        for symbol, times, prices in taken:
            if symbol in self.of:
                self.of[symbol].narrow(prices[-1], self._room(symbol, times[-1]))
        by_symbol: dict[str, list[Trade]] = {}
        for trade in trades:
            by_symbol.setdefault(trade.symbol, []).append(trade)
        for symbol, exact in by_symbol.items():
            known, last = self.of.get(symbol), exact[-1]
            if known is not None and all(map(known.is_around, exact)):
                known.adapt(exact)
                known.narrow(last.price, self._room(symbol, last.time))
            elif last.time >= self._again.get(symbol, 0):
                self._replace(symbol, known, last)
        if self.are_suspended:
            self.are_suspended = False
            for symbol, each in self.of.items():
                self._laid(symbol, each)
        for symbol, floor in self._floors().items():
            if symbol in self.of:
                self.of[symbol].end_at(floor)

    def _replace(self, symbol: str, known: Corridor | None, last: Trade) -> None:
        found = self._lay(symbol)
        if found is None:
            self._again[symbol] = last.time + self._patience
            self.forget(symbol)
            return
        is_kept = known is not None and found.ceiling <= known.ceiling <= found.ceiling + found.ceiling // 4
        found.raise_ceiling(known.ceiling if known is not None and is_kept else found.ceiling + found.ceiling // 10)
        if known is not None:
            found.beside = known.beside
        found.narrow(last.price, self._room(symbol, last.time))
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
