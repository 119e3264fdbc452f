"""The volatility that each option's last trade implies is the one that its price was made with."""

from __future__ import annotations

import pytest

from market_sim.analysis.volatility import implied_volatilities
from market_sim.core.models.derivatives import Option
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.core.models.mechanism_events import TermsAdjusted
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.pricing.black_scholes import price
from market_sim.pricing.option import VanillaOption
from tests.unit.market.exchange.marketplace import Marketplace

DAY = TRADING_DAY_NS


def trade(time, symbol, price, number=1):
    return Trade(time, number, symbol, price, 1, 1, 1, 2, "ann", "bob", 0, 0)


@pytest.fixture
def listed():
    place = Marketplace()
    place.exchange.list(Option("ACME-P", underlying="ACME", right="put", strike=100_000, expiry=100 * DAY))
    return list(place.journal.of(InstrumentListed))


@pytest.mark.parametrize("volatility", [0.1, 0.35, 1.2])
def test_a_price_made_with_a_volatility_implies_it(listed, volatility):
    years = 60 / TRADING_DAYS_A_YEAR
    paid = round(price(VanillaOption("put", 95_000, 100_000, years, volatility)))
    events = [*listed, ValueMoved(0, "ACME", 95_000), trade(DAY, "ACME-P", 9_999), trade(40 * DAY, "ACME-P", paid)]
    [found] = implied_volatilities(events, DAY)
    assert (found.symbol, found.time, found.price, found.spot) == ("ACME-P", 40 * DAY, paid, 95_000)
    assert found.volatility == pytest.approx(volatility, rel=1e-3)


def test_the_underlying_counts_with_its_price_at_the_time_of_the_trade(listed):
    events = [*listed, trade(0, "ACME", 90_000), trade(DAY, "ACME-P", 12_000), trade(2 * DAY, "ACME", 50_000)]
    assert implied_volatilities(events, DAY)[0].spot == 90_000


def test_a_split_changes_what_the_option_stands_for(listed):
    split = TermsAdjusted(1, "ACME-P", shares=2, parts=1, cash=0)
    events = [*listed, ValueMoved(0, "ACME", 47_500), split, trade(DAY, "ACME-P", 9_000)]
    alike = [*listed, ValueMoved(0, "ACME", 95_000), trade(DAY, "ACME-P", 9_000)]
    assert implied_volatilities(events, DAY)[0].volatility == implied_volatilities(alike, DAY)[0].volatility


def test_below_its_intrinsic_value_nothing_explains_a_price_and_without_an_underlying_there_is_none(listed):
    events = [*listed, ValueMoved(0, "ACME", 95_000), trade(DAY, "ACME-P", 4_000)]
    assert implied_volatilities(events, DAY)[0].volatility is None
    assert implied_volatilities([*listed, trade(DAY, "ACME-P", 9_000)], DAY) == []
