"""Money for one transaction: the gap closes without anybody's money, and a loan that fails is as if it never was."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from market_sim import Options, simulate
from market_sim.analysis.summary import summarize
from market_sim.core.data.journal import Journal
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted, ContractReconciled, WalletFunded
from market_sim.simulation.scenarios.flash_loan import FLASH, FlashLoan
from tests.integration.test_chain_as_a_place import told


@cache
def run(scenario: FlashLoan, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario, Options(**chosen)).journal


def runs(journal: Journal) -> list[CallExecuted]:
    return [call for call in journal.of(CallExecuted) if call.contract == FLASH]


def anonymous(events: list[Any]) -> list[Any]:
    """Without the address of the contract that could not repay, which is another one on each chain."""
    return [
        (*event[:-1], {**event[-1], "owner": ""}) if isinstance(event, tuple) and event[4] == "ShortOfTokens" else event
        for event in events
    ]


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    result = simulate(FlashLoan(), Options(epochs=12, settlement="eth-tester", paranoid=True))
    assert anonymous(told(run(FlashLoan()))) == anonymous(told(result.journal))
    settled = summarize(result).settled
    assert settled is not None and settled.reconciled


def test_the_same_seed_gives_the_same_fingerprint() -> None:
    digests = [simulate(FlashLoan(), Options(epochs=6, settlement="memory")).fingerprint for _ in range(2)]
    assert digests[0] == digests[1]


def test_the_claim_holds_with_flash_loans_and_not_without_them() -> None:
    assert FlashLoan().holds(run(FlashLoan()))
    without = FlashLoan(flash=False, crash_percent=0)
    assert not without.holds(run(without))
    assert not FlashLoan().holds(run(FlashLoan(), settlement="none"))


def test_traders_with_flash_loans_had_nothing_and_some_of_their_loans_were_undone() -> None:
    journal = run(FlashLoan())
    funded = {event.account for event in journal.of(WalletFunded)}
    done = runs(journal)
    assert {call.account for call in done} == {"trader", "reckless"} and not funded & {"trader", "reckless"}
    assert {call.succeeded for call in done} == {True, False}
    assert {call.reason for call in done if not call.succeeded} <= {"PriceMoved", "ShortOfTokens", "GainTooSmall"}
    kept = [event.numbers for event in journal.of(ContractReconciled) if event.contract == FLASH]
    assert kept[-1] == {"ACME": 0, "USD": 0}


def test_every_function_of_the_lender_is_called_in_the_scenario() -> None:
    called = {
        call.function for call in run(FlashLoan()).of(CallExecuted) if call.contract == "lending" and call.succeeded
    }
    assert called == {"supply", "withdraw", "pledge", "release", "borrow", "repay", "liquidate", "accrue"}


def test_the_sentence_is_what_the_journal_adds_up_to() -> None:
    journal, scenario = run(FlashLoan()), FlashLoan()
    good = [call.numbers for call in runs(journal) if call.succeeded]
    gain = sum(int(one["received"]) - int(one["paid"]) - -(-int(one["loan"]) * 9 // 10_000) for one in good)
    said = scenario.conclusion(journal)
    assert said.startswith(f"{len(good)} flash loans of {sum(int(one['loan']) for one in good) / 100:,.2f} in all ")
    assert f"gained {gain / 100:.2f} for traders with empty wallets" in said
    assert "the pools began 4.00 % apart" in said
    [liquidated] = [call.numbers for call in journal.of(CallExecuted) if call.function == "liquidate"]
    assert f"repaid {int(liquidated['amount']) / 100:,.2f} and got {liquidated['collateral']} shares" in said
    assert f"{len(runs(journal)) - len(good)} loans that would not have paid were undone" in said


def test_without_a_crash_nobody_is_liquidated() -> None:
    scenario = FlashLoan(crash_percent=0)
    assert "Nobody was liquidated." in scenario.conclusion(run(scenario))


def test_without_a_chain_there_is_nothing_to_borrow() -> None:
    journal = run(FlashLoan(), settlement="none")
    assert not list(journal.of(CallSubmitted))
    assert FlashLoan().conclusion(journal) == "No liquidity reached the pools, so there was nothing to borrow for."
