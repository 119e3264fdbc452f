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
from market_sim.core.units import MILLION
from market_sim.market.agents.strategy import OnQuote, Strategy, Waking
from market_sim.market.agents.view import View
from market_sim.market.exchange.fees import bps


@dataclass
class VenueArbitrage(Strategy):
    """Trades one instrument on several venues whenever one venue's bid is above another one's ask."""

    symbol: str = "ACME"
    venues: tuple[str, ...] = ()
    size: int = 10
    least_gap_bps: int = 2
    """The least distance of the bid above the ask, in basis points: what is to be gained where no rates are given."""
    taker_bps: tuple[float, ...] = ()
    """What taking costs on each of the venues, in basis points; then the distance counts after both fees."""

    def __post_init__(self) -> None:
        if len(self.venues) < 2 or self.size <= 0 or self.least_gap_bps < 0:
            raise InputError(f"an arbitrageur needs two venues, a size, and a gap from 0 on, found {self}")
        if self.taker_bps and len(self.taker_bps) != len(self.venues):
            raise InputError(f"an arbitrageur knows the fee of each venue or of none, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Trade on the first pair of venues with a sufficient gap."""
        for cheap, dear in permutations(self.venues, 2):
            ask, bid = view[self.symbol, cheap].ask, view[self.symbol, dear].bid
            if ask is None or bid is None or not self._gains(cheap, ask, dear, bid):
                continue
            # Twice the price, to leave cash for fees.
            size = min(self.size, view.cash // (2 * ask), view[self.symbol, dear].position)
            if size > 0:
                yield PlaceOrder(self.symbol, BUY, size, ask, "ioc", venue=cheap)
                yield PlaceOrder(self.symbol, SELL, size, bid, "ioc", venue=dear)
                return

    def _gains(self, cheap: str, ask: int, dear: str, bid: int) -> bool:
        """Whether what is sold for brings enough more than what is bought for costs (rulebook F-4.7)."""
        if not self.taker_bps:
            return (bid - ask) * 10_000 > ask * self.least_gap_bps
        rates = dict(zip(self.venues, map(bps, self.taker_bps), strict=True))
        paid, got = ask * (MILLION + rates[cheap]), bid * (MILLION - rates[dear])
        return (got - paid) * 10_000 > paid * self.least_gap_bps


@dataclass
class PromptArbitrage(VenueArbitrage):
    """Looks at every change of a quote at once, beside its interval: who sends first takes what was overlooked."""

    def wakes(self) -> Iterable[Waking]:
        """Every change of a quote."""
        return (OnQuote(self.symbol),)
