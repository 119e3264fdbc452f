"""Spreads: what a taker paid, what its maker kept, and how far the price moved after it.

With D = +1 for a buyer and -1 for a seller, P the price of a trade, M the midpoint before it and M' the midpoint a
while later, in units of a full spread:

    effective 2D(P - M)  =  realised 2D(P - M')  +  impact 2D(M' - M)        exactly

Source: SEC Rule 605 of Regulation NMS; R. Huang and H. Stoll, Journal of Financial Economics 41 (1996); rulebook F-8.1.
All three are integers in price units, because twice a midpoint is bid plus ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.quotes import Quotes

HORIZON_NS = 1_000_000_000
"""How long after a trade its impact is measured: a trading day of the clock."""


class Spread(NamedTuple):
    """The spreads of one trade, in price units."""

    trade: Trade
    quoted: int
    effective: int
    realised: int | None
    impact: int | None
    """None where the run ends before the horizon is over."""
    improvement: int
    """How much better than the quote it was, in price units; negative for a trade beyond it."""


class Averages(NamedTuple):
    """Averages weighted by quantity, over the trades that have the figure."""

    trades: int
    quantity: int
    quoted: float
    effective: float
    realised: float | None
    impact: float | None
    """Of the trades whose horizon is over."""
    effective_then: float | None
    """The effective spread of these same trades: the sum of the other two."""
    improvement: float

    @property
    def effective_over_quoted(self) -> float | None:
        """E/Q: below 1 where takers do better than the quote; None where the quotes of several venues are crossed."""
        return self.effective / self.quoted if self.quoted > 0 else None


def spreads(trades: Iterable[Trade], quotes: Quotes, end: int, horizon: int = HORIZON_NS) -> list[Spread]:
    """The spreads of every trade before which the book was quoted; `end` is when the run ended."""
    found = []
    for trade in trades:
        place = quotes.place_before(trade.time)
        if place is not None:
            later = quotes.at(trade.time + horizon) if trade.time + horizon <= end else None
            found.append(_spread(trade, quotes.bids[place], quotes.asks[place], later))
    return found


def spreads_in_the_dark(
    trades: Iterable[Trade], shown: Mapping[int, Sequence[int]], quotes: Quotes, end: int, horizon: int = HORIZON_NS
) -> list[Spread]:
    """The same of trades in the dark, each beside the best bid and ask that others showed at its moment."""
    found = []
    for trade in trades:
        if trade.trade in shown:
            later = quotes.at(trade.time + horizon) if trade.time + horizon <= end else None
            bid, ask, *_ = shown[trade.trade]
            found.append(_spread(trade, bid, ask, later))
    return found


def _spread(trade: Trade, bid: int, ask: int, later: int | None) -> Spread:
    """The spreads of a trade beside this bid and ask and, if it is known, twice the midpoint a while later."""
    before, side, price = bid + ask, trade.side, trade.price
    effective = side * (2 * price - before)
    improvement = ask - price if side > 0 else price - bid
    if later is None:
        return Spread(trade, ask - bid, effective, None, None, improvement)
    return Spread(trade, ask - bid, effective, side * (2 * price - later), side * (later - before), improvement)


def averages(found: Sequence[Spread]) -> Averages | None:
    """The averages of these spreads; None of no trade."""
    if not found:
        return None
    sizes = [one.trade.quantity for one in found]
    quantity = sum(sizes)
    whole = [one for one in found if one.realised is not None and one.impact is not None]
    followed = [one.trade.quantity for one in whole]

    def mean(values: Iterable[int | None], weights: Sequence[int] = sizes) -> float:
        return sum((value or 0) * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)

    return Averages(
        len(found),
        quantity,
        mean(one.quoted for one in found),
        mean(one.effective for one in found),
        mean((one.realised for one in whole), followed) if whole else None,
        mean((one.impact for one in whole), followed) if whole else None,
        mean((one.effective for one in whole), followed) if whole else None,
        mean(one.improvement for one in found),
    )
