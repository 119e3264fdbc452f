"""Our values against QuantLib's, row by row of quantlib.json (made by make_quantlib_grid.py beside it)."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from market_sim.pricing import binomial, black_scholes
from market_sim.pricing.chain import chain
from market_sim.pricing.implied_volatility import implied_volatility
from market_sim.pricing.option import Dividend, VanillaOption, escrowed

GRID = json.loads(Path(__file__).with_name("quantlib.json").read_text())
TERMS = ("kind", "spot", "strike", "years", "volatility", "rate", "dividend_yield")


def option(row):
    return VanillaOption(**{name: row[name] for name in TERMS})


def name_of(row):
    return "-".join(str(row[name])[:6] for name in TERMS)


@pytest.mark.parametrize("row", GRID["european"], ids=name_of)
def test_values_and_greeks_of_the_closed_formula_agree(row):
    ours = black_scholes.greeks(option(row))._asdict()
    theirs = row["expected"]
    assert {name: ours[name] for name in theirs} == pytest.approx(theirs, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("row", GRID["american"], ids=name_of)
def test_american_values_agree_with_the_high_precision_engine(row):
    assert binomial.leisen_reimer(option(row), 301) == pytest.approx(row["expected"], rel=4e-4, abs=1e-3)
    assert binomial.averaged(option(row), 250) == pytest.approx(row["expected"], rel=4e-4, abs=1e-2)


def test_what_the_tree_lacks_halves_when_the_steps_double():
    row = max(GRID["american"], key=lambda row: abs(binomial.leisen_reimer(option(row), 101) - row["expected"]))
    lacks = [abs(binomial.leisen_reimer(option(row), steps) - row["expected"]) for steps in (101, 201, 401, 801)]
    assert all(later < 0.65 * earlier for earlier, later in itertools.pairwise(lacks))


def test_the_leisen_reimer_tree_is_the_best_on_average_and_does_not_swing():
    """The numbers of docs/decisions/0010."""
    rows = GRID["american"]
    trees = (binomial.leisen_reimer, binomial.cox_ross_rubinstein, binomial.averaged)
    errors = [[abs(tree(option(row), 51) - row["expected"]) for row in rows] for tree in trees]
    assert [round(sum(each) / len(rows), 3) for each in errors] == [0.005, 0.035, 0.007]
    assert sum(ours < textbook for ours, textbook, _ in zip(*errors, strict=True)) == 43
    swings = [
        sum(abs(tree(option(row), 51) - tree(option(row), 51 + more)) for row in rows) / len(rows)
        for tree, more in ((binomial.leisen_reimer, 2), (binomial.cox_ross_rubinstein, 1))
    ]
    assert [round(swings[0], 4), round(swings[1], 2)] == [0.0003, 0.06]


def test_the_leisen_reimer_error_of_a_european_option_falls_much_faster():
    rows = [row for row in GRID["american"] if abs(row["spot"] - row["strike"]) > 1]
    values = [(option(row), black_scholes.price(option(row))) for row in rows]
    ours, textbook = (
        [sum(abs(tree(each, steps, american=False) - value) for each, value in values) for steps in (25, 101)]
        for tree in (binomial.leisen_reimer, binomial.cox_ross_rubinstein)
    )
    assert ours[0] > 10 * ours[1]
    assert textbook[0] < 8 * textbook[1]


@pytest.mark.parametrize("row", GRID["leisen_reimer"], ids=lambda row: f"{name_of(row)}-{row['steps']}")
def test_the_leisen_reimer_tree_is_the_same_node_for_node(row):
    ours = binomial.leisen_reimer(option(row), row["steps"], american=row["american"])
    assert ours == pytest.approx(row["expected"], rel=1e-9)


@pytest.mark.parametrize("row", GRID["escrowed"], ids=name_of)
def test_cash_dividends_lie_in_escrow(row):
    share = escrowed(option(row), [Dividend(years, amount) for years, amount in row["dividends"]])
    assert black_scholes.price(share) == pytest.approx(row["expected"], rel=1e-9)


@pytest.mark.parametrize("row", GRID["implied_volatility"], ids=name_of)
def test_implied_volatilities_agree(row):
    assert implied_volatility(option(row), row["price"]) == pytest.approx(row["expected"], rel=1e-9)


@pytest.mark.parametrize("row", GRID["european"][::5], ids=name_of)
def test_a_chain_gives_the_same_greeks(row):
    rows = chain(
        spot=row["spot"],
        strikes=[row["strike"]],
        expiries=[row["years"]],
        volatility=row["volatility"],
        rate=row["rate"],
        dividend_yield=row["dividend_yield"],
    )
    side = getattr(rows[0], row["kind"])._asdict()
    assert {name: side[name] for name in row["expected"]} == pytest.approx(row["expected"], rel=1e-9, abs=1e-11)


def test_the_grid_is_as_large_as_it_says():
    sizes = {name: len(rows) for name, rows in GRID.items() if name != "source"}
    assert sizes == {"european": 48, "american": 48, "leisen_reimer": 24, "escrowed": 6, "implied_volatility": 4}
