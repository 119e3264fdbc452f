"""The allocation of a maker's capital over the books of a run: what each book gained, how it moved, and the frontier.

A unit of capital in a book earns half the spread each time the displayed quantity is traded; its risk is that of the
middle, and its depth is the capital that is displayed on average, so a market with less
depth gets less (rulebook F-4.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from market_sim.analysis.microstructure.bars import Bars, bars
from market_sim.analysis.results.market_tables import books
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.pricing.allocation import Choice, frontier

AVERSIONS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
"""The aversions to risk of the table."""
BETWEEN = 8
"""The number of further points of the curve from one of these aversions to the next."""
BAR_NS = TRADING_DAY_NS // 10
FEWEST_BARS = 20
SCALE = 10_000
"""Returns are counted in basis points."""
NOTE = "gain and risk in basis points of the capital for a tenth of a day; the weights of a row add up to 100 %"


class Allocation(NamedTuple):
    """The books of a run as investments of a maker."""

    books: tuple[str, ...]
    gains: list[float]
    """What a unit of capital earns in each book for a tenth of a day, in basis points."""
    risks: list[float]
    """The standard deviation of the middle of each book in that time."""
    choices: list[Choice]
    """The best weights for each aversion of the table."""
    curve: list[Choice]
    """The same with further aversions in between."""


def allocation_of(journal: Journal) -> Allocation:
    """The allocation over all books with quotes for long enough; InputError if there is none."""
    found = {book: bars(journal, book, BAR_NS) for book in books(journal)}
    found = {book: one for book, one in found.items() if len(one.middles) >= FEWEST_BARS}
    if not found:
        raise InputError(f"an allocation needs a book that was quoted for {FEWEST_BARS} tenths of a day")
    shortest = min(len(one.returns) for one in found.values())
    covariance = covariances([[SCALE * move for move in one.returns[-shortest:]] for one in found.values()])
    gains = [earned(one) for one in found.values()]
    values = [fmean(one.depths) * fmean(one.middles) for one in found.values()]
    depths = [value * len(values) / sum(values) for value in values]
    return Allocation(
        tuple(found),
        gains,
        [covariance[place][place] ** 0.5 for place in range(len(found))],
        frontier(gains, covariance, depths, AVERSIONS),
        frontier(gains, covariance, depths, _finely()),
    )


def _finely() -> Sequence[float]:
    """The aversions of the curve: those of the table, and between two of them geometric steps."""
    fine = [0.0]
    for low, high in zip((0.001, *AVERSIONS[1:]), AVERSIONS[1:], strict=False):
        fine += [low * (high / low) ** (step / BETWEEN) for step in range(BETWEEN)]
    return [*fine, AVERSIONS[-1]]


def earned(one: Bars) -> float:
    """Half the spread in basis points, as often as the displayed quantity was traded in a bar."""
    half = fmean(spread / middle for spread, middle in zip(one.spreads, one.middles, strict=True)) / 2 * SCALE
    return half * fmean(one.volumes) / fmean(one.depths)


def covariances(moves: Sequence[Sequence[float]]) -> list[list[float]]:
    """The covariance of each pair of series."""
    away = [[value - fmean(series) for value in series] for series in moves]
    return [[fmean(a * b for a, b in zip(one, other, strict=True)) for other in away] for one in away]
