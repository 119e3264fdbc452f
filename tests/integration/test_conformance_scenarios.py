"""The scenarios of life cycles: what each promises to show happens, is settled, and is said in numbers."""

from __future__ import annotations

from functools import cache

import pytest

from market_sim.analysis.results.result import Result
from market_sim.core.data.fold import fold
from market_sim.core.models.market_events import Trade, Transferred
from market_sim.core.models.mechanism_events import (
    Assigned,
    Exercised,
    FundingPaid,
    InstrumentExpired,
    Lapsed,
    MarkedToMarket,
    PairsMade,
    Resolved,
    SharesIssued,
)
from market_sim.core.models.settlement_events import BlockSettled, Reconciled, TradeRefused
from market_sim.market.mechanisms.clearing_house import CLEARING, PLEDGES
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.corporate_actions import CorporateActionsScenario
from market_sim.simulation.scenarios.funding import Funding
from market_sim.simulation.scenarios.futures_curve import FuturesCurve
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from market_sim.simulation.scenarios.prediction_market import PredictionMarketScenario
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.structured_note import StructuredNote
from market_sim.simulation.scenarios.warrant_dilution import WarrantDilution

LIFE_CYCLES = (
    OptionExpiry, WarrantDilution, Funding, PredictionMarketScenario, FuturesCurve, StructuredNote,
    CorporateActionsScenario,
)  # fmt: skip


@cache
def played(scenario: Scenario, settlement: str = "memory") -> Result:
    return simulate(scenario, Options(epochs=12, settlement=settlement, paranoid=True))


def transfers(result: Result, reason: str) -> list[Transferred]:
    return [event for event in result.journal.of(Transferred) if event.reason == reason]


@pytest.mark.parametrize("kind", LIFE_CYCLES, ids=lambda kind: kind.name)
def test_it_is_settled_in_full_and_reconciled_and_no_strategy_fails(kind):
    result = played(kind())
    assert result.failures == ()
    settled = [*result.journal.of(BlockSettled)]
    assert len(settled) > 5
    assert [*result.journal.of(Reconciled)][-1].last == settled[-1].last
    assert [*result.journal.of(TradeRefused)] == []


@pytest.mark.thorough
@pytest.mark.parametrize("kind", LIFE_CYCLES, ids=lambda kind: kind.name)
def test_the_chain_changes_nothing_about_the_market(kind):
    on_chain = played(kind(), "eth-tester")
    assert on_chain.digest("market") == played(kind()).digest("market")
    assert any(on_chain.journal.of(Reconciled))
    assert [*on_chain.journal.of(TradeRefused)] == []


@pytest.mark.parametrize("kind", LIFE_CYCLES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("seed", [1, 2])
def test_other_seeds_come_to_an_end_too_and_say_so(kind, seed):
    result = simulate(kind(), Options(epochs=12, seed=seed, settlement="none", paranoid=True))
    assert result.failures == ()
    assert kind().conclusion(result.journal) != kind().conclusion(played(kind()).journal)


@pytest.mark.parametrize("kind", LIFE_CYCLES, ids=lambda kind: kind.name)
def test_a_short_run_says_that_it_ended_too_early(kind):
    result = simulate(kind(), Options(epochs=1, settlement="none"))
    said = kind().conclusion(result.journal)
    assert said.endswith(".")
    assert len(said) > 30


def test_options_are_exercised_early_and_at_expiry_assigned_and_lapse():
    result = played(OptionExpiry())
    journal = result.journal
    exercised = [*journal.of(Exercised)]
    assert {event.by for event in exercised} == {"choice", "exception"}
    assert sum(event.quantity for event in exercised) == sum(event.quantity for event in journal.of(Assigned))
    ended = [*journal.of(InstrumentExpired)]
    assert len(ended) == 6
    assert len({event.price for event in ended}) == 1
    at_expiry = sum(event.quantity for event in exercised if event.by == "exception")
    lapsed = sum(event.quantity for event in journal.of(Lapsed))
    assert sum(event.open_interest for event in ended) == at_expiry + lapsed
    owned = fold(journal)
    assert not any(symbol.startswith("ACME-") for assets in owned.values() for symbol in assets)
    assert not owned[PLEDGES]
    said = OptionExpiry().conclusion(journal)
    assert f"{at_expiry} at expiry without being asked for, {lapsed} lapsed out of the money" in said


def test_exercised_warrants_make_shares_and_the_price_falls_as_computed():
    journal = played(WarrantDilution()).journal
    issued = [*journal.of(SharesIssued)]
    assert issued[-1].outstanding == 4_800
    assert fold(journal)["company"]["USD"] == 800 * 6_000
    day = 1_000_000_000
    trades = [(trade.time // day, trade.price) for trade in journal.of(Trade) if trade.symbol == "ACME"]
    before = [price for when, price in trades if when < 6]
    after = [price for when, price in trades if when >= 7]
    assert sum(before) / len(before) == pytest.approx(10_000, rel=0.01)
    assert sum(after) / len(after) == pytest.approx(WarrantDilution().after, rel=0.01)
    assert sum(event.quantity for event in journal.of(Lapsed)) == 200


def test_warrants_out_of_the_money_dilute_nobody():
    scenario = WarrantDilution(strike=20_000)
    assert "No warrant with the strike" in scenario.conclusion(played(scenario, "none").journal)


def test_the_crowd_that_pushes_the_price_pays_for_it():
    journal = played(Funding()).journal
    paid = [*journal.of(FundingPaid)]
    assert len(paid) == 12
    assert all(event.rate_millionths > 0 and event.mark >= event.index for event in paid[3:])
    payments = transfers(played(Funding()), "FUNDING")
    assert all(event.source.startswith("crowd") for event in payments if event.target == CLEARING)
    for kind in ("FUNDING", "VARIATION"):
        sums = [event.amount * (1 if event.target == CLEARING else -1) for event in transfers(played(Funding()), kind)]
        assert sums
        assert sum(sums) == 0
    assert sum(event.paid for event in journal.of(MarkedToMarket)) > 0
    assert fold(journal)[CLEARING] == {"USD": 2_000_000}


def test_a_maker_who_does_not_lean_lets_no_premium_arise():
    leaning = max(event.rate_millionths for event in played(Funding()).journal.of(FundingPaid))
    upright = max(event.rate_millionths for event in played(Funding(lean_bps=0), "none").journal.of(FundingPaid))
    assert upright == 100 < leaning  # the interest alone: a hundredth of a percent


def test_the_answer_pays_out_exactly_what_was_paid_in():
    result = played(PredictionMarketScenario())
    [resolved] = result.journal.of(Resolved)
    assert resolved.paid == resolved.pairs * 100
    assert resolved.pairs == sum(event.quantity for event in result.journal.of(PairsMade))
    assert any(not event.account for event in result.journal.of(PairsMade)), "two bids met"
    assert all(1 <= trade.price <= 99 for trade in result.journal.of(Trade))
    assert "pairs of YES" in fold(result.journal)
    assert fold(result.journal)["pairs of YES"] == {}
