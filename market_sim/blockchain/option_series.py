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

from market_sim.blockchain.contracts import Arguments, ChainContext, ClockPlace, Invoked, TokenPlace, check_account
from market_sim.blockchain.option_models import OptionModel, OptionTerms
from market_sim.blockchain.oracle import Oracle
from market_sim.blockchain.register import Register
from market_sim.blockchain.twins import Twinned, agreed, check_held
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

FIELDS = ("held", "isExpired", "payoff")
OF_OWNERS = ("longOf", "shortOf")


@dataclass
class OptionSeries(Twinned):
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
        if function == "transfer":
            check_account(arguments[0], register)

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; before units are written their collateral is approved."""
        if function == "transfer":
            arguments = (context.address_of(str(arguments[0])), arguments[1])
        taken = [(self.oracle.asset, int(arguments[0]) * self.series.cap)] if function == "write" else []
        return context.pay(owner, self.place, taken, function, *arguments)

    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a call on the twin; the price is that of the oracle's twin."""
        twin, owner = self.twin, context.address_of(call.account)
        if call.function == "write":
            return twin.write(owner, epoch, int(call.arguments[0]))
        if call.function == "transfer":
            return twin.transfer(owner, context.address_of(str(call.arguments[0])), int(call.arguments[1]))
        if call.function == "expire":
            twin.check_open()
            return twin.expire(self.oracle.twin.final_price(self.series.expiry))
        return twin.claim(owner)

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the contract must hold the collateral."""
        numbers = agreed(context, self.name, self.place, self.twin, FIELDS, OF_OWNERS)
        check_held(context, self.name, self.place, (self.oracle.asset, self.twin.held))
        return {"asset": self.oracle.asset} | numbers
