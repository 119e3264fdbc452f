"""What a run says about an iceberg in one of its books: the queue that it meets, and how fast and far prices go.

What waits ahead of a slice is what one side of the book shows at its best price on average, which counts as the usual
depth, too; a limit order is traded with by half of the volume. What being seen costs, no run says: it is as usual.
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from statistics import fmean, pstdev

from market_sim.analysis.microstructure.intervals import STEP_NS, intervals
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.units import BPS, SECOND
from market_sim.market.exchange.quotes import tapes
from market_sim.pricing.iceberg import USUAL, IcebergMarket

FEWEST_STEPS = 12


def iceberg_market_of(journal: Journal, book: str) -> IcebergMarket:
    """The market of this book, in seconds of the run's clock; InputError where it was hardly quoted or never traded."""
    known = tapes(journal)
    if book not in known:
        raise InputError(f"this run has the books {', '.join(known) or 'none'}, found {book!r}")
    steps = intervals(known[book], journal[-1].time)
    volume = sum(step.volume for step in steps)
    if len(steps) < FEWEST_STEPS or not volume:
        least = FEWEST_STEPS * STEP_NS / SECOND
        raise InputError(f"an iceberg needs a book that was traded and quoted for {least:g} s: not {book}")
    seconds = len(steps) * STEP_NS / SECOND
    side = fmean(step.depth for step in steps) / 2
    returns = [after.middle / before.middle - 1 for before, after in pairwise(steps)]
    volatility = pstdev(returns) * BPS * sqrt(SECOND / STEP_NS)
    return IcebergMarket(round(side, 1), round(volume / 2 / seconds, 3), round(volatility, 3), round(side, 1) or 1.0,
                         USUAL.information_bps)  # fmt: skip
