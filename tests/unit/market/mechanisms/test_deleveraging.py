"""Deleveraging: who is closed first, how much of each, and what each gives up."""

from __future__ import annotations

from fractions import Fraction

import pytest

from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.mechanism_events import DeficitCovered, PositionReduced
from market_sim.market.mechanisms.deleveraging import deleverage, ranked, score
from market_sim.market.mechanisms.margin_status import Agreement
from tests.unit.market.mechanisms.brokerage import BTC, Market, check_promises

NAMES = ("leo", "ida", "ian", "lou")


def market(side: int) -> Market:
    """`leo` holds ten one way; `ida` and `ian` hold four and six the other way, `lou` holds nothing."""
    found = Market({name: Agreement(BTC) for name in NAMES})
    for name, cash in zip(NAMES, (1_000_00, 2_000_00, 500_00, 1_000_00), strict=True):
        found.fund(name, cash)
    mine, theirs = (Buy, Sell) if side > 0 else (Sell, Buy)
    for name, size in (("ida", 4), ("ian", 6)):
        found.exchange.submit(name, theirs("PERP", size, 100_00))
    found.exchange.submit("leo", mine("PERP", 10, 100_00))
    found.later(100_00 - side * 10_00)
    return found


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ((50, 100, 150, 75), Fraction(1)),
        ((50, -100, -150, 75), Fraction(1)),
        ((-50, 100, 50, 25), Fraction(-1, 4)),  # a loser: the more leverage, the less of a loss it is
        ((-50, 100, 0, 25), Fraction(0)),
        ((50, 0, 150, 75), Fraction(0)),
        ((50, 100, 150, -9), Fraction(75)),  # who has nothing left is counted as having a cent
    ],
)
def test_the_score_is_gain_times_leverage_and_of_losers_gain_over_leverage(terms, expected):
    assert score(*terms) == expected


@pytest.mark.parametrize("side", [1, -1])
def test_only_the_other_side_is_ranked_and_nobody_against_himself(side):
    calculator = market(side).margin.calculator
    found = ranked(calculator, "PERP", side, "leo")
    assert [(each.account, each.quantity) for each in found] == [("ian", 6), ("ida", 4)]
    assert ranked(calculator, "PERP", side, "ian")[0].account == "ida"
    assert [each.account for each in ranked(calculator, "PERP", -side, "mm")] == ["leo"]


@pytest.mark.parametrize("side", [1, -1])
def test_both_sides_are_closed_and_the_deficit_is_divided_by_size(side):
    scene = market(side)
    covered = deleverage(scene.margin.calculator, scene.margin.credit, "leo", "PERP", 100_00)
    assert covered == 100_00
    assert [scene.held(name, "PERP") for name in NAMES] == [0, 0, 0, 0]
    reduced = scene.events(PositionReduced)
    assert [(each.counterparty, each.change, each.given_up, each.rank) for each in reduced] == [
        ("ian", -side * 6, 60_00, 1),
        ("ida", -side * 4, 40_00, 2),
    ]
    assert [(each.payer, each.amount) for each in scene.events(DeficitCovered)] == [("ian", 60_00), ("ida", 40_00)]
    check_promises(scene)


def test_without_a_deficit_positions_are_closed_and_nobody_pays():
    scene = market(1)
    assert deleverage(scene.margin.calculator, scene.margin.credit, "leo", "PERP", 0) == 0
    assert [each.given_up for each in scene.events(PositionReduced)] == [0, 0]
    assert scene.events(DeficitCovered) == []
    assert scene.transfers("DELEVERAGED")[0].asset == "PERP"


def test_who_is_not_needed_any_more_is_left_alone():
    scene = market(1)
    scene.exchange.submit("lou", Sell("PERP", 7, 90_00))
    scene.exchange.submit("leo", Buy("PERP", 7, 90_00))
    scene.exchange.submit("leo", Sell("PERP", 12, 90_00))
    scene.exchange.submit("mm2", Buy("PERP", 12, 90_00))
    scene.bid(90_00, 12, "PERP")  # leo is left with five
    assert scene.held("leo", "PERP") == 5
    scene.margin.calculator.catch_up()
    deleverage(scene.margin.calculator, scene.margin.credit, "leo", "PERP", 0)
    assert [(each.counterparty, each.change) for each in scene.events(PositionReduced)] == [("ian", -5)]
    assert [scene.held(name, "PERP") for name in NAMES] == [0, -4, -1, -7]
