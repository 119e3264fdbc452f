"""The arbitrageur between two chains: it sells shares on one by atomic swaps, and buys them in the book of the other.

It has shares in its wallet over there and money over here, so that nothing has to cross: a sale there and a purchase
here leave it with as many shares as before. What it earns is the difference of the prices, less the fee of the book
and less the time: from its lock until the deadline the other side may still walk away, which is an option that it
gives away (`market_sim/pricing/hash_lock.py`). It answers an offer only if that is covered, and buys in the book once
the secret is out and the sale is certain (Herlihy 2018, "Atomic Cross-Chain Swaps"; Han, Lin and Yu 2019).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, CallContract, Intent, PlaceOrder
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.core.units import BPS
from market_sim.market.agents.reports import Filled
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import InstrumentView, View
from market_sim.pricing.hash_lock import free_option
from market_sim.strategies.traditional.swap_sides import Seen, SwapSeller, SwapTerms

LEVELS = 20
"""How far it looks into the book."""


@dataclass
class CrossChainArbitrage(Strategy):
    """Answers the offers of other chains that pay more than the book asks, with the fee and the time they take."""

    offers: tuple[SwapTerms, ...] = ()
    """The terms on which others would buy from it."""
    seen: Seen = ()
    """What the locks on both chains did so far, which is public."""
    taker_bps: float = 0.0
    """The fee that it pays in the book."""
    volatility: float = 0.2
    """Of the shares, for a year: what the choice of the other side is worth depends on it."""
    least_gain: int = 0
    """What it wants to earn by a swap at least."""
    counts_time: bool = True
    """Whether it subtracts what the choice of the other side is worth."""
    _sellers: dict[str, SwapSeller] = field(default_factory=dict, init=False, repr=False)
    _to_buy: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.taker_bps < 0 or self.volatility < 0:
            raise InputError(f"fees and volatilities are not negative, found {self.taker_bps} and {self.volatility}")
        self._sellers = {terms.buyer: SwapSeller(terms, seen=self.seen) for terms in self.offers}

    def decide(self, view: View) -> Iterable[Intent]:
        """Go on with each swap, and buy what was sold for certain."""
        for report in view.reports:
            if isinstance(report, Filled) and report.side == BUY:
                self._to_buy[report.symbol] = self._to_buy.get(report.symbol, 0) - report.quantity
        for terms in self.offers:
            seller = self._sellers[terms.buyer]
            if not seller.answered and (seller.payment() is None or not self.pays(view, terms)):
                continue
            for intent in seller.decide(view):
                is_paid = isinstance(intent, CallContract) and intent.contract == terms.money_lock
                if is_paid:  # the claim of the money: the secret is out, so the shares are gone
                    self._to_buy[terms.symbol] = self._to_buy.get(terms.symbol, 0) + terms.shares
                yield intent
        for symbol, quantity in self._to_buy.items():
            ask = view[symbol].ask
            if quantity > 0 and ask is not None:
                yield PlaceOrder(symbol, BUY, quantity, ask, time_in_force="ioc")

    def pays(self, view: View, terms: SwapTerms) -> bool:
        """Whether the money covers the shares in the book, the fee, the other side's choice, and the least gain."""
        cost = self._cost(view[terms.symbol], terms.shares)
        if cost is None:
            return False
        return terms.money - cost - self._choice(view, terms) >= max(1, self.least_gain)

    def _cost(self, market: InstrumentView, shares: int) -> float | None:
        """What the shares cost in the book now, with the fee; None if it does not hold them all."""
        total, left = 0, shares
        for price, quantity in market.depth(LEVELS)[1]:
            taken = min(left, quantity)
            total, left = total + taken * price, left - taken
        return None if left else total * (1 + self.taker_bps / BPS)

    def _choice(self, view: View, terms: SwapTerms) -> float:
        """What it is worth to the other side that it may walk away until the deadline."""
        last = view[terms.symbol].last
        if last is None or not self.counts_time:
            return 0.0
        years = max(0, terms.share_day * TRADING_DAY_NS - view.time) / (TRADING_DAYS_A_YEAR * TRADING_DAY_NS)
        return free_option(last, terms.money / terms.shares, terms.shares, years, self.volatility)
