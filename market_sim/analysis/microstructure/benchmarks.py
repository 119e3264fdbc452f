"""Benchmarks of an order: the price of its arrival, the averages of its time by volume and by clock, and the close.

A comparison is D (average price / benchmark - 1) in basis points: positive is worse than the benchmark, for a buyer and
for a seller (rulebook F-8.6). The time of an order is that from its decision to its last fill.
"""

from __future__ import annotations

from typing import NamedTuple

from market_sim.analysis.microstructure.shortfall import ParentOrder
from market_sim.core.errors import InputError
from market_sim.market.exchange.quotes import BookTape


class Comparison(NamedTuple):
    """One benchmark: its price in the smallest unit, and how much worse the order was in basis points."""

    name: str
    price: float
    bps: float


def signed_bps(side: int, price: float, benchmark: float) -> float:
    """How much worse a price is than a benchmark.

    >>> round(signed_bps(1, 10_010, 10_000), 6), round(signed_bps(-1, 9_990, 10_000), 6)
    (10.0, 10.0)
    """
    if benchmark <= 0:
        raise InputError(f"a benchmark is a positive price, found {benchmark}")
    return side * (price / benchmark - 1) * 10_000


def volume_weighted(order: ParentOrder, tape: BookTape) -> float | None:
    """The volume-weighted price of all trades of its time, its own included; None without trades."""
    end = last_fill(order)
    inside = [trade for trade in tape.trades if order.decided_at <= trade.time <= end]
    quantity = sum(trade.quantity for trade in inside)
    return sum(trade.price * trade.quantity for trade in inside) / quantity if quantity else None


def last_fill(order: ParentOrder) -> int:
    """When the last part of it traded."""
    return max((fill.trade.time for fill in order.fills), default=order.decided_at)


def comparisons(order: ParentOrder, tape: BookTape) -> list[Comparison]:
    """One row for each benchmark that this order has; none where nothing of it traded."""
    if not order.fills:
        return []
    price = sum(fill.price * fill.quantity for fill in order.fills) / order.filled
    even = tape.quotes.mean_twice(order.decided_at, last_fill(order))
    prices = (
        ("arrival", order.decision / 2),
        ("VWAP", volume_weighted(order, tape)),
        ("TWAP", even / 2 if even is not None else None),
        ("close", order.close / 2),
    )
    return [
        Comparison(name, benchmark, signed_bps(order.side, price, benchmark))
        for name, benchmark in prices
        if benchmark is not None
    ]
