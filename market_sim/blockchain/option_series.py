"""A series of options on the chain: fully covered, paid in money, exercised or lapsed by an oracle's price.

This is the adapter of `contracts/OptionSeries.sol`. Participants call

    write(quantity)          lock the cap of each unit, and get both sides of it
    transfer(to, quantity)   give units, as what may pay, to another account
    expire()                 fix what a unit pays by the oracle's final price
    claim()                  get the payoff of the units held, and the rest of the cap of the units written

What a holder pays its writer for a unit is agreed between them. After each block contract and twin (`option_models.py`)
must agree in each field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from market_sim.blockchain.contracts import Arguments, ChainContext, ClockPlace, Invoked, TokenPlace
from market_sim.blockchain.option_models import OptionModel, OptionTerms
from market_sim.blockchain.oracle import Oracle
from market_sim.blockchain.register import Register
from market_sim.blockchain.twins import by_owner, compare, repeated
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

FIELDS = ("held", "isExpired", "payoff")


@dataclass
class OptionSeries:
    """The adapter of one series; its oracle is deployed before it."""

    kind: ClassVar[str] = "OptionSeries"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "write": (int,), "transfer": (str, int), "expire": (), "claim": (),
    }  # fmt: skip

    name: str
    oracle: Oracle
    series: OptionTerms
    place: str = field(default="", repr=False)
    twin: OptionModel = field(init=False, repr=False)

    def __post_init__(self) -> None:
        terms = self.series
        if not 0 < terms.cap <= (terms.strike if terms.is_put else terms.cap):
            most = f"and, for a put, at most the strike of {terms.strike}" if terms.is_put else "for a call"
            raise InputError(f"the cap of an option is above 0 {most}, found {terms.cap}")
        self.twin = OptionModel(terms)

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract on the oracle, in the currency of the oracle's bonds."""
        if not self.oracle.place:
            raise InputError(f"{self.name} needs its oracle {self.oracle.name} on the chain first")
        token = TokenPlace(context.register.token(self.oracle.asset))
        self.place = context.host.deploy(self.kind, token, self.oracle.place, ClockPlace(), *self.series)
        self.twin = OptionModel(self.series)
        return self.place

    def terms(self) -> Numbers:
        """The terms of a unit."""
        strike, cap, expiry, is_put = self.series
        right = "put" if is_put else "call"
        return {"oracle": self.oracle.name, "right": right, "strike": strike, "cap": cap, "expiry": expiry}

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Refuse a transfer to a name without an account."""
        if function == "transfer" and arguments[0] not in register.accounts:
            raise RuleViolation("UNKNOWN_ACCOUNT", account=arguments[0])

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; before units are written their collateral is approved."""
        host, register = context.host, context.register
        if function == "transfer":
            to, quantity = arguments
            address = "0x" + context.wallet(register.accounts[str(to)]).address.hex()
            return host.invoke(owner, self.place, function, address, quantity)
        allowed = 0
        if function == "write":
            collateral = int(arguments[0]) * self.series.cap
            allowed = host.allow(owner, self.place, register.token(self.oracle.asset), collateral)
        done = host.invoke(owner, self.place, function, *arguments)
        return done._replace(gas=done.gas + allowed)

    def count(self, submitted: CallSubmitted, executed: CallExecuted) -> None:
        """Repeat the call on the twin, which must come to the same numbers; the price is that of the oracle's twin."""
        said, function = executed.numbers, submitted.function
        given: dict[str, tuple[object, ...]] = {
            "write": (said.get("writer"), said.get("settled"), *submitted.arguments),
            "transfer": (said.get("owner"), said.get("to"), *submitted.arguments[1:]),
            "expire": (self.oracle.twin.answer(self.series.expiry).price,),
            "claim": (said.get("owner"),),
        }
        repeated(self.name, self.twin, submitted, said, *given[function])

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the contract must hold the collateral."""
        host, twin = context.host, self.twin
        says = {name: host.ask(self.place, name) for name in FIELDS}
        expected = {name: int(getattr(twin, name)) for name in FIELDS}
        for side in ("long", "short"):
            owners: dict[str, int] = getattr(twin, f"{side}Of")
            says |= by_owner(side, {owner: host.ask(self.place, f"{side}Of", owner) for owner in owners})
            expected |= by_owner(side, owners)
        compare(self.name, "after the block", says, expected)
        asset = self.oracle.asset
        holds = host.in_wallet(bytes.fromhex(self.place[2:]), context.register.token(asset))
        if holds < twin.held:
            raise InvariantBroken(f"{self.name} reports a collateral of {twin.held} {asset} and holds {holds}")
        return {"asset": asset} | {name: says[name] for name in FIELDS}
