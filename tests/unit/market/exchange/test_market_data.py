"""Candles, statistics and fee lines say what the journal says."""

from __future__ import annotations

import pytest

from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import Trade
from market_sim.core.units import SECOND
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.market.exchange.market_data import TWENTY_FOUR_HOURS, Candle, candles, fee_lines, statistics, trades_of
from market_sim.simulation.engine.world import World
from tests.unit.market.exchange.marketplace import Marketplace, random_day


def trade(time, price, quantity=1, number=1):
    return Trade(time, number, "ACME", price, quantity, 1, 1, 2, "ann", "bob", 0, 0)


def test_candles_add_up_to_the_trades():
    trades = list(trades_of(random_day(2, 600).journal, "ACME"))
    found = candles(trades, width=50)
    assert sum(candle.volume for candle in found) == sum(one.quantity for one in trades)
    assert sum(candle.trades for candle in found) == len(trades)
    assert all(candle.low <= min(candle.open, candle.close) for candle in found)
    assert all(candle.high >= max(candle.open, candle.close) for candle in found)


def test_an_interval_begins_with_its_start_and_ends_before_its_end():
    found = candles([trade(9, 1), trade(10, 2), trade(19, 3), trade(20, 4)], width=10)
    assert [(candle.start, candle.open, candle.close) for candle in found] == [(0, 1, 1), (10, 2, 3), (20, 4, 4)]


def test_a_gap_is_filled_with_the_last_close_when_asked():
    found = candles([trade(5, 7), trade(35, 9)], width=10, fill=True)
    assert [(candle.start, candle.open, candle.volume) for candle in found] == [
        (0, 7, 1),
        (10, 7, 0),
        (20, 7, 0),
        (30, 9, 1),
    ]


def test_a_trade_leaves_the_statistics_after_exactly_a_day():
    trades = [trade(SECOND, 100, 3), trade(2 * SECOND, 104, 5)]
    assert statistics(trades, now=TWENTY_FOUR_HOURS + SECOND - 1).volume == 8
    assert statistics(trades, now=TWENTY_FOUR_HOURS + SECOND).volume == 5
    assert statistics(trades, now=3 * TWENTY_FOUR_HOURS).last is None


def test_volatility_is_the_spread_of_the_returns():
    even = [trade(time, price) for time, price in enumerate((100, 110, 121), start=1)]
    assert statistics(even, now=10).volatility == pytest.approx(0, abs=1e-12)
    assert statistics([trade(1, 100), trade(2, 110), trade(3, 100)], now=10).volatility == pytest.approx(
        0.13479, abs=1e-5
    )


def test_each_trade_has_two_fee_lines_with_rate_and_amount():
    place = Marketplace(FeeSchedule(maker=bps(-1), taker=bps(2)))
    place.sell("ann", 1_000, 100)
    place.buy("bob", 1_000, 100)
    maker, taker = fee_lines(place.journal)
    assert (maker.kind, maker.account, maker.role, maker.rate, maker.amount) == ("stock", "ann", "maker", -100, -10)
    assert (taker.account, taker.role, taker.rate, taker.amount) == ("bob", "taker", 200, 20)


def test_the_fee_lines_of_two_venues_have_the_rates_of_each():
    world = World(seed=1)
    for name, points in (("CHEAP", 1), ("DEAR", 5)):
        world.venue(name, {"stock": FeeSchedule(taker=bps(points))})
        world.list(Stock("ACME"), venue=name)
    for name in ("ann", "bob"):
        world.ledger.open_account(name)
        world.ledger.deposit(name, "USD", 1_000_000)
        world.ledger.deposit(name, "ACME", 2_000)
    for venue in ("CHEAP", "DEAR"):
        world.venues.submit("ann", Sell("ACME", 1_000, 100, venue=venue))
        world.venues.submit("bob", Buy("ACME", 1_000, 100, venue=venue))
    taken = [line for line in fee_lines(world.journal) if line.role == "taker"]
    assert [(line.rate, line.amount) for line in taken] == [(100, 10), (500, 50)]


def test_in_an_auction_nobody_takes_and_both_sides_pay_the_makers_rate():
    place = Marketplace(FeeSchedule(maker=bps(1), taker=bps(9)))
    place.exchange.phases.call("ACME", reference=100)
    place.sell("ann", 1_000, 100)
    place.buy("bob", 1_000, 100)
    place.exchange.phases.uncross("ACME")
    place.sell("ann", 1_000, 100)
    place.buy("bob", 1_000, 100)
    told = [(line.role, line.rate, line.amount) for line in fee_lines(place.journal)]
    assert told == [("auction", 100, 10), ("auction", 100, 10), ("maker", 100, 10), ("taker", 900, 90)]


def test_a_candle_stays_what_was_traded():
    with pytest.raises(AttributeError):
        Candle(0, 1, 1, 1, 1, 1, 1).close = 2
