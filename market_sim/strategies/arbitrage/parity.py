"""Arbitrage of options against their share: put-call parity (Stoll 1969; rulebook F-3.1).

A call and a sold put with one strike and expiry are a share bought forward: C - P = S - K exp(-r T). When the call is
too dear, a conversion sells it, buys the put and buys the share; when it is too cheap, a reversal does the opposite
with shares that are held. All legs take what is there and do not wait; a leg that finds nothing is made up for later,
and until then is a risk. It assumes European options without dividends before their expiry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Option
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.strategies.traditional.taking import towards


@dataclass
class OptionParity(Strategy):
    """Conversions and reversals: trades call, put and share against each other when parity does not hold."""

    call: Option
    put: Option
    rate: float = 0.0
    least_gain: int = 5
    """What a unit must gain, in cents, for the three trades to be worth it."""
    contracts: int = 10
    """How many conversions or reversals it holds at most."""
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        one, other = self.call, self.put
        same = (one.strike, one.expiry, one.underlying, one.multiplier) == (
            other.strike, other.expiry, other.underlying, other.multiplier,
        )  # fmt: skip
        if (one.right, other.right) != ("call", "put") or not same:
            raise InputError(f"parity needs a call and a put that agree otherwise, found {one.symbol}, {other.symbol}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Make up for missing shares first; then look for one more conversion or reversal."""
        call, put, share = view[self.call.symbol], view[self.put.symbol], view[self.call.underlying]
        self._home = share.position if self._home is None else self._home
        if view.time >= self.call.expiry:
            return
        synthetic = call.position * self.call.multiplier
        if share.position != self._home - synthetic:
            yield from towards(view, share, max(0, self._home - synthetic), share.lot * 1_000)
            return
        years = (self.call.expiry - view.time) / (TRADING_DAY_NS * TRADING_DAYS_A_YEAR)
        strike = self.call.strike * exp(-self.rate * years)
        if None not in (call.bid, put.ask, share.ask) and -call.position < self.contracts:
            gain = call.bid - put.ask - share.ask + strike  # type: ignore[operator]
            if gain >= self.least_gain:
                yield from self._legs(SELL, call.bid, put.ask, view, share.ask)
                return
        if None not in (call.ask, put.bid, share.bid) and call.position < self.contracts:
            gain = share.bid - strike - call.ask + put.bid  # type: ignore[operator]
            if gain >= self.least_gain and share.position >= self.call.multiplier:
                yield from self._legs(BUY, call.ask, put.bid, view, share.bid)

    def _legs(
        self, side: int, call: int | None, put: int | None, view: View, share: int | None
    ) -> Iterable[PlaceOrder]:
        size = self.call.multiplier
        yield PlaceOrder(self.put.symbol, -side, 1, put, "ioc")
        yield PlaceOrder(self.call.symbol, side, 1, call, "ioc")
        yield PlaceOrder(self.call.underlying, -side, size, share, "ioc")
