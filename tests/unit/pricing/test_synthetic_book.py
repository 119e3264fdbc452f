"""The synthetic book: the levels of its rule, and costs that move with size, range and volume as they must (F-4.8)."""

from __future__ import annotations

from decimal import Decimal
from math import ceil, exp, floor

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from market_sim.pricing.synthetic_book import BUYING, SELLING, BookModel, synthetic_side, synthetic_spread, taken

MIDDLES = st.integers(2_000, 50_000).map(lambda cents: cents / 100)
RANGES = st.integers(0, 500).map(lambda bps: bps / 10_000)
VOLUMES = st.integers(0, 5_000_000)
SIGNS = st.sampled_from((BUYING, SELLING))


def naive(middle, atr, volume, sign, tick):
    """The rule of the book in decimals, level by level."""
    middle, atr, tick = Decimal(str(middle)), Decimal(str(atr)), Decimal(str(tick))
    half = max(tick / 2, min(max(atr / 20, middle / 20_000), middle / 100))
    step = max(tick, atr / 20)
    weight = [exp(-level / 8) for level in range(20)]
    near = sum(weight[level] for level in range(20) if level == 0 or level * step < atr)
    found, before = [], 0
    for level in range(20):
        ticks = (middle + sign * (half + level * step)) / tick
        price = ceil(ticks) if sign == BUYING else floor(ticks)
        depth = int(volume / 10 * sum(weight[: level + 1]) / near + 1e-9)
        if depth > before:
            found.append((price, depth - before))
        before = depth
    return found


@pytest.mark.parametrize("sign", [BUYING, SELLING])
@pytest.mark.parametrize(("middle", "atr", "volume", "tick"), [
    (100.0, 2.0, 10_000, 0.01), (37.5, 0.1, 777, 0.05), (250.0, 60.0, 123_456, 0.01), (80.0, 0.0, 5_000, 0.5),
])  # fmt: skip
def test_the_levels_are_those_of_the_rule(middle, atr, volume, tick, sign):
    exact = naive(middle, atr, volume, sign, tick)
    assert synthetic_side(middle, atr, volume, sign, BookModel(tick=tick)) == [
        (price, quantity) for price, quantity in exact if price > 0
    ]


def cost(middle, share, volume, sign, lots):
    """The slippage of an order in basis points; None where the book has too little."""
    found = taken(synthetic_side(middle, share * middle, volume, sign, BookModel()), lots)
    return sign * (found.value / 100 / lots / middle - 1) * 10_000 if found.quantity == lots else None


@settings(max_examples=100)
@given(MIDDLES, RANGES, VOLUMES, SIGNS, st.integers(1, 50_000), st.integers(1, 50_000))
def test_more_never_costs_less(middle, share, volume, sign, lots, more):
    small, large = (cost(middle, share, volume, sign, size) for size in (lots, lots + more))
    assume(large is not None)
    assert small <= large + 1e-6


@settings(max_examples=100)
@given(MIDDLES, RANGES, VOLUMES, SIGNS, st.integers(1, 50_000), VOLUMES)
def test_more_volume_never_costs_more(middle, share, volume, sign, lots, more):
    before, after = (cost(middle, share, size, sign, lots) for size in (volume, volume + more))
    assume(before is not None)
    assert after <= before + 1e-6


@settings(max_examples=100)
@given(MIDDLES, RANGES, RANGES, VOLUMES, SIGNS, st.integers(1, 50_000))
def test_a_larger_range_never_costs_less(middle, share, wider, volume, sign, lots):
    calm, wild = (cost(middle, size, volume, sign, lots) for size in (share, share + wider))
    assume(calm is not None and wild is not None)
    assert calm <= wild + 1e-6


@settings(max_examples=100)
@given(MIDDLES, RANGES, VOLUMES)
def test_the_spread_is_between_the_best_prices_and_never_below_a_tick(middle, share, volume):
    assume(volume >= 1_000)
    asks, bids = (synthetic_side(middle, share * middle, volume, sign, BookModel()) for sign in (BUYING, SELLING))
    between = (asks[0][0] - bids[0][0]) / 100
    assert between >= 0.01
    assert synthetic_spread(middle, share * middle, BookModel()) == pytest.approx(between / middle * 10_000)
