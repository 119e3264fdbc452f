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
from market_sim.blockchain.contracts import Arguments, ChainContext, Invoked
from market_sim.blockchain.debt_model import MILLION
from market_sim.blockchain.lending_model import LIQUIDATION_BPS, LendingModel
from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement import ChainReverted
from market_sim.blockchain.twins import by_owner, compare
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

FIELDS: Final = (
    "cash", "totalClaims", "totalUnits", "totalCollateral", "index", "accruedAt", "price", "markedAt", "markedPrice",
)  # fmt: skip
OF_OWNERS: Final = ("claimsOf", "unitsOf", "collateralOf")


@dataclass
class LendingPool:
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
        if not 0 <= self.rate <= MILLION:
            raise InputError(f"the interest for an epoch is 0 to 1,000,000 millionths, found {self.rate}")
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
        if function == "liquidate" and arguments[0] not in register.accounts:
            raise RuleViolation("UNKNOWN_ACCOUNT", account=arguments[0])

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; before it the owner approves what the pool takes."""
        taken = {"supply": self.market.quote, "repay": self.market.quote, "liquidate": self.market.quote}
        asset = self.market.base if function == "pledge" else taken.get(function)
        allowed = 0
        if asset is not None:
            allowed = context.host.allow(owner, self.place, context.register.token(asset), int(arguments[-1]))
        if function == "liquidate":
            debtor = context.wallet(context.register.accounts[str(arguments[0])])
            arguments = ("0x" + debtor.address.hex(), arguments[1])
        done = context.host.invoke(owner, self.place, function, *arguments)
        return done._replace(gas=done.gas + allowed)

    def count(self, submitted: CallSubmitted, executed: CallExecuted) -> None:
        """Repeat the call on the twin, which must come to the same numbers."""
        said, twin, function = executed.numbers, self.twin, submitted.function
        found = self.accrue_to(int(said.get("epoch", twin.accruedAt)))
        caller = str(said.get("liquidator", said.get("owner", "")))
        arguments = (said["owner"], submitted.arguments[1]) if function == "liquidate" else submitted.arguments
        try:
            found |= getattr(twin, function)(caller, *arguments)
        except ChainReverted as refused:
            raise InvariantBroken(
                f"call {submitted.call}: {self.name} made {function}, which its twin refuses: {refused}"
            ) from None
        compare(self.name, f"call {submitted.call}", said, found)
        if function == "pledge":
            self._owners[submitted.account] = caller

    def accrue_to(self, epoch: int) -> Numbers:
        """Bring the twin to an epoch."""
        return self.twin.accrue_to(epoch, self.market.twin.accumulated(epoch))

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the pool must hold its cash and its collateral."""
        host, twin = context.host, self.twin
        says = {name: host.ask(self.place, name) for name in FIELDS}
        expected = {name: int(getattr(twin, name)) for name in FIELDS}
        for what in OF_OWNERS:
            held: dict[str, int] = getattr(twin, what)
            expected |= by_owner(what, held)
            says |= by_owner(what, {owner: host.ask(self.place, what, owner) for owner in held})
        compare(self.name, "after the block", says, expected)
        for asset, owed in ((self.market.quote, twin.cash), (self.market.base, twin.totalCollateral)):
            found = host.in_wallet(bytes.fromhex(self.place[2:]), context.register.token(asset))
            if found < owed:
                raise InvariantBroken(f"{self.name} should hold {owed} {asset} and holds {found}")
        return {name: says[name] for name in FIELDS}
