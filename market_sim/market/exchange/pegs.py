"""Where a pegged order stands: at the middle of the best shown bid and ask, never beyond its own limit.

A buyer's middle is rounded down to the tick and a seller's up, so that two pegged orders meet only when the middle is
a price that exists (rulebook F-1.2).

>>> peg_price(1, 110, 100, 103, 1), peg_price(-1, 90, 100, 103, 1), peg_price(1, 100, 100, 103, 1)
(101, 102, 100)
>>> peg_price(1, 110, 100, None, 1) is None             # one side shows nothing: there is no middle
True
"""

from __future__ import annotations

from market_sim.core.models.intents import BUY


def peg_price(side: int, cap: int, bid: int | None, ask: int | None, tick: int) -> int | None:
    """The price of a pegged order, or None while it has nothing to follow."""
    if bid is None or ask is None:
        return None
    if side == BUY:
        return min(cap, (bid + ask) // (2 * tick) * tick)
    return max(cap, -(-(bid + ask) // (2 * tick)) * tick)
