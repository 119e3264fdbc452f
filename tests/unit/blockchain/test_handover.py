"""Changing the set of validators at an epoch that the old set signed: plans are numbered, and the owners get notice."""

from __future__ import annotations

import pytest
from eth_abi import encode

from market_sim.blockchain.certificate import Batch, Wallet, certificate
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.rig import Rig, wallet

NEXT = [wallet(f"validator/{number}") for number in range(10, 14)]
OTHERS = [wallet(f"validator/{number}") for number in range(20, 24)]
HANDOVER = keccak(b"Handover(uint32 setId,uint64 nonce,uint64 fromEpoch,bytes32 validators)")
NOTICE = 2 * 24 * 3600


def addresses(wallets: list[Wallet]) -> list[str]:
    return ["0x" + each.address.hex() for each in wallets]


def plan(
    rig: Rig, epoch: int, wallets: list[Wallet] = NEXT, by: list[Wallet] | None = None, set_id: int = 1, nonce: int = 0
) -> None:
    members = keccak(encode(["address[]"], [addresses(wallets)]))
    content = keccak(
        encode(["bytes32", "uint32", "uint64", "uint64", "bytes32"], [HANDOVER, set_id, nonce, epoch, members])
    )
    digest = keccak(b"\x19\x01" + rig.settlement.domain.separator + content)
    signers = rig.validators if by is None else by
    signed = certificate({place: signer.sign(digest) for place, signer in enumerate(signers[:3])})
    rig.settlement.chain.transact(
        rig.settlement.operator, rig.settlement.contract, "planHandover", addresses(wallets), epoch, nonce, signed
    )


def signed_by(rig: Rig, batch: Batch, wallets: list[Wallet]) -> bytes:
    digest = batch.digest(rig.settlement.domain)
    return certificate({place: each.sign(digest) for place, each in enumerate(wallets[:3])})


def test_the_new_set_counts_from_the_planned_epoch_on_and_the_old_one_no_more(chain_rig: Rig) -> None:
    plan(chain_rig, epoch=5)
    early = chain_rig.sale(epoch=4, set_id=2)
    with pytest.raises(ChainReverted, match=r"WrongValidatorSet\(expected=1, found=2\)"):
        chain_rig.settle(early, signed_by(chain_rig, early, NEXT))
    chain_rig.settle(chain_rig.sale(epoch=4))
    chain_rig.settlement.chain.travel(NOTICE)
    late = chain_rig.sale(epoch=5)
    with pytest.raises(ChainReverted, match=r"WrongValidatorSet\(expected=2, found=1\)"):
        chain_rig.settle(late)
    disguised = chain_rig.sale(epoch=5, set_id=2)
    with pytest.raises(ChainReverted, match="WrongSigner"):
        chain_rig.settle(disguised)
    chain_rig.settle(disguised, signed_by(chain_rig, disguised, NEXT))
    assert chain_rig.settlement.head().epoch == 5


def test_a_handover_needs_the_old_sets_certificate(chain_rig: Rig) -> None:
    with pytest.raises(ChainReverted, match="WrongSigner"):
        plan(chain_rig, epoch=5, by=NEXT)
    with pytest.raises(ChainReverted, match="WrongSigner"):
        plan(chain_rig, epoch=5, set_id=2)


def test_a_plan_that_a_later_one_superseded_is_dead(chain_rig: Rig) -> None:
    """Plan A, then B, then the same bytes of A again: B takes over, and nobody brings A back."""
    plan(chain_rig, epoch=5)
    plan(chain_rig, epoch=6, wallets=OTHERS, nonce=1)
    with pytest.raises(ChainReverted, match=r"HandoverSuperseded\(expected=2, found=0\)"):
        plan(chain_rig, epoch=5)
    with pytest.raises(ChainReverted, match="WrongSigner"):
        plan(chain_rig, epoch=5, by=NEXT, nonce=2)
    chain_rig.settlement.chain.travel(NOTICE)
    chain_rig.settle(chain_rig.sale(epoch=5))
    batch = chain_rig.sale(epoch=6, set_id=2)
    with pytest.raises(ChainReverted, match="WrongSigner"):
        chain_rig.settle(batch, signed_by(chain_rig, batch, NEXT))
    chain_rig.settle(batch, signed_by(chain_rig, batch, OTHERS))
    assert chain_rig.settlement.head().epoch == 6


def test_the_next_set_takes_over_only_after_the_notice_and_every_plan_gives_its_own(chain_rig: Rig) -> None:
    chain = chain_rig.settlement.chain
    plan(chain_rig, epoch=5)
    planned = chain.block().timestamp
    chain.travel(NOTICE // 2)
    plan(chain_rig, epoch=5, nonce=1)
    again = chain.block().timestamp
    chain.travel(planned + NOTICE - again + 60)
    batch = chain_rig.sale(epoch=5, set_id=2)
    with pytest.raises(ChainReverted, match=rf"HandoverNotDue\(from={again + NOTICE}\)"):
        chain_rig.settle(batch, signed_by(chain_rig, batch, NEXT))
    chain_rig.settle(chain_rig.sale(epoch=4))
    chain.travel(NOTICE // 2)
    batch = chain_rig.sale(epoch=5, set_id=2)
    chain_rig.settle(batch, signed_by(chain_rig, batch, NEXT))


def test_a_handover_lies_in_the_future(chain_rig: Rig) -> None:
    chain_rig.settle(chain_rig.sale(epoch=7))
    with pytest.raises(ChainReverted, match=r"HandoverTooEarly\(reached=7, found=7\)"):
        plan(chain_rig, epoch=7)


@pytest.mark.parametrize("wallets", [[], [NEXT[0], NEXT[0]]], ids=["nobody", "one twice"])
def test_a_set_has_members_each_once(chain_rig: Rig, wallets: list[Wallet]) -> None:
    with pytest.raises(ChainReverted, match="BadValidators"):
        plan(chain_rig, epoch=5, wallets=wallets)
