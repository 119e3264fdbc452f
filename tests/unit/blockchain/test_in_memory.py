"""What the settlement without a chain checks at the edges: the width of a balance, and committees that are not four."""

from __future__ import annotations

import pytest

from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.rig import ALICE, BOB, CASH, Rig

LARGEST = 2**128 - 1


def test_a_balance_that_needs_more_than_128_bits_is_refused_and_not_cut() -> None:
    rig = Rig()
    rig.settlement._balances[BOB, CASH] = LARGEST - 1
    rig.settle(rig.batch((ALICE, CASH, -1), (BOB, CASH, 1)))
    with pytest.raises(ChainReverted, match=f"BalanceTooLarge.account=3, token=0, held={LARGEST}, delta=1"):
        rig.settle(rig.batch((ALICE, CASH, -1), (BOB, CASH, 1)))
    assert rig.settlement.statement().balances[BOB, CASH] == LARGEST


@pytest.mark.parametrize(("validators", "enough"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (16, 11)])
def test_two_thirds_are_needed_and_a_majority_is_not_enough(validators: int, enough: int) -> None:
    rig = Rig(validators=validators)
    batch = rig.sale()
    with pytest.raises(ChainReverted, match=f"TooFewSignatures.found={enough - 1}, validators={validators}"):
        rig.settle(batch, rig.certified(batch, signers=tuple(range(enough - 1))))
    rig.settle(batch, rig.certified(batch, signers=tuple(range(enough))))
    assert rig.settlement.head().height == 1


def test_a_deposit_fills_a_balance_to_its_128_bits_and_no_further() -> None:
    vault = Rig().settlement
    vault._balances[BOB, CASH] = LARGEST - 5
    with pytest.raises(ChainReverted, match=f"BalanceTooLarge.account=3, token=0, held={LARGEST - 5}, delta=6"):
        vault.deposit(BOB, CASH, 6)
    vault.deposit(BOB, CASH, 5)
    assert vault.statement().balances[BOB, CASH] == LARGEST
