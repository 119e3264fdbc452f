"""Halts as summaries count them: one of each book, and one of each instrument in words."""

from __future__ import annotations

from market_sim.analysis.rule_report import rules_sentence
from market_sim.market.compliance.profile import Day, Profile, SymbolHalt
from market_sim.market.compliance.rule_halts import rule_halts
from tests.unit.market.compliance.ruled_market import RuledMarket


def test_a_halt_on_two_venues_is_one_of_each_book_and_of_one_instrument() -> None:
    profile = Profile("moves", "Halts at 5 %.", day=Day(pace=1), symbol_halt=SymbolHalt())
    market = RuledMarket(profile, venues=("X", "Y"))
    market.at(1).trade(10_000)
    market.at(2).trade(10_500)
    market.at(302)
    found = [(one.symbol, one.venue, one.began / 1e9, (one.ended or 0) / 1e9) for one in rule_halts(market.journal)]
    assert found == [("ACME", "X", 2.0, 302.0), ("ACME", "Y", 2.0, 302.0)]
    assert rules_sentence(market.journal) == "moves, 1 halt: HALTED_MOVE at 2 s (ACME)"
