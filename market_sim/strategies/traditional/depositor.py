"""The depositor: brings tokens from the wallet to the exchange, trades with them, and takes the rest home again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.models.intents import Claim, Deposit, Intent, PlaceOrder, Sell, Withdraw
from market_sim.core.units import SECOND
from market_sim.market.agents.reports import Refused
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class Depositor(Strategy):
    """Deposits once, sells a little at each wake-up, withdraws what is left, and claims it at a later time."""

    symbol: str
    brings: int
    sells: int = 10
    """How much it sells at each wake-up."""
    leaves_s: float = 6.0
    """The time of the run at which it withdraws."""
    claims_s: float = 10.0
    """The time of the run at which it claims, once; what is not settled by then stays in the vault."""
    _stage: int = field(default=0, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """One step after the other."""
        if any(isinstance(report, Refused) and report.reason == "NO_WALLET" for report in view.reports):
            self._stage = 4  # this run has no chain
        if self._stage == 0:
            self._stage = 1
            yield Deposit(self.symbol, self.brings)
        elif self._stage == 1 and view.time < self.leaves_s * SECOND:
            yield from self._sale(view)
        elif self._stage == 1:
            self._stage = 2
            if view[self.symbol].position:
                yield Withdraw(self.symbol, view[self.symbol].position)
        elif self._stage == 2 and view.time >= self.claims_s * SECOND:
            self._stage = 3
            yield Claim(self.symbol)

    def _sale(self, view: View) -> Iterable[PlaceOrder]:
        """What can be sold at the best price, and nothing that waits."""
        market = view[self.symbol]
        quantity = min(self.sells, market.position)
        if market.bid is not None and quantity > 0:
            yield Sell(self.symbol, quantity, market.bid, time_in_force="ioc")
