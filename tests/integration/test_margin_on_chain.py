"""Margin accounts beside a guarded pool in a whole run: the halt gives time to answer, and without it there is none."""

from __future__ import annotations

from typing import Any

import pytest

from market_sim import Options, simulate
from market_sim.core.data.journal import Journal
from market_sim.core.models.settlement_events import CallExecuted
from market_sim.simulation.scenarios.margin_on_chain import SHARES, MarginOnChain
from tests.integration.test_chain_as_a_place import told
from tests.integration.test_option_on_chain import calls


def run(scenario: MarginOnChain | None = None, **options: Any) -> Journal:
    chosen = {"epochs": 18, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario or MarginOnChain(), Options(**chosen)).journal


def test_a_halt_gives_time_to_answer_and_only_the_account_that_does_not_is_sold() -> None:
    journal, scenario = run(), MarginOnChain()
    assert scenario.holds(journal)
    refused = [call for call in journal.of(CallExecuted) if call.reason == "TradingHalted"]
    assert {(call.account, call.function) for call in refused} == {("seller", "sell"), ("broker", "liquidate")}
    [fall] = calls(journal, "sell")
    [sold] = calls(journal, "liquidate")
    [first, second] = [call for call in calls(journal, "deposit") if call.account == "ann"]
    assert fall.time < second.time < sold.time and first.time < fall.time
    bought = {call.account: call for call in calls(journal, "buy")}
    assert sold.numbers["owner"] == bought["ben"].numbers["owner"]
    assert int(sold.numbers["shares"]) == SHARES // 2 and sold.numbers["lost"] == 0
    assert sum(int(call.numbers["shares"]) for call in bought.values()) == 2 * SHARES
    said = scenario.conclusion(journal)
    reached = int(fall.numbers["reached"]) // 10**6 / 100
    assert said.startswith(
        f"On margin ann and ben bought 20 shares each. A sale moved the pool to {reached:.2f} and halted it; "
        f"{len(refused)} calls were refused in the halt. In time ann answered her margin call, "
        f"the broker sold 10 shares of ben, and lost 0.00; "
    )
    assert said.endswith("are worth 1,784.63.")


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    ours, theirs = run(), run(settlement="eth-tester")
    assert told(ours) == told(theirs)


@pytest.mark.thorough
def test_without_a_halt_the_whole_sale_happens_and_both_are_sold_out() -> None:
    scenario = MarginOnChain(move_percent=100)
    journal = run(scenario)
    assert not scenario.holds(journal)
    assert len(calls(journal, "sell")) == 3
    assert "the broker sold 19 shares of ann, 19 shares of ben" in scenario.conclusion(journal)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"without": "seller"},
            "20 shares each. No more money came from ann, the broker sold nothing, and lost 0.00; ",
        ),
        ({"epochs": 3}, "on margin yet. The run had 3 of the 18 epochs that this takes: --epochs 18 shows the rest."),
        ({"epochs": 12}, "The run had 12 of the 18 epochs that this takes: --epochs 18 shows the rest."),
        ({"settlement": "none"}, "This run settles on no chain, so there were no margin accounts."),
    ],
    ids=["no crash", "too short", "cut in the halt", "no chain"],
)
def test_a_run_that_ends_otherwise_says_so(options: dict[str, Any], said: str) -> None:
    journal = run(**options)
    assert said in (told := MarginOnChain().conclusion(journal))
    assert ("--epochs 18" in told) == ("epochs" in options)
    assert not MarginOnChain().holds(journal)
