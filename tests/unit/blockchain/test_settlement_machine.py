"""A random life of the contract beside its Python twin: every batch has the same fate in both, to the unit.

Quantities are drawn around the exact balances: with small ones, a contract that does not check solvency looks right.
"""

from __future__ import annotations

import os
import traceback
from collections import Counter
from typing import Any, ClassVar

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from market_sim.blockchain.ethereum.settlement import EthereumSettlement, eth_tester_settlement
from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.rig import ALICE, BOB, CASH, FEES, SHARES, Rig

ACCOUNTS = st.sampled_from([FEES, ALICE, BOB])
TOKENS = st.sampled_from([CASH, SHARES])


class TwoSettlements(RuleBasedStateMachine):
    """The same batches for a contract and for the in-memory settlement."""

    contract: ClassVar[Rig]
    seen: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.chain = self.contract.settlement.chain
        self.mark = self.chain.snapshot()
        self.twin = Rig()
        self.twin.settlement._domain = self.contract.settlement.domain

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

    @rule()
    def replay(self) -> None:
        head = self.twin.settlement.head()
        self.settle((ALICE, CASH, -1), (BOB, CASH, 1), first=head.height, last=head.height)

    def settle(self, *rows: tuple[int, int, int], signers: tuple[int, ...] = (0, 1, 3), **changes: Any) -> None:
        batch = self.twin.batch(*sorted(rows), **changes)
        fates = []
        for rig in (self.twin, self.contract):
            try:
                rig.settle(batch, rig.certified(batch, signers))
                fates.append("accepted")
            except ChainReverted as refused:
                fates.append(str(refused))
        assert fates[0] == fates[1]
        self.seen[fates[0].partition("(")[0]] += 1


def look_for_a_difference(examples: int, settlement: EthereumSettlement) -> tuple[Counter[str], str]:
    """What became of the batches, and what Hypothesis says of the shortest life in which the two differ, if any."""

    class Machine(TwoSettlements):
        contract = Rig(settlement)
        seen: ClassVar[Counter[str]] = Counter()

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
FATES = ("accepted", "Insolvent", "HeightGap", "RowsNotAscending", "TooFewSignatures")


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
    assert seen["accepted"] >= sum(seen.values()) // 8, seen


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
