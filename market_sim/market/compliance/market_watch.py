"""The watch over trades: last prices and closes, the index, moves and volatility; each breach with its numbers.

It declares nothing itself: a breach says what has to be halted and for how long, and `MarketRules` does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple

from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import Trade
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.units import BPS, MILLION
from market_sim.market.compliance.corridor import Corridor
from market_sim.market.compliance.market_clock import MarketClock
from market_sim.market.compliance.market_wide import fall, index_of, level_reached
from market_sim.market.compliance.number import shown
from market_sim.market.compliance.profile import MarketWide, Profile, SymbolHalt, Volatility
from market_sim.market.compliance.realized_volatility import RealizedVolatility
from market_sim.market.compliance.trade_window import TradeWindow, distance, is_far

MARGIN = 1e-6
"""How far the index in floating point may be from the exact one: nearer to a level than this it is computed exactly."""


WIDEST = 10
"""A corridor ends a tenth below and a tenth above the price, so that its ceiling is never far from the market."""


class Breach(NamedTuple):
    """A trade that halts an instrument, or with an empty symbol the market; a halt of 0 s lasts to the next day."""

    code: str
    symbol: str
    halt: int
    call: int
    numbers: Numbers


class MarketWatch:
    """The prices of a market, and what they breach."""

    def __init__(
        self,
        profile: Profile,
        clock: MarketClock,
        is_spot: Callable[[str], bool],
        index: Iterable[str],
        closes: Mapping[str, int],
    ) -> None:
        """`index` names its instruments; one that has no price yet counts like one that has not moved."""
        self._clock = clock
        self._is_spot = is_spot
        self._market_wide: MarketWide | None = profile.market_wide
        self._move: SymbolHalt | None = profile.symbol_halt
        self._volatility: Volatility | None = profile.volatility
        self._session = clock.session_s
        self.prices: dict[str, int] = {}
        """The last trade price of each instrument, on any venue."""
        self.closes: dict[str, int] = dict(closes)
        """The last close of each spot instrument; on the first day its first price, unless one was stated."""
        self._ratios = dict.fromkeys(index, 1.0)
        """Price by last close of each instrument of the index."""
        self._sum = float(len(self._ratios))
        self.level = 0
        """The highest level that has halted the market today."""
        self._day_ends = clock.closes(0)
        self._windows: dict[str, TradeWindow] = {}
        self._realized: dict[str, RealizedVolatility] = {}

    def traded(self, trade: Trade, continuous: bool) -> list[Breach]:
        """Take a trade in; the breaches that it causes. A reopening auction is not judged by its own distance."""
        symbol, price, now = trade.symbol, trade.price, trade.time
        self.begin_day(now)
        self.prices[symbol] = price
        if not self._is_spot(symbol):
            return []
        found: list[Breach] = []
        self.closes.setdefault(symbol, price)
        if self._market_wide is not None:
            self._market_fell(self._market_wide, trade, found)
        if self._move is not None:
            window = self._windows.get(symbol)
            if window is None:
                window = self._windows[symbol] = TradeWindow(self._clock.span(self._move.window))
            mean = window.mean(now)
            window.add(now, price)
            if continuous and mean is not None and is_far(mean, price, self._move.move):
                numbers: Numbers = {"price": price, "move": distance(mean, price), "trade": trade.trade}
                found.append(Breach("HALTED_MOVE", symbol, self._move.halt, self._move.call, numbers))
        if self._volatility is not None:
            self._too_volatile(self._volatility, trade, continuous, found)
        return found

    def pass_over(self, symbol: str, times: Sequence[int], prices: Sequence[int]) -> None:
        """Take in trades of one instrument within its corridor: they breach nothing, so they only fill its windows."""
        self.prices[symbol] = price = prices[-1]
        if symbol in self._ratios:
            self._note_ratio(symbol, price / self.closes[symbol])
        if symbol in self._windows:
            self._windows[symbol].extend(times, prices)
        if symbol in self._realized:
            self._realized[symbol].extend(times, prices)

    def _note_ratio(self, symbol: str, ratio: float) -> None:
        self._sum += ratio - self._ratios[symbol]
        self._ratios[symbol] = ratio

    def lay(self, symbol: str, alarm: Callable[[], object]) -> Corridor | None:
        """The corridor around the last price of an instrument; None where there is none."""
        price = self.prices[symbol]
        low, high = price - price // WIDEST, price + price // WIDEST
        if self._move is not None and symbol in self._windows:
            narrow = self._windows[symbol].corridor(self._move.move)
            if narrow is None:
                return None
            low, high = max(low, narrow[0]), min(high, narrow[1])
        # A return is less than the difference by the lowest price.
        return Corridor(low, high, self.ends(symbol), MILLION / max(1, low) * (1 + MARGIN), alarm)

    def ends(self, symbol: str) -> int:
        """When the day or a window of the volatility of an instrument is over: the next trade is judged exactly."""
        realized = self._realized.get(symbol)
        return self._day_ends if realized is None else min(self._day_ends, realized.bucket_ends)

    def room(self, symbol: str, now: int) -> float:
        """What the squared returns of an instrument may still add up to before its volatility is near the limit."""
        realized = self._realized.get(symbol)
        return inf if realized is None else realized.room(now)

    def floors(self) -> dict[str, int]:
        """How far each instrument may fall from here, even if all others do, before level 1 is near."""
        if self._market_wide is None:
            return {}
        count = len(self._ratios)
        slack = self._sum - count * (1 - self._market_wide.level_1 / BPS) - MARGIN
        return {
            symbol: int(self.closes[symbol] * (ratio - slack / count)) + 1
            for symbol, ratio in self._ratios.items()
            if symbol in self.closes
        }

    def _market_fell(self, rule: MarketWide, trade: Trade, found: list[Breach]) -> None:
        symbol = trade.symbol
        if symbol not in self._ratios:
            return
        self._note_ratio(symbol, trade.price / self.closes[symbol])
        if self._sum > len(self._ratios) * (1 - rule.level_1 / BPS) + MARGIN:
            return
        closes = {each: self.closes.get(each, 1) for each in self._ratios}
        index = index_of({each: self.prices.get(each, close) for each, close in closes.items()}, closes)
        level = level_reached(rule, index, self._clock.of_day(trade.time), self.level)
        if level:
            self.level = level
            numbers: Numbers = {"level": level, "fall": fall(index), "trade": trade.trade}
            found.append(Breach(f"HALTED_L{level}", "", rule.halt if level < 3 else 0, rule.call, numbers))

    def begin_day(self, now: int) -> None:
        """If a day is over, its last prices become the closes, and all levels can halt again."""
        if now < self._day_ends:
            return
        self._day_ends, self.level = self._clock.closes(now), 0
        self.closes = {symbol: self.prices.get(symbol, close) for symbol, close in self.closes.items()}
        self._ratios = dict.fromkeys(self._ratios, 1.0)
        self._sum = float(len(self._ratios))

    def _too_volatile(self, rule: Volatility, trade: Trade, continuous: bool, found: list[Breach]) -> None:
        realized = self._realized.get(trade.symbol)
        if realized is None:
            span = self._clock.span(rule.window)
            realized = self._realized[trade.symbol] = RealizedVolatility(rule, span, self._session)
        realized.traded(trade.time, trade.price)
        if continuous and realized.is_high(trade.time):
            numbers: Numbers = {
                "measured": shown(realized.measured(trade.time), "bps"),
                "limit": shown(realized.limit, "bps"),
                "trade": trade.trade,
            }
            found.append(Breach("HALTED_VOLATILE", trade.symbol, rule.halt, rule.call, numbers))

    def restart(self, symbol: str) -> None:
        """Forget the windows of an instrument that is halted: its reopening price begins new ones."""
        if symbol in self._windows:
            self._windows[symbol].restart()
        if symbol in self._realized:
            self._realized[symbol].restart()

    def restate(self, action: CorporateActionTaken) -> None:
        """A split or a dividend is no fall: restate what is remembered of the instrument."""
        symbol = action.symbol
        for known in (self.prices, self.closes):
            if symbol in known:
                known[symbol] = max(1, action.restated(known[symbol]))
        if symbol in self._windows:
            self._windows[symbol].restate(lambda price: max(1, action.restated(price)))
        if symbol in self._realized:
            self._realized[symbol].restart()
