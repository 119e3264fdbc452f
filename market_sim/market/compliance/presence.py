"""The presence of a market maker: for which part of the trailing window it has quoted both sides.

>>> presence = Presence(0)
>>> presence.change(0, True); presence.change(70, False); presence.change(80, True)
>>> presence.share_bps(99, 100) is None, presence.share_bps(100, 100), presence.share_bps(175, 100)
(True, 9000, 9500)

The window is of trading time: while all instruments of the maker are halted, its clock stands still.

>>> presence.excuse(180, True); presence.change(180, False); presence.share_bps(900, 100)
10000
>>> presence.excuse(900, False); presence.share_bps(950, 100)
5000
"""

from __future__ import annotations

from collections import deque

from market_sim.core.units import BPS


class Presence:
    """The times between which it quoted, as far back as a window reaches, and how much they add up to."""

    __slots__ = ("_began", "_excused", "_quoted", "_since", "_stopped", "_sum", "quotes")

    def __init__(self, began: int) -> None:
        self._began = began
        self._quoted: deque[tuple[int, int]] = deque()
        self._sum = 0
        self._since = began
        """When it began to quote, while it does."""
        self._excused = 0
        """For how long its clock has stood still so far."""
        self._stopped: int | None = None
        """Since when its clock stands still."""
        self.quotes = False

    def excuse(self, now: int, is_excused: bool) -> None:
        """Stop its clock, or let it go on."""
        if is_excused and self._stopped is None:
            self._stopped = now
        elif not is_excused and self._stopped is not None:
            self._excused += now - self._stopped
            self._stopped = None

    def _trading_time(self, now: int) -> int:
        return (now if self._stopped is None else self._stopped) - self._excused

    def change(self, now: int, quotes: bool) -> None:
        """Note whether both sides are quoted from now on."""
        if quotes == self.quotes:
            return
        self.quotes, now = quotes, self._trading_time(now)
        if quotes:
            self._since = now
        elif now > self._since:
            self._quoted.append((self._since, now))
            self._sum += now - self._since

    def share_bps(self, now: int, span: int) -> int | None:
        """The part of the window with quotes, in basis points; None before the first window is complete."""
        now = self._trading_time(now)
        first = now - span
        if first < self._began:
            return None
        quoted = self._quoted
        while quoted and quoted[0][1] <= first:
            begin, end = quoted.popleft()
            self._sum -= end - begin
        whole = self._sum - max(0, first - quoted[0][0]) if quoted else 0
        if self.quotes:
            whole += now - max(self._since, first)
        return whole * BPS // span


def within(bid: int | None, ask: int | None, spread_bps: int) -> bool:
    """Whether both sides are quoted and their distance is at most this part of the mid price.

    >>> within(9_900, 10_100, 200), within(9_899, 10_101, 200), within(9_900, None, 200)
    (True, False, False)
    """
    return bid is not None and ask is not None and 2 * BPS * (ask - bid) <= spread_bps * (ask + bid)
