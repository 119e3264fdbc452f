"""A shock moves the underlying: a put gains by a fall, a future moves with it, and what is measured is said."""

from __future__ import annotations

from itertools import pairwise
from math import log, sqrt
from statistics import stdev

import pytest

from market_sim.analysis.portfolio import exposures
from market_sim.analysis.risk_report import half_spreads, stress
from market_sim.analysis.volatility import ASSUMED, volatility_of
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Option, Perpetual
from market_sim.core.models.instruments import Spot, Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.mechanism_events import ContractSpecified
from market_sim.core.models.run_events import ValueMoved
from market_sim.market.exchange.exchange import Exchange
from market_sim.pricing.black_scholes import price
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.stress import FALL_10, SPREAD_TIMES_5, VOLATILITY_TIMES_2
from market_sim.simulation.engine.clock import SECOND, Clock
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.ui.cli.risk import named_shock, say_risk, say_stress

PUT = Option("ACME-P", underlying="ACME", strike=10_000, expiry=63 * SECOND, multiplier=100, right="put")


@pytest.fixture
def journal() -> Journal:
    """Ann owns three puts, a perpetual and a coin; Ben has sold them."""
    journal = Journal()
    exchange = Exchange(Clock(), journal)
    for instrument in (Stock("ACME"), PUT, Spot("BTC"), Perpetual("BTC-P", underlying="BTC", funding_every=SECOND)):
        exchange.list(instrument)
    journal.record(ContractSpecified(0, "BTC-P", 1))
    for name in ("ann", "ben"):
        exchange.ledger.open_account(name)
        exchange.ledger.deposit(name, "USD", 100_000_000)
        exchange.ledger.grant_margin(name)
    exchange.ledger.deposit("ben", "ACME", 1)
    exchange.ledger.deposit("ben", "BTC", 7)
    for symbol, quantity, at in (("ACME", 1, 10_000), ("ACME-P", 3, 400), ("BTC", 7, 500), ("BTC-P", 5, 500)):
        exchange.submit("ben", Sell(symbol, quantity, at))
        exchange.submit("ann", Buy(symbol, quantity, at))
    return journal


def test_a_put_gains_by_a_fall_what_the_formula_says(journal: Journal) -> None:
    rows = {row.account: row for row in stress(journal, [FALL_10])}
    now, then = (price(VanillaOption("put", spot, 10_000, 63 / 252, ASSUMED)) for spot in (10_000, 9_000))
    # 3 puts of 100 shares; a share at 10,000; 7 coins and 5 perpetuals at 500 each.
    gained = 300 * (then - now) - 1_000 - 7 * 50 - 5 * 50
    assert gained > 0
    assert rows["ann"].loss == pytest.approx(-gained, abs=1)
    assert rows["ben"].loss == pytest.approx(300 * (then - now) - 5 * 50, abs=1)


def test_more_volatility_is_worth_something_to_the_holder_and_costs_the_writer(journal: Journal) -> None:
    rows = {row.account: row for row in stress(journal, [VOLATILITY_TIMES_2])}
    calm, wild = (price(VanillaOption("put", 10_000, 10_000, 63 / 252, sigma)) for sigma in (ASSUMED, 2 * ASSUMED))
    assert rows["ann"].loss == pytest.approx(-300 * (wild - calm), abs=1)
    assert rows["ben"].loss == pytest.approx(300 * (wild - calm), abs=1)


def test_a_coin_and_its_perpetual_have_a_delta_of_one_each(journal: Journal) -> None:
    found = {(one.account, one.underlying): one.delta for one in exposures(journal, now=0, day_ns=SECOND)}
    assert found["ann", "BTC"] == 12
    assert found["ben", "BTC"] == -5


def test_a_volatility_is_measured_on_the_days_of_the_run_or_assumed() -> None:
    prices = [10_000, 10_100, 9_950, 10_200, 10_150]
    events = [ValueMoved(day * SECOND + part, "ACME", value) for day, value in enumerate(prices) for part in (0, 9)]
    returns = [log(b / a) for a, b in pairwise(prices)]
    found = volatility_of(events, "ACME", SECOND)
    assert found.value == pytest.approx(stdev(returns) * sqrt(252))
    assert found.sentence("ACME").endswith("from 4 daily returns of this run")
    short = volatility_of(events[:6], "ACME", SECOND)
    assert (short.value, short.returns) == (ASSUMED, 0)
    assert "assumed" in short.sentence("ACME")


def test_no_stress_prints_an_empty_table() -> None:
    result = simulate(FirstMarket(), Options(epochs=3, settlement="none"))
    said: list[str] = []
    say_stress(result, "volatility", said.append)
    assert said[-1] == "no account holds anything that this would change"
    half = half_spreads(result.journal)["ACME"]
    [row] = stress(result.journal, [SPREAD_TIMES_5], accounts=["noise-0"])
    assert row.exit_cost > 0
    assert row.exit_cost % (5 * half) == 0
    with pytest.raises(InputError, match="a thinner book alone costs a holder nothing"):
        named_shock("depth")


def test_the_risk_of_the_arena_has_its_coins_its_perpetual_and_kupiecs_test() -> None:
    said: list[str] = []
    say_risk(simulate(Arena(), Options(settlement="none")), said.append)
    text = "\n".join(said)
    assert "days beyond" in text
    assert "expected, p " in text
    assert any(line.startswith("sol-0 ") and "SOL/USD" in line for line in said)
    assert any(line.startswith("perp-1 ") and "BTC/USD " in line for line in said)
    say_risk(simulate(FirstMarket(), Options(epochs=2, settlement="none")), said.append)
    assert "the run is too short: a forecast needs two days before it" in "\n".join(said)
