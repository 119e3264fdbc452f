"""The Greeks of a portfolio: the sensitivity of an account to price, volatility and time, and a delta hedge.

Options are valued by Black-Scholes-Merton (rulebook F-3.1) at the last price of their underlying and the volatility
of the run. The suggested hedge is the number of shares of the underlying that brings the delta to zero; it costs half
a spread for each share.
"""

from __future__ import annotations

from typing import NamedTuple

from market_sim.analysis.instruments import instruments_in
from market_sim.analysis.three_clocks import marks_in
from market_sim.analysis.volatility import ASSUMED, volatility_of
from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Instrument
from market_sim.core.trading_day import TRADING_DAYS_A_YEAR
from market_sim.pricing.black_scholes import greeks
from market_sim.pricing.option import VanillaOption


class Exposure(NamedTuple):
    """The exposure of one account to one underlying, options included; money is in cents."""

    account: str
    underlying: str
    price: int
    delta: float
    """The number of shares with the same gain and loss."""
    gamma: float
    vega: float
    """For one point of volatility, 0.01."""
    theta: float
    """For one day."""

    @property
    def hedge(self) -> int:
        """The shares to buy (negative: to sell) that bring the delta nearest to zero."""
        return -round(self.delta)

    def sentence(self, half_spread: int) -> str:
        """The suggested hedge in words, with its effect and its cost."""
        if not self.hedge:
            return f"{self.account}: the delta of {self.delta:+.1f} {self.underlying} needs no hedge"
        verb, shares = ("buy" if self.hedge > 0 else "sell"), abs(self.hedge)
        return (
            f"{self.account}: {verb} {shares:,} {self.underlying} to bring the delta from {self.delta:+,.1f} to "
            f"{round(self.delta + self.hedge, 1) + 0.0:+.1f}; it costs about {shares * half_spread / 100:,.2f}"
        )


def exposures(
    journal: Journal, now: int, day_ns: int, volatility: float | None = None, rate: float = 0.0
) -> list[Exposure]:
    """The exposures of all accounts to all underlyings, direct and through derivatives, at this time.

    Without a `volatility`, that of each underlying is measured on the run. A warrant counts as an option, without the
    dilution by its exercise.
    """
    if volatility is not None and volatility <= 0:
        raise InputError(f"a volatility is positive, found {volatility}")
    instruments, marks = instruments_in(journal), marks_in(journal)
    measured: dict[str, float] = {}
    found: list[Exposure] = []
    for account, assets in fold(journal).items():
        by_underlying: dict[str, list[float]] = {}
        for symbol, held in assets.items():
            instrument = instruments.get(symbol)
            if instrument is None:
                continue
            about = instrument.underlying
            if about and about not in measured:
                measured[about] = volatility or volatility_of(journal, about, day_ns).value
            part = _greeks(instrument, marks, now, day_ns, measured.get(about, ASSUMED), rate)
            if part is not None:
                sums = by_underlying.setdefault(about or symbol, [0.0] * 4)
                for place, value in enumerate(part):
                    sums[place] += held * value
        found += [
            Exposure(account, underlying, marks[underlying], *sums)
            for underlying, sums in by_underlying.items()
            if any(sums)
        ]
    return found


def _greeks(
    instrument: Instrument, marks: dict[str, int], now: int, day_ns: int, volatility: float, rate: float
) -> tuple[float, float, float, float] | None:
    """The delta, gamma, vega and theta of one unit of an instrument; None if its price follows from none of these."""
    underlying, unit = instrument.underlying, instrument.unit
    if not underlying:
        return (1.0, 0.0, 0.0, 0.0) if instrument.moves_with_prices and instrument.symbol in marks else None
    if underlying not in marks:
        return None
    if instrument.on_margin:
        return float(unit.shares_in(instrument.multiplier)), 0.0, 0.0, 0.0
    terms = instrument.as_option(marks[underlying])
    if terms is None or terms.expiry <= now:
        return None
    years = (terms.expiry - now) / day_ns / TRADING_DAYS_A_YEAR
    strike = (terms.strike * unit.parts - unit.cash) / unit.shares  # for one share of today
    option = VanillaOption(terms.right, marks[underlying], strike, years, volatility, rate)
    found, size = greeks(option), unit.shares_in(instrument.multiplier)
    return found.delta * size, found.gamma * size, found.vega * size / 100, found.theta * size / TRADING_DAYS_A_YEAR
