"""The gate of an ECN: an open limit order book, which takes only orders with a limit.

M. J. Barclay, T. Hendershott and D. T. McCormick (Competition among Trading Venues, Journal of Finance 58, 2003)
compare such books with dealers.
"""

from __future__ import annotations

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import Amend, PlaceOrder
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.member import Member


class LimitOrdersOnly:
    """Refuses market orders."""

    def __init__(self, venue: str) -> None:
        self._venue = venue

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Refuse a new order without a limit; an amendment without one leaves it as it is."""
        if isinstance(intent, PlaceOrder) and intent.limit is None:
            raise RuleViolation("LIMIT_NEEDED", venue=self._venue)
