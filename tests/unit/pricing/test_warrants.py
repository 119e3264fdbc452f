"""Promises of warrants: dilution takes exactly its part, and the two conventions are not the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.pricing import black_scholes
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.warrants import (
    WarrantIssue,
    payoff,
    price_after_exercise,
    price_before_announcement,
    price_outstanding,
    share_price_drop,
)
from tests.unit.pricing.drawn import number, options

issues = st.builds(WarrantIssue, shares=st.integers(1, 10**9), warrants=st.integers(1, 10**9), ratio=number(0.01, 20))
calls = options(kind=st.just("call"))


@given(number(1, 1e9), number(0.1, 1e3), issues)
def test_exercise_conserves_value(equity, strike, issue):
    """What old and new shares are worth together is what the company was worth plus what was paid in."""
    after = price_after_exercise(equity, strike, issue)
    assert after * (issue.shares + issue.new_shares) == pytest.approx(equity + issue.new_shares * strike)


@given(number(1, 1e9), number(0.1, 1e3), issues)
def test_a_warrant_pays_the_diluted_part_of_what_a_call_would(equity, strike, issue):
    undiluted = max(0.0, equity / issue.shares - strike)
    expected = issue.ratio * issue.dilution * undiluted
    room = 1e-9 * issue.ratio * (strike + equity / issue.shares)
    assert payoff(equity, strike, issue) == pytest.approx(expected, rel=1e-6, abs=room)


@given(calls, issues)
def test_the_price_before_announcement_is_the_diluted_call(share, issue):
    expected = issue.ratio * issue.shares / (issue.shares + issue.warrants * issue.ratio)
    assert price_before_announcement(share, issue) == pytest.approx(expected * black_scholes.price(share), abs=1e-12)


@given(calls, issues)
def test_what_holders_gain_the_old_shares_lose(share, issue):
    given_away = issue.warrants * price_before_announcement(share, issue)
    assert share_price_drop(share, issue) * issue.shares == pytest.approx(given_away)


@given(calls, issues)
def test_the_price_of_outstanding_warrants_explains_itself(share, issue):
    worth = price_outstanding(share, issue)
    equity = replace(share, spot=share.spot + issue.warrants * worth / issue.shares)
    again = issue.ratio * issue.dilution * black_scholes.price(equity)
    assert worth == pytest.approx(again, rel=1e-9, abs=1e-11)


@given(calls, issues)
def test_outstanding_warrants_are_worth_more_than_the_same_before_announcement(share, issue):
    """Before, the announcement will still lower the share price; later it already has."""
    assert price_outstanding(share, issue) >= price_before_announcement(share, issue) * (1 - 1e-12)


@given(calls)
def test_without_dilution_both_are_the_call(share):
    few = WarrantIssue(shares=10**12, warrants=1)
    call = black_scholes.price(share)
    assert price_before_announcement(share, few) == pytest.approx(call, rel=1e-9)
    assert price_outstanding(share, few) == pytest.approx(call, rel=1e-9)


def test_many_more_warrants_than_shares_still_settle():
    share = VanillaOption("call", 40, 60, 5, 0.3, 0.03)
    worth = price_outstanding(share, WarrantIssue(shares=1, warrants=10**9))
    assert 0 < worth < 40


@given(number(0.01, 500), number(1, 200), issues)
def test_at_expiry_an_outstanding_warrant_is_worth_share_less_strike(spot, strike, issue):
    """The price already reflects the new shares, so the holder gets exactly what the quote says."""
    worth = price_outstanding(VanillaOption("call", spot, strike, 0, 0.3), issue)
    assert worth == pytest.approx(issue.ratio * max(0.0, spot - strike), rel=1e-6, abs=1e-6 * issue.ratio)
