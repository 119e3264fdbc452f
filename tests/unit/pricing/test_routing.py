"""Routing: never dearer than the best single venue, and the cheapest of all ways to divide an order."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from random import Random

import pytest

from market_sim.core.errors import InputError
from market_sim.core.units import MILLION
from market_sim.pricing.routing import ALGORITHMS, Part, Place, RoutePlan, plan

CASES = 2_500


def drawn(draw: Random) -> tuple[list[Place], int, int]:
    """Some venues with a few levels, a side and a quantity; prices and fees so close that ties and reversals occur."""
    side = draw.choice((1, -1))
    places = []
    for number in range(draw.randint(1, 4)):
        prices = sorted(draw.sample(range(9_990, 10_011), draw.randint(0, 4)), reverse=side < 0)
        levels = tuple((price, draw.randint(1, 6)) for price in prices)
        rate = draw.choice((0, 0, 30, 100, 300, 1_000))
        places.append(
            Place(f"V{number}", levels, rate, draw.randint(0, 3), draw.choice((0.0, 0.2, 0.5)), draw.choice((1.0, 0.9)))
        )
    return places, side, draw.randint(1, 12)


def on_one(place: Place, side: int, quantity: int) -> Fraction | None:
    """What this quantity costs there with its fee (a sale: minus what it brings); None if there is less."""
    units = [price for price, size in place.levels for _ in range(size)][:quantity]
    if len(units) < quantity:
        return None
    return sum((side * price * (1 + side * Fraction(place.rate, MILLION)) for price in units), Fraction())


def cheapest(places: list[Place], side: int, quantity: int) -> Fraction | None:
    """The least cost of all ways to divide the quantity, by trying them."""

    @cache
    def best(first: int, left: int) -> Fraction | None:
        if first == len(places):
            return Fraction() if not left else None
        ways = []
        for here in range(left + 1):
            cost, rest = on_one(places[first], side, here), best(first + 1, left - here)
            if cost is not None and rest is not None:
                ways.append(cost + rest)
        return min(ways, default=None)

    return best(0, quantity)


def walked(found: RoutePlan, places: list[Place], side: int) -> Fraction:
    """The cost of the parts, each executed on its own venue and within its limit, with the sign of `on_one`."""
    total = Fraction()
    for part in found.parts:
        [place] = [place for place in places if place.venue == part.venue]
        cost = on_one(place, side, part.quantity)
        assert cost is not None
        units = [price for price, size in place.levels for _ in range(size)][: part.quantity]
        assert part.limit == units[-1]
        total += cost
    return total


def test_with_linear_fees_no_single_venue_and_no_other_division_is_cheaper():
    """VN-03, over 2,500 drawn markets: the plan's cost is the minimum over all divisions, found by trying them."""
    draw, split, singles = Random(4711), 0, 0
    for _ in range(CASES):
        places, side, wanted = drawn(draw)
        found = plan("cost", places, side, wanted)
        placed = wanted - found.left
        assert sum(part.quantity for part in found.parts) == placed
        assert placed == min(wanted, sum(size for place in places for _, size in place.levels))
        cost = side * Fraction(found.cost, MILLION)
        assert cost == walked(found, places, side) == cheapest(places, side, placed)
        alone = [one for place in places if (one := on_one(place, side, placed)) is not None]
        assert all(cost <= one for one in alone)
        singles += bool(alone) and cost < min(alone)
        split += len(found.parts) > 1
    assert split > CASES / 5  # the interesting cases were reached
    assert singles > CASES / 20


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_whatever_decides_the_parts_add_up_and_their_cost_is_that_of_walking_the_books(algorithm):
    draw = Random(algorithm)
    for _ in range(CASES // 5):
        places, side, wanted = drawn(draw)
        found = plan(algorithm, places, side, wanted)
        assert sum(part.quantity for part in found.parts) + found.left == wanted
        assert found.left == max(0, wanted - sum(size for place in places for _, size in place.levels))
        assert len({part.venue for part in found.parts}) == len(found.parts)
        assert side * Fraction(found.cost, MILLION) == walked(found, places, side)


def test_speed_takes_all_of_the_nearest_venue_first():
    near = Place("NEAR", ((101, 5), (109, 5)), latency_ns=1)
    far = Place("FAR", ((100, 50),), latency_ns=2)
    assert plan("speed", (far, near), 1, 12).parts == (Part("NEAR", 10, 109), Part("FAR", 2, 100))


def test_shares_divide_a_quantity_without_remainder_and_depth_limits_them():
    places = [
        Place(name, ((100, size),), share=share) for name, size, share in (("A", 9, 0.5), ("B", 9, 0.3), ("C", 1, 0.2))
    ]
    found = plan("share", places, 1, 11)
    assert {part.venue: part.quantity for part in found.parts} == {"A": 7, "B": 3, "C": 1}
    assert not found.left


def test_shortfall_prefers_a_venue_that_answers_when_prices_differ_less_than_the_rest_would_cost():
    levels = ((100, 10), (110, 10))
    sure, unsure = Place("SURE", ((101, 10),)), Place("UNSURE", levels, reliability=0.8)
    assert plan("cost", (sure, unsure), 1, 10).parts == (Part("UNSURE", 10, 100),)
    assert plan("shortfall", (sure, unsure), 1, 10).parts == (Part("SURE", 10, 101),)  # 0.8 x 100 + 0.2 x 110 = 102


@pytest.mark.parametrize("side", [1, -1])
def test_nothing_beyond_the_limit_is_planned(side):
    place = Place("A", tuple((100 + side * step, 1) for step in range(5)))
    found = plan("cost", (place,), side, 5, limit=100 + 2 * side)
    assert (found.parts, found.left) == ((Part("A", 3, 100 + 2 * side),), 2)


@pytest.mark.parametrize("wrong", [("luck", 1, 1), ("cost", 0, 1), ("cost", 1, 0)])
def test_an_impossible_order_is_refused(wrong):
    algorithm, side, quantity = wrong
    with pytest.raises(InputError, match="found"):
        plan(algorithm, (), side, quantity)
