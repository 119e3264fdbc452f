"""Stylised facts: the statistical properties that the returns of nearly all real markets share (Cont 2001).

Three are required here: returns cannot be foreseen from the last return, their tails are heavy, and large moves come in
spells. The bounds let 96 of 100 GARCH-t series of 5,000 returns pass, and no series of independent normal or Student
returns (rulebook F-7). Further facts are reported: genuine series of this length often fail one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from statistics import fmean
from typing import NamedTuple

from market_sim.analysis.microstructure.bars import Bars, sums
from market_sim.analysis.microstructure.series_statistics import (
    autocorrelations,
    correlation,
    excess_kurtosis,
    hill,
    power_decay,
    variance_ratio,
)
from market_sim.core.errors import InputError

FEWEST_RETURNS = 500
"""With fewer returns the bounds say nothing: a sample of this size strays beyond them by chance."""
CALIBRATED_RETURNS = 5_000
"""The number of returns for which the bounds were chosen."""
MOST_ACF, MOST_Z, HORIZON = 0.07, 3.3, 5
LEAST_KURTOSIS, LEAST_TAIL, MOST_TAIL = 1.0, 1.8, 5.2
LEAST_NEAR, NEAR, LEAST_FAR, FAR = 0.05, 10, 0.02, 50
SUMMED, SLOW_LAGS, AHEAD = 20, 100, 10


class Fact(NamedTuple):
    """One row of the table: what was measured, what is accepted, and whether it is."""

    name: str
    measured: dict[str, float | None]
    accepted: str
    holds: bool
    required: bool


def required_facts(returns: list[float]) -> list[Fact]:
    """The three facts that a market has to show."""
    if len(returns) < FEWEST_RETURNS:
        raise InputError(f"stylised facts need {FEWEST_RETURNS} returns or more, found {len(returns)}")
    sizes = [abs(one) for one in returns]
    acf = autocorrelations(returns, 1)[0]
    _, score = variance_ratio(returns, HORIZON)
    kurtosis, tail = excess_kurtosis(returns), hill(sizes)
    lasting = autocorrelations(sizes, FAR)
    near, far = fmean(lasting[:NEAR]), fmean(lasting)
    return [
        Fact(
            "no linear autocorrelation", {"acf(1)": acf, f"VR({HORIZON}) z": score},
            f"-{MOST_ACF} to {MOST_ACF}; -{MOST_Z} to {MOST_Z}", abs(acf) < MOST_ACF and abs(score) < MOST_Z, True,
        ),
        Fact(
            "heavy tails", {"excess kurtosis": kurtosis, "tail index": tail},
            f"above {LEAST_KURTOSIS:g}; {LEAST_TAIL} to {MOST_TAIL}",
            kurtosis > LEAST_KURTOSIS and LEAST_TAIL <= tail <= MOST_TAIL, True,
        ),
        Fact(
            "volatility clustering", {f"acf|r| 1-{NEAR}": near, f"1-{FAR}": far},
            f"above {LEAST_NEAR}; above {LEAST_FAR}", near > LEAST_NEAR and far > LEAST_FAR, True,
        ),
    ]  # fmt: skip


def reported_facts(bars: Bars) -> list[Fact]:
    """Further facts, of which a genuine series of this length may miss one."""
    returns = bars.returns
    sizes = [abs(one) for one in returns]
    long = excess_kurtosis(sums(returns, SUMMED))
    decay = power_decay(autocorrelations(sizes, SLOW_LAGS))
    squares = [one * one for one in returns]
    leverage = fmean(correlation(returns[:-lag], squares[lag:]) for lag in range(1, AHEAD + 1))
    found = [
        Fact(
            "aggregational normality", {f"kurtosis of {SUMMED}-sums": long}, "below that of one bar",
            long < excess_kurtosis(returns), False,
        ),
        Fact(
            "slow decay", {f"exponent of acf|r| 1-{SLOW_LAGS}": decay}, "0.1 to 1",
            decay is not None and 0.1 <= decay <= 1, False,
        ),
        Fact("leverage", {"corr(r, later r squared)": leverage}, "below 0", leverage < 0, False),
    ]  # fmt: skip
    volumes = bars.volumes[1:]
    if len(set(volumes)) > 1:
        together = correlation(sizes, volumes)
        found.append(Fact("volume and volatility", {"corr(volume, |r|)": together}, "above 0.1", together > 0.1, False))
    if len(set(bars.spreads)) > 1:
        back = autocorrelations(bars.spreads, 1)[0]
        bound = 1 - 3 / sqrt(len(bars.spreads))
        found.append(Fact("spread returns to its mean", {"acf(1) of the spread": back}, "below 1", back < bound, False))
    return found


def stylised_facts(bars: Bars) -> list[Fact]:
    """All facts of one series, the required ones first."""
    return [*required_facts(bars.returns), *reported_facts(bars)]


def passes(facts: Iterable[Fact]) -> bool:
    """Whether every required fact holds."""
    return all(fact.holds for fact in facts if fact.required)
