"""A prediction market on the chain: money is split into a yes and a no, and an oracle's price decides which one pays.

This is the adapter of `contracts/PredictionMarket.sol`. Participants call

    split(quantity)         split money into pairs of a yes and a no
    merge(quantity)         merge pairs back into money, before the answer
    giveYes(to, quantity)   give yes to another account; what it pays for them is agreed between the two
    giveNo(to, quantity)    give no to another account
    resolve()               answer the question by the oracle's final price
    giveUp()                make the question void, if nobody proposed a price in time
    redeem()                get what one's yes and no pay

After each block contract and twin (`prediction_model.py`) must agree in each field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from market_sim.blockchain.contracts import Arguments, ChainContext, ClockPlace, Invoked, TokenPlace, check_account
from market_sim.blockchain.oracle import Oracle
from market_sim.blockchain.prediction_model import PredictionModel, QuestionTerms
from market_sim.blockchain.register import Register
from market_sim.blockchain.twins import Twinned, agreed, check_held
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

FIELDS = ("held", "isResolved", "yesPays")
OF_OWNERS = ("yesOf", "noOf")
GIFTS = ("giveYes", "giveNo")


@dataclass
class ChainPredictionMarket(Twinned):
    """The adapter of one question; its oracle is deployed before it."""

    kind: ClassVar[str] = "PredictionMarket"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {
        "split": (int,), "merge": (int,), "giveYes": (str, int), "giveNo": (str, int), "resolve": (), "giveUp": (),
        "redeem": (),
    }  # fmt: skip

    name: str
    oracle: Oracle
    question: QuestionTerms
    outcome: str = field(default="", repr=False)
    """The answer, for all to see: yes, no or void; empty until there is one."""
    place: str = field(default="", repr=False)
    twin: PredictionModel = field(init=False, repr=False)

    def __post_init__(self) -> None:
        terms = self.question
        if terms.payout < 1 or terms.patience < 1:
            found = f"{terms.payout} and {terms.patience}"
            raise InputError(f"a question needs a payout and a patience of at least 1, found {found}")
        self.twin = PredictionModel(terms)

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract on the oracle, in the currency of the oracle's bonds."""
        if not self.oracle.place:
            raise InputError(f"{self.name} needs its oracle {self.oracle.name} on the chain first")
        token = TokenPlace(context.register.token(self.oracle.asset))
        self.place = context.host.deploy(self.kind, token, self.oracle.place, ClockPlace(), *self.question)
        self.twin = PredictionModel(self.question)
        return self.place

    def terms(self) -> Numbers:
        """The question and its payout."""
        return {"oracle": self.oracle.name, **self.question._asdict()}

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Refuse a gift to a name without an account."""
        if function in GIFTS:
            check_account(arguments[0], register)

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; before money is split it is approved."""
        if function in GIFTS:
            arguments = (context.address_of(str(arguments[0])), arguments[1])
        taken = [(self.oracle.asset, int(arguments[0]) * self.question.payout)] if function == "split" else []
        return context.pay(owner, self.place, taken, function, *arguments)

    def repeat(self, call: CallSubmitted, epoch: int, context: ChainContext) -> Numbers:
        """Repeat a call on the twin; the price is that of the oracle's twin."""
        twin, oracle, expiry = self.twin, self.oracle.twin, self.question.expiry
        if call.function == "resolve":
            twin.check_open()
            return twin.resolve(oracle.final_price(expiry))
        if call.function == "giveUp":
            return twin.giveUp(epoch, oracle.answer(expiry).state)
        arguments = call.arguments
        if call.function in GIFTS:
            arguments = (context.address_of(str(arguments[0])), arguments[1])
        numbers: Numbers = getattr(twin, call.function)(context.address_of(call.account), *arguments)
        return numbers

    def count(self, submitted: CallSubmitted, executed: CallExecuted, context: ChainContext) -> None:
        """Repeat a call on the twin, and note the answer."""
        super().count(submitted, executed, context)
        if submitted.function == "resolve":
            self.outcome = "yes" if self.twin.yesPays else "no"
        elif submitted.function == "giveUp":
            self.outcome = "void"

    def reconcile(self, context: ChainContext) -> Numbers:
        """Contract and twin must agree in each field, and the contract must hold the money of all pairs."""
        numbers = agreed(context, self.name, self.place, self.twin, FIELDS, OF_OWNERS)
        check_held(context, self.name, self.place, (self.oracle.asset, self.twin.held))
        return {"asset": self.oracle.asset} | numbers
