"""Order flow: its imbalance at the best prices, the microprice, and the probability of informed trading by volume.

    OFI         1{b'>=b} q'b - 1{b'<=b} qb - 1{a'<=a} q'a + 1{a'>=a} qa, from one state of the quotes to the next
                R. Cont, A. Kukanov and S. Stoikov, Journal of Financial Econometrics 12 (2014)
    microprice  (b qa + a qb) / (qa + qb): the middle, drawn towards the side with less
    VPIN        mean of |buys - sells| / V over the last 50 buckets of equal volume V; a bucket's buys are
                V Phi(dP / sigma), with dP its price change and sigma the standard deviation of these
                D. Easley, M. Lopez de Prado and M. O'Hara, Review of Financial Studies 25 (2012)

A journal knows who took, so the true imbalance stands beside the classified one (rulebook F-8.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from statistics import NormalDist, fmean, pstdev
from typing import NamedTuple

from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.quotes import Quotes

WINDOW = 50
"""The number of buckets of an average."""
BUCKETS_A_RUN = 200
LEAST_TRADES = 3
"""A bucket holds at least so many trades of mean size: the imbalance of a single trade says nothing."""
PHI = NormalDist().cdf


def order_flow_imbalances(quotes: Quotes) -> list[int]:
    """The contribution of each change of the quotes after the first."""
    found = []
    states = zip(quotes.bids, quotes.bid_sizes, quotes.asks, quotes.ask_sizes, strict=True)
    for (bid, bid_size, ask, ask_size), (next_bid, next_bid_size, next_ask, next_ask_size) in pairwise(states):
        change = next_bid_size if next_bid >= bid else 0
        change -= bid_size if next_bid <= bid else 0
        change -= next_ask_size if next_ask <= ask else 0
        change += ask_size if next_ask >= ask else 0
        found.append(change)
    return found


def microprice(bid: int, bid_size: int, ask: int, ask_size: int) -> float:
    """The middle, weighted by the sizes of the other sides.

    >>> microprice(100, 30, 102, 10)
    101.5
    """
    return (bid * ask_size + ask * bid_size) / (bid_size + ask_size)


class Bucket(NamedTuple):
    """A bucket of volume: when it was full, its price change, and what its takers bought of it."""

    time: int
    change: int
    bought: int


def volume_buckets(trades: Iterable[Trade], size: int) -> list[Bucket]:
    """The full buckets of this quantity; a trade that does not fit is divided between two."""
    if size < 1:
        raise InputError(f"a bucket holds at least one unit, found {size}")
    found: list[Bucket] = []
    first: int | None = None
    filled = bought = 0
    for trade in trades:
        first = trade.price if first is None else first
        left = trade.quantity
        while left:
            part = min(left, size - filled)
            filled, left = filled + part, left - part
            bought += part if trade.side > 0 else 0
            if filled == size:
                found.append(Bucket(trade.time, trade.price - first, bought))
                first, filled, bought = trade.price, 0, 0
    return found


def bulk_classified(buckets: Sequence[Bucket], size: int) -> list[float]:
    """The imbalance |buys - sells| of each bucket as its price change lets one guess it."""
    sigma = pstdev(bucket.change for bucket in buckets) if buckets else 0.0
    return [size * abs(2 * PHI(bucket.change / sigma) - 1) if sigma else 0.0 for bucket in buckets]


def true_imbalances(buckets: Iterable[Bucket], size: int) -> list[int]:
    """The imbalance of each bucket as its takers made it."""
    return [abs(2 * bucket.bought - size) for bucket in buckets]


def toxicity(imbalances: Sequence[float], size: int, window: int = WINDOW) -> list[float]:
    """VPIN after each bucket from the `window`-th on: the mean imbalance of the last ones over their volume."""
    sums = [0.0, *accumulate(imbalances)]
    return [(sums[end] - sums[end - window]) / window / size for end in range(window, len(sums))]


def bucket_size(trades: Sequence[Trade]) -> int:
    """The size of a bucket with which a run has some two hundred, or fewer of enough trades."""
    volume = sum(trade.quantity for trade in trades)
    return max(1, volume // BUCKETS_A_RUN, -(-LEAST_TRADES * volume // len(trades)) if trades else 0)


def mean_microprice_lead(quotes: Quotes) -> float:
    """How much nearer the microprice is to the next other midpoint than the midpoint is, on average, in price units."""
    gains = []
    following: float | None = None
    after: int | None = None
    states = zip(quotes.twice, quotes.bids, quotes.bid_sizes, quotes.asks, quotes.ask_sizes, strict=True)
    for twice, *state in reversed(list(states)):
        if after is not None and after != twice:
            following = after / 2
        after = twice
        if following is not None:
            gains.append(abs(following - twice / 2) - abs(following - microprice(*state)))
    return fmean(gains) if gains else 0.0
