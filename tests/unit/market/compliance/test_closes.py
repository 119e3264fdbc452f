"""The last closes: those of the index decide about market-wide halts, those of all instruments about price bands."""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.models.compliance_events import PriceBandsSet
from market_sim.market.compliance.profile import Day, MarketWide, PriceBands, Profile
from tests.unit.market.compliance.ruled_market import RuledMarket

DAY = Day(pace=1)
SESSION = 390 * 60
WIDE = Profile("wide", "Market-wide halts.", day=DAY, market_wide=MarketWide())
BANDS = Profile("bands", "Price bands.", day=DAY, price_bands=PriceBands())
BOTH = Profile("both", "Both.", day=DAY, market_wide=MarketWide(), price_bands=PriceBands())


def halted(market: RuledMarket) -> list[tuple[float, str, str]]:
    return [(time, symbol, reason) for time, symbol, phase, reason in market.phases() if phase == "halted"]


def bands(market: RuledMarket, since: float) -> Sequence[tuple[int, int, int]]:
    return [(e.reference, e.lower, e.upper) for e in market.events(PriceBandsSet) if e.time >= since * 10**9]


def test_a_stated_close_of_another_instrument_is_no_part_of_the_index() -> None:
    market = RuledMarket(WIDE, ("ACME", "BETA"), index=("ACME",), closes={"ACME": 10_000, "BETA": 10_000})
    market.at(1).trade(9_301)
    assert halted(market) == []
    market.at(2).trade(9_300)
    assert halted(market) == [(2.0, "ACME", "HALTED_L1"), (2.0, "BETA", "HALTED_L1")]


def test_a_fall_of_an_instrument_outside_the_index_halts_nothing() -> None:
    market = RuledMarket(WIDE, ("ACME", "BETA"), index=("ACME",), closes={"ACME": 10_000, "BETA": 10_000})
    market.at(1).trade(10_000)
    market.at(2).trade(5_000, "BETA")
    assert halted(market) == []


def test_the_bands_of_a_day_depend_on_the_close_of_the_day_before() -> None:
    market = RuledMarket(BOTH, closes={"ACME": 301})  # above $3.00: bands of 5 %
    assert bands(market, 0) == [(301, 286, 316)]
    market.at(10).trade(300)
    market.at(SESSION - 10).trade(300)
    market.at(SESSION)  # a close of $3.00 means bands of 20 %, without a trade on this day
    assert bands(market, SESSION) == [(301, 241, 361)]


def test_without_a_market_wide_halt_the_first_price_still_stands_for_the_close() -> None:
    market = RuledMarket(BANDS)
    market.at(1).trade(302)
    market.at(301).trade(298)
    market.at(302)
    market.at(331).trade(298)
    assert bands(market, 300) == [(298, 283, 313)]  # the reference is below $3.00, the close is not


def test_bands_are_no_longer_doubled_when_the_next_day_begins() -> None:
    profile = Profile("late", "Begins late.", day=Day(pace=1, starts="15:59:50"), price_bands=PriceBands())
    market = RuledMarket(profile, closes={"ACME": 10_000})
    assert bands(market, 0) == [(10_000, 9_000, 11_000)]
    market.at(9.9)
    assert bands(market, 1) == []
    market.at(10)
    assert bands(market, 10) == [(10_000, 9_500, 10_500)]


def test_an_instrument_without_a_price_has_not_moved_and_counts_in_the_index() -> None:
    market = RuledMarket(WIDE, ("ACME", "BETA", "GAMMA"))
    market.at(1).trade(10_000)
    market.at(2).trade(7_901)  # a third of 20.99 %
    assert halted(market) == []
    market.at(3).trade(7_900)
    assert [reason for _, _, reason in halted(market)] == ["HALTED_L1"] * 3
