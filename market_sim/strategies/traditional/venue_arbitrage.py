"""The arbitrageur between venues: buys on one venue and sells on another when the bid there is above the ask here.

Both orders are immediate-or-cancel and are sent at once. They arrive one after the other, so the second can find less
than was seen; the unmatched quantity then stays in the account until the prices are reversed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.market.agents.strategy import OnQuote, Strategy, Waking
from market_sim.market.agents.view import View


@dataclass
class VenueArbitrage(Strategy):
    """Trades one instrument on several venues whenever one venue's bid is above another one's ask."""

    symbol: str = "ACME"
    venues: tuple[str, ...] = ()
    size: int = 10
    least_gap_bps: int = 2
    """The least distance of the bid above the ask, in basis points, that pays the fees."""

    def __post_init__(self) -> None:
        if len(self.venues) < 2 or self.size <= 0 or self.least_gap_bps < 0:
            raise InputError(f"an arbitrageur needs two venues, a size, and a gap from 0 on, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Trade on the first pair of venues with a sufficient gap."""
        for cheap, dear in permutations(self.venues, 2):
            ask, bid = view[self.symbol, cheap].ask, view[self.symbol, dear].bid
            if ask is None or bid is None or (bid - ask) * 10_000 <= ask * self.least_gap_bps:
                continue
            # Twice the price, to leave cash for fees.
            size = min(self.size, view.cash // (2 * ask), view[self.symbol, dear].position)
            if size > 0:
                yield PlaceOrder(self.symbol, BUY, size, ask, "ioc", venue=cheap)
                yield PlaceOrder(self.symbol, SELL, size, bid, "ioc", venue=dear)
                return


@dataclass
class PromptArbitrage(VenueArbitrage):
    """Looks at every change of a quote at once, beside its interval: who sends first takes what was overlooked."""

    def wakes(self) -> Iterable[Waking]:
        """Every change of a quote."""
        return (OnQuote(self.symbol),)
