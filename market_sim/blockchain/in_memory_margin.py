"""The in-memory version of `MarginVault.sol`, over the wallets of the in-memory vault."""

from __future__ import annotations

from copy import deepcopy

from market_sim.blockchain.in_memory_amm import Chain, MemoryAmm, Modelled
from market_sim.blockchain.margin_model import MarginModel
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers


class MemoryMarginVault(Modelled[MarginModel]):
    """Margin accounts beside a pool. A call changes copies of both models, which count once its tokens have moved."""

    def __init__(self, chain: Chain, place: str, market: MemoryAmm, rate: int, broker: str) -> None:
        self._chain = chain
        self._place = place
        self._market = market
        now = chain.epoch
        self.model = MarginModel(rate, now, now, market.accumulated(now), broker=broker)

    def fund(self, caller: str, amount: int) -> Numbers:
        """The broker pays."""
        return self._taken("fund", caller, amount)

    def deposit(self, caller: str, amount: int) -> Numbers:
        """The caller pays."""
        return self._taken("deposit", caller, amount)

    def draw(self, caller: str, amount: int) -> Numbers:
        """The broker is paid."""
        return self._paid("draw", caller, amount)

    def withdraw(self, caller: str, amount: int) -> Numbers:
        """The caller is paid."""
        return self._paid("withdraw", caller, amount)

    def buy(self, caller: str, shares: int, most: int) -> Numbers:
        """Buy in the market for the caller."""
        (after, seen), market, pool = self._accrued(), deepcopy(self._market.model), self._market
        cost = int(market.buy(self._place, self._chain.epoch, shares, most)["quote"])
        held = self._chain.in_wallet(bytes.fromhex(self._place[2:]), pool.quote_token)
        if held < cost:  # the market takes its money before the vault knows the cost
            raise ChainReverted("ShortOfTokens", {"owner": self._place, "held": held, "needed": cost})
        numbers = after.buy(caller, shares, cost)
        self._chain.move(self._place, pool.place, pool.quote_token, cost)
        self._chain.move(pool.place, self._place, pool.base_token, shares)
        self.model, pool.model = after, market
        return seen | numbers

    def sell(self, caller: str, shares: int, least: int) -> Numbers:
        """Sell in the market for the caller."""
        after, seen = self._accrued()
        return seen | self._sold(after, "sell", caller, shares, after.check_sale(caller, shares, least))

    def liquidate(self, caller: str, owner: str, shares: int) -> Numbers:
        """Sell in the market for an account below its margin; without shares there is nothing to sell."""
        after, seen = self._accrued()
        least = after.check_liquidation(owner, shares)
        if not after.sharesOf.get(owner):
            numbers = after.liquidate(owner, 0, 0)
            self.model = after
            return seen | numbers
        return seen | self._sold(after, "liquidate", owner, shares, least)

    def accrue(self, caller: str) -> Numbers:
        """Count the interest and the price."""
        self.model, seen = self._accrued()
        return seen

    def _accrued(self) -> tuple[MarginModel, Numbers]:
        after, now = deepcopy(self.model), self._chain.epoch
        return after, after.accrue_to(now, self._market.accumulated(now))

    def _sold(self, after: MarginModel, function: str, owner: str, shares: int, least: int) -> Numbers:
        market, pool = deepcopy(self._market.model), self._market
        proceeds = int(market.sell(self._place, self._chain.epoch, shares, least)["quote"])
        numbers: Numbers = getattr(after, function)(owner, shares, proceeds)
        self._chain.move(self._place, pool.place, pool.base_token, shares)
        self._chain.move(pool.place, self._place, pool.quote_token, proceeds)
        self.model, pool.model = after, market
        return numbers

    def _taken(self, function: str, caller: str, amount: int) -> Numbers:
        after, seen = self._accrued()
        numbers: Numbers = getattr(after, function)(caller, amount)
        self._chain.move(caller, self._place, self._market.quote_token, amount)
        self.model = after
        return seen | numbers

    def _paid(self, function: str, caller: str, amount: int) -> Numbers:
        after, seen = self._accrued()
        numbers: Numbers = getattr(after, function)(caller, amount)
        self._chain.move(self._place, caller, self._market.quote_token, amount)
        self.model = after
        return seen | numbers
