"""An escrow: a payer locks money for a payee; the payer can release it to the payee, the payee can send it back.

This is the adapter of `contracts/Escrow.sol`. Participants call

    lock(payee, amount)   take the amount from the payer's wallet; deals are numbered from 0
    release(deal)         the payer releases the amount to the payee
    refund(deal)          the payee sends the amount back
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from market_sim.blockchain.contracts import Arguments, ChainContext, Invoked, TokenPlace, check_account
from market_sim.blockchain.register import Register
from market_sim.blockchain.twins import check_locked
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted, ContractDeployed, ContractReconciled
from market_sim.core.money import written

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet


@dataclass
class Escrow:
    """The adapter of an escrow contract for one asset."""

    kind: ClassVar[str] = "Escrow"
    functions: ClassVar[Mapping[str, tuple[type, ...]]] = {"lock": (str, int), "release": (int,), "refund": (int,)}

    name: str = "escrow"
    asset: str = "USD"
    open_deals: dict[int, int] = field(default_factory=dict, repr=False)
    """The amounts of the open deals by their number, according to the journal."""
    place: str = field(default="", repr=False)

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract for the token of its asset."""
        if not context.register.has_token(self.asset):
            raise InputError(f"an escrow holds a currency or a delivered instrument, and {self.asset} is neither here")
        self.place = context.host.deploy(self.kind, TokenPlace(context.register.token(self.asset)))
        return self.place

    def terms(self) -> Numbers:
        """The asset of the escrow."""
        return {"asset": self.asset}

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Refuse a lock for a payee without an account."""
        if function == "lock":
            check_account(arguments[0], register)

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call; before a lock the payer approves the amount."""
        if function != "lock":
            return context.host.invoke(owner, self.place, function, *arguments)
        payee, amount = context.address_of(str(arguments[0])), int(arguments[1])
        return context.pay(owner, self.place, [(self.asset, amount)], function, payee, amount)

    def count(self, submitted: CallSubmitted, executed: CallExecuted, context: ChainContext) -> None:
        """A lock opens a deal, a release or a refund ends one."""
        deal = int(executed.numbers["deal"])
        if submitted.function == "lock":
            self.open_deals[deal] = int(submitted.arguments[1])
        else:
            del self.open_deals[deal]

    def reconcile(self, context: ChainContext) -> Numbers:
        """The contract must report the amount locked according to the journal, and hold at least that amount."""
        held = check_locked(context, self.name, self.place, self.asset, self.open_deals.values())
        return {"asset": self.asset, "held": held, "deals": len(self.open_deals)}


def outcome(journal: Journal, name: str) -> str:
    """The amounts locked, released, refunded and held by the escrow of a run, in one sentence."""
    submitted = [call for call in journal.of(CallSubmitted) if call.contract == name]
    executed = [call for call in journal.of(CallExecuted) if call.contract == name]
    reconciled = [event.numbers for event in journal.of(ContractReconciled) if event.contract == name]
    if not any(event.contract == name for event in journal.of(ContractDeployed)):
        return "This run settles on no chain, so there was no escrow to call."
    sums = dict.fromkeys(Escrow.functions, 0)
    for call in executed:
        if call.succeeded:
            sums[call.function] += int(call.numbers["amount"])
    locked, released, refunded = (written(amount) for amount in sums.values())
    held = int(reconciled[-1]["held"]) if reconciled else 0
    refused = sum(not call.succeeded for call in executed)
    waiting = len(submitted) - len(executed)
    rest = f"the contract holds the other {written(held)}" if held else "nothing is left in the contract"
    return (
        f"Of {locked} that was locked, {released} was released by the payer and {refunded} sent back by the payee; "
        f"{rest}. {counted(refused, 'call')} {was(refused)} refused by the contract, "
        f"{waiting} waited for a final block when the run ended."
    )
