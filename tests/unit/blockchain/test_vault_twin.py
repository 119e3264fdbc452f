"""Money in and out of the vault, on the contract and on its twin: the same numbers, the same refusals."""

from __future__ import annotations

import pytest

from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.rig import ALICE, BOB, CASH, SHARES, Rig


def test_a_deposit_is_credited_at_once_and_numbered(rig: Rig) -> None:
    vault = rig.settlement
    numbers = [vault.deposit(ALICE, CASH, 50).number, vault.deposit(BOB, SHARES, 1).number]
    assert numbers == [6, 7], "the opening made five"
    stated = vault.statement()
    assert (stated.balances[ALICE, CASH], stated.balances[BOB, SHARES], stated.held) == (1_050, 11, (1_355, 13))


@pytest.mark.parametrize(
    ("account", "token", "amount", "error"),
    [(0, CASH, 1, "UnknownAccount"), (4, CASH, 1, "UnknownAccount"), (ALICE, CASH, 0, "NothingToMove")],
)
def test_a_deposit_that_makes_no_sense_is_refused(rig: Rig, account: int, token: int, amount: int, error: str) -> None:
    with pytest.raises(ChainReverted, match=error):
        rig.settlement.deposit(account, token, amount)
    assert rig.settlement.statement().balances[ALICE, CASH] == 1_000


def test_a_request_moves_nothing_and_its_batch_makes_it_claimable(rig: Rig) -> None:
    vault, alice = rig.settlement, rig.owners[ALICE - 1]
    assert [vault.request(alice, ALICE, CASH, amount).number for amount in (300, 100)] == [0, 1]
    assert vault.statement().balances[ALICE, CASH] == 1_000
    rig.settle(rig.batch((ALICE, CASH, -500), (BOB, CASH, 500), exits=(0, 1)))
    stated = vault.statement()
    assert (stated.balances[ALICE, CASH], stated.claimable, stated.held) == (100, (400, 0), (1_305, 12))
    assert vault.claim(alice, ALICE, CASH).amount == 400
    assert (vault.claimable(ALICE, CASH), vault.in_wallet(alice.address, CASH), vault.statement().held) == (
        0, 400, (905, 12)
    )  # fmt: skip


def test_a_request_is_carried_out_once(rig: Rig) -> None:
    rig.settlement.request(rig.owners[ALICE - 1], ALICE, CASH, 300)
    rig.settle(rig.batch(exits=(0,)))
    with pytest.raises(ChainReverted, match=r"RequestDone\(number=0\)"):
        rig.settle(rig.batch(exits=(0,)))
    assert rig.settlement.statement().balances[ALICE, CASH] == 700


@pytest.mark.parametrize(
    ("exits", "error"),
    [
        ((2,), r"UnknownRequest\(number=2\)"),
        ((1, 0), r"ExitsNotAscending\(number=0\)"),
        ((1, 1), r"ExitsNotAscending\(number=1\)"),
        ((0, 1), r"Insolvent\(account=2, token=0, held=0, delta=-1\)"),
    ],
)
def test_exits_that_make_no_sense_are_refused_and_change_nothing(rig: Rig, exits: tuple[int, ...], error: str) -> None:
    alice = rig.owners[ALICE - 1]
    rig.settlement.request(alice, ALICE, CASH, 1_000)
    rig.settlement.request(alice, ALICE, CASH, 1)
    before = rig.settlement.statement()
    with pytest.raises(ChainReverted, match=error):
        rig.settle(rig.batch(exits=exits))
    assert rig.settlement.statement() == before
    rig.settle(rig.batch(exits=(0,)))


def test_half_a_request_number_is_refused(rig: Rig) -> None:
    batch = rig.batch()._replace(exits=b"\0\0\0")
    with pytest.raises(ChainReverted, match=r"BadExitsLength\(length=3\)"):
        rig.settle(batch)


def test_only_the_owner_asks_and_claims_and_pays_from_the_own_wallet(rig: Rig) -> None:
    vault, bob = rig.settlement, rig.owners[BOB - 1]
    with pytest.raises(ChainReverted, match=r"NotOwner\(account=2"):
        vault.request(bob, ALICE, CASH, 1)
    with pytest.raises(ChainReverted, match=r"NotOwner\(account=2"):
        vault.claim(bob, ALICE, CASH)
    with pytest.raises(ChainReverted, match="NothingToMove"):
        vault.claim(bob, BOB, CASH)
    with pytest.raises(ChainReverted, match=r"ShortOfTokens\(owner=0x[0-9a-f]{40}, held=0, needed=1\)"):
        vault.deposit_from(bob, BOB, CASH, 1)


def test_what_was_claimed_can_be_paid_in_again(rig: Rig) -> None:
    vault, alice = rig.settlement, rig.owners[ALICE - 1]
    vault.request(alice, ALICE, CASH, 300)
    rig.settle(rig.batch(exits=(0,)))
    vault.claim(alice, ALICE, CASH)
    assert vault.deposit_from(alice, ALICE, CASH, 200).number == 6
    assert (vault.statement().balances[ALICE, CASH], vault.in_wallet(alice.address, CASH)) == (900, 100)
