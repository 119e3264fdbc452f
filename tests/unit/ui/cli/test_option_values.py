"""`simulate.py option` prints published values and what follows from them."""

from __future__ import annotations

import re

import pytest

from market_sim.ui.cli.main import main

HULL = ["--spot", "50", "--strikes", "50", "--volatility", "40", "--rate", "10", "--days", str(365 * 5 / 12)]
"""The put of Hull, example 21.1: worth 4.076 if European, 4.283 with the right to exercise early."""


def cells(told: str, right: str) -> dict[str, str]:
    (head,) = re.findall(r"^ *strike.*$", told, re.MULTILINE)
    (row,) = re.findall(rf"^ *[\d.]+ +{right} .*$", told, re.MULTILINE)
    return dict(zip(head.split(), row.split(), strict=True))


def test_the_put_of_hull_has_the_published_values(capsys):
    assert main(["option", *HULL]) == 0
    told = capsys.readouterr().out
    put = cells(told, "put")
    assert (round(float(put["European"]), 2), round(float(put["American"]), 2)) == (4.08, 4.28)
    assert float(cells(told, "call")["delta"]) - float(put["delta"]) == pytest.approx(1, abs=1e-4)
    premium = float(put["American"]) - float(put["European"])
    assert f"the put of strike 50: the right to exercise early is worth {premium:.4f}" in told


def test_a_share_without_yield_gives_no_reason_to_exercise_a_call_early(capsys):
    assert main(["option", *HULL]) == 0
    told = capsys.readouterr().out
    assert cells(told, "call")["American"] == cells(told, "call")["European"]
    assert "the call" not in told


def test_the_boundary_of_a_put_rises_towards_its_strike_and_lies_below_it(capsys):
    assert main(["option", *HULL]) == 0
    points = re.findall(r"([\d.]+) on day (\d+)", capsys.readouterr().out)
    prices, days = [float(price) for price, _ in points], [int(day) for _, day in points]
    assert prices == sorted(prices)
    assert days == sorted(days)
    assert prices[-1] < 50


def test_the_trees_come_closer_with_more_steps(capsys):
    assert main(["option", *HULL]) == 0
    told = capsys.readouterr().out
    value = float(cells(told, "put")["American"])
    for tree in ("Cox-Ross-Rubinstein", "mean with \\d+", "Leisen-Reimer"):
        errors = [abs(float(found) - value) for found in re.findall(rf"{tree} ([\d.]+)", told)]
        assert len(errors) == 3
        assert errors == sorted(errors, reverse=True)


def test_the_volatility_of_a_price_is_the_one_that_gives_it(capsys):
    assert main(["option", *HULL, "--right", "put", "--price", "4.076"]) == 0
    assert "a European put of strike 50 at 4.076 implies 40.00% a year" in capsys.readouterr().out


def test_an_option_that_expires_now_is_worth_its_payoff(capsys):
    assert main(["option", "--days", "0", "--strikes", "90"]) == 0
    told = capsys.readouterr().out
    assert (cells(told, "call")["American"], cells(told, "put")["European"]) == ("10.0000", "0.0000")
    assert "-0.0000" not in told


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--days", "-1"], "an expired option is settled, not valued"),
        (["--strikes", "90,x"], "expected a number such as 42.5, found 'x'"),
        (["--strikes", ",".join(["9"] * 51)], "expected at most 50 strikes, found 51"),
        (["--spot", "nan"], "expected a number such as 42.5, found 'nan'"),
        (["--price", "5"], "a price belongs to one option: give one strike with --price, found 3"),
        (["--price", "500", "--strikes", "100"], "there is an arbitrage and no volatility explains the price"),
    ],
)
def test_a_mistake_is_one_sentence_and_prints_no_half_of_a_table(flags, expected, capsys):
    assert main(["option", *flags]) == 2
    told = capsys.readouterr()
    assert expected in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""
