"""The depth grid: the resting quantity at each price and time, as a heatmap.

A shade is the signed logarithm of the quantity, because on a linear scale one large order hides all else: bids are
positive, asks negative, and nothing is zero. Shades fit into one byte; the quantities themselves travel beside them
for the hover text of a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

from market_sim.analysis.history.book_history import Sample
from market_sim.analysis.visualization.typed_array import packed
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.models.market_events import Trade

MARGIN_TICKS = 15
MOST_ROWS = 130
LADDER_RUNG = 25
"""The price level, counted from the best price, that the grid nearly always reaches on each side."""
DARKEST = 127


@dataclass(frozen=True)
class DepthGrid:
    """A heatmap's cells: prices from `low` to `high` in steps, moments from left to right."""

    low: int
    high: int
    step: int
    times: tuple[int, ...]
    shades: dict[str, str]
    sizes: dict[str, str]


def depth_grid(samples: Sequence[Sample], tick: int, trades: Sequence[Trade] = ()) -> DepthGrid:
    """The grid of these samples, over the best prices and a margin around them."""
    low, high = price_range(samples, tick, trades)
    # Several ticks share a row when there would be more rows than a screen has lines.
    ticks = -(-(high - low + tick) // (tick * MOST_ROWS))
    step = ticks * tick
    rows = (high - low) // step + 1
    columns = max(1, len(samples))
    cells: dict[int, int] = {}
    for place, sample in enumerate(samples):
        for sign, depth in ((1, sample.bids), (-1, sample.asks)):
            for price, quantity in depth.items():
                if low <= price <= high:
                    cell = (price - low) // step * columns + place
                    cells[cell] = cells.get(cell, 0) + sign * quantity
    sizes = {cell: abs(quantity) for cell, quantity in cells.items()}
    shade = _shades(max(sizes.values(), default=0))
    shades = {cell: shade(quantity) for cell, quantity in cells.items()}
    middle = (step - tick) // 2  # a row of several ticks stands at its middle
    times = tuple(sample.time for sample in samples)
    return DepthGrid(
        low + middle, low + middle + (rows - 1) * step, step, times,
        packed(shades, rows, columns), packed(sizes, rows, columns),
    )  # fmt: skip


def price_range(samples: Sequence[Sample], tick: int, trades: Sequence[Trade] = ()) -> tuple[int, int]:
    """The range of prices: all trades, almost all best prices, and a margin for the levels behind them."""
    best = sorted(price for sample in samples for price in (sample.bid, sample.ask) if price is not None)
    # A book that runs empty for a moment shows a best price far away: one percent on each side may lie outside.
    cut = len(best) // 100
    seen = best[cut : len(best) - cut] + [trade.price for trade in trades]
    if not seen:
        return tick, tick * (2 * MARGIN_TICKS + 1)
    margin = MARGIN_TICKS * tick
    # After a large shock fifteen ticks are a line's width: marks at the edge would be cut in two.
    margin = max(margin, (max(seen) - min(seen)) // 25)
    # Orders that wait far from everything else would make the rest a thin line.
    farthest = max(margin, max(seen) - min(seen), 4 * MARGIN_TICKS * tick)
    deepest_bid, deepest_ask = _ladder(samples)
    low = max(tick, min(seen) - min(farthest, max(margin, min(seen) - deepest_bid)))
    high = max(seen) + min(farthest, max(margin, deepest_ask - max(seen)))
    return low - low % tick, high + (-high % tick)


def _ladder(samples: Sequence[Sample]) -> tuple[int, int]:
    """The prices below and above which a level of the book hardly ever is."""
    some = samples[:: max(1, len(samples) // 200)]
    bids = sorted(sorted(sample.bids)[-LADDER_RUNG:][0] for sample in some if sample.bids)
    asks = sorted(sorted(sample.asks)[:LADDER_RUNG][-1] for sample in some if sample.asks)
    return bids[len(bids) // 50] if bids else LARGEST_AMOUNT, asks[-1 - len(asks) // 50] if asks else 0


def _shades(largest: int):
    """The shade of a signed quantity; each is computed once."""
    scale = DARKEST / log1p(largest) if largest else 0.0
    known: dict[int, int] = {0: 0}

    def shade(cell: int) -> int:
        if cell not in known:
            size = max(1, round(scale * log1p(abs(cell))))
            known[cell] = size if cell > 0 else -size
        return known[cell]

    return shade
