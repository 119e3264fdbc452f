"""What the scenarios about rules conclude, counted again from the journal; and the same markets without their rules."""

from __future__ import annotations

import re

import pytest

from market_sim.analysis.rule_report import rules_sentence
from market_sim.core.models.compliance_events import PriceBandsSet
from market_sim.core.models.market_events import AuctionHeld, OrderRejected, PhaseChanged, Trade
from market_sim.market.compliance.profiles import PROFILES
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.bad_rule import BadRule
from market_sim.simulation.scenarios.circuit_breaker import CircuitBreaker
from market_sim.simulation.scenarios.fat_finger import CLERK, FatFinger
from market_sim.simulation.scenarios.limit_up import LimitUp
from market_sim.simulation.scenarios.scenario import Scenario
from tests.integration.test_conclusions_of_behaviour import ROUGH

SECOND = 10**9


def played(scenario: Scenario, rules: str | None = None, epochs: int | None = None):
    result = simulate(scenario, Options(settlement="none", rules=rules, epochs=epochs, independent=False))
    assert result.failures == () and result.conclusion.endswith(".") and not ROUGH.search(result.conclusion)
    return result


@pytest.fixture(scope="module")
def breaker():
    return played(CircuitBreaker())


def test_the_market_halts_at_each_level_and_its_auctions_come_three_seconds_later(breaker):
    halted = [e for e in breaker.journal.of(PhaseChanged) if e.phase == "halted"]
    assert [e.reason for e in halted] == [f"HALTED_L{level}" for level in (1, 1, 2, 2, 3, 3)]
    auctions = {(e.symbol, e.time) for e in breaker.journal.of(AuctionHeld)}
    assert auctions == {(e.symbol, e.time + 3 * SECOND) for e in halted[:4]}
    assert all(str(e.numbers["fall"]) in breaker.conclusion for e in halted)
    assert CircuitBreaker().holds(breaker.journal)


def test_the_summary_names_the_rules_and_their_halts(breaker):
    assert rules_sentence(breaker.journal) == (
        "market-wide halts alone, 3 halts: HALTED_L1 at 2.099 s (2 instruments), HALTED_L2 at 7.099 s (2 instruments), "
        "HALTED_L3 at 12.107 s (2 instruments); when last judged, maker-BETA quoted for 100 % of the time "
        "and maker-ACME quoted for 100 % of the time"
    )
    free = played(BadRule(), rules="none", epochs=1)
    assert rules_sentence(free.journal) == ""


def test_nothing_trades_in_a_halt_and_refusals_name_its_level(breaker):
    halted: set[str] = set()
    for event in breaker.journal:
        if type(event) is PhaseChanged:
            (halted.add if event.phase == "halted" else halted.discard)(event.symbol)
        assert type(event) is not Trade or event.symbol not in halted
    refused = {e.reason for e in breaker.journal.of(OrderRejected)}
    assert {"HALTED_L1", "HALTED_L2", "HALTED_L3"} <= refused


def test_smaller_news_halts_nothing_and_without_rules_nothing_halts_at_all():
    calm = played(CircuitBreaker(first=-1.0, second=-1.0, third=-1.0), epochs=4)
    assert calm.conclusion.startswith("The index did not fall to a level that halts")
    free = played(CircuitBreaker(), rules="none", epochs=4)
    assert not [*free.journal.of(PhaseChanged)] and not CircuitBreaker().holds(free.journal)


def test_no_trade_is_outside_the_bands_and_the_auction_finds_the_new_price():
    result = played(LimitUp())
    lower, upper = 0, 2**62
    reopened = [e.time for e in result.journal.of(AuctionHeld)]
    for event in result.journal:
        if type(event) is PriceBandsSet:
            lower, upper = event.lower, event.upper
        assert type(event) is not Trade or event.time in reopened or lower <= event.price <= upper
    [auction] = result.journal.of(AuctionHeld)
    assert auction.price is not None and auction.price > 105_00
    assert LimitUp().holds(result.journal)
    assert result.conclusion.startswith("Trading paused") and "105.00" in result.conclusion
    assert played(LimitUp(news=1.0), epochs=6).conclusion.startswith("No limit state lasted")


def test_the_wrong_limit_is_refused_and_without_rules_it_costs_what_the_conclusion_says():
    stopped, free = played(FatFinger()), played(FatFinger(), rules="none")
    [refusal] = [e for e in stopped.journal.of(OrderRejected) if e.account == CLERK]
    assert refusal.reason == "FAT_FINGER" and str(refusal.numbers["score"]) in stopped.conclusion
    paid = sum(e.price * e.quantity for e in free.journal.of(Trade) if e.taker == CLERK)
    assert re.search(rf"{paid / 100:,.2f}", free.conclusion) and "900.00" in free.conclusion
    assert FatFinger().holds(stopped.journal) and not FatFinger().holds(free.journal)
    assert played(FatFinger(times=1.0), epochs=6).conclusion.startswith("Nothing stopped the clerk")


def test_the_literal_rule_halts_a_calm_market_that_the_other_profile_lets_trade():
    literal, classroom = played(BadRule()), played(BadRule(), rules="classroom")
    [halt] = [e for e in literal.journal.of(PhaseChanged) if e.phase == "halted"]
    assert halt.reason == "HALTED_VOLATILE" and str(halt.numbers["measured"]) in literal.conclusion
    assert BadRule().holds(literal.journal)
    assert not [*classroom.journal.of(PhaseChanged)]
    assert classroom.conclusion.startswith("No volatility halted the market")


@pytest.mark.parametrize("rules", ["none", *PROFILES])
def test_a_conclusion_is_a_sentence_under_any_other_rules_too(rules):
    for kind in (CircuitBreaker, LimitUp, FatFinger, BadRule):
        assert "None" not in played(kind(), rules=rules, epochs=6).conclusion
