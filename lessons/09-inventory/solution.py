"""09-inventory: the model solution."""

from dataclasses import dataclass
from math import ceil, floor, log

from market_sim import Buy, Cancel, Sell, Strategy


def reservation(value, away, risk, sigma, left):
    """Below the value when too much is held, by the variance that is still to come."""
    return value - away * risk * sigma**2 * left


def quotes(value, away, risk, sigma, k, left):
    """Half a spread below and above: one part for the risk, one for the customers."""
    centre = reservation(value, away, risk, sigma, left)
    half = risk * sigma**2 * left / 2 + (log(1 + risk / k) / risk if risk else 1 / k)
    return floor(centre - half), ceil(centre + half)


@dataclass
class Maker(Strategy):
    """Quotes one bid and one ask around its reservation price."""

    target: int = 3_000
    size: int = 5
    risk: float = 0.02
    sigma: float = 10.0
    k: float = 0.3
    session_s: float = 8.0

    def decide(self, view):
        """Take the old quotes back, then place new ones."""
        market = view["ACME"]
        away = (market.position - self.target) / self.size
        left = self.session_s - view.time / 1_000_000_000 % self.session_s
        bid, ask = quotes(market.value, away, self.risk, self.sigma, self.k, left)
        for order in view.orders:
            yield Cancel(order.id)
        yield Buy("ACME", quantity=self.size, limit=bid)
        yield Sell("ACME", quantity=self.size, limit=ask)
