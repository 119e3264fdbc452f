"""Exactly once, in spite of a crash between any two steps, any answer of the node, a second relayer, or a reorg."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from market_sim.blockchain.certificate import Batch
from market_sim.blockchain.outbox import PATIENCE
from market_sim.blockchain.settlement import ChainReverted, Prepared, Receipt
from market_sim.core.errors import InvariantBroken, SettlementError
from tests.unit.blockchain.office import FAULTS, UNKNOWN, Office, life
from tests.unit.blockchain.rig import Rig

IN_CI = "CI" in os.environ or os.environ.get("HYPOTHESIS_PROFILE") == "ci"
LIVES = 30 if IN_CI else 8


@pytest.fixture
def office(rig: Rig) -> Office:
    return Office(rig)


def test_without_faults_each_batch_takes_one_transaction(office: Office) -> None:
    office.work()
    assert office.check()
    assert len(office.chain.sent) == 3
    assert [row.batch.header.last for row in office.settled] == [1, 2, 3]


@pytest.mark.parametrize("where", ["die_before", "die_after"])
def test_a_crash_at_any_write_is_made_good(where: str) -> None:
    office = Office(Rig())
    office.work()
    for write in range(1, office.store.writes + 1):
        office = Office(Rig())
        setattr(office.store, where, write)
        office.work()
        assert office.check()


@pytest.mark.parametrize(("before", "after", "told"), [(0, -1, [1, 2, 3]), (2, -1, [1, 2, 3]), (-1, 2, [1, 2, 2, 3])])
def test_a_batch_that_was_settled_and_perhaps_not_told_is_told_again(before: int, after: int, told: list[int]) -> None:
    office = Office(Rig())
    office.die_before_telling, office.die_after_telling = before, after
    office.work()
    assert office.check()
    assert [row.batch.header.last for row in office.settled] == told
    assert len(office.chain.sent) == 3, "and nothing is sent again"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("sending", [1, 2, 3])
def test_any_answer_of_the_node_leads_to_one_effect(office: Office, fault: str, sending: int) -> None:
    office.chain.plan[sending] = fault
    office.work()
    assert office.check()


def test_after_a_crash_the_same_bytes_are_sent_again(office: Office) -> None:
    office.chain.plan[1] = "dies before sending"
    office.work()
    assert office.chain.sent[0] == office.chain.sent[1]


def test_a_transaction_that_arrived_unnoticed_is_not_sent_twice(office: Office) -> None:
    office.chain.plan[1] = "arrived all the same"
    office.work()
    assert len(office.chain.sent) == 3


def test_an_underpriced_transaction_keeps_its_nonce_and_its_call(office: Office) -> None:
    office.chain.plan[1] = "underpriced"
    office.work()
    first, second = office.store.rows()[0].prepared
    assert first.nonce == second.nonce and first.raw != second.raw


def test_silence_is_waiting_and_not_failure(office: Office) -> None:
    office.chain.plan = dict.fromkeys(range(1, PATIENCE + 1), "lost")
    office.outbox.add(office.batches[0], office.rig.certified(office.batches[0]))
    office.outbox.advance()
    assert office.outbox.waiting == 1
    office.work()
    assert office.check()


@pytest.mark.parametrize("moment", ["before we prepare", "after we prepare"])
def test_another_relayer_may_be_first(office: Office, moment: str) -> None:
    """Its transaction has the effect; ours reverts or is never sent, and the row is settled without a receipt."""
    batch = office.batches[0]
    if moment == "after we prepare":
        office.chain.plan[1] = "lost"
        office.outbox.add(batch, office.rig.certified(batch))
        office.chain.plan |= dict.fromkeys(range(1, PATIENCE + 2), "lost")
        office.outbox.advance()
    office.rig.settle(batch, office.rig.certified(batch, signers=(1, 2, 3)))
    office.chain.plan = {}
    office.work()
    assert office.settled[0].receipt is None
    assert office.rig.settlement.head().height == 3


def test_a_batch_that_reverts_stops_relaying_with_the_decoded_error(office: Office) -> None:
    batch = office.batches[0]
    office.outbox.add(batch, office.rig.certified(batch, signers=(0, 1)))
    with pytest.raises(ChainReverted, match=r"TooFewSignatures\(found=2, validators=4\)"):
        office.outbox.advance()
    assert office.outbox.waiting == 1
    # Another transaction would have the same fate: only one that ran out of gas is made again.
    assert (len(office.chain.sent), len(office.store.rows()[0].prepared)) == (1, 1)


def test_another_block_at_our_height_stops_relaying(office: Office) -> None:
    other = office.rig.batch(block=bytes([77]) * 32)
    office.rig.settle(other)
    office.chain.plan[1] = "lost"
    office.outbox.add(office.batches[0], office.rig.certified(office.batches[0]))
    with pytest.raises(InvariantBroken, match="block 1 is 4d4d"):
        office.outbox.advance()


def test_a_nonce_that_somebody_else_used_stops_relaying(office: Office) -> None:
    office.chain.send = lambda raw: "nonce too low"  # type: ignore[method-assign]
    office.outbox.add(office.batches[0], office.rig.certified(office.batches[0]))
    with pytest.raises(SettlementError, match="not ours"):
        office.outbox.advance()


def test_batches_enter_in_order(office: Office) -> None:
    with pytest.raises(InvariantBroken, match="does not follow"):
        office.outbox.add(office.batches[1], b"")
    office.outbox.add(office.batches[0], b"")
    with pytest.raises(InvariantBroken, match="does not follow"):
        office.outbox.add(office.batches[2], b"")


def test_settled_means_confirmed(chain_rig: Rig) -> None:
    chain_rig.settlement.confirmations = 2
    office = Office(chain_rig, batches=1)
    office.outbox.add(office.batches[0], chain_rig.certified(office.batches[0]))
    for blocks in (0, 1):
        office.outbox.advance()
        assert office.settled == [], f"{blocks} confirmations are too few"
        chain_rig.settlement.confirm()
    office.outbox.advance()
    assert len(office.settled) == 1


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("crashed", [False, True])
def test_after_a_reorg_the_same_bytes_are_sent_again(chain_rig: Rig, depth: int, crashed: bool) -> None:
    """The chain forgets the block with our transaction and `depth - 1` blocks on top of it."""
    chain_rig.settlement.confirmations = 6
    office = Office(chain_rig, batches=2)
    mark = chain_rig.settlement.chain.snapshot()
    for batch in office.batches:
        office.outbox.add(batch, chain_rig.certified(batch))
    office.outbox.advance()
    for _ in range(depth - 1):
        chain_rig.settlement.confirm()
    office.outbox.advance()
    chain_rig.settlement.chain.revert(mark)
    if crashed:
        office.restart()
    office.work()
    assert office.check()
    assert office.reorgs >= 1
    assert set(office.chain.sent[:2]) == set(office.chain.sent)


@pytest.mark.parametrize("crashed", [False, True])
def test_the_relay_waits_for_the_end_of_a_pause_and_goes_on(chain_rig: Rig, crashed: bool) -> None:
    inner = chain_rig.settlement
    office = Office(chain_rig, batches=3)
    for batch in office.batches[:2]:
        office.outbox.add(batch, chain_rig.certified(batch))
    inner.chain.fund(inner.guardian)
    inner.chain.transact(inner.guardian, inner.contract, "pause")
    for _ in range(3):
        office.outbox.advance()
        if crashed:
            office.restart()
    assert inner.is_paused() and office.outbox.waiting == 2
    assert [row.status for row in office.store.rows()] == ["paused", "ready"]
    assert len(office.chain.sent) == 1, "one transaction met the pause, and no second one is spent on it"
    inner.chain.transact(inner.guardian, inner.contract, "resume")
    office.work()
    office.batches = office.batches[:3]
    assert [row.batch.header.last for row in office.settled] == [1, 2, 3]
    assert [row.receipt.succeeded for row in office.settled if row.receipt] == [True] * 3
    assert [len(row.prepared) for row in office.store.rows()] == [2, 1, 1]
    assert set(office.delays) == {"SettlementPaused"}
    assert crashed or len(office.delays) == 1, "a failed transaction is told once, and again only after a crash"


def test_on_a_chain_of_our_own_a_pause_is_waited_out_at_the_end_of_a_run(chain_rig: Rig) -> None:
    inner = chain_rig.settlement
    office = Office(chain_rig, batches=1)
    inner.chain.fund(inner.guardian)
    inner.chain.transact(inner.guardian, inner.contract, "pause")
    office.work()
    assert not inner.is_paused() and inner.head().height == 1


@pytest.mark.thorough
def test_random_faults_crashes_and_reorgs_lead_to_one_effect_each(chain_rig: Rig) -> None:
    """Eight seeded lives of an outbox, thirty in CI; the counters say that each kind of fault really happened.

    `python -m tests.integration.settlement_faults` plays more of them, on a node as well.
    """
    seen: Counter[str] = Counter()
    for seed in range(LIVES):
        life(chain_rig, seed, seen)
    for fault in (*FAULTS, "crash", "reorg"):
        assert seen[fault] >= LIVES // 6, f"too few of {fault}: {seen}"
    assert sum(seen[fault] for fault in UNKNOWN) >= LIVES * 2 // 3 and seen["reorg"] >= LIVES // 2, seen


@pytest.mark.parametrize("seed", [93, 101])
def test_a_row_is_not_sent_before_the_one_in_front_is_found_again_after_a_crash_and_a_reorg(
    chain_rig: Rig, seed: int
) -> None:
    """Two lives of the campaign in which a third batch was sent while the second one was in no block any more."""
    seen: Counter[str] = Counter()
    life(chain_rig, seed, seen)
    assert (seen["life"], seen["reorg"]) == (1, 1)


def test_a_reorg_deeper_than_the_confirmations_stops_relaying_with_both_hashes(chain_rig: Rig) -> None:
    chain_rig.settlement.confirmations = 1
    office = Office(chain_rig, batches=2)
    mark = chain_rig.settlement.chain.snapshot()
    for batch in office.batches:
        office.outbox.add(batch, chain_rig.certified(batch))
    office.outbox.advance()
    office.outbox.advance()
    assert [row.status for row in office.store.rows()] == ["settled", "mined"]
    chain_rig.settlement.chain.revert(mark)
    with pytest.raises(InvariantBroken, match=f"{'01' * 32}.* at {'07' * 32}"):
        office.outbox.advance()


def test_a_transaction_without_enough_gas_is_made_again_with_more(chain_rig: Rig) -> None:
    office = Office(chain_rig, batches=1)
    inner = chain_rig.settlement

    def stingy(batch: Batch, certificate: bytes, nonce: int, attempt: int) -> Prepared:
        from market_sim.blockchain.ethereum.transactions import signed

        data = inner.contract.artifact.functions["settle"].call(batch.header, batch.rows, batch.exits, certificate)
        gas = 60_000 << attempt
        made = signed(inner.relayer, inner.chain.chain_id, nonce, inner.contract.address, data, gas, attempt)
        return Prepared(nonce, made.raw, made.hash)

    office.chain.prepare = stingy  # type: ignore[attr-defined]
    office.outbox.add(office.batches[0], chain_rig.certified(office.batches[0]))
    office.outbox.advance()
    row = office.store.rows()[0]
    assert row.status == "settled" and len(row.prepared) > 1
    receipts = [inner.receipt(prepared.transaction) for prepared in row.prepared]
    assert [receipt.succeeded for receipt in receipts if isinstance(receipt, Receipt)] == [False] * (
        len(receipts) - 1
    ) + [True]


def test_a_batch_that_no_amount_of_gas_carries_stops_relaying_after_as_many_tries_as_patience_allows(
    office: Office,
) -> None:
    def out_of_gas(transaction: str) -> Receipt | None:
        made = [one for row in office.store.rows() for one in row.prepared]
        sent = [one for one in made if one.transaction == transaction and one.raw in office.chain.sent]
        return Receipt(transaction, False, 60_000, 1, out_of_gas=True) if sent else None

    office.chain.send = lambda raw: office.chain.sent.append(raw) or "sent"  # type: ignore[method-assign,assignment]
    office.chain.receipt = out_of_gas  # type: ignore[attr-defined]
    office.outbox.add(office.batches[0], office.rig.certified(office.batches[0]))
    with pytest.raises(ChainReverted, match="OutOfGas"):
        office.outbox.advance()
    assert len(office.store.rows()[0].prepared) == PATIENCE
