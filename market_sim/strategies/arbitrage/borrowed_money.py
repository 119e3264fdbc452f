"""Traders without money of their own: one takes flash loans for arbitrage between two pools, one liquidates debts.

A flash loan is repaid in the transaction that takes it (after Aave, *Protocol Whitepaper* v1, 2020), so a trader risks
only that its call fails. A liquidator repays what an account in danger owes, and gets its collateral at a discount.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from market_sim.core.models.intents import CallContract, Intent
from market_sim.market.agents.reports import CallDone, Refused
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.pricing.constant_product import best_round_trip, price_to_buy
from market_sim.strategies.arbitrage.pool_arbitrage import Pool


class Lender(Protocol):
    """What anybody can read of a lending pool on the chain."""

    name: str

    @property
    def in_danger(self) -> list[tuple[str, int]]:
        """The accounts that can be liquidated, with their debts."""


class OneCallAtATime(Strategy):
    """Waits for the outcome of each call before it makes the next."""

    _waits = False

    def decide(self, view: View) -> Iterable[Intent]:
        """The next call, when there is none on its way."""
        for report in view.reports:
            if isinstance(report, CallDone):
                self._waits = False
            elif isinstance(report, Refused) and report.reason == "NO_WALLET":
                self._waits = True  # for good: there is no chain
        if not self._waits:
            call = self.next_call()
            if call is not None:
                self._waits = True
                yield call

    def next_call(self) -> CallContract | None:
        """What to call now, if anything."""
        raise NotImplementedError


@dataclass
class FlashTrader(OneCallAtATime):
    """Buys in one pool and sells in the other with borrowed money, whenever that gains more than the loan costs."""

    first: Pool
    second: Pool
    contract: str
    loan_bps: int
    """The fee of a flash loan."""
    reckless: int = 0
    """Instead of what gains most it always tries to trade this quantity, from the first pool to the second."""

    def next_call(self) -> CallContract | None:
        """The round trip that gains most, in the direction that gains."""
        first, second = ((*pool.reserves, pool.fee_bps) for pool in (self.first, self.second))
        if not (first[0] > self.reckless and second[0]):
            return None
        if self.reckless:
            return self._run(0, self.reckless, first)
        for back, (cheap, dear) in enumerate(((first, second), (second, first))):
            quantity = best_round_trip(cheap, dear, self.loan_bps)
            if quantity:
                return self._run(back, quantity, cheap)
        return None

    def _run(self, back: int, quantity: int, cheap: tuple[int, int, int]) -> CallContract:
        # Without a gain of one cent the contract refuses; the loan is what the purchase costs now.
        return CallContract(self.contract, "run", (back, quantity, price_to_buy(quantity, *cheap), 1))


@dataclass
class Liquidator(OneCallAtATime):
    """Keeps the price of a lending pool up to date, and repays what is owed by accounts in danger."""

    lender: Lender

    def next_call(self) -> CallContract | None:
        """Liquidate the first account in danger; without one bring the price up to now."""
        for account, debt in self.lender.in_danger:
            return CallContract(self.lender.name, "liquidate", (account, debt))
        return CallContract(self.lender.name, "accrue")
