"""An atomic swap over two chains: claimed on both or refunded on both, whatever one side does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from market_sim import CallContract, Options, simulate
from market_sim.blockchain.amm import Amm
from market_sim.blockchain.htlc import Htlc
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import CallsOrdered
from market_sim.core.models.settlement_events import (
    CallExecuted,
    CallSubmitted,
    ChainOpened,
    ContractDeployed,
    ContractReconciled,
    SettlementOpened,
    WalletFunded,
)
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.agents.view import InstrumentView, View
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.atomic_swap import MONEY_DAY, PAIRS, SHARE_DAY, AtomicSwap, Outcome
from market_sim.strategies.traditional.swap_sides import SwapBuyer, SwapSeller, SwapTerms, digest_of
from tests.integration.test_chain_as_a_place import told


def run(scenario: AtomicSwap | None = None, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario or AtomicSwap(), Options(**chosen)).journal


def test_one_pair_swaps_and_the_other_gets_back_what_it_locked() -> None:
    journal = run()
    assert AtomicSwap().holds(journal)
    calls = [(call.account, call.function, call.contract) for call in journal.of(CallExecuted)]
    assert {call.succeeded for call in journal.of(CallExecuted)} == {True}
    assert [call for call in calls if call[0] in ("ann", "bob")] == [
        ("ann", "lock", "usd-lock"),
        ("bob", "lock", "acme-lock"),
        ("ann", "claim", "acme-lock"),
        ("bob", "claim", "usd-lock"),
    ]
    assert [call for call in calls if call[0] in ("carol", "dave")] == [
        ("carol", "lock", "usd-lock"),
        ("dave", "lock", "beta-lock"),
        ("dave", "refund", "beta-lock"),
        ("carol", "refund", "usd-lock"),
    ]


def test_the_conclusion_is_what_the_journal_adds_up_to() -> None:
    journal, scenario = run(), AtomicSwap()
    said = scenario.conclusion(journal)
    for pair, ended in zip(PAIRS, ("claimed", "refunded"), strict=True):
        found = scenario.outcome(journal, *pair)
        assert found.is_whole and found.money == ended
        assert f"1,000.00 of {pair[1]} and 10 {pair[0]} of {pair[2]} were both {ended}" in said
        assert f"the choice was worth {found.premium / 100:.2f} when it began" in said
    assert "volatility 10.0%" in said, "20 basis points in each of 2,520 steps a year"


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    ours, theirs = run(), run(settlement="eth-tester")
    assert told(ours) == told(theirs)
    [opened], [settled] = theirs.of(ChainOpened), theirs.of(SettlementOpened)
    assert (opened.chain, opened.chain_id, settled.chain_id) == ("away", 31338, 31337)
    assert len(opened.token_contracts) == len(settled.tokens)


def test_what_is_on_the_other_chain_is_done_at_once_and_in_no_block() -> None:
    journal = run()
    away = {event.contract for event in journal.of(ContractDeployed) if event.chain == "away"}
    assert away == {"acme-lock", "beta-lock"}
    submitted = {call.call: call for call in journal.of(CallSubmitted)}
    in_blocks = {call for event in journal.of(CallsOrdered) for call in event.calls}
    assert in_blocks == {number for number, call in submitted.items() if call.contract not in away}
    for call in journal.of(CallExecuted):
        assert (submitted[call.call].time == call.time) == (call.contract in away)
    assert {event.chain for event in journal.of(WalletFunded) if event.asset != "USD"} == {"away"}


def test_every_lock_holds_at_each_moment_what_was_locked_and_has_not_left() -> None:
    held = {"usd-lock": 0, "acme-lock": 0, "beta-lock": 0}
    compared = dict.fromkeys(held, 0)
    for event in run():
        if isinstance(event, CallExecuted):
            held[event.contract] += int(event.numbers["amount"]) * (1 if event.function == "lock" else -1)
        elif isinstance(event, ContractReconciled):
            assert event.numbers["held"] == held[event.contract]
            compared[event.contract] += 1
    assert not any(held.values()) and all(compared.values())


@pytest.mark.parametrize("rise", [0.0, 10.0])
@pytest.mark.parametrize("without", ["", "bob", "ann", "ann,dave"])
def test_whichever_side_is_missing_nobody_loses_both(rise: float, without: str) -> None:
    scenario = AtomicSwap(rise_percent=rise)
    journal = run(scenario, epochs=14, without=without)
    for pair in PAIRS:
        found = scenario.outcome(journal, *pair)
        assert found.is_whole or {found.money, found.shares} <= {"refunded", "never locked"}
        assert "open" not in (found.money, found.shares)


def test_a_run_that_ends_early_says_what_is_still_locked() -> None:
    open_ = "were both still locked when the run ended."
    assert AtomicSwap().conclusion(run(epochs=3)) == (
        f"1,000.00 of ann and 10 ACME of bob {open_} 1,000.00 of carol and 10 BETA of dave {open_}"
    )
    said = AtomicSwap().conclusion(run(epochs=4))
    cut = "had not both ended when the run did: the money was still locked, the shares were claimed; ACME stood"
    assert f"10 ACME of bob {cut}" in said and "apart" not in said
    assert "no chain" in AtomicSwap().conclusion(run(settlement="none"))
    assert Outcome("never locked", "never locked", 0.0).told == "were never locked"
    assert Outcome("open", "never locked", 0.0).told.endswith("the money was still locked, the shares were not locked")
    assert Outcome("refunded", "claimed", 0.0).told == "ended apart: the money was refunded, the shares were claimed"


TERMS = SwapTerms("ann", "bob", "ACME", 10, 100_000, "usd-lock", "acme-lock", MONEY_DAY, SHARE_DAY)


def paid(amount: int = TERMS.money, day: int = MONEY_DAY, account: str = "ann") -> CallExecuted:
    numbers: dict[str, int | str] = {"swap": 0, "amount": amount, "digest": digest_of("11" * 32), "deadline": day}
    return CallExecuted(0, 1, account, "usd-lock", "lock", True, "", numbers, "", 0)


@pytest.mark.parametrize(
    ("lock", "answers"),
    [
        (paid(), True),
        (paid(day=SHARE_DAY + 2), True),
        (paid(day=SHARE_DAY + 1), False),
        (paid(day=SHARE_DAY), False),
        (paid(amount=TERMS.money - 1), False),
        (paid(account="carol"), False),
    ],
    ids=["as agreed", "just enough time", "too little time", "equal deadlines", "too little money", "somebody else"],
)
def test_a_seller_locks_only_for_money_that_stays_longer(lock: CallExecuted, answers: bool) -> None:
    """With equal deadlines the buyer could claim in the last moment, and the seller would come too late."""
    asked = list(SwapSeller(TERMS, seen=([lock],)).decide(View({})))
    expected = CallContract("acme-lock", "lock", ("ann", 10, lock.numbers["digest"], SHARE_DAY))
    assert asked == ([expected] if answers else [])


@pytest.mark.parametrize(("last", "claims"), [(10_000, True), (9_999, False), (None, False)])
def test_a_buyer_uses_the_option_when_it_is_worth_it(last: int | None, claims: bool) -> None:
    seen: list[CallExecuted] = []
    buyer = SwapBuyer(TERMS, 4.5, (seen,))
    market = {"ACME": InstrumentView("ACME", prices=[last] if last else [])}
    [lock] = buyer.decide(View(market, time=0))
    numbers: dict[str, int | str] = {"swap": 3, "amount": 10, "digest": lock.arguments[2], "deadline": SHARE_DAY}
    seen.append(CallExecuted(0, 2, "bob", "acme-lock", "lock", True, "", numbers, "", 0))
    assert list(buyer.decide(View(market, time=4 * TRADING_DAY_NS))) == []
    decided = list(buyer.decide(View(market, time=int(4.5 * TRADING_DAY_NS))))
    assert decided == ([CallContract("acme-lock", "claim", (3, buyer.secret))] if claims else [])


def test_a_buyer_that_is_offered_less_does_not_show_the_secret() -> None:
    seen: list[CallExecuted] = []
    buyer = SwapBuyer(TERMS, 0.0, (seen,))
    market = {"ACME": InstrumentView("ACME", prices=[20_000])}
    [lock] = buyer.decide(View(market))
    numbers: dict[str, int | str] = {"swap": 0, "amount": 9, "digest": lock.arguments[2], "deadline": SHARE_DAY}
    seen.append(CallExecuted(0, 2, "bob", "acme-lock", "lock", True, "", numbers, "", 0))
    assert list(buyer.decide(View(market))) == []


@dataclass(frozen=True)
class SameName(AtomicSwap):
    def build(self, world: World) -> None:
        super().build(world)
        world.chain("memory").beside("away").deploy(Htlc("usd-lock", "ACME"))


@dataclass(frozen=True)
class PoolAway(AtomicSwap):
    def build(self, world: World) -> None:
        super().build(world)
        world.chain("memory").beside("away").deploy(Amm())


def test_contracts_of_two_chains_have_two_names_and_a_chain_has_one() -> None:
    with pytest.raises(InputError, match="two are named 'usd-lock'"):
        run(SameName())
    for settlement in ("memory", "eth-tester"):
        with pytest.raises(InputError, match="counts epochs stands on the chain of the settlement"):
            run(PoolAway(), settlement=settlement)
    plan = World(seed=1).chain("memory")
    assert plan.beside("away") is plan.beside("away")
    with pytest.raises(InputError, match="needs a name"):
        plan.beside("")
