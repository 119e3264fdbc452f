"""An oracle for the price of an asset at the end of an epoch, by proposal, dispute and decision.

This is the adapter of `contracts/Oracle.sol`. Participants call

    propose(epoch, price)   propose a price, and lock the bond
    dispute(epoch)          dispute the proposal of somebody else in its window, and lock as much
    finish(epoch)           let a proposal stand that nobody disputed; its bond goes back
    decide(epoch, price)    decide a dispute by the validators' signatures; whoever was right gets both bonds

Validators sign the last price on the final chain and no other, so a decision for another price lacks their signatures.
After each block contract and twin (`option_models.py`) must agree in each field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from market_sim.blockchain.contracts import Arguments, ChainContext, ClockPlace, Invoked, TokenPlace
from market_sim.blockchain.option_models import FINAL, OracleModel
from market_sim.blockchain.oracle_price import price_digest, signed_price
from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement import ChainReverted
from market_sim.blockchain.twins import Twinned, check_held, compare
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

FIELDS = ("price", "until", "state")


@dataclass
class Oracle(Twinned):
    """The adapter of an oracle for one symbol, with bonds in one currency."""

    kind: ClassVar[str] = "Oracle"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "propose": (int, int), "dispute": (int,), "finish": (int,), "decide": (int, int),
    }  # fmt: skip

    name: str = "oracle"
    symbol: str = "ACME"
    asset: str = "USD"
    bond: int = 10_000
    window: int = 4
    events: list[CallExecuted] = field(default_factory=list, repr=False)
    """What the contract did, for all to see."""
    place: str = field(default="", repr=False)
    twin: OracleModel = field(init=False, repr=False)
    context: ChainContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.bond < 1 or self.window < 1:
            raise InputError(f"an oracle needs a bond and a window of at least 1, found {self.bond} and {self.window}")
        self.twin = OracleModel(self.bond, self.window)

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract for the token of its bonds and the validators of the run."""
        if not context.register.has_token(self.asset):
            raise InputError(f"bonds are in a currency or a delivered instrument, not in {self.asset}")
        token = TokenPlace(context.register.token(self.asset))
        members = ["0x" + wallet.address.hex() for wallet in context.validators]
        self.place = context.host.deploy(self.kind, token, ClockPlace(), self.bond, self.window, members, context.run)
        self.twin = OracleModel(self.bond, self.window)
        self.context = context
        return self.place

    def terms(self) -> Numbers:
        """Whose price it says, the bond and the window."""
        return {"symbol": self.symbol, "asset": self.asset, "bond": self.bond, "window": self.window}

    def reading(self, epoch: int) -> int | None:
        """The price that anybody reads off the final chain; None before that epoch is settled, or without a trade."""
        context = self.context
        if context is None or context.settled_epoch() < epoch:
            return None
        return context.last_price(self.symbol, epoch)

    def is_final(self, epoch: int) -> bool:
        """Whether nobody can change the price of an epoch any more."""
        return self.twin.answer(epoch).state == FINAL

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Every number is checked by the contract."""

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; a bond is approved before it, a decision comes with its certificate."""
        host = context.host
        if function == "decide":
            epoch, price = map(int, arguments)
            digest = price_digest(host.chain_id, self.place, context.run, epoch, price)
            signed = signed_price(context.validators, digest) if price == self.reading(epoch) else b""
            return host.invoke(owner, self.place, function, epoch, price, signed)
        taken = [] if function == "finish" else [(self.asset, self.bond)]
        return context.pay(owner, self.place, taken, function, *arguments)

    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a call on the twin; no validator signs another price than the one on the final chain."""
        caller = context.address_of(call.account)
        if call.function == "decide":
            asked, price = map(int, call.arguments)
            self.twin.check_disputed(asked)
            if price != self.reading(asked):
                raise ChainReverted("TooFewSignatures", {"found": 0, "validators": len(context.validators)})
        numbers: Numbers = getattr(self.twin, call.function)(caller, epoch, *call.arguments)
        return numbers

    def count(self, submitted: CallSubmitted, executed: CallExecuted, context: ChainContext) -> None:
        """Repeat a call on the twin, and tell what the contract did."""
        self.events.append(executed)
        super().count(submitted, executed, context)

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the contract must hold its bonds."""
        host, twin = context.host, self.twin
        says = {"held": host.ask(self.place, "held")}
        expected = {"held": twin.held}
        for epoch, answer in twin.answers.items():
            for name in FIELDS:
                says[f"{name} of epoch {epoch}"] = host.ask(self.place, f"{name}Of", epoch)
                expected[f"{name} of epoch {epoch}"] = getattr(answer, name)
        compare(self.name, "after the block", says, expected)
        check_held(context, self.name, self.place, (self.asset, twin.held))
        return {"asset": self.asset, "held": twin.held, "questions": len(twin.answers)}
