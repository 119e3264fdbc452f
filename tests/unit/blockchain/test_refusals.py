"""What a settlement refuses, by name and with its numbers: the contract and its Python twin say the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from market_sim.blockchain.certificate import CURVE_ORDER, Batch, Wallet, certificate
from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.rig import ALICE, BOB, CASH, SHARES, Rig, wallet

Case = Callable[[Rig], tuple[Batch, bytes]]


def honest(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    return batch, rig.certified(batch)


def too_few(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    return batch, rig.certified(batch, signers=(0, 1))


def one_signer_three_times(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    return batch, rig.certified(batch, signers=(0,)) * 3


def descending(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    return batch, b"".join(rig.certified(batch, signers=(signer,)) for signer in (2, 1, 0))


def rows_changed(rig: Rig) -> tuple[Batch, bytes]:
    return rig.sale(cash=99), rig.certified(rig.sale(cash=100))


def trade_count_changed(rig: Rig) -> tuple[Batch, bytes]:
    return rig.sale(trades=2), rig.certified(rig.sale(trades=1))


def not_zero_sum(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.batch((ALICE, CASH, -100), (BOB, CASH, 101))
    return batch, rig.certified(batch)


def zero_sum_over_all_tokens_only(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.batch((ALICE, CASH, -1), (ALICE, SHARES, 1))
    return batch, rig.certified(batch)


def insolvent(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale(cash=1_001)
    return batch, rig.certified(batch)


def account_twice(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.batch((ALICE, CASH, -100), (ALICE, CASH, 100))
    return batch, rig.certified(batch)


def account_unknown(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.batch((ALICE, CASH, -100), (4, CASH, 100))
    return batch, rig.certified(batch)


def account_zero(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.batch((0, SHARES, 1), (BOB, SHARES, -1))
    return batch, rig.certified(batch)


def token_unknown(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.batch((ALICE, 2, 0))
    return batch, rig.certified(batch)


def height_gap(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale(first=2, last=2)
    return batch, rig.certified(batch)


def backwards(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale(last=0)
    return batch, rig.certified(batch)


def wrong_parent(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale(parent=bytes(32))
    return batch, rig.certified(batch)


def epoch_not_growing(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale(epoch=0)
    return batch, rig.certified(batch)


def high_s_twin(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    signatures = rig.signatures(batch)
    r, s, parity = signatures[1][:32], int.from_bytes(signatures[1][32:64], "big"), signatures[1][64]
    signatures[1] = r + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([1 - parity])
    return batch, certificate(signatures)


def stranger(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    return batch, certificate(
        {**rig.signatures(batch), 1: wallet("stranger").sign(batch.digest(rig.settlement.domain))}
    )


def fifth_of_four(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    return batch, certificate(
        {**rig.signatures(batch, (0, 1)), 4: wallet("stranger").sign(batch.digest(rig.settlement.domain))}
    )


def zero_signature(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    return batch, certificate({**rig.signatures(batch), 2: bytes(65)})


def cut_certificate(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    return batch, rig.certified(batch)[:-1]


def replay(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    rig.settle(batch)
    return batch, rig.certified(batch)


def other_chain(rig: Rig) -> tuple[Batch, bytes]:
    batch, domain = rig.sale(), rig.settlement.domain
    return batch, rig.certified(batch, domain=domain._replace(chain_id=domain.chain_id + 1))


def other_contract(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    return batch, rig.certified(batch, domain=rig.settlement.domain._replace(contract=bytes(20)))


def other_run(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    return batch, rig.certified(batch, domain=rig.settlement.domain._replace(run=bytes(32)))


def other_set(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale(set_id=2)
    return batch, rig.certified(batch)


def ragged_rows(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.sale()
    batch = batch._replace(rows=batch.rows[:-1])
    return batch, rig.certified(batch)


def unknown_exit(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.batch(exits=(0,))
    return batch, rig.certified(batch)


def too_large(rig: Rig) -> tuple[Batch, bytes]:
    batch = rig.batch((ALICE, CASH, 2**127 - 1), (BOB, CASH, -1))
    return batch, rig.certified(batch)


REFUSALS: dict[Case, str] = {
    too_few: "TooFewSignatures(found=2, validators=4)",
    one_signer_three_times: "SignersNotAscending(signer=0)",
    descending: "SignersNotAscending(signer=1)",
    rows_changed: "WrongSigner(signer=0, ",
    trade_count_changed: "WrongSigner(signer=0, ",
    not_zero_sum: "NotZeroSum(token=0, sum=1)",
    zero_sum_over_all_tokens_only: "NotZeroSum(token=0, sum=-1)",
    insolvent: "Insolvent(account=2, token=0, held=1000, delta=-1001)",
    account_twice: "RowsNotAscending(account=2, token=0)",
    account_unknown: "UnknownAccount(account=4)",
    account_zero: "UnknownAccount(account=0)",
    token_unknown: "UnknownToken(token=2)",
    height_gap: "HeightGap(expected=1, found=2)",
    backwards: "RangeBackwards(first=1, last=0)",
    wrong_parent: f"WrongParent(expected={'07' * 32}, found={'00' * 32})",
    epoch_not_growing: "EpochNotGrowing(previous=0, found=0)",
    high_s_twin: "HighS(signer=1)",
    stranger: f"WrongSigner(signer=1, recovered=0x{wallet('stranger').address.hex()})",
    fifth_of_four: "UnknownSigner(signer=4)",
    zero_signature: "ZeroSignature(signer=2)",
    cut_certificate: "BadCertificateLength(length=194)",
    replay: "HeightGap(expected=2, found=1)",
    other_chain: "WrongSigner(signer=0, ",
    other_contract: "WrongSigner(signer=0, ",
    other_run: "WrongSigner(signer=0, ",
    other_set: "WrongValidatorSet(expected=1, found=2)",
    ragged_rows: "BadRowsLength(length=95)",
    unknown_exit: "UnknownRequest(number=0)",
    too_large: "NotZeroSum(token=0, ",
}


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.__name__)
def test_it_is_refused_by_name_and_changes_nothing(rig: Rig, case: Case) -> None:
    batch, signed = case(rig)
    before = rig.settlement.head(), rig.settlement.statement()
    with pytest.raises(ChainReverted) as refused:
        rig.settle(batch, signed)
    assert str(refused.value).startswith(REFUSALS[case])
    assert (rig.settlement.head(), rig.settlement.statement()) == before


def test_the_honest_batch_is_accepted(rig: Rig) -> None:
    batch, signed = honest(rig)
    rig.settle(batch, signed)
    assert rig.settlement.statement().balances == {(1, 0): 5, (2, 0): 900, (2, 1): 3, (3, 0): 400, (3, 1): 9}
    assert rig.settlement.head()[:3] == (1, 1, batch.header.block)


def test_a_balance_wider_than_its_slot_is_refused_and_not_cut(chain_rig: Rig) -> None:
    settlement = chain_rig.settlement
    chain, me, (cash, _) = settlement.chain, settlement.operator, settlement.tokens
    room = 2**128 - 1 - 300
    chain.transact(me, cash, "mint", "0x" + me.address.hex(), room)
    chain.transact(me, cash, "approve", settlement.contract.written, room)
    chain.transact(me, settlement.contract, "deposit", BOB, CASH, room)
    batch = chain_rig.batch((ALICE, CASH, -1), (BOB, CASH, 1))
    with pytest.raises(ChainReverted, match=f"BalanceTooLarge.account=3, token=0, held={2**128 - 1}, delta=1"):
        chain_rig.settle(batch)


def test_who_relays_is_of_no_importance(chain_rig: Rig) -> None:
    chain, stranger = chain_rig.settlement.chain, wallet("stranger")
    chain.fund(stranger)
    batch = chain_rig.sale()
    chain.transact(
        stranger,
        chain_rig.settlement.contract,
        "settle",
        batch.header,
        batch.rows,
        batch.exits,
        chain_rig.certified(batch),
    )
    assert chain_rig.settlement.head().height == 1


def test_a_pause_stops_settlement_and_a_certificate_is_good_again_after_it(chain_rig: Rig) -> None:
    settlement = chain_rig.settlement
    guardian: Wallet = settlement.guardian
    settlement.chain.fund(guardian)
    settlement.chain.transact(guardian, settlement.contract, "pause")
    with pytest.raises(ChainReverted, match="SettlementPaused"):
        chain_rig.settle(chain_rig.sale())
    settlement.chain.travel(24 * 3600)
    chain_rig.settle(chain_rig.sale())
