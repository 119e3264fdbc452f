"""Deposits and withdrawals as entries: taken by the vault, counted by validators, carried out by a batch, claimed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from market_sim.blockchain.ethereum.settlement import EthereumSettlement
from market_sim.blockchain.in_memory import InMemorySettlement
from market_sim.core.data.fold import Fold
from market_sim.core.errors import InvariantBroken, RuleViolation
from market_sim.core.models.market_events import Deposited, Entry
from market_sim.core.models.settlement_events import (
    BlockSettled,
    DepositTaken,
    TradeRefused,
    WithdrawalClaimed,
    WithdrawalRequested,
)
from tests.unit.blockchain.rig import Rig
from tests.unit.blockchain.town import Town

ALICE, BOB = (2, 0), (3, 1)


@pytest.fixture(params=["in memory", "eth-tester"])
def town(request: pytest.FixtureRequest) -> Town:
    """The town on either settlement."""
    if request.param == "in memory":
        return Town()
    rig: Rig = request.getfixturevalue("chain_rig")
    return Town(settlement=EthereumSettlement(rig.settlement.chain, Town.randomness))


def money(town: Town, who: tuple[int, int]) -> int:
    return town.service.settlement.statement().balances.get(who, 0)


def test_the_vault_holds_a_deposit_before_validators_count_it(town: Town) -> None:
    deposit = town.deposit("alice", "USD", 500)
    assert money(town, ALICE) == 1_500
    assert [one.state.balances[ALICE] for one in town.service.replicas.copies] == [1_000] * 4
    town.service.reconcile()
    town.finalize(town.block(deposit))
    assert money(town, ALICE) == 1_500
    assert [one.state.balances[ALICE] for one in town.service.replicas.copies] == [1_500] * 4
    (taken,), (settled,) = town.of(DepositTaken), town.of(BlockSettled)
    assert (taken.trade, taken.account, taken.amount, taken.from_wallet) == (1, "alice", 500, False)
    assert (settled.trades, settled.rows) == (1, 0)


def test_deposits_have_dense_numbers_after_those_of_the_opening(town: Town) -> None:
    town.deposit("alice", "USD", 500)
    town.deposit("bob", "ACME", 1)
    assert [taken.number for taken in town.of(DepositTaken)] == [3, 4]


def test_money_that_came_in_can_be_spent_in_the_block_that_counts_it(town: Town) -> None:
    town.finalize(town.block(town.deposit("alice", "USD", 500), town.deal(150, 10, "alice", "bob")))
    assert not town.of(TradeRefused)
    assert town.service.settlement.statement().balances == {(2, 1): 10, (3, 0): 1_500}


def test_a_withdrawal_is_requested_then_carried_out_by_its_batch_then_claimed(town: Town) -> None:
    withdrawal = town.withdraw("alice", "USD", 400)
    (asked,) = town.of(WithdrawalRequested)
    assert (asked.trade, asked.account, asked.asset, asked.amount, asked.number) == (1, "alice", "USD", 400, 0)
    assert money(town, ALICE) == 1_000, "a request moves nothing"
    with pytest.raises(RuleViolation) as early:
        town.service.vault.claim("alice", "USD")
    assert (early.value.reason, early.value.numbers) == ("NOTHING_TO_CLAIM", {"asset": "USD", "waiting": 400})
    town.finalize(town.block(withdrawal))
    assert (money(town, ALICE), town.service.settlement.claimable(2, 0)) == (600, 400)
    town.service.vault.claim("alice", "USD")
    (paid,) = town.of(WithdrawalClaimed)
    assert (paid.account, paid.asset, paid.amount) == ("alice", "USD", 400)
    assert (town.service.settlement.claimable(2, 0), town.service.settlement.in_wallet(town.owner("alice"), 0)) == (
        0,
        400,
    )
    town.service.reconcile()
    with pytest.raises(RuleViolation, match="NOTHING_TO_CLAIM"):
        town.service.vault.claim("alice", "USD")


def test_what_a_wallet_holds_can_be_deposited_again_and_no_more(town: Town) -> None:
    town.finalize(town.block(town.withdraw("alice", "USD", 400)))
    town.service.vault.claim("alice", "USD")
    with pytest.raises(RuleViolation) as short:
        town.deposit_from_wallet("alice", "USD", 401)
    assert (short.value.reason, short.value.numbers) == (
        "WALLET_TOO_SMALL", {"asset": "USD", "needed": 401, "held": 400}
    )  # fmt: skip
    town.finalize(town.block(town.deposit_from_wallet("alice", "USD", 150)))
    assert (money(town, ALICE), town.service.settlement.in_wallet(town.owner("alice"), 0)) == (750, 250)
    assert [taken.from_wallet for taken in town.of(DepositTaken)] == [True]


def test_a_withdrawal_that_the_ledger_cannot_bear_is_refused_alone_and_its_request_stays_open(town: Town) -> None:
    """The exchange refuses such a thing before; the chain does not rely on it."""
    town.finalize(town.block(town.withdraw("alice", "USD", 1_001), town.withdraw("alice", "USD", 1_000)))
    (refused,) = town.of(TradeRefused)
    assert (refused.trade, refused.account, refused.reason) == (1, "alice", "SETTLEMENT_SHORT")
    assert refused.numbers == {"trade": 1, "asset": "USD", "held": 1_000, "needed": 1_001}
    assert (money(town, ALICE), town.service.settlement.claimable(2, 0)) == (0, 1_000)


def test_validators_count_a_deposit_once_and_only_under_the_number_that_the_vault_gave_it(town: Town) -> None:
    """An exchange that makes a deposit up, or lets one of the vault count for two entries, credits nobody."""
    taken = town.deposit("alice", "USD", 500)
    made_up, same, again = (town.ledger._add(Deposited(1, "alice", "USD", 500, number)) for number in (2, 3, 4))
    number = town.register.deposits[taken.trade]
    town.register.deposits |= {same: number, again: number}
    entries = town.entries
    town.finalize(town.block(taken, entries[made_up], entries[same]))
    town.finalize(town.block(entries[again], town.trade(100, 1)))
    refused = [(one.trade, one.reason, one.numbers["number"]) for one in town.of(TradeRefused)]
    assert refused == [
        (made_up, "SETTLEMENT_NO_DEPOSIT", 0),
        (same, "SETTLEMENT_NO_DEPOSIT", number),
        (again, "SETTLEMENT_NO_DEPOSIT", number),
    ]
    assert money(town, ALICE) == 1_400
    town.service.reconcile()


def test_a_withdrawal_that_was_never_requested_is_no_batch() -> None:
    town = Town()
    withdrawal = town.withdraw("alice", "USD", 400)
    town.register.requests.clear()
    with pytest.raises(InvariantBroken, match="withdrawal 1 is final, but the vault has no request for it"):
        town.finalize(town.block(withdrawal))


@pytest.mark.parametrize("lie", ["deposit", "claimable", "claimed"])
def test_a_chain_that_says_something_else_of_deposits_or_claims_stops_the_run(lie: str) -> None:
    town = Town()
    if lie == "deposit":
        town.deposit("alice", "USD", 500)
        town.service.settlement._balances[ALICE] -= 1
        expected = "alice holds 1499 USD on the chain and 1500 in the journal"
    else:
        town.finalize(town.block(town.withdraw("alice", "USD", 400)))
        more = 1 if lie == "claimable" else -1
        town.service.settlement._claimable[ALICE] += more
        expected = f"are not claimed yet come to .400, 0., and the contract lets .{400 + more}, 0. be claimed"
    with pytest.raises(InvariantBroken, match=expected):
        town.service.reconcile()


NAMES, ASSETS = st.sampled_from(["alice", "bob"]), st.sampled_from(["USD", "ACME"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("deal"), st.integers(1, 300), st.integers(1, 6), st.booleans()),
        st.tuples(st.just("deposit"), NAMES, ASSETS, st.integers(1, 700)),
        st.tuples(st.just("withdraw"), NAMES, ASSETS, st.integers(1, 700)),
        st.tuples(st.just("claim"), NAMES, ASSETS),
        st.tuples(st.just("again"), NAMES, ASSETS, st.integers(1, 300)),
        st.just(("block",)),
    ),
    max_size=30,
)  # fmt: skip


@given(STEPS)
def test_whatever_comes_in_and_goes_out_between_trades_nothing_is_lost_and_the_chain_is_the_fold(
    steps: list[tuple[Any, ...]],
) -> None:
    town, waiting, seen = Town(), [], Counter[str]()
    for step in [*steps, ("block",)]:
        play(town, waiting, step, seen)
        supplied = Counter({"USD": 1_000, "ACME": 10})
        for entry in town.entries.values():
            if isinstance(entry, Deposited) and entry.trade not in town.from_wallets:
                supplied[entry.asset] += entry.amount
        stated, vault = town.service.settlement.statement(), town.service.settlement
        for token, asset in enumerate(("USD", "ACME")):
            outside = sum(vault.in_wallet(town.owner(name), token) for name in ("alice", "bob"))
            inside = sum(amount for (_, each), amount in stated.balances.items() if each == token)
            assert inside + stated.claimable[token] + outside == supplied[asset]
            assert stated.held[token] == inside + stated.claimable[token]
        town.service.reconcile()
    refused = {one.trade for one in town.of(TradeRefused)}
    folded = Fold()
    for one in [*town.opening, *(entry for number, entry in town.entries.items() if number not in refused)]:
        folded.add(one)
    accounts = {"fees": 1, "alice": 2, "bob": 3}
    assert town.service.settlement.statement().balances == {
        (accounts[name], ("USD", "ACME").index(asset)): amount
        for name, assets in folded.balances.items()
        for asset, amount in assets.items()
    }
    for kind, count in seen.items():
        event(f"{kind}: {'some' if count else 'none'}")


def play(town: Town, waiting: list[Entry], step: tuple[Any, ...], seen: Counter[str]) -> None:
    kind, *rest = step
    try:
        if kind == "block":
            town.finalize(town.block(*waiting))
            waiting.clear()
        elif kind == "claim":
            town.service.vault.claim(*rest)
        elif kind == "deal":
            price, quantity, buys = rest
            waiting.append(town.deal(price, quantity, *(("alice", "bob") if buys else ("bob", "alice"))))
        elif kind == "again":
            waiting.append(town.deposit_from_wallet(*rest))
        else:
            waiting.append((town.deposit if kind == "deposit" else town.withdraw)(*rest))
        seen[kind] += 1
    except RuleViolation as refused:
        seen[refused.reason] += 1


def test_the_random_steps_reach_claims_and_second_deposits() -> None:
    """The canary of the test above: one life in which each kind of step has its effect."""
    town, waiting, seen = Town(), [], Counter[str]()
    for step in (
        ("withdraw", "alice", "USD", 400),
        ("claim", "alice", "USD"),
        ("block",),
        ("claim", "alice", "USD"),
        ("again", "alice", "USD", 500),
        ("again", "alice", "USD", 300),
        ("deal", 100, 9, True),
        ("block",),
    ):
        play(town, waiting, step, seen)
    assert seen == Counter(withdraw=1, claim=1, again=1, deal=1, block=2, NOTHING_TO_CLAIM=1, WALLET_TOO_SMALL=1)
    assert isinstance(town.service.settlement, InMemorySettlement)
    assert town.service.settlement.statement().balances == {(2, 1): 9, (3, 0): 900, (3, 1): 1}
