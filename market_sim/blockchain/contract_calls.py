"""Contract calls of participants: their submission, and their execution in the order of the final blocks.

A call gets a number and is recorded when it is submitted. A call of another chain, which this committee does not order,
is executed there at once. Each other call waits until a leader puts it into a block. Once the block is final and the
batch of its range is relayed, its calls are executed one after the other, each from the wallet of its owner. A call
that the contract refuses is recorded and does not stop the others. Afterwards every contract is reconciled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from market_sim.blockchain.chain_plan import ChainPlan
from market_sim.blockchain.contracts import ChainContext, ComparesRefusals, ContractAdapter, ContractHost, check_call
from market_sim.blockchain.items import Call
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.event import Event
from market_sim.core.models.intents import CallContract
from market_sim.core.models.settlement_events import (
    CallExecuted,
    CallSubmitted,
    ChainOpened,
    ContractDeployed,
    ContractReconciled,
    WalletFunded,
)


class ContractCalls:
    """The contracts of one run and the calls of its participants."""

    def __init__(self, context: ChainContext, record: Callable[[Event], None], now: Callable[[], int]) -> None:
        self._scene = context
        self._record = record
        self._now = now
        self._contracts: dict[str, ContractAdapter] = {}
        self._elsewhere: dict[str, ChainContext] = {}
        """The chain of each contract that is on another chain."""
        self._done: set[int] = set()
        self.submitted: list[CallSubmitted] = []
        """Every call so far; call n has the index n - 1."""
        self.ordered: list[CallSubmitted] = []
        """The calls that the committee orders: those of the settlement's chain."""
        self.told: Callable[[], None] = lambda: None
        """Called when there is a call to announce."""

    def open(self, plan: ChainPlan, beside: Callable[[int], ContractHost]) -> None:
        """Fill the wallets and deploy the contracts, here and on the other chains, which `beside` opens by number."""
        self._deploy(plan, self._scene, "")
        for number, (name, other) in enumerate(plan.others.items(), start=1):
            scene = self._scene._replace(host=beside(number))
            self._record(ChainOpened(self._now(), name, scene.host.chain_id, scene.host.token_contracts))
            self._deploy(other, scene, name)
            self._elsewhere |= {contract.name: scene for contract in other.contracts}

    def _deploy(self, plan: ChainPlan, scene: ChainContext, chain: str) -> None:
        register, now = scene.register, self._now()
        for account, asset, amount in plan.gifts:
            owner = scene.wallet(register.accounts[account]).address
            scene.host.give(owner, register.token(asset), amount)
            self._record(WalletFunded(now, account, asset, amount, chain))
        for contract in plan.contracts:
            if contract.name in self._contracts:
                raise InputError(f"contracts of two chains need two names, and two are named {contract.name!r}")
            place = contract.deploy(scene)
            self._contracts[contract.name] = contract
            deployed = ContractDeployed(now, contract.name, contract.kind, place, contract.terms(), chain)
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
        if contract.name in self._elsewhere:
            self._make(call)
            self._compare(contract)
        else:
            self.ordered.append(call)
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
            self._compare(contract)

    def _compare(self, contract: ContractAdapter) -> None:
        scene = self._elsewhere.get(contract.name, self._scene)
        self._record(ContractReconciled(self._now(), contract.name, contract.reconcile(scene)))

    def _make(self, call: CallSubmitted) -> None:
        contract = self._contracts[call.contract]
        scene = self._elsewhere.get(call.contract, self._scene)
        owner = scene.wallet(scene.register.accounts[call.account])
        what = self._now(), call.call, call.account, call.contract, call.function
        gas = scene.host.gas
        try:
            done = contract.execute(scene, owner, call.function, call.arguments)
        except ChainReverted as refused:
            if isinstance(contract, ComparesRefusals):
                contract.refused(call, refused, scene)
            self._record(
                CallExecuted(*what, False, refused.error, refused.arguments, refused.transaction, scene.host.gas - gas)
            )
            return
        executed = CallExecuted(*what, True, "", done.numbers, done.transaction, done.gas)
        contract.count(call, executed, scene)
        self._record(executed)
