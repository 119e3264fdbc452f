"""The in-memory versions of `LendingPool.sol` and `FlashArbitrage.sol`, over the wallets of the in-memory vault."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

from market_sim.blockchain.in_memory_amm import Chain, MemoryAmm
from market_sim.blockchain.lending_model import LendingModel
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers

MONEY, ASSET = "money", "asset"
TAKES = {"supply": MONEY, "repay": MONEY, "liquidate": MONEY, "pledge": ASSET}
"""What the caller of a function pays."""
PAYS = {"withdraw": MONEY, "borrow": MONEY, "release": ASSET, "liquidate": ASSET}
"""What the caller of a function gets."""
FIELD = {MONEY: "amount", ASSET: "collateral"}


class MemoryLendingPool:
    """A pool of money that is lent against an asset."""

    def __init__(self, chain: Chain, place: str, market: MemoryAmm, rate: int) -> None:
        self._chain = chain
        self.place = place
        self._market = market
        self.tokens = {MONEY: market.quote_token, ASSET: market.base_token}
        now = chain.epoch
        self.model = LendingModel(rate, now, now, market.accumulated(now))

    def __getattr__(self, name: str) -> Any:
        """A function of the contract changes the model and moves tokens; a public number is that of the model."""
        if name.startswith("_") or name == "model":
            raise AttributeError(name)
        return partial(self._call, name) if name in TAKES | PAYS or name == "accrue" else getattr(self.model, name)

    def accrued(self) -> tuple[LendingModel, Numbers]:
        """A copy of the model, brought to the present epoch."""
        after, now = deepcopy(self.model), self._chain.epoch
        return after, after.accrue_to(now, self._market.accumulated(now))

    def flash(self, borrower: str, amount: int, use: Callable[[], None]) -> int:
        """Lend money to an address while it is used; returns the fee. The caller undoes a refusal."""
        after, _ = self.accrued()
        fee = after.flash(amount)
        self._chain.move(self.place, borrower, self.tokens[MONEY], amount)
        use()
        self._chain.move(borrower, self.place, self.tokens[MONEY], amount + fee)
        self.model = after
        return fee

    def _call(self, function: str, caller: str, *arguments: Any) -> Numbers:
        """Change a copy of the model, check that the caller can pay, and only then let anything move."""
        after, seen = self.accrued()
        numbers: Numbers = getattr(after, function)(caller, *arguments)
        taken, paid = TAKES.get(function), PAYS.get(function)
        if taken:
            needed, held = int(numbers[FIELD[taken]]), self._chain.in_wallet(_address(caller), self.tokens[taken])
            if held < needed:
                raise ChainReverted("ShortOfTokens", {"owner": caller, "held": held, "needed": needed})
            self._chain.move(caller, self.place, self.tokens[taken], needed)
        if paid:
            self._chain.move(self.place, caller, self.tokens[paid], int(numbers[FIELD[paid]]))
        self.model = after
        return seen | numbers


class MemoryFlashArbitrage:
    """It buys in one pool, sells in the other and repays a flash loan, or nothing has happened."""

    def __init__(self, chain: Any, place: str, lender: MemoryLendingPool, first: MemoryAmm, second: MemoryAmm) -> None:
        self._chain = chain
        self._place = place
        self._lender, self._first, self._second = lender, first, second

    def run(self, caller: str, back: int, base: int, loan: int, least: int) -> Numbers:
        """Buy in one pool and sell in the other."""
        lender, pools, money = self._lender, (self._first, self._second), self._lender.tokens[MONEY]
        kept = self._chain.wallets(), lender.model, [pool.model for pool in pools]
        cheap, dear = pools[::-1] if back else pools
        told: dict[str, int] = {}

        def use() -> None:
            told["paid"] = int(cheap.buy(self._place, base, loan)["quote"])
            told["received"] = int(dear.sell(self._place, base, 0)["quote"])

        before = self._chain.in_wallet(_address(self._place), money)
        try:
            lender.flash(self._place, loan, use)
            gain = self._chain.in_wallet(_address(self._place), money) - before
            if gain < least:
                raise ChainReverted("GainTooSmall", {"gain": max(0, gain), "least": least})
        except ChainReverted:
            self._chain.restore(kept[0])
            lender.model = kept[1]
            for pool, model in zip(pools, kept[2], strict=True):
                pool.model = model
            raise
        self._chain.move(self._place, caller, money, gain)
        return {"owner": caller, "base": base, "loan": loan, **told, "gain": gain, "epoch": self._chain.epoch}


def _address(written: str) -> bytes:
    return bytes.fromhex(written[2:])
