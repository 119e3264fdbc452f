"""Corridors: prices at which nothing can happen to an instrument, so that most trades and orders need no exact look.

While all trades of an instrument stay between two prices, no move can halt it, whatever their order: the mean of a
window lies between them, too. Nor can volatility, if prices do not go too far up and down in all: a sum of squares is
at most that way times the width. So there is a narrow corridor, for a certain way, within a wide one. The trades of an
order are only compared with its two ends, and kept until the windows are filled with many at once. One outside is
judged exactly, in the message that caused it, after all that came before; then a new corridor is laid around it. Every
bound is on the safe side, so the verdicts are the exact ones (docs/decisions/0038).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import inf, sqrt

from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.allowance import FOREVER, SafeRange

OF_CEILING = 4, 3
"""A safe limit is at least three quarters of the ceiling, so that what an order is worth tells its exposure."""
WIDTHS = 4
"""How many times its width prices may go at least in a narrow corridor; a wider one would soon be used up."""


class Corridor(SafeRange):
    """The safe prices of one instrument, and what follows from them for its orders.

    No limit from `least_typed` to `buy_most` is a typing error; `ceiling` is the most at which one unit counts in an
    exposure, by its price.
    """

    __slots__ = ("beside", "ceiling", "end", "highest", "least_typed", "lowest", "scale", "stretch", "worth")

    def __init__(self, lowest: int, highest: int, end: int, scale: float, alarm: Callable[[], object]) -> None:
        """`scale` is a price difference of one as a return, in millionths, if not more."""
        super().__init__(alarm)
        self.lowest, self.highest, self.scale = lowest, highest, scale
        """The ends of the wide corridor; `low` and `high` are those of the narrow one."""
        self.end = self.until = end
        """When the day or a window of the volatility ends: the next trade is judged exactly."""
        self.beside = highest - lowest
        """How far the narrow corridor extends from the last price, on each side."""
        self.least_typed, self.buy_most = 0, FOREVER
        self.ceiling, self.worth = highest, 0
        """`worth` is the least price at which an order counts in an exposure."""
        self.stretch: Callable[[list[int], int], bool] = lambda *_: False
        """Lays another narrow corridor for these trades outside, if there can be one."""

    def raise_ceiling(self, ceiling: int) -> None:
        """Have this ceiling; lower limits than its share are looked at."""
        of, share = OF_CEILING
        self.ceiling, self.worth = ceiling, -(-ceiling * share // of)
        self.sell_least = max(self.least_typed, self.worth)

    def holds(self, prices: Iterable[int]) -> bool:
        """Whether the wide corridor holds trades at these prices."""
        return all(self.lowest <= price <= self.highest for price in prices)

    def last_until(self, end: int) -> None:
        """Be safe until this time; a window that loses old trades and gets none outside stays within the corridor."""
        self.end = self.until = end

    def left_by(self, prices: list[int], now: int) -> None:
        """Stretch the corridor for trades outside the narrow one, or have them judged exactly."""
        if not (self.last and now < self.end and self.holds(prices) and self.stretch(prices, now)):
            self.alarm()

    def adapt(self, prices: Iterable[int]) -> None:
        """After trades outside: wider if a price was, narrower if the way was used up."""
        if all(self.low <= price <= self.high for price in prices):
            self.beside = self.beside * 4 // 5
        else:
            self.beside = self.beside * 3 // 2 + 1

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
        """Have no safe price below this one, until the next wide corridor."""
        self.lowest, self.low = max(self.lowest, floor), max(self.low, floor)
        if self.last < self.low:
            self.last = 0


class Corridors:
    """The corridors of all instruments of a market."""

    def __init__(
        self,
        lay: Callable[[str], Corridor | None],
        ends: Callable[[str], int],
        room: Callable[[str, int], float],
        floors: Callable[[], dict[str, int]],
        take_in: Callable[[str, list[int], list[int]], None],
        raised: Callable[[], None],
        laid: Callable[[str, Corridor | None], None],
        patience: int,
    ) -> None:
        """`lay` finds a corridor, `ends` when it is over, `room` what squares may add up to.

        `floors` are the lowest prices of a joint fall.

        `take_in` fills the windows of an instrument with trades, `raised` is told that a ceiling has risen, `laid` of
        each corridor that holds now, and of none where one was.
        """
        self._lay, self._ends, self._room, self._floors = lay, ends, room, floors
        self._take_in, self._raised, self._laid = take_in, raised, laid
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

    def fill_windows(self) -> bool:
        """Take in the trades inside since the last time; whether there were any."""
        found = [symbol for symbol, each in self.of.items() if each.prices]
        for symbol in found:
            self._fill(symbol)
        return bool(found)

    def _fill(self, symbol: str) -> None:
        corridor = self.of[symbol]
        times, prices, corridor.times, corridor.prices = corridor.times, corridor.prices, [], []
        self._take_in(symbol, times, prices)
        corridor.narrow(prices[-1], self._room(symbol, times[-1]))

    def _stretch(self, symbol: str, prices: list[int], now: int) -> bool:
        """Lay another narrow corridor after these trades, if the room for squared returns holds them."""
        corridor = self.of[symbol]
        corridor.adapt(prices)
        if corridor.prices:
            self._fill(symbol)
        way = abs(prices[0] - corridor.last) + abs(prices[-1] - prices[0])
        room = self._room(symbol, now) - (way * corridor.scale + len(prices)) ** 2
        if room < 0:
            return False
        corridor.narrow(prices[-1], room)
        corridor.prices += prices
        corridor.times += [now] * len(prices)
        return True

    def renew(self, trades: Iterable[Trade]) -> None:
        """After exact verdicts: lay new corridors where the market has left the wide ones."""
        by_symbol: dict[str, list[Trade]] = {}
        for trade in trades:
            by_symbol.setdefault(trade.symbol, []).append(trade)
        for symbol, exact in by_symbol.items():
            known, last = self.of.get(symbol), exact[-1]
            if known is not None and known.holds([trade.price for trade in exact]):
                known.last_until(self._ends(symbol))
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
        found.stretch = partial(self._stretch, symbol)
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
