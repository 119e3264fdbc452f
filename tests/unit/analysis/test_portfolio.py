"""Exposures are those of the positions that the journal adds up to, and a hedge brings the delta to nothing."""

from __future__ import annotations

import pytest

from market_sim.analysis.portfolio import exposures
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Option
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.market.exchange.exchange import Exchange
from market_sim.pricing import black_scholes
from market_sim.pricing.option import VanillaOption
from market_sim.simulation.engine.clock import SECOND, Clock

CALL = Option("ACME-C", underlying="ACME", strike=10_000, expiry=63 * SECOND, multiplier=100)


@pytest.fixture
def journal() -> Journal:
    journal = Journal()
    exchange = Exchange(Clock(), journal)
    exchange.list(Stock("ACME"))
    exchange.list(CALL)
    for name in ("ann", "ben"):
        exchange.ledger.open_account(name)
        exchange.ledger.deposit(name, "USD", 10_000_000)
        exchange.ledger.deposit(name, "ACME", 500)
    exchange.ledger.grant_margin("ben")
    exchange.submit("ben", Sell("ACME", 1, 10_100))
    exchange.submit("ann", Buy("ACME", 1, 10_100))
    exchange.submit("ben", Sell("ACME-C", 3, 400))
    exchange.submit("ann", Buy("ACME-C", 3, 400))
    return journal


def test_the_journal_knows_the_terms_of_an_option(journal: Journal) -> None:
    [listed] = [event for event in journal if getattr(event, "kind", "") == "option"]
    assert listed.terms == {  # type: ignore[attr-defined]
        "underlying": "ACME",
        "strike": 10_000,
        "expiry": 63 * SECOND,
        "right": "call",
        "style": "european",
        "delivery": "cash",
    }


def test_the_greeks_of_a_position_are_those_of_its_option_times_its_size(journal: Journal) -> None:
    found = {one.account: one for one in exposures(journal, now=0, day_ns=SECOND)}
    one = black_scholes.greeks(VanillaOption("call", 10_100, 10_000, 63 / 252, 0.3, 0.0))
    assert found["ann"].delta == pytest.approx(501 + 300 * one.delta)
    assert found["ben"].delta == pytest.approx(499 - 300 * one.delta)
    assert found["ann"].gamma == pytest.approx(300 * one.gamma) == pytest.approx(-found["ben"].gamma)
    assert found["ann"].vega == pytest.approx(3 * one.vega)


def test_the_hedge_brings_the_delta_within_half_a_share_of_nothing(journal: Journal) -> None:
    for one in exposures(journal, now=0, day_ns=SECOND):
        assert abs(one.delta + one.hedge) <= 0.5
        verb = "sell" if one.delta > 0 else "buy"
        assert f"{one.account}: {verb} {abs(one.hedge):,} ACME" in one.sentence(half_spread=2)


def test_an_expired_option_adds_nothing(journal: Journal) -> None:
    found = {one.account: one for one in exposures(journal, now=63 * SECOND, day_ns=SECOND)}
    assert (found["ann"].delta, found["ann"].gamma) == (501, 0)


def test_a_volatility_must_be_positive(journal: Journal) -> None:
    with pytest.raises(InputError, match="a volatility is positive, found 0"):
        exposures(journal, now=0, day_ns=SECOND, volatility=0)
