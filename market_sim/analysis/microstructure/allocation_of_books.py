"""The allocation of a maker's capital over the books of a run: what each book gained, how it moved, and the frontier.

A unit of capital in a book earns half the spread each time the displayed quantity is traded, and its risk is that of
the middle. The capital is what an average book of the run displays. It shares the trades of a book with what is
displayed there, so as much capital as a book displays earns half as much there, and the price of depth is that loss
(rulebook F-4.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from market_sim.analysis.microstructure.bars import Bars, bars
from market_sim.analysis.results.market_tables import book_names
from market_sim.analysis.results.table import Column, Table, Value, columns
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.pricing.allocation import Choice, choice, frontier

AVERSIONS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
"""The aversions to risk of the table."""
BETWEEN = 8
"""The number of further points of the curve from one of these aversions to the next."""
BAR_NS = TRADING_DAY_NS // 10
FEWEST_BARS = 20
SCALE = 10_000
"""Returns are counted in basis points."""
LEAST_GAIN = 1e-6
"""A book without trades has no gain that more capital could lessen; this one keeps its depth a number."""
NOTE = (
    "Gain and risk are in basis points of the capital for a tenth of a day; the capital is what an average book "
    "displays, and as much of it as a book displays halves the gain there; the weights of a row add up to 100 %."
)


class Allocation(NamedTuple):
    """The books of a run as investments of a maker."""

    books: tuple[str, ...]
    alone: list[Choice]
    """All capital in one book, for each of them."""
    choices: list[Choice]
    """The best weights for each aversion of the table."""
    curve: list[Choice]
    """The same with further aversions in between."""


def allocation_of(journal: Journal) -> Allocation:
    """The allocation over all books with quotes for long enough; InputError if there is none."""
    found = {book: bars(journal, book, BAR_NS) for book in book_names(journal)}
    found = {book: one for book, one in found.items() if len(one.middles) >= FEWEST_BARS}
    if not found:
        raise InputError(f"an allocation needs a book that was quoted for {FEWEST_BARS} tenths of a day")
    shortest = min(len(one.returns) for one in found.values())
    covariance = covariances([[SCALE * move for move in one.returns[-shortest:]] for one in found.values()])
    gains = [earned(one) for one in found.values()]
    values = [fmean(one.depths) * fmean(one.middles) for one in found.values()]
    depths = [
        value * len(values) / sum(values) / max(gain, LEAST_GAIN) for value, gain in zip(values, gains, strict=True)
    ]
    places = range(len(found))
    return Allocation(
        tuple(found),
        [choice([float(one == other) for other in places], gains, covariance, depths) for one in places],
        frontier(gains, covariance, depths, AVERSIONS),
        frontier(gains, covariance, depths, _finely()),
    )


def _finely() -> Sequence[float]:
    """The aversions of the curve: those of the table, and between two of them geometric steps."""
    fine = [0.0]
    for low, high in zip((0.001, *AVERSIONS[1:]), AVERSIONS[1:], strict=False):
        fine += [low * (high / low) ** (step / BETWEEN) for step in range(BETWEEN)]
    return [*fine, AVERSIONS[-1]]


def weights_table(found: Allocation) -> Table:
    """The rows of the table with all digits: each aversion, and each book by itself."""
    heads = columns(
        aversion="to risk; empty for all capital in one book",
        gain_bps="of the capital for a tenth of a day",
        risk_bps="the standard deviation of the middle in that time",
    )
    weights = tuple(Column(book, "the share of the capital in it") for book in found.books)
    rows: list[tuple[Value, ...]] = [(one.aversion, *_figures(one)) for one in found.choices]
    return Table("allocation", heads + weights, rows + [(None, *_figures(one)) for one in found.alone])


def _figures(one: Choice) -> tuple[float, ...]:
    return one.gain, one.deviation, *one.weights


def earned(one: Bars) -> float:
    """Half the spread in basis points, as often as the displayed quantity was traded in a bar."""
    half = fmean(spread / middle for spread, middle in zip(one.spreads, one.middles, strict=True)) / 2 * SCALE
    return half * fmean(one.volumes) / fmean(one.depths)


def covariances(moves: Sequence[Sequence[float]]) -> list[list[float]]:
    """The covariance of each pair of series."""
    away = [[value - fmean(series) for value in series] for series in moves]
    return [[fmean(a * b for a, b in zip(one, other, strict=True)) for other in away] for one in away]
