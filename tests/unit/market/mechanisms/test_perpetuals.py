"""Perpetuals: the mark is the index plus the basis, and funding only moves money from one side to the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Perpetual
from market_sim.core.models.intents import Buy, CancelAll, Sell
from market_sim.core.models.mechanism_events import BasisMeasured, FundingPaid
from market_sim.market.mechanisms.clearing_house import CLEARING
from market_sim.market.mechanisms.perpetuals import Perpetuals
from tests.unit.market.mechanisms.stage import Stage

PERIOD = 80
NAMES = ("long", "short", "other")


def stage(**rules) -> Stage:
    perpetual = Perpetual("PERP", underlying="ACME", funding_every=PERIOD)
    scene = Stage([perpetual], {name: {"USD": 1_000_000} for name in NAMES})
    for name in NAMES:
        scene.exchange.ledger.grant_margin(name)
    scene.perpetuals = scene.attach(Perpetuals(scene.house, scene.marks, **rules))
    return scene


def period(scene: Stage, bid: int, ask: int, number: int = 1) -> None:
    """Let a period pass in which these are the quotes."""
    scene.exchange.submit("other", Buy("PERP", 1, bid))
    scene.exchange.submit("other", Sell("PERP", 1, ask))
    for step in range(1, scene.perpetuals.samples + 1):
        scene.at((number - 1) * PERIOD + step * PERIOD // scene.perpetuals.samples, scene.perpetuals)
    scene.exchange.submit("other", CancelAll())


def test_above_the_index_longs_pay_shorts():
    scene = stage()
    scene.trade("long", "short", "PERP", 100, 10_000)
    period(scene, bid=10_020, ask=10_030)
    [paid] = scene.told(FundingPaid)
    # Premium 0.2 %: the rate is that less 0.05 %; the mark follows the basis of 25 only slowly.
    assert paid.rate_millionths == 1_500
    assert paid.index == 10_000 < paid.mark < 10_025
    assert paid.paid == 100 * paid.mark * 1_500 // 1_000_000
    assert scene.moved("FUNDING") == [("long", CLEARING, "USD", paid.paid), (CLEARING, "short", "USD", paid.paid)]
    assert scene.sound()


def test_below_the_index_shorts_pay_longs():
    scene = stage()
    scene.trade("long", "short", "PERP", 100, 10_000)
    period(scene, bid=9_970, ask=9_980)
    assert scene.told(FundingPaid)[0].rate_millionths == -1_500
    assert scene.moved("FUNDING")[0][0] == "short"


def test_around_the_index_the_interest_is_paid():
    scene = stage()
    scene.trade("long", "short", "PERP", 100, 10_000)
    period(scene, bid=9_990, ask=10_010)
    assert scene.told(FundingPaid)[0].rate_millionths == 100


def test_each_period_is_judged_by_its_own_premiums():
    scene = stage()
    scene.trade("long", "short", "PERP", 100, 10_000)
    period(scene, bid=10_020, ask=10_030)
    period(scene, bid=9_990, ask=10_010, number=2)
    assert [event.rate_millionths for event in scene.told(FundingPaid)] == [1_500, 100]


def test_the_rate_has_a_cap_where_one_is_set():
    scene = stage(cap=0.0005)
    scene.trade("long", "short", "PERP", 100, 10_000)
    period(scene, bid=10_500, ask=10_600)
    assert scene.told(FundingPaid)[0].rate_millionths == 500


def test_only_who_is_in_at_the_funding_time_pays():
    scene = stage()
    scene.trade("long", "short", "PERP", 10, 10_000)
    scene.trade("short", "long", "PERP", 10, 10_000)
    period(scene, bid=10_020, ask=10_030)
    assert scene.moved("FUNDING") == []


def test_without_quotes_on_both_sides_gains_are_paid_and_no_funding():
    scene = stage()
    scene.trade("long", "short", "PERP", 10, 9_000)
    scene.at(PERIOD, scene.perpetuals)
    assert scene.told(FundingPaid) == scene.told(BasisMeasured) == []
    assert scene.has("long") == 1_010_000
    assert scene.sound()


def test_one_wild_quote_moves_the_mark_by_a_part_only():
    scene = stage()
    period(scene, bid=9_999, ask=10_001)
    before = scene.perpetuals.mark("PERP", 10_000)
    scene.exchange.submit("other", Buy("PERP", 1, 12_000))
    scene.exchange.submit("other", Sell("PERP", 1, 12_400))
    scene.at(PERIOD + PERIOD // 8, scene.perpetuals)
    assert before == 10_000
    assert scene.perpetuals.mark("PERP", 10_000) == 10_000 + 2_200 // 4


@given(
    st.lists(st.tuples(st.permutations(NAMES), st.integers(1, 30)), max_size=8),
    st.lists(st.tuples(st.integers(9_000, 11_000), st.integers(1, 50)), min_size=1, max_size=4),
)
def test_funding_adds_up_to_zero_whoever_holds_what(trades, quotes):
    scene = stage()
    for (buyer, seller, _), quantity in trades:
        scene.trade(buyer, seller, "PERP", quantity, 10_000)
    for number, (bid, width) in enumerate(quotes, 1):
        period(scene, bid, bid + width, number)
    assert sum(scene.has(name) for name in NAMES) == 3_000_000
    assert scene.has(CLEARING) == 1_000_000
    assert scene.sound()


def test_the_basis_is_measured_at_least_once():
    with pytest.raises(InputError, match="at least once"):
        stage(samples=0)
