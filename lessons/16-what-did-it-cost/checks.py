"""What an answer to 16-what-did-it-cost must do. What is right is what the microscope and the desks of the product do.

Prices and amounts are in cents; a midpoint may end in a half.
"""

from __future__ import annotations

from functools import cache
from math import isclose
from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.shortfall import shortfall as product_shortfall
from market_sim.core.models.market_events import Trade
from market_sim.pricing.execution import Impact, in_lots
from market_sim.pricing.execution import trajectory as product_trajectory
from market_sim.simulation.scenarios.almgren_chriss import DESK, AlmgrenChrissScenario

CAUSES = ("delay", "trading", "opportunity", "fees")
WHY = {
    "delay": "from the decision to the arrival of the order, for what traded",
    "trading": "from the midpoint at arrival to the price, for what traded; what the price did before is delay",
    "opportunity": "from the decision to the end, for what never traded",
    "fees": "the sum of the fees",
}


@pytest.mark.points(1, task=1, hint="Take the case of the sentence, and draw its four prices on a line.")
def test_four_causes(student, replay):
    "the four causes of a buyer's and a seller's cost"
    cases = [
        ("a buyer", (1, 100, 10_000, [(60, 10_012, 10_005, 30)], 10_020), (300, 420, 800, 30)),
        (
            "a buyer in two parts",
            (1, 50, 9_990.5, [(20, 9_995, 9_992, 2), (30, 9_991, 9_990, 3)], 9_980),
            (15, 90, 0, 5),
        ),
        ("a seller", (-1, 100, 10_000, [(60, 9_990, 9_996, 30)], 9_970), (240, 360, 1_200, 30)),
        ("a seller whose waiting paid", (-1, 10, 10_000, [(10, 10_010, 10_012, -1)], 10_000), (-120, 20, 0, -1)),
    ]
    for who, given, expected in cases:
        found = causes(student, replay, given, expected)
        for cause, right, one in zip(CAUSES, expected, found, strict=True):
            assert isclose(one, right, abs_tol=1e-6), (
                f"{who}: {cause} is {right} ({WHY[cause]}), found {one:g}: {given}"
            )


@pytest.mark.points(
    1, task=1, hint="What would you have on paper, what do you have really, and what is the difference?"
)
def test_the_causes_add_up(student, replay, seed):
    "the four causes of 200 orders add up to what paper has more than reality"
    luck = Random(seed)
    for _ in range(200):
        side, quantity, decision, last = (
            luck.choice((1, -1)),
            100,
            luck.randint(9_950, 10_050),
            luck.randint(9_900, 10_100),
        )
        fills = [
            (luck.randint(1, 30), luck.randint(9_940, 10_060), luck.randint(9_945, 10_055), luck.randint(-3, 5))
            for _ in range(luck.randint(0, 3))
        ]
        paper = side * quantity * (last - decision)
        real = sum(side * many * (last - price) - fee for many, price, _, fee in fills)
        given = side, quantity, decision, fills, last
        found = sum(causes(student, replay, given, f"together {paper - real}"))
        assert isclose(found, paper - real, abs_tol=1e-6), (
            f"paper gains {paper}, reality {real}: the causes add up to {paper - real}, and yours to {found:g}: {given}"
        )


@pytest.mark.points(2, task=1, hint="The microscope takes the same order apart: python simulate.py microscope RUN.")
def test_the_order_of_the_desk(student, replay):
    "the order of the desk in the run that you looked at"
    journal, place, given, expected = desk()
    found = whole(student.call("shortfall", *given))
    replay(journal, place, "the causes of the desk's cost at its last trade", expected, found)
    for cause, right, one in zip(CAUSES, expected, found, strict=True):
        assert isclose(one, right, abs_tol=1e-6), (
            f"{cause} of the desk, which sold {given[1]} shares in {len(given[3])} trades, is {right}, found {one:g}"
        )


@pytest.mark.points(2, task=2, hint="How many shares are missing after rounding down, and who lost most?")
def test_slices_are_whole_and_add_up(student, partial, replay, seed):
    "slices are whole, add up exactly, and the largest fractions are rounded up"
    cases = [([1, 1, 1], 100), ([2, 1], 10), ([1, 2, 4], 10), ([5], 7), ([1, 1, 1, 1], 2)]
    luck = Random(seed)
    cases += [([luck.randint(1, 9) for _ in range(luck.randint(2, 8))], luck.randint(1, 99)) for _ in range(95)]
    for right, (weights, total) in enumerate(cases):
        expected = in_lots(weights, total)
        found = student.call("slices", list(weights), total)
        journal, place, *_ = desk()
        replay(journal, place, f"slices({weights}, {total})", expected, found)
        assert isinstance(found, list) and sum(found) == total, (
            f"slices({weights}, {total}) has to add up to {total} shares, exactly; found {found}"
        )
        assert found == expected, (
            f"slices({weights}, {total}) is {expected}: the shares that are missing go to the largest fractions, one "
            f"each; found {found}"
        )
        partial((right + 1) / len(cases), f"{right + 1} of {len(cases)} orders are cut right")


@pytest.mark.points(1, task=3, hint="With an aversion of 0 all slices are equal. What does your formula divide by?")
def test_without_fear_the_slices_are_equal(student, replay):
    "with a risk aversion of 0 what is held falls in a straight line"
    found = path(student, replay, 600, 4, 8.0, 10.0, 0.5, 0.0)
    assert close(found, [600, 450, 300, 150, 0]), (
        f"without fear of risk 600 shares go in four slices of 150: [600, 450, 300, 150, 0], found {found}"
    )


@pytest.mark.points(
    3, task=3, hint="Compute kappa for the case of the sentence by hand, then the first entry after the start."
)
def test_fear_sells_early(student, replay, seed):
    "a hundred orders follow the trajectory of Almgren and Chriss"
    found = path(student, replay, 600, 4, 8.0, 10.0, 0.5, 0.002)
    assert len(found) == 5 and found[0] - found[1] > found[3] - found[4] + 1, (
        "who fears risk sells more in the first slice than in the last; trajectory(600, 4, 8.0, 10.0, 0.5, 0.002) is "
        f"{[round(one, 1) for one in found]}"
    )
    luck = Random(seed)
    for _ in range(100):
        given = (
            luck.randint(1, 50) * 100, luck.randint(1, 12), float(luck.randint(1, 30)), luck.randint(1, 20) / 2,
            luck.randint(1, 20) / 10, luck.randint(0, 30) / 1_000,
        )  # fmt: skip
        quantity, count, seconds, sigma, eta, aversion = given
        right = product_trajectory(quantity, count, seconds, Impact(sigma, eta), aversion)
        found = path(student, replay, *given)
        assert close(found, right), (
            f"trajectory{given}: the holdings are {[round(one, 2) for one in right]}, "
            f"found {[round(one, 2) for one in found]}"
        )


# How the checks ask, and what the product says


@cache
def desk():
    """The run of the lesson: its journal, the place of the desk's last trade, its order, and what it cost."""
    journal = simulate(AlmgrenChrissScenario(), Options(epochs=10, settlement="none")).journal
    [order] = Microscope(journal, DESK).orders
    fills = [(fill.quantity, fill.price, fill.arrived / 2, fill.fee) for fill in order.fills]
    cost = product_shortfall(order)
    mine = (type(one) is Trade and DESK in (one.maker, one.taker) for one in journal)
    place = max(number for number, is_mine in enumerate(mine) if is_mine)
    given = order.side, order.quantity, order.decision / 2, fills, order.close / 2
    return journal, place, given, tuple(getattr(cost, cause) / 2 for cause in CAUSES)


def whole(found):
    """The four causes of an answer."""
    assert isinstance(found, tuple | list) and len(found) == 4, (
        f"shortfall(...) returns (delay, trading, opportunity, fees), found {str(found)[:80]}"
    )
    assert all(isinstance(one, int | float) for one in found), f"the four causes are numbers, found {str(found)[:80]}"
    return tuple(found)


def causes(student, replay, given, expected):
    """The causes of an answer; the replay shows the desk's order beside the question."""
    side, quantity, decision, fills, last = given
    found = whole(student.call("shortfall", side, quantity, decision, list(fills), last))
    journal, place, *_ = desk()
    replay(journal, place, f"shortfall{given}", expected, found)
    return found


def path(student, replay, *given):
    """The trajectory of an answer."""
    found = student.call("trajectory", *given)
    quantity, count, seconds, sigma, eta, aversion = given
    journal, place, *_ = desk()
    right = product_trajectory(quantity, count, seconds, Impact(sigma, eta), aversion)
    replay(journal, place, f"trajectory{given}", [round(one, 2) for one in right], found)
    assert isinstance(found, list) and len(found) == count + 1, (
        f"trajectory{given} has {count + 1} entries, from {quantity} to 0; found {str(found)[:80]}"
    )
    assert all(isinstance(one, int | float) for one in found), f"holdings are numbers, found {str(found)[:80]}"
    return found


def close(found, right):
    """Whether two paths are the same but for rounding."""
    return len(found) == len(right) and all(
        isclose(a, b, rel_tol=1e-9, abs_tol=1e-6) for a, b in zip(found, right, strict=True)
    )
