"""Initial margin: what a position could become worth is what counts, and making it smaller is always allowed."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Future
from market_sim.core.models.intents import Amend, Buy, Sell
from market_sim.market.mechanisms.initial_margin import InitialMargin
from tests.unit.market.mechanisms.stage import Stage


def stage(cash: int = 10_000) -> Stage:
    futures = [Future(name, underlying="ACME", expiry=1_000) for name in ("ONE", "TWO")]
    scene = Stage(futures, {name: {"USD": cash, "ACME": 1} for name in ("ann", "bob")})
    scene.margin = scene.attach(InitialMargin(("ann", "bob"), scene.marks, rate_bps=1_000))
    scene.exchange.listings["ONE"].last = scene.exchange.listings["TWO"].last = 10_000
    return scene


def test_cash_for_a_tenth_is_enough_and_a_cent_less_is_not():
    scene = stage()
    assert scene.refusal("ann", Buy("ONE", 11, 10_000)) == "INITIAL_MARGIN"
    assert scene.refusal("ann", Buy("ONE", 10, 10_000)) == ""
    assert scene.refusal("ann", Buy("ONE", 1, 10_000)) == "INITIAL_MARGIN"


def test_open_orders_of_both_contracts_count_at_their_worst():
    scene = stage()
    scene.exchange.submit("ann", Buy("ONE", 6, 10_000))
    scene.exchange.submit("ann", Sell("ONE", 6, 10_001))  # never both: the worst is 6
    assert scene.refusal("ann", Buy("TWO", 5, 10_000)) == "INITIAL_MARGIN"
    assert scene.refusal("ann", Buy("TWO", 4, 10_000)) == ""


def test_what_makes_the_position_smaller_is_let_through():
    scene = stage()
    scene.trade("ann", "bob", "ONE", 10, 10_000)
    scene.exchange.ledger.transfer("ann", "bob", "USD", 10_000, "LOST", "ONE")
    assert scene.refusal("ann", Buy("ONE", 1, 9_000)) == "INITIAL_MARGIN"
    assert scene.refusal("ann", Sell("ONE", 10, 10_000)) == ""


def test_an_amendment_counts_only_what_it_adds():
    scene = stage()
    order = scene.exchange.submit("ann", Buy("ONE", 8, 9_000))
    assert scene.refusal("ann", Amend(order.id, quantity=12)) == "INITIAL_MARGIN"
    assert scene.refusal("ann", Amend(order.id, quantity=10)) == ""


def test_what_is_paid_at_once_still_needs_the_cash_and_the_shares():
    scene = stage()
    assert scene.refusal("ann", Buy("ACME", 2, 10_000)) == "INSUFFICIENT_CASH"
    assert scene.refusal("ann", Sell("ACME", 2, 10_000)) == "INSUFFICIENT_HOLDINGS"
    scene.trade("ann", "bob", "ACME", 1, 10_000)
    assert scene.sound()


def test_a_rate_and_an_account_have_to_exist():
    with pytest.raises(InputError, match="the margin is from 1"):
        InitialMargin((), stage().marks, rate_bps=0)
    with pytest.raises(InputError, match="no account 'nobody'"):
        stage().attach(InitialMargin(("nobody",), stage().marks))


def test_an_amendment_needs_what_the_same_new_order_would():
    scene = stage()
    order = scene.exchange.submit("ann", Buy("ONE", 10, 9_000))
    assert scene.refusal("ann", Amend(order.id, limit=10_001)) == "INITIAL_MARGIN"
    assert scene.refusal("ann", Amend(order.id, limit=10_000)) == ""
    assert scene.refusal("ann", Amend(order.id, quantity=11)) == "INITIAL_MARGIN"
    share = scene.exchange.submit("bob", Buy("ACME", 1, 100))
    assert scene.refusal("bob", Amend(share.id, limit=10_001)) == "INSUFFICIENT_CASH"
    assert scene.refusal("bob", Amend(share.id, limit=10_000)) == ""
    assert scene.sound()


def test_an_order_that_becomes_smaller_is_let_through_even_when_the_cash_is_gone():
    scene = stage()
    order = scene.exchange.submit("ann", Buy("ONE", 10, 9_000))
    scene.exchange.ledger.transfer("ann", "bob", "USD", 10_000, "LOST", "ONE")
    assert scene.refusal("ann", Amend(order.id, quantity=5)) == ""
    assert scene.refusal("ann", Amend(order.id, quantity=5, limit=8_999)) == "INITIAL_MARGIN"
    assert scene.refusal("ann", Amend(order.id, quantity=4)) == ""
