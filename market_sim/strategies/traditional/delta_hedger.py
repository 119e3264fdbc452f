"""The delta hedger: holds as many shares against its options as makes small moves of the share indifferent to it.

The delta of each option is that of Black, Scholes and Merton (1973; rulebook F-3.1) at the hedger's own volatility. It
trades only when it is off by more than a band, since each trade costs the spread (Leland 1985 says how such costs eat
into the hedge). What remains is gamma: large moves still hurt the writer of options.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Option
from market_sim.core.models.intents import Intent
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.pricing.black_scholes import greeks
from market_sim.pricing.option import VanillaOption
from market_sim.strategies.traditional.taking import towards


@dataclass
class DeltaHedger(Strategy):
    """Keeps the delta of its options and shares together near zero (above the shares it began with)."""

    options: tuple[Option, ...] = ()
    volatility: float = 0.2
    band: int = 2
    """By how many shares it may be off before it trades."""
    size: int = 50
    """The most that it trades at once."""
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.options or len({option.underlying for option in self.options}) > 1:
            raise InputError("a delta hedger needs options on one underlying")
        if self.volatility <= 0 or self.band < 0 or self.size < 1:
            raise InputError(f"volatility and size are positive and the band is not negative, found {self}")

    def delta(self, view: View) -> float:
        """For how many shares the options of the account stand now."""
        spot = view[self.options[0].underlying]
        price = spot.value or spot.last
        if price is None:
            return 0.0
        total = 0.0
        for option in self.options:
            held = view[option.symbol].position
            years = (option.expiry - view.time) / (TRADING_DAY_NS * TRADING_DAYS_A_YEAR)
            if held and years > 0:
                terms = VanillaOption(option.right, option.unit.worth(price), option.strike, years, self.volatility)
                total += held * option.multiplier * greeks(terms).delta
        return total

    def decide(self, view: View) -> Iterable[Intent]:
        """Trade the shares that are missing, or too many."""
        share = view[self.options[0].underlying]
        self._home = share.position if self._home is None else self._home
        wanted = self._home - round(self.delta(view))
        if abs(wanted - share.position) > self.band:
            yield from towards(view, share, max(0, wanted), self.size)
