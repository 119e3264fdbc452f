"""The way from final blocks to settled batches, without a chain."""

from __future__ import annotations

import pytest

from market_sim.blockchain.outbox import OutboxRow
from market_sim.blockchain.settlement import Prepared
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.settlement_events import (
    BatchCertified,
    BlockSettled,
    Reconciled,
    ReorgSeen,
    StateReached,
    TradeRefused,
)
from tests.unit.blockchain.rig import Rig
from tests.unit.blockchain.town import Town


def test_a_block_is_settled_once_three_of_four_validators_executed_it() -> None:
    town = Town()
    block = town.block(town.trade(price=100, quantity=3, maker_fee=1, taker_fee=2))
    town.finalize(block, validators=range(2))
    assert town.of(BlockSettled) == []
    town.finalize(block, validators=range(2, 4))
    (settled,) = town.of(BlockSettled)
    assert (settled.first, settled.last, settled.trades, settled.rows) == (1, 1, 1, 5)
    assert town.service.settlement.statement().balances == {(1, 0): 3, (2, 0): 698, (2, 1): 3, (3, 0): 299, (3, 1): 7}


def test_empty_blocks_ride_along_with_the_next_block_that_has_trades() -> None:
    town = Town()
    town.finalize(town.block(), town.block(), town.block(town.trade(100, 1)), town.block())
    town.finalize(town.block(town.trade(100, 1)))
    assert [(event.first, event.last) for event in town.of(BlockSettled)] == [(1, 3), (4, 5)]


def test_ranges_do_not_depend_on_when_a_validator_learns_that_blocks_are_final() -> None:
    town = Town()
    blocks = [town.block(), town.block(town.trade(100, 1)), town.block(), town.block(town.trade(100, 2))]
    town.service.finalized(0, blocks)
    for block in blocks:
        town.service.finalized(1, [block])
    town.service.finalized(2, blocks[:3])
    town.service.finalized(2, blocks[3:])
    assert [(event.first, event.last) for event in town.of(BlockSettled)] == [(1, 2), (3, 4)]


def test_a_trade_that_cannot_be_paid_is_refused_and_the_rest_of_its_block_settles() -> None:
    town = Town()
    dear, cheap = town.trade(price=400, quantity=3), town.trade(price=100, quantity=1)
    town.finalize(town.block(dear, cheap))
    (refused,) = town.of(TradeRefused)
    assert (refused.trade, refused.account, refused.reason) == (1, "alice", "SETTLEMENT_SHORT")
    assert refused.numbers == {"trade": 1, "asset": "USD", "held": 1_000, "needed": 1_200}
    (settled,) = town.of(BlockSettled)
    assert (settled.trades, settled.refused) == (1, 1)
    assert town.service.settlement.statement().balances[2, 0] == 900


def test_every_batch_is_reconciled_with_the_journal() -> None:
    town = Town()
    town.finalize(town.block(town.trade(100, 1)), town.block(town.trade(100, 1)))
    found = town.of(Reconciled)
    assert [event.last for event in found] == [0, 1, 2]
    assert found[-1].totals == (1_000, 10) and found[-1].surplus == (0, 0)
    assert town.service.summary().reconciled


def test_a_balance_that_differs_from_the_journal_stops_the_run() -> None:
    town = Town()
    town.service.settlement._balances[2, 0] += 1
    with pytest.raises(InvariantBroken, match="alice holds 1001 USD on the chain and 1000 in the journal"):
        town.service.reconcile()


def test_shared_execution_gives_the_same_journal_as_executing_by_everyone() -> None:
    towns = [Town(independent=independent) for independent in (False, True)]
    for town in towns:
        town.finalize(town.block(town.trade(100, 3, 1, 2), town.trade(900, 9)), town.block(town.trade(5, 1)))
    shared, told = list(towns[0].journal), list(towns[1].journal)
    assert shared == [event for event in told if not isinstance(event, StateReached)]
    assert len(told) - len(shared) == 2 * 4


def test_the_certificate_names_a_quorum_and_the_range() -> None:
    town = Town(validators=7)
    block = town.block(town.trade(100, 1))
    for validator in (6, 1, 4, 0, 3, 2):
        town.service.finalized(validator, [block])
    (certified,) = town.of(BatchCertified)
    assert certified.signers == (0, 1, 3, 4, 6)
    assert certified.block == block.hash.hex()


def test_a_reorganisation_is_told_with_the_latest_transaction_of_its_batch() -> None:
    town, batch = Town(), Rig().sale()
    sent = tuple(Prepared(7, b"", name) for name in ("first", "second", "third"))
    town.service._reorganised(OutboxRow(batch, b"", prepared=sent), depth=2)
    [seen] = town.of(ReorgSeen)
    assert (seen.first, seen.last, seen.transaction, seen.depth) == (1, 1, "third", 2)
