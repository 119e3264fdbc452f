"""Takes the whole spread on each side.

says: you took the whole spread on each side, it is half
points: 5
"""

from dataclasses import dataclass

from market_sim import Buy, Cancel, Sell, Strategy


def quotes(reference, spread_bps, away, limit, lean_bps):
    """Half the spread to each side of a centre that leans against the stock."""
    lean = reference * lean_bps * away // (limit * 10_000)
    centre = reference - lean
    half = max(1, centre * spread_bps // 10_000)
    bid = centre - half if away < limit else None
    ask = centre + half if away > -limit else None
    return bid, ask


@dataclass
class Maker(Strategy):
    """Quotes one bid and one ask, again each time it wakes up."""

    target: int = 100
    limit: int = 20
    spread_bps: int = 20
    lean_bps: int = 30
    size: int = 5

    def decide(self, view):
        """Take the old quotes back, then place new ones; never more than what leads to the limit."""
        market = view["ACME"]
        away = market.position - self.target
        bid, ask = quotes(market.value, self.spread_bps, away, self.limit, self.lean_bps)
        for order in view.orders:
            yield Cancel(order.id)
        if bid is not None:
            yield Buy("ACME", quantity=min(self.size, self.limit - away), limit=bid)
        if ask is not None:
            yield Sell("ACME", quantity=min(self.size, self.limit + away), limit=ask)
