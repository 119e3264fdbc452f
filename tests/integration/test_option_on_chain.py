"""Options on the chain in a whole run: one pays, one lapses, and a lie about the price costs its bond."""

from __future__ import annotations

from typing import Any

import pytest

from market_sim import CallContract, Options, simulate
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import Trade
from market_sim.core.models.settlement_events import BlockSettled, CallExecuted, ContractReconciled
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.agents.reports import CallDone
from market_sim.market.agents.view import View
from market_sim.simulation.scenarios.option_on_chain import CALL_CAP, EXPIRY, HOLDERS, STRIKE, OptionOnChain
from market_sim.strategies.traditional.option_sides import PriceWatcher
from tests.integration.test_chain_as_a_place import told


def run(scenario: OptionOnChain | None = None, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario or OptionOnChain(), Options(**chosen)).journal


def calls(journal: Journal, *names: str) -> list[CallExecuted]:
    return [call for call in journal.of(CallExecuted) if call.succeeded and call.function in names]


def last_final_price(journal: Journal) -> int:
    """The price of the last trade of the blocks up to the expiry, counted along the journal."""
    settled = sum(block.trades for block in journal.of(BlockSettled) if block.epoch <= EXPIRY)
    return [trade.price for trade in journal.of(Trade) if trade.trade <= settled][-1]


def test_the_lie_is_disputed_and_the_true_price_exercises_one_series_and_lets_the_other_lapse() -> None:
    journal = run()
    assert OptionOnChain().holds(journal)
    price = last_final_price(journal)
    [lie], [decided] = calls(journal, "propose"), calls(journal, "decide")
    assert lie.account == "bob" and int(lie.numbers["price"]) < price == decided.numbers["price"]
    payoff = price - STRIKE
    assert [call.numbers for call in calls(journal, "expire")] == [{"price": price, "payoff": payoff}, {"price": price}]
    paid = {(call.contract, call.account): call.numbers["amount"] for call in calls(journal, "claim")}
    (call, ann), (put, bob) = HOLDERS
    assert paid == {
        (call, ann): 50 * payoff,
        (call, "writer"): 50 * (CALL_CAP - payoff),
        (put, bob): 0,
        (put, "writer"): 50 * STRIKE,
    }
    assert [event.numbers["held"] for event in journal.of(ContractReconciled)][-3:] == [0, 0, 0]


def test_the_conclusion_is_what_the_journal_adds_up_to() -> None:
    journal = run()
    [lie], [decided] = calls(journal, "propose"), calls(journal, "decide")
    price, false = int(decided.numbers["price"]), int(lie.numbers["price"])
    payoff = price - STRIKE
    assert OptionOnChain().conclusion(journal) == (
        f"For epoch 3 {false / 100:.2f} was proposed as the price of ACME and disputed; the validators signed "
        f"{price / 100:.2f}, and the proposer lost the bond of 500.00. call-98 was exercised at {payoff / 100:.2f} a "
        f"unit; ann claimed {payoff / 2:.2f} and writer claimed {(CALL_CAP - payoff) / 2:.2f}. put-98 lapsed; "
        f"bob claimed 0.00 and writer claimed 4,900.00."
    )


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    ours, theirs = run(), run(settlement="eth-tester")
    assert told(ours) == told(theirs)


def test_without_a_lie_the_price_of_the_watcher_stands() -> None:
    scenario = OptionOnChain(lie_percent=0, window=1)
    journal = run(scenario, epochs=14)
    assert [call.account for call in calls(journal, "propose", "dispute", "finish", "decide")] == ["watcher", "watcher"]
    assert not scenario.holds(journal)
    said = scenario.conclusion(journal)
    assert f"{last_final_price(journal) / 100:.2f} was proposed as the price of ACME, nobody disputed it, and" in said


@pytest.mark.parametrize(
    ("scenario", "options", "said"),
    [
        (OptionOnChain(), {"epochs": 3}, "Nobody proposed a price of ACME for epoch 3. call-98 has not expired yet."),
        (
            OptionOnChain(),
            {"epochs": 9, "without": "watcher"},
            "was proposed as the price of ACME. call-98 has not expired yet.",
        ),
        (OptionOnChain(), {"without": "writer"}, "unit; nobody has claimed anything yet."),
        (OptionOnChain(), {"settlement": "none"}, "This run settles on no chain, so there were no options to write."),
    ],
    ids=["too short", "nobody watches", "nothing written", "no chain"],
)
def test_a_run_that_ends_otherwise_says_so(scenario: OptionOnChain, options: dict[str, Any], said: str) -> None:
    assert said in scenario.conclusion(run(scenario, **options))


def test_a_dispute_without_a_decision_is_told_as_such() -> None:
    before = Journal()
    for event in run():
        if isinstance(event, CallExecuted) and event.function == "decide":
            break
        before.record(event)
    assert "and disputed, and no decision is final yet. call-98 has not" in OptionOnChain().conclusion(before)


def test_a_lie_that_nobody_disputes_stands_and_is_paid() -> None:
    journal = run(epochs=18, without="watcher")
    assert not OptionOnChain().holds(journal)
    [lie] = calls(journal, "propose")
    paid = 50 * (STRIKE - int(lie.numbers["price"]))
    said = OptionOnChain().conclusion(journal)
    assert "nobody disputed it, and it stood. call-98 lapsed; ann claimed 0.00" in said
    assert f"bob claimed {paid / 100:.2f} and" in said


def test_a_watcher_repeats_a_decision_that_a_leader_put_before_the_dispute() -> None:
    numbers: dict[str, int | str] = {"epoch": EXPIRY, "price": 9_000, "until": 9}
    lie = CallExecuted(0, 1, "bob", "oracle", "propose", True, "", numbers, "", 0)
    watcher = PriceWatcher("oracle", EXPIRY, lambda epoch: 10_000, [lie])
    dispute, decide = CallContract("oracle", "dispute", (3,)), CallContract("oracle", "decide", (3, 10_000))
    assert list(watcher.decide(View({}, time=6 * TRADING_DAY_NS))) == [dispute, decide]
    assert list(watcher.decide(View({}, time=7 * TRADING_DAY_NS))) == []
    refused = CallDone(0, "oracle", "decide", False, {}, "NotDisputed")
    assert list(watcher.decide(View({}, time=8 * TRADING_DAY_NS, reports=[refused]))) == [decide]
