"""Warrants on the chain in a whole run: a company's lie is corrected, and exercise dilutes as lesson 12 computes."""

from __future__ import annotations

from typing import Any

import pytest

from market_sim import Options, simulate
from market_sim.core.data.journal import Journal
from market_sim.core.models.settlement_events import CallExecuted, ContractReconciled
from market_sim.pricing.warrants import WarrantIssue, price_after_exercise
from market_sim.simulation.scenarios.warrant_on_chain import SHARES, STRIKE, WarrantOnChain
from tests.integration.test_chain_as_a_place import told
from tests.integration.test_option_on_chain import calls, last_final_price
from tests.integration.test_prediction_on_chain import until


def run(scenario: WarrantOnChain | None = None, **options: Any) -> Journal:
    chosen = {"epochs": 14, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario or WarrantOnChain(), Options(**chosen)).journal


def test_the_companys_lie_is_corrected_and_the_exercise_dilutes() -> None:
    journal, scenario = run(), WarrantOnChain()
    assert scenario.holds(journal)
    price = last_final_price(journal)
    [lie], [done], [back] = calls(journal, "propose"), calls(journal, "exercise"), calls(journal, "reclaim")
    assert lie.account == "company" and int(lie.numbers["price"]) < STRIKE < price
    diluted = int(price_after_exercise(SHARES * price, STRIKE, WarrantIssue(SHARES, 800)))
    assert (done.account, done.numbers["diluted"]) == ("ann", diluted)
    assert (back.account, back.numbers["shares"]) == ("company", 200)
    last = [event.numbers for event in journal.of(ContractReconciled) if event.contract == "warrant"][-1]
    assert (last["treasury"], last["outstanding"], last["proceeds"]) == (0, SHARES + 800, 800 * STRIKE)
    assert scenario.conclusion(journal) == (
        f"For epoch 3 {int(lie.numbers['price']) / 100:.2f} was proposed as the price of ACME; the validators signed "
        f"{price / 100:.2f}, and the proposer lost its bond. 800 warrants were exercised: the company got 48,000.00, "
        f"the shares outstanding rose from 4,000 to 4,800, and a share at {price / 100:.2f} is computed to be worth "
        f"{diluted / 100:.2f}, so a warrant gained {(diluted - STRIKE) / 100:.2f} and not "
        f"{(price - STRIKE) / 100:.2f}; the company took 200 shares back."
    )
    before = until(journal, CallExecuted, "open")
    assert scenario.conclusion(before).endswith("the proposer lost its bond. No price is final yet.")
    assert not scenario.holds(before)


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    ours, theirs = run(), run(settlement="eth-tester")
    assert told(ours) == told(theirs)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "options", "said"),
    [
        (WarrantOnChain(lie_percent=0), {"epochs": 15}, "was proposed as the price of ACME. 800 warrants were"),
        (WarrantOnChain(), {"epochs": 16, "without": "watcher"}, "the strike of 60.00, so every warrant lapsed."),
        (WarrantOnChain(exercise_epochs=9), {"epochs": 12}, "; the rest can still be exercised."),
        (WarrantOnChain(lie_percent=0, bond=400), {"epochs": 3}, "Nobody proposed a price of ACME for epoch 3, so no"),
        (WarrantOnChain(), {"settlement": "none"}, "This run settles on no chain, so there were no warrants to issue."),
    ],
    ids=["the truth", "nobody watches", "a long window", "too short", "no chain"],
)
def test_a_run_that_ends_otherwise_says_so(scenario: WarrantOnChain, options: dict[str, Any], said: str) -> None:
    assert said in scenario.conclusion(run(scenario, **options))


def test_warrants_that_nobody_exercises_are_told_as_such() -> None:
    before = until(run(), CallExecuted, "exercise")
    assert WarrantOnChain().conclusion(before).endswith("above the strike of 60.00, and nobody exercised any.")
