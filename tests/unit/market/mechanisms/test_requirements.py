"""What each kind of instrument needs, owned and owed, in both profiles: no kind is judged by another one's rule."""

from __future__ import annotations

import pytest

from market_sim.core.models.derivatives import Future, Note, Option, Perpetual, PredictionContract, Warrant
from market_sim.core.models.instruments import Spot, Stock
from market_sim.market.mechanisms.requirements import PortfolioMargin, us_strategy

TERMS = {"underlying": "ACME", "strike": 100_00, "expiry": 9}
INSTRUMENTS = {
    each.symbol: each
    for each in (
        Stock("ACME"),
        Spot("COIN"),
        Option("CALL", multiplier=100, **TERMS),
        Option("PUT", right="put", multiplier=100, **TERMS),
        Warrant("WARRANT", issuer="company", **TERMS),
        Future("FUT", underlying="ACME", expiry=9, multiplier=10),
        Perpetual("PERP", underlying="ACME", funding_every=9),
        Note("NOTE", underlying="ACME", issuer="bank", protected=1, strike=1, maturity=9),
        PredictionContract("YES", question="Will it?"),
    )
}
MARKS = {"ACME": 100_00, "COIN": 100_00, "CALL": 5_00, "PUT": 4_00, "WARRANT": 7_00, "FUT": 101_00, "PERP": 99_00,
         "NOTE": 900_00, "YES": 30}  # fmt: skip
PAID_IN_FULL = {"CALL": 500_00, "PUT": 400_00, "WARRANT": 7_00, "NOTE": 900_00, "YES": 30}


@pytest.mark.parametrize("profile", [us_strategy, PortfolioMargin()], ids=lambda profile: profile.name)
@pytest.mark.parametrize(("symbol", "needed"), [(each, PAID_IN_FULL[each]) for each in ("WARRANT", "NOTE", "YES")])
def test_what_may_become_worthless_is_paid_in_full(profile, symbol, needed):
    for initial in (True, False):
        assert profile.requirement({symbol: 1}, MARKS, INSTRUMENTS, initial=initial) == needed


@pytest.mark.parametrize(
    ("symbol", "held", "initial", "maintenance"),
    [
        ("ACME", 10, 500_00, 250_00),
        ("ACME", -10, 500_00, 300_00),
        ("COIN", 10, 500_00, 250_00),
        ("CALL", 2, 1_000_00, 1_000_00),
        ("PUT", 1, 400_00, 400_00),
        ("CALL", -2, 4_000_00, 4_000_00),
        ("PUT", -1, 2_000_00, 2_000_00),
        ("FUT", 1, 101_00, 5_05),
        ("FUT", -1, 101_00, 5_05),
        ("PERP", -10, 99_00, 4_95),
        ("YES", -10, 7_00, 7_00),
        ("YES", 0, 0, 0),
    ],
)
def test_each_position_is_judged_by_the_rule_of_its_kind(symbol, held, initial, maintenance):
    for is_initial, needed in ((True, initial), (False, maintenance)):
        assert us_strategy.requirement({symbol: held}, MARKS, INSTRUMENTS, initial=is_initial) == needed


def test_a_portfolio_scans_shares_and_options_and_leaves_contracts_to_their_own_rule():
    profile = PortfolioMargin()

    def needs(**held: int) -> int:
        return profile.requirement(held, MARKS, INSTRUMENTS, initial=True)

    assert needs(ACME=10) == needs(ACME=-10) == needs(COIN=-10) == 150_00
    assert needs(FUT=1) == 101_00
    assert needs(YES=-10) == 7_00
    assert needs(ACME=100, PUT=1) < needs(ACME=100) < needs(ACME=100) + needs(FUT=1) == needs(ACME=100, FUT=1)
    # Without a price of the share there is nothing to scan: the option is judged by itself.
    blind = {symbol: mark for symbol, mark in MARKS.items() if symbol != "ACME"}
    assert profile.requirement({"CALL": 1}, blind, INSTRUMENTS, initial=True) == 500_00
    assert profile.requirement({"CALL": 1}, blind | {"ACME": 0}, INSTRUMENTS, initial=True) == 500_00


def test_a_prediction_contract_that_costs_more_than_it_pays_needs_nothing_more():
    assert us_strategy.requirement({"YES": -1}, {"YES": 130}, INSTRUMENTS, initial=True) == 0


def test_a_call_is_covered_by_whole_lots_of_owned_shares_and_a_put_by_none():
    def naked(**held: int) -> int:
        both = us_strategy.requirement(held, MARKS, INSTRUMENTS, initial=False)
        return both - us_strategy.requirement({"ACME": held["ACME"]}, MARKS, INSTRUMENTS, initial=False)

    assert [naked(ACME=shares, CALL=-2) for shares in (0, 99, 100, 199, 200, 300)] == [
        4_000_00, 4_000_00, 2_000_00, 2_000_00, 0, 0,
    ]  # fmt: skip
    assert naked(ACME=-100, CALL=-1) == 2_000_00
    assert naked(ACME=100, PUT=-1) == 2_000_00
