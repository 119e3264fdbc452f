"""Makers who price their inventory: Avellaneda and Stoikov (2008), and Guéant, Lehalle and Fernandez-Tapia (2013).

Assumptions of both: the price has no drift and a known volatility, orders arrive independently of where it goes with
an intensity that falls exponentially with the distance, and the maker is averse to risk by `gamma`. No trader
knows more than they do. The formulas are in market_sim/pricing/quoting.py; here sigma is in cents for the root of a
second, k in 1/cent, and one unit of inventory is the size of a quote.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.units import SECOND
from market_sim.market.agents.view import InstrumentView, View
from market_sim.pricing.quoting import asymptotic_distances, check_quoting, half_spread, reservation_price
from market_sim.strategies.market_making.quotes import Quote, QuotingMaker, around, both


@dataclass
class AvellanedaStoikov(QuotingMaker):
    """Quotes around a reservation price that falls with its inventory and with the time that is left (A-S 2008)."""

    gamma: float = 0.002
    sigma: float = 10.0
    k: float = 0.2
    session_s: float = 8.0
    """How long a session is, at whose end the inventory no longer matters; sessions follow one another."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_quoting(self.gamma, self.sigma, self.k)
        if self.session_s <= 0:
            raise InputError(f"a session has a length, found {self.session_s} s")

    def left(self, time: int) -> float:
        """The seconds until the session ends."""
        return self.session_s - time / SECOND % self.session_s

    def quotes(self, view: View, market: InstrumentView, reference: float, away: int) -> Iterable[Quote]:
        """One bid and one ask around the reservation price."""
        left = self.left(view.time)
        centre = reservation_price(reference, away / self.size, self.gamma, self.sigma, left)
        half = half_spread(self.gamma, self.sigma, left, self.k)
        return around(centre, half, self.size)


@dataclass
class GueantLehalleTapia(QuotingMaker):
    """Quotes at the distances that are best far from any end, lopsided by its inventory (G-L-T 2013)."""

    gamma: float = 0.002
    sigma: float = 10.0
    k: float = 0.2
    intensity: float = 5.0
    """How many orders a second arrive right at the price (A)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_quoting(self.gamma, self.sigma, self.k)
        if self.intensity <= 0:
            raise InputError(f"orders arrive with a positive intensity, found {self.intensity}")

    def quotes(self, view: View, market: InstrumentView, reference: float, away: int) -> Iterable[Quote]:
        """One bid and one ask, each at its own distance."""
        bid, ask = asymptotic_distances(away / self.size, self.gamma, self.sigma, self.intensity, self.k)
        return both(reference - bid, reference + ask, self.size)
