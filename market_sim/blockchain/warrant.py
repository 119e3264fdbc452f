"""Warrants of a company on the chain: covered by its own new shares, opened or lapsed by an oracle's price.

This is the adapter of `contracts/Warrant.sol`. Participants call

    issue(quantity)       lock the new shares of each warrant; only the company
    give(to, quantity)    give warrants to another account; what it pays for them is agreed between the two
    open()                open the warrants by the oracle's final price, or let them lapse
    exercise(quantity)    pay the strike to the company and get new shares
    reclaim()             take back the shares that nobody took in time; only the company

After each block contract and twin (`warrant_model.py`) must agree in each field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from market_sim.blockchain.contracts import Arguments, ChainContext, ClockPlace, Invoked, TokenPlace, check_account
from market_sim.blockchain.oracle import Oracle
from market_sim.blockchain.register import Register
from market_sim.blockchain.twins import Twinned, agreed, check_held
from market_sim.blockchain.warrant_model import WarrantModel, WarrantTerms
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

FIELDS = ("treasury", "outstanding", "proceeds", "isOpened", "price", "until")


@dataclass
class ChainWarrant(Twinned):
    """The adapter of the warrants of one company on the symbol of an oracle, which is deployed before them."""

    kind: ClassVar[str] = "Warrant"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "issue": (int,), "give": (str, int), "open": (), "exercise": (int,), "reclaim": (),
    }  # fmt: skip

    name: str
    oracle: Oracle
    issuer: str
    """The account of the company."""
    issued: WarrantTerms
    place: str = field(default="", repr=False)
    twin: WarrantModel = field(init=False, repr=False)
    context: ChainContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        strike, ratio, _, window, outstanding = self.issued
        if min(strike, ratio, window, outstanding) < 1:
            found = f"{strike}, {ratio}, {window} and {outstanding}"
            raise InputError(
                f"a warrant needs a strike, a ratio, a window and shares outstanding of at least 1, found {found}"
            )
        self.twin = WarrantModel("", self.issued)

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract on the oracle, in the currency of its bonds, for the shares whose price it says."""
        oracle, register = self.oracle, context.register
        if not oracle.place:
            raise InputError(f"{self.name} needs its oracle {oracle.name} on the chain first")
        if not register.has_token(oracle.symbol) or oracle.symbol == oracle.asset:
            raise InputError(f"a warrant delivers shares, and {oracle.symbol} is no delivered instrument here")
        if self.issuer not in register.accounts:
            raise InputError(f"{self.name} is issued by {self.issuer!r}, and there is no such account")
        issuer = context.address_of(self.issuer)
        tokens = (TokenPlace(register.token(asset)) for asset in (oracle.asset, oracle.symbol))
        self.place = context.host.deploy(self.kind, *tokens, oracle.place, ClockPlace(), issuer, *self.issued)
        self.twin = WarrantModel(issuer, self.issued)
        self.context = context
        return self.place

    def terms(self) -> Numbers:
        """The company and the terms of a warrant."""
        oracle = self.oracle
        return {"oracle": oracle.name, "symbol": oracle.symbol, "issuer": self.issuer, **self.issued._asdict()}

    def is_over(self) -> bool:
        """Whether nothing can be exercised any more; anybody can see it."""
        return self.twin.isOpened and self.context is not None and self.context.settled_epoch() >= self.twin.until

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Refuse a gift to a name without an account."""
        if function == "give":
            check_account(arguments[0], register)

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; what it takes from its owner is approved before."""
        taken: list[tuple[str, int]] = []
        if function == "give":
            arguments = (context.address_of(str(arguments[0])), arguments[1])
        if function == "issue":
            taken = [(self.oracle.symbol, int(arguments[0]) * self.issued.ratio)]
        if function == "exercise":
            taken = [(self.oracle.asset, int(arguments[0]) * self.issued.ratio * self.issued.strike)]
        return context.pay(owner, self.place, taken, function, *arguments)

    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a call on the twin; the price is that of the oracle's twin."""
        twin, owner = self.twin, context.address_of(call.account)
        if call.function == "give":
            return twin.give(owner, context.address_of(str(call.arguments[0])), int(call.arguments[1]))
        if call.function == "open":
            twin.check_closed()
            return twin.open(epoch, self.oracle.twin.final_price(self.issued.expiry))
        numbers: Numbers = getattr(twin, call.function)(owner, epoch, *call.arguments)
        return numbers

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the contract must hold the shares that it locks."""
        numbers = agreed(context, self.name, self.place, self.twin, FIELDS, ("warrantsOf",))
        check_held(context, self.name, self.place, (self.oracle.symbol, self.twin.treasury))
        return {"asset": self.oracle.symbol} | numbers
