"""A question on the exchange and on the chain in a whole run: one oracle, one answer, and the same payout for each."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from market_sim import Options, simulate
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Transferred
from market_sim.core.models.mechanism_events import Resolved
from market_sim.core.models.settlement_events import CallExecuted, ContractReconciled
from market_sim.simulation.scenarios.prediction_on_chain import STRIKE, PredictionOnChain
from market_sim.ui.cli.main import main
from tests.conftest import ROOT
from tests.integration.test_chain_as_a_place import told
from tests.integration.test_option_on_chain import calls, last_final_price


def run(scenario: PredictionOnChain | None = None, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario or PredictionOnChain(), Options(**chosen)).journal


def until(journal: Journal, kind: type[Event], function: str = "") -> Journal:
    """The journal up to the first event of this kind, or the first call of this function."""
    before = Journal()
    for event in journal:
        if isinstance(event, kind) and getattr(event, "function", "") == function:
            break
        before.record(event)
    return before


def test_both_pay_each_holder_the_same_and_the_lie_costs_its_bond() -> None:
    journal, scenario = run(), PredictionOnChain()
    assert scenario.holds(journal)
    price = last_final_price(journal)
    [lie], [decided], [resolved] = calls(journal, "propose"), calls(journal, "decide"), [*journal.of(Resolved)]
    assert lie.account == "bob" and int(lie.numbers["price"]) < STRIKE <= price == decided.numbers["price"]
    assert (resolved.outcome, resolved.pairs, resolved.paid) == ("yes", 50, 5_000)
    assert {call.account: call.numbers["amount"] for call in calls(journal, "redeem")} == {"ann": 5_000, "bob": 0}
    assert [event.numbers["held"] for event in journal.of(ContractReconciled)][-2:] == [0, 0]
    [merged] = calls(journal, "merge")
    assert (merged.account, merged.numbers["quantity"], merged.numbers["collateral"]) == ("ann", 10, 1_000)
    assert scenario.conclusion(journal) == (
        "ann merged spare pairs into 10.00 on the exchange and 10.00 on the chain. "
        f"For epoch 3 {lie.numbers['price'] / 100:.2f} was proposed as the price of ACME; the validators signed "
        f"{price / 100:.2f}, and the proposer lost its bond. The answer is yes: ann got 50.00 on the exchange and "
        f"50.00 on the chain; bob got 0.00 on the exchange and 0.00 on the chain."
    )
    assert not scenario.holds(until(journal, CallExecuted, "redeem")), "nobody is paid yet"


@pytest.mark.parametrize("spare", [0, 1, 10_000])
def test_spare_pairs_come_back_whole_and_change_no_answer(spare: int) -> None:
    scenario = PredictionOnChain(spare=spare)
    journal = run(scenario)
    assert scenario.holds(journal)
    moved = Counter(
        {sign: sum(e.amount for e in journal.of(Transferred) if e.reason == sign and e.asset == "USD")
         for sign in ("SPLIT", "MERGED", "RESOLVED")}
    )  # fmt: skip
    assert moved["SPLIT"] == 100 * (50 + spare) == moved["MERGED"] + moved["RESOLVED"]
    chain = {name: sum(int(one.numbers[what]) for one in calls(journal, name))
             for name, what in (("split", "collateral"), ("merge", "collateral"), ("redeem", "amount"))}  # fmt: skip
    assert chain == {"split": moved["SPLIT"], "merge": moved["MERGED"], "redeem": moved["RESOLVED"]}
    assert ("merged spare pairs" in scenario.conclusion(journal)) == bool(spare)


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    ours, theirs = run(), run(settlement="eth-tester")
    assert told(ours) == told(theirs)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "options", "said"),
    [
        (
            PredictionOnChain(lie_percent=0, window=1),
            {"epochs": 12},
            ", and it stood. The answer is yes: ann got 50.00 on the exchange and 50.00 on the chain; bob got 0.00",
        ),
        (
            PredictionOnChain(lie_percent=0),
            {"epochs": 17, "without": "watcher"},
            "Nobody proposed a price of ACME for epoch 3. The answer is void: ann got 25.00 on the exchange and "
            "25.00 on the chain; bob got 25.00 on the exchange and 25.00 on the chain.",
        ),
        (
            PredictionOnChain(),
            {"epochs": 17, "without": "watcher"},
            ", and it stood. The answer is no: ann got 0.00 on the exchange and 0.00 on the chain; bob got 50.00 on "
            "the exchange and 50.00 on the chain.",
        ),
        (PredictionOnChain(), {"epochs": 3}, "for epoch 3. The question is not answered on the exchange yet."),
        (PredictionOnChain(), {"settlement": "none"}, "This run settles on no chain, so no oracle answered"),
    ],
    ids=["the truth", "void", "nobody watches", "too short", "no chain"],
)
def test_a_run_that_ends_otherwise_says_so(scenario: PredictionOnChain, options: dict[str, Any], said: str) -> None:
    journal = run(scenario, **options)
    assert said in scenario.conclusion(journal)
    assert not scenario.holds(journal)


def test_the_rulebook_says_how_a_question_becomes_void(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "rulebook.md").read_text(encoding="utf-8")
    [options] = re.findall(r"With `(--lie-percent [^`]*)` nobody proposes a price, and the question is void", text)
    asked = ["--scenario", "prediction-on-chain", *options.split(), "--settlement", "memory", "--out", str(tmp_path)]
    assert main([*asked, "--headless", "--no-plot"]) == 0
    assert "The answer is void: ann got 25.00 on the exchange and 25.00 on the chain" in capsys.readouterr().out


def test_a_price_without_a_decision_is_told_as_such() -> None:
    before = until(run(), CallExecuted, "decide")
    assert ", and no price is final yet. The question is not answered" in PredictionOnChain().conclusion(before)
