"""Beliefs that orders reveal, what they say together, and alerts that need a thin book and a falling price at once."""

from __future__ import annotations

import pytest

from market_sim import Buy, Sell
from market_sim.analysis.microstructure.beliefs import consensus, errors
from market_sim.analysis.microstructure.liquidity_alerts import liquidity_alerts
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.run_events import RunEnded, ValueMoved
from market_sim.market.exchange.quotes import Quotes

FALLING = [1_000.0 - 2 * bar - bar % 2 for bar in range(40)]
RISING = FALLING[::-1]
DEEP = [100.0] * 40
THIN = [100.0] * 30 + [40.0] * 5 + [60.0] * 5


def middle() -> Quotes:
    made = Quotes()
    made.tell(0, 99, 101, 5, 5)
    return made


def test_a_belief_is_the_middle_of_the_last_limits_and_whose_limits_scatter_counts_less():
    events = [
        ValueMoved(0, "ACME", 103),
        OrderAccepted(10, 1, "ann", Buy("ACME", 1, 101)),
        OrderAccepted(20, 2, "ann", Sell("ACME", 1, 105)),  # ann: 103, variance (1 + 9) / 2
        OrderAccepted(30, 3, "bob", Buy("ACME", 1, 100)),  # bob: 100, the least variance
        OrderAccepted(30, 4, "carl", Buy("ACME", 9, None)),  # no limit, no belief
        OrderAccepted(250, 5, "bob", Buy("ACME", 1, 98)),
        RunEnded(450, True),
    ]
    one, two, three, four = consensus(events, "ACME", middle(), 100)
    assert one == (100, pytest.approx((103 / 5 + 100) / (1 / 5 + 1)), 100.0, 103, 2)
    assert two.consensus == one.consensus
    assert three.consensus == four.consensus == pytest.approx((103 / 5 + 98 / 2) / (1 / 5 + 1 / 2))
    assert errors([one]) == (pytest.approx(103 - one.consensus), 3.0)


def test_without_a_value_there_is_no_error_and_before_the_first_order_no_consensus():
    order = OrderAccepted(250, 1, "ann", Buy("ACME", 1, 101))
    found = consensus([order, RunEnded(300, True)], "ACME", middle(), 100)
    assert [one.time for one in found] == [300]
    assert found[0].value is None and errors(found) is None


def test_a_later_order_changes_no_earlier_consensus():
    early = [OrderAccepted(10, 1, "ann", Buy("ACME", 1, 101)), RunEnded(200, True)]
    late = [early[0], OrderAccepted(150, 2, "ann", Buy("ACME", 1, 120)), RunEnded(200, True)]
    assert consensus(early, "ACME", middle(), 100)[0] == consensus(late, "ACME", middle(), 100)[0]


@pytest.mark.parametrize(
    ("depths", "prices", "bars"),
    [(THIN, FALLING, [30]), (THIN, RISING, []), (DEEP, FALLING, []), (THIN, [1_000.0] * 39 + [999.0], [])],
    ids=["both", "depth alone", "trend alone", "a price that stands"],
)
def test_an_alert_needs_both_depth_and_trend(depths, prices, bars):
    found = liquidity_alerts(depths, prices)
    assert [one.bar for one in found] == bars
    for one in found:
        assert one.fall == pytest.approx(0.6)
        assert one.slope == pytest.approx(-2, rel=0.05)


def test_one_alert_stands_until_half_of_the_depth_is_back():
    depths = [100.0] * 20 + [40.0, 49.0, 40.0, 50.0] + [100.0] * 6 + [30.0] * 10
    assert [one.bar for one in liquidity_alerts(depths, FALLING)] == [20, 30]
