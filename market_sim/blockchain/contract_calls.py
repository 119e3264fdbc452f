"""Contract calls of participants: their submission, and their execution in the order of the final blocks.

A call gets a number and is recorded when it is submitted, then waits until a leader puts it into a block. Once the
block is final and the batch of its range is relayed, its calls are executed one after the other, each from the wallet
of its owner. A call that the contract refuses is recorded and does not stop the others. Afterwards every contract is
reconciled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from market_sim.blockchain.contracts import ChainContext, ContractAdapter, check_call
from market_sim.blockchain.items import Call
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InvariantBroken, RuleViolation
from market_sim.core.models.event import Event
from market_sim.core.models.intents import CallContract
from market_sim.core.models.settlement_events import (
    CallExecuted,
    CallSubmitted,
    ContractDeployed,
    ContractReconciled,
    WalletFunded,
)

Gift = tuple[str, str, int]
"""The initial content of a wallet: account, asset, amount."""


class ContractCalls:
    """The contracts of one run and the calls of its participants."""

    def __init__(self, context: ChainContext, record: Callable[[Event], None], now: Callable[[], int]) -> None:
        self._scene = context
        self._record = record
        self._now = now
        self._contracts: dict[str, ContractAdapter] = {}
        self._done: set[int] = set()
        self.submitted: list[CallSubmitted] = []
        """Every call so far; call n has the index n - 1."""
        self.told: Callable[[], None] = lambda: None
        """Called when there is a call to announce."""

    def open(self, contracts: Iterable[ContractAdapter], gifts: Iterable[Gift]) -> None:
        """Fill the wallets and deploy the contracts, in the order in which the scenario named them."""
        register, now = self._scene.register, self._now()
        for account, asset, amount in gifts:
            owner = self._scene.wallet(register.accounts[account]).address
            self._scene.host.give(owner, register.token(asset), amount)
            self._record(WalletFunded(now, account, asset, amount))
        for contract in contracts:
            place = contract.deploy(self._scene)
            self._contracts[contract.name] = contract
            deployed = ContractDeployed(now, contract.name, contract.kind, place, contract.terms())
            register.read(deployed)
            self._record(deployed)

    def submit(self, account: str, intent: CallContract) -> None:
        """Accept a valid call, which then waits for a block; raise RuleViolation for any other."""
        contract = self._contracts.get(intent.contract) if isinstance(intent.contract, str) else None
        if contract is None:
            known = ", ".join(self._contracts) or "none"
            raise RuleViolation("UNKNOWN_CONTRACT", contract=str(intent.contract)[:40], known=known)
        check_call(contract, intent.function, intent.arguments)
        contract.check(account, intent.function, intent.arguments, self._scene.register)
        number = len(self.submitted) + 1
        call = CallSubmitted(self._now(), number, account, contract.name, intent.function, tuple(intent.arguments))
        self.submitted.append(call)
        self._record(call)
        self.told()

    def carry_out(self, calls: Sequence[Call]) -> None:
        """Execute the calls of a range of final blocks, each once."""
        for call in calls:
            if call.call in self._done:
                raise InvariantBroken(f"call {call.call} is in the final chain twice")
            self._done.add(call.call)
            self._make(self.submitted[call.call - 1])
        if calls:
            self.reconcile()

    def reconcile(self) -> None:
        """Compare every contract with the journal."""
        for contract in self._contracts.values():
            self._record(ContractReconciled(self._now(), contract.name, contract.reconcile(self._scene)))

    def _make(self, call: CallSubmitted) -> None:
        contract = self._contracts[call.contract]
        owner = self._scene.wallet(self._scene.register.accounts[call.account])
        what = self._now(), call.call, call.account, call.contract, call.function
        try:
            done = contract.execute(self._scene, owner, call.function, call.arguments)
        except ChainReverted as refused:
            self._record(CallExecuted(*what, False, refused.error, refused.arguments, "", 0))
            return
        executed = CallExecuted(*what, True, "", done.numbers, done.transaction, done.gas)
        contract.count(call, executed)
        self._record(executed)
