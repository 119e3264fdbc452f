"""A lending pool: money is lent against an asset, which is valued at the time-weighted price of a pool on the chain.

This is the adapter of `contracts/LendingPool.sol`. Participants call

    supply(amount)              lend money; withdraw(claims) takes it out with the interest on it
    pledge(amount)              pledge collateral; release(amount) takes it back
    borrow(amount)              borrow up to half of what the collateral is worth; repay(amount)
    liquidate(account, amount)  repay for an account that owes more than three quarters of what its collateral is worth
    accrue()                    bring interest and price up to now, as every other call does

and contracts take flash loans (`flash_arbitrage.py`). As with a pool (`amm.py`), contract and twin are compared after
each block in each number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from market_sim.blockchain.amm import Amm
from market_sim.blockchain.contracts import Arguments, ChainContext, Invoked, check_account
from market_sim.blockchain.lending_model import LIQUIDATION_BPS, LendingModel
from market_sim.blockchain.register import Register
from market_sim.blockchain.twins import Twinned, agreed, check_held
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

FIELDS: Final = (
    "cash", "totalClaims", "totalUnits", "totalCollateral", "index", "accruedAt", "price", "markedAt", "markedPrice",
)  # fmt: skip
OF_OWNERS: Final = ("claimsOf", "unitsOf", "collateralOf")


@dataclass
class LendingPool(Twinned):
    """The adapter of a lending pool for the two assets of a pool that prices them."""

    kind: ClassVar[str] = "LendingPool"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "supply": (int,), "withdraw": (int,), "pledge": (int,), "release": (int,), "borrow": (int,), "repay": (int,),
        "liquidate": (str, int), "accrue": (),
    }  # fmt: skip

    market: Amm
    name: str = "lending"
    rate: int = 1_000
    """The interest for each epoch, in millionths of the debt."""
    place: str = field(default="", repr=False)
    twin: LendingModel = field(init=False, repr=False)
    _owners: dict[str, str] = field(default_factory=dict, repr=False)
    """The accounts that pledged collateral, with their addresses."""

    def __post_init__(self) -> None:
        self.twin = LendingModel(self.rate)

    @property
    def in_danger(self) -> list[tuple[str, int]]:
        """The accounts that can be liquidated, with their debts; anybody can read them."""
        debts = ((account, self.twin.debt_of(owner), owner) for account, owner in self._owners.items())
        return [(account, debt) for account, debt, owner in debts if debt > self.twin.limit_of(owner, LIQUIDATION_BPS)]

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract beside the pool that prices its collateral."""
        if not self.market.place:
            raise InputError(f"{self.name} gets its price from {self.market.name}, which has to be deployed before it")
        host = context.host
        self.place = host.deploy(self.kind, self.market.place, self.rate)
        now = host.ask(self.place, "accruedAt")
        self.twin = LendingModel(self.rate, now, now, self.market.twin.accumulated(now))
        return self.place

    def terms(self) -> Numbers:
        """What is lent against what, and the interest."""
        return {"money": self.market.quote, "asset": self.market.base, "market": self.market.name, "rate": self.rate}

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Refuse to liquidate an account that does not exist."""
        if function == "liquidate":
            check_account(arguments[0], register)

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; before it the owner approves what the pool takes."""
        taken: list[tuple[str, int]] = []
        if function in ("supply", "repay", "liquidate"):
            taken = [(self.market.quote, int(arguments[-1]))]
        if function == "pledge":
            taken = [(self.market.base, int(arguments[0]))]
        if function == "liquidate":
            arguments = (context.address_of(str(arguments[0])), arguments[1])
        return context.pay(owner, self.place, taken, function, *arguments)

    def epoch_of(self, said: Numbers) -> int:
        """The epoch of a call; the contract says it when it is another one than that of the call before."""
        return int(said.get("epoch", self.twin.accruedAt))

    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a call on the twin."""
        seen, owner, arguments = self.accrue_to(epoch), context.address_of(call.account), call.arguments
        if call.function == "liquidate":
            arguments = (context.address_of(str(arguments[0])), arguments[1])
        numbers: Numbers = getattr(self.twin, call.function)(owner, *arguments)
        return seen | numbers

    def count(self, submitted: CallSubmitted, executed: CallExecuted, context: ChainContext) -> None:
        """Repeat a call on the twin, and note who pledged collateral."""
        super().count(submitted, executed, context)
        if submitted.function == "pledge":
            self._owners[submitted.account] = context.address_of(submitted.account)

    def accrue_to(self, epoch: int) -> Numbers:
        """Bring the twin to an epoch."""
        return self.twin.accrue_to(epoch, self.market.twin.accumulated(epoch))

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the pool must hold its cash and its collateral."""
        numbers = agreed(context, self.name, self.place, self.twin, FIELDS, OF_OWNERS)
        money, pledged = (self.market.quote, self.twin.cash), (self.market.base, self.twin.totalCollateral)
        check_held(context, self.name, self.place, money, pledged)
        return numbers
