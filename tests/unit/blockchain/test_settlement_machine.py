"""A random life of the contract beside its Python twin: every batch has the same fate in both, to the unit.

Quantities are drawn around the exact balances: with small ones, a contract that does not check solvency looks right.
"""

from __future__ import annotations

import os
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from market_sim.blockchain.certificate import HANDOVER, HEARTBEAT, REFUSED, members_hash
from market_sim.blockchain.ethereum.json_rpc import JsonRpcChain
from market_sim.blockchain.ethereum.settlement import EthereumSettlement, eth_tester_settlement
from market_sim.blockchain.in_memory import InMemorySettlement
from market_sim.blockchain.in_memory_escape import DAY, SILENCE
from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.rig import ALICE, BOB, CASH, FEES, SHARES, Rig, attestation

ACCOUNTS = st.sampled_from([FEES, ALICE, BOB])
TOKENS = st.sampled_from([CASH, SHARES])


class TwoSettlements(RuleBasedStateMachine):
    """The same batches, requests, attestations and plans for a contract and for the in-memory settlement."""

    contract: ClassVar[Rig]
    alive_at: ClassVar[int]
    seen: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.chain = self.contract.settlement.chain
        self.mark = self.chain.snapshot()
        self.twin = Rig()
        self.twin.settlement._domain = self.contract.settlement.domain
        self.twin.settlement.alive_at = self.alive_at

    def teardown(self) -> None:
        """Each step compared what became of its batch; the accounts are read once, as reading them costs as much."""
        ours, theirs = self.twin.settlement, self.contract.settlement
        same = ours.head() == theirs.head() and ours.statement() == theirs.statement()
        self.chain.revert(self.mark)
        assert same, f"the accounts differ: {ours.statement()} in memory"

    @rule(
        payer=ACCOUNTS,
        payee=ACCOUNTS,
        token=TOKENS,
        around=st.integers(-2, 2),
        lost=st.sampled_from([0, 0, 1]),  # which examples are drawn depends on the modules that were loaded before
    )
    def pay_about_everything(self, payer: int, payee: int, token: int, around: int, lost: int) -> None:
        held = self.twin.settlement.statement().balances.get((payer, token), 0)
        amount = max(held + around, 1)
        self.settle((payer, token, -amount), (payee, token, amount - lost))

    @rule(shares=st.integers(1, 3), price=st.integers(1, 400), fee=st.integers(0, 3))
    def trade(self, shares: int, price: int, fee: int) -> None:
        cash = shares * price
        self.settle(
            (FEES, CASH, fee),
            (ALICE, CASH, -cash - fee),
            (ALICE, SHARES, shares),
            (BOB, CASH, cash),
            (BOB, SHARES, -shares),
        )

    @rule(signers=st.sets(st.integers(0, 3), min_size=1).map(sorted))
    def settle_nothing(self, signers: list[int]) -> None:
        self.settle(signers=tuple(signers))

    @rule(days=st.sampled_from([1, 2, 7]))
    def wait(self, days: int) -> None:
        self.chain.travel(days * DAY)

    @rule(account=ACCOUNTS, around=st.integers(-2, 1))
    def request(self, account: int, around: int) -> None:
        held = self.twin.settlement.statement().balances.get((account, CASH), 0)
        owner, amount = self.twin.owners[account - 1], max(held + around, 1)
        self.both("requestWithdrawal", lambda rig: rig.settlement.request(owner, account, CASH, amount))

    @rule(number=st.integers(0, 2))
    def exit(self, number: int) -> None:
        self.settle(exits=(number,))

    @rule(number=st.integers(0, 2))
    def refuse(self, number: int) -> None:
        self.both("refuse", lambda rig: rig.settlement.refuse(number, attestation(rig, REFUSED, self.set_id, number)))

    @rule(late=st.sampled_from([0, 0, 1]))
    def beat(self, late: int) -> None:
        number, height = self.twin.settlement.beats() + late, self.twin.settlement.head().height
        signed = attestation(self.twin, HEARTBEAT, self.set_id, number, height)
        self.both("heartbeat", lambda rig: rig.settlement.heartbeat(number, signed))

    @rule(cause=st.sampled_from([SILENCE, SILENCE, 0, 1]), opens=st.booleans())
    def leave(self, cause: int, opens: bool) -> None:
        """Plan the escape, or escape; those who escaped take their money out."""
        self.both(
            "escape" if opens else "planEscape", lambda rig: left(rig, "escape" if opens else "planEscape", cause)
        )
        if self.twin.settlement.escaped:
            self.both("escapeWithdraw", lambda rig: took_all(rig, ALICE))

    @rule(superseded=st.sampled_from([0, 0, 1]), ahead=st.integers(0, 2))
    def hand_over(self, superseded: int, ahead: int) -> None:
        """The next set is the same validators in another order, so that both sides can sign for either."""
        settlement = self.twin.settlement
        nonce, epoch = max(settlement._set.plans - superseded, 0), settlement.head().epoch + ahead
        members = [each.address for each in self.twin.validators]
        content = self.set_id, nonce, epoch, members_hash(members)
        signed = attestation(self.twin, HANDOVER, *content)
        self.both("planHandover", lambda rig: planned(rig, members, epoch, nonce, signed))

    @property
    def set_id(self) -> int:
        return self.twin.settlement._set.number

    def both(self, what: str, act: Callable[[Rig], object]) -> None:
        self.agree_on_time()
        fates = [self.fate(rig, act) for rig in (self.twin, self.contract)]
        assert fates[0] == fates[1], what
        self.seen[what if fates[0] == "accepted" else fates[0].partition("(")[0]] += 1

    def agree_on_time(self) -> None:
        """Both take the next second; a node would go by the clock of the machine."""
        now = self.chain.block().timestamp + 1
        self.twin.settlement.time = now
        if isinstance(self.chain, JsonRpcChain):
            self.chain.request("evm_setNextBlockTimestamp", now)

    def fate(self, rig: Rig, act: Callable[[Rig], object]) -> str:
        try:
            act(rig)
        except ChainReverted as refused:
            return str(refused)
        return "accepted"

    @rule()
    def replay(self) -> None:
        head = self.twin.settlement.head()
        self.settle((ALICE, CASH, -1), (BOB, CASH, 1), first=head.height, last=head.height)

    def settle(self, *rows: tuple[int, int, int], signers: tuple[int, ...] = (0, 1, 3), **changes: Any) -> None:
        self.agree_on_time()
        batch = self.twin.batch(*sorted(rows), **{"set_id": self.set_of_next(), **changes})
        self.both("accepted", lambda rig: rig.settle(batch, rig.certified(batch, signers)))

    def set_of_next(self) -> int:
        """The number of the set that signs the next batch."""
        settlement = self.twin.settlement
        try:
            return settlement._set.at(settlement.head().epoch + 1, settlement.time).number
        except ChainReverted:
            return self.set_id + 1


def left(rig: Rig, function: str, cause: int) -> None:
    if isinstance(rig.settlement, InMemorySettlement):
        (rig.settlement.escape if function == "escape" else rig.settlement.plan_escape)(cause)
    else:
        rig.settlement.chain.transact(rig.settlement.operator, rig.settlement.contract, function, cause)


def took_all(rig: Rig, account: int) -> None:
    owner = rig.owners[account - 1]
    if isinstance(rig.settlement, InMemorySettlement):
        rig.settlement.escape_withdraw(owner, account, CASH)
    else:
        rig.settlement.chain.transact(owner, rig.settlement.contract, "escapeWithdraw", account, CASH)


def planned(rig: Rig, members: list[bytes], epoch: int, nonce: int, signed: bytes) -> None:
    if isinstance(rig.settlement, InMemorySettlement):
        rig.settlement.plan_handover(tuple(members), epoch, nonce, signed)
        return
    written = ["0x" + member.hex() for member in members]
    chain, contract = rig.settlement.chain, rig.settlement.contract
    chain.transact(rig.settlement.operator, contract, "planHandover", written, epoch, nonce, signed)


def machine_for(settlement: EthereumSettlement, opened: Rig) -> type[TwoSettlements]:
    """The machine of an opened settlement."""
    for owner in opened.owners:
        settlement.chain.fund(owner)

    class Machine(TwoSettlements):
        contract = opened
        alive_at = settlement.chain.call(settlement.contract, "aliveAt")
        seen: ClassVar[Counter[str]] = Counter()

    return Machine


def look_for_a_difference(examples: int, settlement: EthereumSettlement) -> tuple[Counter[str], str]:
    """What became of the batches, and what Hypothesis says of the shortest life in which the two differ, if any."""

    Machine = machine_for(settlement, Rig(settlement))
    sought = hypothesis.settings(
        max_examples=examples, stateful_step_count=20, deadline=None, derandomize=True, database=None
    )
    try:
        run_state_machine_as_test(Machine, settings=sought)
    except Exception:
        return Machine.seen, traceback.format_exc()
    return Machine.seen, ""


IN_CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
EXAMPLES = 25 if IN_CI else 12  # the virtual machine in Python takes a tenth of a second for a batch; anvil plays 100
FATES = ("accepted", "Insolvent", "HeightGap")


def fates_of(examples: int, settlement: EthereumSettlement) -> Counter[str]:
    """What became of the batches; fails with the shortest life in which the two differ."""
    seen, difference = look_for_a_difference(examples, settlement)
    if difference:
        pytest.fail(difference, pytrace=False)
    return seen


@pytest.mark.thorough
def test_the_contract_and_its_python_twin_never_differ() -> None:
    seen = fates_of(EXAMPLES, eth_tester_settlement())
    assert [fate for fate in FATES if not seen[fate]] == [], seen
    assert seen["accepted"] >= sum(seen.values()) // 20, seen


def test_a_life_with_every_call_has_the_same_fate_in_both(chain_rig: Rig) -> None:
    """One life that random steps reach rarely; times in errors are compared to the second."""
    Machine = machine_for(chain_rig.settlement, chain_rig)
    one = Machine()
    one.request(ALICE, 0)
    one.request(ALICE, 1)
    one.refuse(0)
    one.refuse(1)
    one.refuse(1)
    one.exit(1)
    one.leave(0, opens=False)
    one.wait(7)
    one.beat(0)
    one.beat(1)
    one.leave(SILENCE, opens=False)
    one.leave(0, opens=True)
    one.leave(0, opens=False)
    one.leave(0, opens=False)
    one.hand_over(0, ahead=0)
    one.hand_over(0, ahead=1)
    one.hand_over(1, ahead=1)
    one.hand_over(0, ahead=1)
    one.settle()
    one.leave(0, opens=True)
    one.wait(2)
    one.settle()
    one.hand_over(1, ahead=2)
    one.leave(0, opens=True)
    one.leave(0, opens=True)
    one.beat(0)
    one.settle()
    one.request(BOB, 0)
    one.teardown()
    rare = {
        "planHandover", "HandoverNotDue", "HandoverSuperseded", "HandoverTooEarly", "heartbeat", "HeartbeatOutOfOrder",
        "requestWithdrawal", "refuse", "RequestPayable", "RequestDone", "planEscape", "EscapePlannedBefore",
        "EscapeNotPlanned", "TooEarlyToEscape", "escape", "escapeWithdraw", "SettlementEscaped",
        "accepted",
    }  # fmt: skip
    assert rare - set(Machine.seen) == set(), Machine.seen


def test_a_run_of_this_machine_reaches_the_exact_balance() -> None:
    """The canary: one unit below and at the balance is accepted, one unit above is refused."""
    for around, accepted in ((-1, True), (0, True), (1, False)):
        rig = Rig()
        batch = rig.batch((ALICE, CASH, -1_000 - around), (BOB, CASH, 1_000 + around))
        if accepted:
            rig.settle(batch)
        else:
            with pytest.raises(ChainReverted, match="Insolvent"):
                rig.settle(batch)
