"""Our values against the ones printed in books and rule examples; published.json names the source of each row.

A tolerance is half a unit of the last digit that was printed, and a hair (Haug cuts digits off: a whole unit).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from market_sim.pricing import binomial, black_scholes
from market_sim.pricing.forward import forward_price, top_up, variation_margin
from market_sim.pricing.implied_volatility import implied_volatility
from market_sim.pricing.margin_formulas import WrittenOption, initial_long, short_straddle, vertical_spread
from market_sim.pricing.option import Dividend, VanillaOption, escrowed
from market_sim.pricing.risk import kupiec, normal_value_at_risk, over_days, portfolio_deviation
from market_sim.pricing.warrants import WarrantIssue, price_before_announcement, share_price_drop

PUBLISHED = json.loads(Path(__file__).with_name("published.json").read_text())
TERMS = ("kind", "spot", "strike", "years", "volatility", "rate", "dividend_yield")


def rows(table):
    return [pytest.param(row, id=row["source"]) for row in PUBLISHED[table]["rows"]]


def option(row):
    return VanillaOption(**{name: row[name] for name in TERMS})


@pytest.mark.parametrize("row", rows("european"))
def test_european_values(row):
    assert black_scholes.price(option(row)) == pytest.approx(row["expected"], abs=PUBLISHED["european"]["tolerance"])


@pytest.mark.parametrize("row", rows("european_to_the_cent"))
def test_european_values_to_the_cent(row):
    tolerance = PUBLISHED["european_to_the_cent"]["tolerance"]
    assert black_scholes.price(option(row)) == pytest.approx(row["expected"], abs=tolerance)


@pytest.mark.parametrize("row", rows("greeks"))
def test_greeks(row):
    ours = getattr(black_scholes.greeks(option(row)), row["greek"])
    assert ours == pytest.approx(row["expected"], abs=row["tolerance"])


@pytest.mark.parametrize("row", rows("american"))
def test_american_puts(row):
    assert binomial.leisen_reimer(option(row), 601) == pytest.approx(
        row["expected"], abs=PUBLISHED["american"]["tolerance"]
    )


@pytest.mark.parametrize("row", rows("trees"))
def test_textbook_trees(row):
    ours = binomial.cox_ross_rubinstein(option(row), row["steps"], american=row.get("american", True))
    assert ours == pytest.approx(row["expected"], abs=row["tolerance"])


def test_a_call_on_a_share_with_two_dividends():
    share = VanillaOption("call", spot=40, strike=40, years=0.5, volatility=0.3, rate=0.09)
    paid = escrowed(share, [Dividend(2 / 12, 0.5), Dividend(5 / 12, 0.5)])
    assert black_scholes.price(paid) == pytest.approx(3.67, abs=0.0051)  # Hull, example 15.9


@pytest.mark.parametrize(
    ("share", "price", "expected", "tolerance"),
    [
        (VanillaOption("call", 21, 20, 0.25, 0, 0.1), 1.875, 0.235, 6e-4),  # Hull, ch. 15.11
        (VanillaOption("call", 1.6, 1.6, 4 / 12, 0, 0.08, 0.11), 0.043, 0.141, 6e-4),  # Hull, example 17.2
    ],
)
def test_implied_volatilities(share, price, expected, tolerance):
    assert implied_volatility(share, price) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("row", rows("forwards"))
def test_forward_prices(row):
    income = [Dividend(*due) for due in row["income"]]
    ours = forward_price(
        row["spot"], years=row["years"], rate=row["rate"], dividend_yield=row["dividend_yield"], income=income
    )
    assert ours == pytest.approx(row["expected"], abs=row["tolerance"])


def test_sixteen_days_of_a_gold_future():
    table = PUBLISHED["daily_settlement"]
    balance, previous, balances, calls = table["initial"], table["entry"], [], []
    for settled in table["settled"]:
        paid = variation_margin(table["contracts"], multiplier=table["multiplier"], previous=previous, settled=settled)
        balance += paid
        balances.append(balance)
        calls.append(top_up(balance, initial=table["initial"], maintenance=table["maintenance"]))
        balance, previous = balance + calls[-1], settled
    assert balances == table["balance"]
    assert calls == table["calls"]


def test_warrants_before_their_announcement():
    share = VanillaOption("call", spot=40, strike=60, years=5, volatility=0.3, rate=0.03)
    issue = WarrantIssue(shares=1_000_000, warrants=200_000)
    assert price_before_announcement(share, issue) == pytest.approx(5.87, abs=0.0051)  # Hull, example 15.7
    assert share_price_drop(share, issue) == pytest.approx(1.17, abs=0.0051)


@pytest.mark.parametrize("row", rows("margin_written"))
def test_requirements_of_written_options(row):
    short = WrittenOption(row["kind"], row["spot"], row["strike"], row["premium"], rate_bps=row["rate_bps"])
    contracts = row["contracts"]
    assert short.requirement(contracts) - contracts * short.proceeds == row["after_proceeds"]


@pytest.mark.parametrize("row", rows("margin_straddles"))
def test_requirements_of_straddles(row):
    call, put = (WrittenOption(kind, row["spot"], *row[kind]) for kind in ("call", "put"))
    assert short_straddle(call, put) == row["expected"]


def test_positions_of_cboes_examples_that_combine_several_rules():
    """IBM at 97.73, one hundred contracts: the positions of the same sheet that add requirements and premiums."""
    shares = 10_000
    written = {
        (kind, strike): WrittenOption(kind, 97_73, strike, premium)
        for kind, strike, premium in (("call", 100_00, 1_68), ("put", 100_00, 3_18), ("call", 105_00, 40))
    }
    stock = initial_long(97_73 * shares)
    bought = {"put 95": 1_02 * shares, "call 100": 1_68 * shares, "call 95": 4_53 * shares}

    def net(kind, strike):
        short = written[kind, strike]
        return short.requirement(100) - 100 * short.proceeds

    spread = vertical_spread("call", short_strike=105_00, long_strike=95_00)
    assert stock - 100 * written["call", 100_00].proceeds == 471_850_00  # covered call
    assert stock + bought["put 95"] == 498_850_00  # protective put
    assert net("put", 100_00) + bought["call 100"] == 212_260_00  # synthetic long
    assert net("call", 105_00) + bought["put 95"] == 132_960_00  # risk reversal
    assert stock + bought["put 95"] - 100 * written["call", 105_00].proceeds == 494_850_00  # collar
    assert spread + bought["call 95"] - 100 * written["call", 105_00].proceeds == 41_300_00  # bull call spread


@pytest.mark.parametrize("row", rows("kupiec"))
def test_kupiecs_table_of_how_many_failures_are_accepted(row):
    low, high = row["accepted_above"], row["accepted_below"]

    def rejected(breaches):
        return kupiec(breaches, row["observations"], row["confidence"]).rejected

    assert not rejected(high - 1)
    assert rejected(high)
    if low is not None:
        assert rejected(low)
        assert not rejected(low + 1)


@pytest.mark.parametrize("row", rows("value_at_risk"))
def test_normal_value_at_risk(row):
    one_day = normal_value_at_risk(deviation=row["deviation"], confidence=row["confidence"])
    assert over_days(one_day, row["days"]) == pytest.approx(row["expected"], abs=row["tolerance"])


def test_the_deviation_of_two_shares():
    ours = portfolio_deviation([200_000, 50_000], [[1, 0.3], [0.3, 1]])
    assert ours == pytest.approx(220_200, abs=50)  # Hull, ch. 22.3


def test_sixty_values_and_more_have_a_source():
    values = [row for table in PUBLISHED.values() for row in table.get("rows", [])]
    assert len(values) >= 60
    assert all(row["source"] for row in values)
