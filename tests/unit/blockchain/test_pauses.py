"""A pause by the guardian: batches and deposits wait for its end, wallets keep what the vault does not take."""

from __future__ import annotations

from typing import Any

import pytest

from market_sim.blockchain.ethereum.settlement import EthereumSettlement
from market_sim.core.errors import RuleViolation
from market_sim.core.models.market_events import Deposited
from market_sim.core.models.reasons import explain
from market_sim.core.models.settlement_events import (
    BatchDelayed,
    BlockSettled,
    DepositTaken,
    Reconciled,
    SettlementReverted,
)
from tests.unit.blockchain.rig import Rig
from tests.unit.blockchain.town import Town

ALICE = (2, 0)
DAY = 24 * 3600


@pytest.fixture
def town(chain_rig: Rig) -> Town:
    return Town(settlement=EthereumSettlement(chain_rig.settlement.chain, Town.randomness))


def guardian(town: Town, function: str) -> None:
    settlement: Any = town.service.settlement
    settlement.chain.fund(settlement.guardian)
    settlement.chain.transact(settlement.guardian, settlement.contract, function)


def with_a_wallet(town: Town) -> None:
    """Alice takes 4.00 of her 10.00 dollars out."""
    town.finalize(town.block(town.withdraw("alice", "USD", 400)))
    town.service.vault.claim("alice", "USD")


def holdings(town: Town) -> tuple[int, int, int]:
    """Alice's balance on the chain and in her wallet, and the number of entries."""
    settlement = town.service.settlement
    return settlement.statement().balances[ALICE], settlement.in_wallet(town.owner("alice"), 0), len(town.entries)


def refused(town: Town) -> None:
    before = holdings(town)
    with pytest.raises(RuleViolation) as closed:
        town.deposit_from_wallet("alice", "USD", 150)
    assert (closed.value.reason, closed.value.numbers) == ("VAULT_CLOSED", {"asset": "USD", "needed": 150})
    assert holdings(town) == before == (600, 400, 1), "nothing moved, and nothing was credited"
    town.service.reconcile()


def test_blocks_that_became_final_during_a_pause_are_settled_once_it_is_over(town: Town) -> None:
    guardian(town, "pause")
    town.finalize(town.block(town.trade(100, 1)), town.block(town.trade(100, 1)))
    assert town.of(BlockSettled) == town.of(SettlementReverted) == []
    (delayed,) = town.of(BatchDelayed)
    assert (delayed.first, delayed.last, delayed.error) == (1, 1, "SettlementPaused")
    receipt = town.service.settlement.receipt(delayed.transaction)
    assert receipt is not None and not receipt.succeeded and receipt.gas == delayed.gas > 21_000
    waiting = Deposited(1, "bob", "USD", 50, 9)
    assert not town.service.vault.prepare(waiting), "a deposit waits for the end of the pause, too"
    guardian(town, "resume")
    assert town.service.vault.prepare(waiting)
    town.finalize(town.block(town.trade(100, 1)))
    assert [event.last for event in town.of(BlockSettled)] == [1, 2, 3]
    assert [event.last for event in town.of(Reconciled)] == [0, 1, 2, 3]


def test_a_wallet_keeps_what_it_would_deposit_during_a_pause_and_can_deposit_it_afterwards(town: Town) -> None:
    with_a_wallet(town)
    guardian(town, "pause")
    refused(town)
    guardian(town, "resume")
    town.finalize(town.block(town.deposit_from_wallet("alice", "USD", 150)))
    assert holdings(town) == (750, 250, 2)
    assert [taken.from_wallet for taken in town.of(DepositTaken)] == [True]


@pytest.mark.parametrize("who", ["owner", "operator"])
def test_a_pause_that_begins_while_a_deposit_is_under_way_is_met_as_one_that_began_before(
    town: Town, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_wallet(town)
    guardian(town, "pause")
    with monkeypatch.context() as unseen:
        unseen.setattr(town.service.settlement, "is_paused", lambda: False)
        if who == "owner":
            refused(town)
        else:
            assert not town.service.vault.prepare(Deposited(1, "bob", "USD", 50, 9)), "it waits"
    assert town.of(DepositTaken) == []
    town.service.reconcile()


def test_a_deposit_that_the_vault_took_before_the_pause_is_counted_by_a_block_all_the_same(town: Town) -> None:
    with_a_wallet(town)
    deposit = town.deposit_from_wallet("alice", "USD", 150)
    guardian(town, "pause")
    town.finalize(town.block(deposit))
    assert [event.last for event in town.of(BlockSettled)] == [1]
    guardian(town, "resume")
    town.finalize(town.block(town.trade(100, 1)))
    assert [event.last for event in town.of(BlockSettled)] == [1, 2, 3]
    assert holdings(town) == (650, 250, 3)


def test_after_the_escape_a_wallet_keeps_its_tokens_too(town: Town) -> None:
    with_a_wallet(town)
    settlement: Any = town.service.settlement
    silence = 2**256 - 1
    for function, seconds in (("planEscape", 8 * DAY), ("escape", 3 * DAY)):
        settlement.chain.travel(seconds)
        settlement.chain.transact(settlement.operator, settlement.contract, function, silence)
    refused(town)


def test_the_refusal_says_where_the_tokens_are() -> None:
    said = explain("VAULT_CLOSED", {"asset": "USD", "needed": 150})
    assert "150 USD stay in the wallet; a pause ends by itself, and the deposit can be made after it" in said
