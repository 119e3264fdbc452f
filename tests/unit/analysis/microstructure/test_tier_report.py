"""The tiers held: time in the band of the maker's own quotes, from a journal written by hand."""

from __future__ import annotations

import pytest

from market_sim import Buy, Sell
from market_sim.analysis.microstructure.tier_report import tier_report
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, Trade
from market_sim.core.models.run_events import AgentJoined, RunEnded


def journal(*events: Event) -> Journal:
    made = Journal()
    made.record(AgentJoined(0, "ann", "TieredMaker", {"symbol": "ACME", "tier": "popular"}))
    made.record(AgentJoined(0, "bob", "Noise", {"symbol": "ACME"}))
    for event in events:
        made.record(event)
    return made


def quotes(time: int, first: int, bid: int, ask: int) -> list[Event]:
    return [
        OrderAccepted(time, first, "ann", Buy("ACME", 10, bid)),
        OrderAccepted(time, first + 1, "ann", Sell("ACME", 10, ask)),
    ]


def test_the_share_counts_time_and_only_the_makers_own_quotes():
    found = tier_report(
        journal(
            OrderAccepted(5, 1, "bob", Buy("ACME", 1, 9_999)),  # a tighter market is not its merit
            *quotes(100, 2, 9_985, 10_015),  # 30 basis points
            OrderCancelled(700, 2, 10, "CANCELLED_BY_OWNER"),  # one side is missing
            OrderCancelled(800, 3, 10, "CANCELLED_BY_OWNER"),
            *quotes(800, 4, 9_950, 10_050),  # 100 basis points, too wide
            RunEnded(1_100, True),
        )
    )
    [row] = [dict(zip(found.names, one, strict=True)) for one in found.rows]
    assert (row["maker"], row["least_bps"], row["most_bps"]) == ("ann", 10, 50)
    assert row["held"] == pytest.approx(0.6)
    assert row["spread_bps"] == pytest.approx((30 * 600 + 100 * 300) / 900)
    assert row["depth"] == pytest.approx((20 * 600 + 10 * 100 + 20 * 300) / 1_000)
    assert row["verdict"] == "flagged"


def test_a_fill_takes_a_side_away_and_a_held_tier_is_held():
    events = [*quotes(0, 1, 9_990, 10_010), OrderAccepted(950, 3, "bob", Buy("ACME", 10, 10_010))]
    trade = Trade(950, 1, "ACME", 10_010, 10, 1, 2, 3, "bob", "ann", 0, 0)
    [row] = tier_report(journal(*events, trade, RunEnded(1_000, True))).rows
    assert row[-2:] == (pytest.approx(0.95), "held")


def test_a_maker_that_never_quoted_is_flagged_and_a_run_without_tiers_has_no_rows():
    [row] = tier_report(journal(RunEnded(10, True))).rows
    assert row[-2:] == (0.0, "flagged")
    assert tier_report(Journal()).rows == []
