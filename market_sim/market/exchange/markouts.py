"""Markouts: what the trades of an account are worth a while later, for each unit.

The markout of a trade is D(M' - P), with M' the midpoint a while after it: what the trade would have gained if it had
been closed there at no cost. Who knows where the price goes has a positive one, and its makers a negative one. Flows
are ranked by the markout of what they took, because a maker does not choose the moment. Source: Y. Nevmyvaka and
others; L. Harris, Trading and Exchanges (2003), chapter 14; rulebook F-8.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from market_sim.core.models.market_events import Trade
from market_sim.core.units import MILLISECOND
from market_sim.market.exchange.quotes import Quotes

HORIZONS_NS = tuple(number * MILLISECOND for number in (50, 100, 200, 500, 1_000, 2_000, 5_000))
RANKED_NS = 1_000 * MILLISECOND
"""The horizon by which flows are ranked."""
FEWEST_TRADES = 20
"""An account with fewer trades at a horizon is listed and not ranked."""


class Markout(NamedTuple):
    """The markouts of one account in one role, in the order of the horizons."""

    account: str
    role: str
    trades: int
    quantity: int
    means: tuple[float | None, ...]
    """Weighted by quantity, in price units; None without a trade whose horizon is over."""
    counts: tuple[int, ...]
    """The number of trades behind each mean."""


def markouts(trades: Sequence[Trade], quotes: Quotes, end: int, horizons: Sequence[int] = HORIZONS_NS) -> list[Markout]:
    """The markouts of every account as a taker and as a maker, takers first, each in the order of first trades."""
    takers: dict[str, _Sums] = {}
    makers: dict[str, _Sums] = {}
    pairs = []
    for trade in trades:
        taker = takers.get(trade.taker) or takers.setdefault(trade.taker, _Sums(len(horizons)))
        maker = makers.get(trade.maker) or makers.setdefault(trade.maker, _Sums(len(horizons)))
        pairs.append((trade.time, 2 * trade.price, trade.quantity, trade.side * trade.quantity, taker, maker))
        for one in (taker, maker):
            one.trades += 1
            one.quantity += trade.quantity
    times, twice, count = quotes.times, quotes.twice, len(quotes.times)
    for place, horizon in enumerate(horizons):
        reached = 0
        for time, twice_price, quantity, bought, taker, maker in pairs:
            later = time + horizon
            while reached < count and times[reached] <= later:
                reached += 1
            if reached and later <= end:
                gain = bought * (twice[reached - 1] - twice_price)
                taker.gains[place] += gain
                maker.gains[place] -= gain
            else:  # not followed that far
                for one in (taker, maker):
                    one.missing[place] += 1
                    one.unfollowed[place] += quantity
    told = [(account, "taker", sums) for account, sums in takers.items()]
    told += [(account, "maker", sums) for account, sums in makers.items()]
    return [Markout(account, role, one.trades, one.quantity, one.means, one.counts) for account, role, one in told]


class _Sums:
    """What is added up for one account in one role: at each horizon twice the gain, and what was not followed."""

    __slots__ = ("gains", "missing", "quantity", "trades", "unfollowed")

    def __init__(self, horizons: int) -> None:
        self.trades = self.quantity = 0
        self.gains, self.missing, self.unfollowed = [0] * horizons, [0] * horizons, [0] * horizons

    @property
    def means(self) -> tuple[float | None, ...]:
        followed = [self.quantity - rest for rest in self.unfollowed]
        return tuple(gain / 2 / size if size else None for gain, size in zip(self.gains, followed, strict=True))

    @property
    def counts(self) -> tuple[int, ...]:
        return tuple(self.trades - rest for rest in self.missing)


def in_order(found: Iterable[Markout]) -> list[Markout]:
    """Takers before makers; of each, those with enough trades for a rank first, the largest markout at its top."""
    place = HORIZONS_NS.index(RANKED_NS)
    return sorted(
        found,
        key=lambda one: (one.role == "maker", one.counts[place] < FEWEST_TRADES, -(one.means[place] or 0.0)),
    )


def ranked(found: Iterable[Markout], horizons: Sequence[int] = HORIZONS_NS, by: int = RANKED_NS) -> list[Markout]:
    """The takers with enough trades, the largest markout at this horizon first."""
    place = horizons.index(by)
    takers = [one for one in found if one.role == "taker" and one.counts[place] >= FEWEST_TRADES]
    return sorted(takers, key=lambda one: -(one.means[place] or 0.0))
