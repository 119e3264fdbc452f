"""Arbitrage between two pools with a flash loan: a contract that borrows, buys, sells and repays in one transaction.

This is the adapter of `contracts/FlashArbitrage.sol`. Participants call

    run(back, base, loan, least)   borrow `loan`, buy `base` in the first pool (or, with `back`, in the second), sell it
                                   in the other, repay, and get the gain, which is at least `least`

A run that ends without the gain reverts as a whole, so pools and lender are as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from market_sim.blockchain.amm import Amm
from market_sim.blockchain.contracts import Arguments, ChainContext, Invoked
from market_sim.blockchain.lending import LendingPool
from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement import ChainReverted
from market_sim.blockchain.twins import Twinned
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet


@dataclass
class FlashArbitrage(Twinned):
    """The adapter of a contract between a lender and two pools of the same two assets."""

    kind: ClassVar[str] = "FlashArbitrage"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {"run": (int, int, int, int)}
    pays_first: ClassVar[tuple[str, ...]] = ("run",)

    lender: LendingPool
    first: Amm
    second: Amm
    name: str = "flash"
    place: str = field(default="", repr=False)

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract beside lender and pools."""
        parts = self.lender, self.first, self.second
        for part in parts:
            if not part.place:
                raise InputError(f"{self.name} calls {part.name}, which has to be deployed before it")
        if len({(part.base, part.quote) for part in (self.lender.market, self.first, self.second)}) > 1:
            raise InputError(f"{self.name} needs a lender and two pools of the same two assets")
        self.place = context.host.deploy(self.kind, *(part.place for part in parts))
        return self.place

    def terms(self) -> Numbers:
        """The contracts that it calls."""
        return {"lender": self.lender.name, "first": self.first.name, "second": self.second.name}

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Every amount is checked by the contracts."""

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a run; nobody pays for it but the pools."""
        return context.host.invoke(owner, self.place, function, *arguments)

    def changed(self) -> tuple[Any, ...]:
        """The lender and both pools; the contract has no numbers of its own."""
        return self.lender, self.first, self.second

    def epoch_of(self, said: Numbers) -> int:
        """The epoch of a run, which the contract says."""
        return int(said["epoch"])

    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a run on the twins of lender and pools."""
        back, base, loan, least = map(int, call.arguments)
        cheap, dear = (self.second, self.first) if back else (self.first, self.second)
        self.lender.accrue_to(epoch)
        fee = self.lender.twin.flash(loan)
        paid = int(cheap.twin.buy(self.place, epoch, base, loan)["quote"])
        received = int(dear.twin.sell(self.place, epoch, base, 0)["quote"])
        gain = received - paid - fee
        if gain < least:
            raise ChainReverted("GainTooSmall", {"gain": max(0, gain), "least": least})
        asked: Numbers = {"owner": context.address_of(call.account), "base": base, "loan": loan, "epoch": epoch}
        return asked | {"paid": paid, "received": received, "gain": gain}

    def reconcile(self, context: ChainContext) -> Numbers:
        """The contract keeps nothing of its own; tokens that were sent to it directly stay there."""
        return {asset: context.held(self.place, asset) for asset in (self.first.base, self.first.quote)}
