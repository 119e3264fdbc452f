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
from market_sim.market.exchange.quotes import Quotes

MILLISECOND = 1_000_000
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


def markouts(trades: Iterable[Trade], quotes: Quotes, end: int, horizons: Sequence[int] = HORIZONS_NS) -> list[Markout]:
    """The markouts of every account as a taker and as a maker, takers first, each in the order of first trades."""
    sums: dict[tuple[str, str], list[list[int]]] = {}
    for trade in trades:
        later = [quotes.at(trade.time + horizon) if trade.time + horizon <= end else None for horizon in horizons]
        for account, role, side in ((trade.taker, "taker", trade.side), (trade.maker, "maker", -trade.side)):
            columns = sums.setdefault((role, account), [[0, 0, 0] for _ in range(len(horizons) + 1)])
            columns[-1][0] += 1
            columns[-1][1] += trade.quantity
            for column, twice in zip(columns, later, strict=False):
                if twice is not None:
                    column[0] += 1
                    column[1] += trade.quantity
                    column[2] += side * (twice - 2 * trade.price) * trade.quantity
    return [
        Markout(
            account,
            role,
            columns[-1][0],
            columns[-1][1],
            tuple(gain / 2 / quantity if quantity else None for _, quantity, gain in columns[:-1]),
            tuple(count for count, _, _ in columns[:-1]),
        )
        for (role, account), columns in sorted(sums.items(), key=lambda one: one[0][0] == "maker")
    ]


def ranked(found: Iterable[Markout], horizons: Sequence[int] = HORIZONS_NS, by: int = RANKED_NS) -> list[Markout]:
    """The takers with enough trades, the largest markout at this horizon first."""
    place = horizons.index(by)
    takers = [one for one in found if one.role == "taker" and one.counts[place] >= FEWEST_TRADES]
    return sorted(takers, key=lambda one: -(one.means[place] or 0.0))
