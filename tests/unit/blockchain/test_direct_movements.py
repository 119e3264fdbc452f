"""Deposits and requests that reach the vault without the exchange: counted in order, ignored by rule, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.settlement import EthereumSettlement
from market_sim.blockchain.settlement import ChainReverted
from market_sim.blockchain.settlement_service import HEARTBEAT_NS
from market_sim.core.errors import RuleViolation
from market_sim.core.models.market_events import Deposited, Withdrawn
from market_sim.core.models.settlement_events import (
    DepositIgnored,
    DepositTaken,
    HeartbeatGiven,
    RequestRefused,
    TradeRefused,
    WithdrawalClaimed,
    WithdrawalRequested,
)
from tests.unit.blockchain.rig import Rig, wallet
from tests.unit.blockchain.town import Town

USD, ACME = 0, 1
ALICE, BOB = 2, 3
STRANGER = wallet("stranger")


@pytest.fixture(params=["in memory", "eth-tester"])
def town(request: pytest.FixtureRequest) -> Town:
    """The town on either settlement."""
    if request.param == "in memory":
        return Town()
    rig: Rig = request.getfixturevalue("chain_rig")
    return Town(settlement=EthereumSettlement(rig.settlement.chain, Town.randomness))


def strange_deposit(town: Town, account: int, token: int, amount: int) -> None:
    """A stranger pays in for an account; nobody tells the exchange."""
    settlement = town.service.settlement
    settlement.host().give(STRANGER.address, token, amount)
    settlement.deposit_from(STRANGER, account, token, amount)


def asked(town: Town, account: int, amount: int) -> int:
    """The owner requests a withdrawal from the vault alone."""
    owner = Wallet.of(town.randomness, f"account/{account}")
    return town.service.settlement.request(owner, account, USD, amount).number


def balance(town: Town, account: int, token: int = USD) -> int:
    return town.service.settlement.statement().balances.get((account, token), 0)


def test_a_strangers_cent_is_dust_and_stops_nothing() -> None:
    town = Town()
    strange_deposit(town, ALICE, USD, 1)
    town.finalize(town.block(town.trade(100, 3)))
    (ignored,) = town.of(DepositIgnored)
    assert (ignored.account, ignored.asset, ignored.amount, ignored.number, ignored.reason) == (
        "alice", "USD", 1, 3, "DUST"
    )  # fmt: skip
    assert not any(isinstance(entry, Deposited) for entry in town.entries.values())
    assert balance(town, ALICE) == 701, "the chain keeps it, the journal does not count it"
    town.service.reconcile()
    assert len(town.of(DepositIgnored)) == 1


def test_a_strangers_deposit_becomes_an_entry_in_the_order_of_the_vault_and_validators_count_it(town: Town) -> None:
    strange_deposit(town, BOB, USD, 250)
    own = town.deposit("alice", "USD", 40)
    strange_deposit(town, ALICE, ACME, 2)
    town.service.reconcile()
    first, second = (town.announced(number) for number in (2, 3))
    assert [(one.account, one.asset, one.amount) for one in (first, second)] == [
        ("bob", "USD", 250),
        ("alice", "ACME", 2),
    ]
    assert [copy.state.balances.get((BOB, USD), 0) for copy in town.service.replicas.copies] == [0] * 4
    town.finalize(town.block(own, first, second, town.deal(125, 2, "bob", "alice")))
    assert [copy.state.balances[ALICE, USD] for copy in town.service.replicas.copies] == [1_290] * 4
    assert [(one.number, one.from_wallet) for one in town.of(DepositTaken)] == [(4, False), (3, True), (5, True)]
    assert not town.of(TradeRefused) and not town.of(DepositIgnored)
    assert (balance(town, BOB), balance(town, BOB, ACME)) == (0, 12)


def test_a_deposit_of_a_token_that_the_run_does_not_know_is_ignored(chain_rig: Rig) -> None:
    town = Town(settlement=EthereumSettlement(chain_rig.settlement.chain, Town.randomness))
    settlement: Any = town.service.settlement
    chain, me = settlement.chain, settlement.operator
    token = chain.deploy(me, "Token", "ODD", "ODD", 0)
    chain.transact(me, settlement.contract, "listToken", token.written)
    chain.transact(me, token, "mint", "0x" + me.address.hex(), 900)
    chain.transact(me, token, "approve", settlement.contract.written, 900)
    chain.transact(me, settlement.contract, "deposit", ALICE, 2, 900)
    town.finalize(town.block(town.trade(100, 3)))
    assert [(one.asset, one.amount, one.reason) for one in town.of(DepositIgnored)] == [("2", 900, "UNKNOWN_TOKEN")]


def test_a_deposit_from_a_wallet_may_be_compared_before_it_is_announced() -> None:
    """A batch may settle between the deposit and the next announcement of the exchange."""
    town = Town()
    settlement = town.service.settlement
    settlement.host().give(town.owner("alice"), USD, 500)
    town.service.vault.deposit("alice", "USD", 500, town.ledger.deposit)
    town.service.reconcile()
    town.finalize(town.block(town.announced(1)))
    assert balance(town, ALICE) == 1_500
    assert [taken.from_wallet for taken in town.of(DepositTaken)] == [True]


def test_a_request_at_the_vault_alone_becomes_a_withdrawal_and_its_batch_pays_it(town: Town) -> None:
    number = asked(town, ALICE, 400)
    town.service.reconcile()
    entry = town.announced(1)
    assert (type(entry), entry.account, entry.amount) == (Withdrawn, "alice", 400)
    assert [one.number for one in town.of(WithdrawalRequested)] == [number], "it is not requested a second time"
    town.finalize(town.block(entry))
    assert (balance(town, ALICE), town.service.settlement.claimable(ALICE, USD)) == (600, 400)
    town.service.vault.claim("alice", "USD")
    assert town.service.settlement.in_wallet(town.owner("alice"), USD) == 400


def test_an_owner_may_claim_at_the_vault_alone_and_the_exchange_learns_of_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    settlement, owner = town.service.settlement, Wallet.of(town.randomness, f"account/{ALICE}")
    town.finalize(town.block(town.withdraw("alice", "USD", 400), town.withdraw("bob", "ACME", 3)))
    town.finalize(town.block(town.withdraw("alice", "USD", 100)))
    assert settlement.claim(owner, ALICE, USD).amount == 500
    with pytest.raises(RuleViolation, match="NOTHING_TO_CLAIM"):
        town.service.vault.claim("alice", "USD")
    with monkeypatch.context() as unseen:
        unseen.setattr(settlement, "claimable", lambda account, token: 500)
        with pytest.raises(RuleViolation, match="NOTHING_TO_CLAIM"):
            town.service.vault.claim("alice", "USD")
    town.service.reconcile()
    assert [(one.account, one.asset, one.amount) for one in town.of(WithdrawalClaimed)] == [("alice", "USD", 500)]
    town.service.reconcile()
    town.service.vault.claim("bob", "ACME")
    town.finalize(town.block(town.withdraw("alice", "USD", 50)))
    settlement.claim(owner, ALICE, USD)
    town.service.reconcile()
    claims = [(one.account, one.asset, one.amount) for one in town.of(WithdrawalClaimed)]
    assert claims == [("alice", "USD", 500), ("bob", "ACME", 3), ("alice", "USD", 50)]
    with pytest.raises(RuleViolation) as over:
        town.service.vault.claim("alice", "USD")
    assert over.value.numbers["waiting"] == 0


def test_a_request_that_nobody_can_pay_is_refused_by_the_validators(town: Town) -> None:
    number = asked(town, ALICE, 1_001)
    town.service.reconcile()
    (refused,) = town.of(RequestRefused)
    assert (refused.account, refused.asset, refused.amount, refused.held) == ("alice", "USD", 1_001, 1_000)
    assert town.service.settlement.request_at(number).done and not town.entries


def test_a_request_waits_while_orders_reserve_its_money() -> None:
    town = Town()
    number = asked(town, ALICE, 900)
    town.ledger.reserved["alice", "USD"] = 200
    town.service.reconcile()
    assert not town.entries and not town.of(RequestRefused)
    assert not town.service.settlement.request_at(number).done
    town.ledger.reserved.clear()
    town.service.reconcile()
    assert town.announced(1).amount == 900


def test_validators_without_anything_to_settle_give_a_heartbeat_a_day() -> None:
    town = Town()
    clock = [0]
    town.service._now = lambda: clock[0]
    for hours in (1, 23, 30, 53, 55):
        clock[0] = hours * HEARTBEAT_NS // 24
        town.finalize(town.block())
    assert [beat.number for beat in town.of(HeartbeatGiven)] == [0, 1]
    assert town.service.settlement.beats() == 2
    with pytest.raises(ChainReverted, match=r"HeartbeatOutOfOrder.expected=2, found=1"):
        town.service.settlement.heartbeat(1, b"")
