"""02-market-maker: at which prices do you buy and sell, and what does your stock have to do with it?

Prices are whole cents. A basis point is a hundredth of a percent: x basis points of a price are price * x / 10_000.
"""

from dataclasses import dataclass

from market_sim import Buy, Cancel, Sell, Strategy


def quotes(reference, spread_bps, away, limit, lean_bps):
    """Return the prices (bid, ask) of a market maker; None instead of a price that it does not offer.

    reference   what one share is worth, in cents
    spread_bps  the whole distance from bid to ask, in basis points
    away        how many shares more than you want you hold; negative: how many fewer
    limit       at `limit` shares too many stop buying, at `limit` too few stop selling
    lean_bps    by so many basis points both quotes move when you are `limit` shares away
    """
    return reference, reference


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
        yield from []
