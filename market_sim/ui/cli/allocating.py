"""`simulate.py allocate RUN`: over the books of a run, where would a maker's capital have gone?

A unit of capital in a book earns half the spread each time the displayed quantity is traded; its risk is that of the
middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from market_sim.analysis.microstructure.bars import Bars, bars
from market_sim.analysis.results.market_tables import books
from market_sim.analysis.results.stored import open_run
from market_sim.core.errors import InputError
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.pricing.allocation import frontier
from market_sim.ui.cli.arguments import Parser

AVERSIONS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
BAR_NS = TRADING_DAY_NS // 10
FEWEST_BARS = 20
SCALE = 10_000
"""Returns are counted in basis points."""


def allocate(arguments: Sequence[str]) -> int:
    """Print the weights for several aversions to risk, and the frontier that they make."""
    made = Parser(prog="simulate.py allocate", description="How a maker's capital divides over the books of a run.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    typed = made.parse_args(list(arguments))
    journal = open_run(typed.run).journal
    found = {book: bars(journal, book, BAR_NS) for book in books(journal)}
    found = {book: one for book, one in found.items() if len(one.middles) >= FEWEST_BARS}
    if not found:
        raise InputError(f"an allocation needs a book that was quoted for {FEWEST_BARS} tenths of a day")
    shortest = min(len(one.returns) for one in found.values())
    moves = [[SCALE * move for move in one.returns[-shortest:]] for one in found.values()]
    gains = [earned(one) for one in found.values()]
    values = [fmean(one.depths) * fmean(one.middles) for one in found.values()]
    depths = [value * len(values) / sum(values) for value in values]
    choices = frontier(gains, covariances(moves), depths, AVERSIONS)
    widths = [max(8, len(book)) for book in found]
    heads = " ".join(book.rjust(width) for book, width in zip(found, widths, strict=True))
    print(f"{'aversion':>8} {'gain':>8} {'risk':>8}  {heads}")
    for one in choices:
        weights = " ".join(f"{weight:.1%}".rjust(width) for weight, width in zip(one.weights, widths, strict=True))
        print(f"{one.aversion:>8g} {one.gain:>8.3f} {one.deviation:>8.3f}  {weights}")
    print("gain and risk in basis points of the capital for a tenth of a day; the weights of a row add up to 100 %")
    return 0


def earned(one: Bars) -> float:
    """Half the spread in basis points, as often as the displayed quantity was traded in a bar."""
    half = fmean(spread / middle for spread, middle in zip(one.spreads, one.middles, strict=True)) / 2 * SCALE
    return half * fmean(one.volumes) / fmean(one.depths)


def covariances(moves: Sequence[Sequence[float]]) -> list[list[float]]:
    """The covariance of each pair of series."""
    away = [[value - fmean(series) for value in series] for series in moves]
    return [[fmean(a * b for a, b in zip(one, other, strict=True)) for other in away] for one in away]
