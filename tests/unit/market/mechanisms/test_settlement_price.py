"""The settlement price: the mean of the last trades or the mark, once for each instant."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.mechanism_events import SettlementPriceSet
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from tests.unit.market.mechanisms.stage import Stage

TWO = {"ann": {"USD": 10_000_000, "ACME": 100, "CORN": 100}, "bob": {"USD": 10_000_000, "ACME": 100, "CORN": 100}}


def settled(scene: Stage, prices: SettlementPrices, symbol: str = "ACME") -> int | None:
    return prices.settle(scene.exchange, scene.journal, symbol)


def test_it_is_the_mean_of_the_trades_in_the_window_and_of_no_earlier_ones():
    scene = Stage([], TWO)
    prices = SettlementPrices(scene.marks, window_ns=100)
    for time, price in ((0, 5_000), (900, 9_000), (901, 10_000), (1_000, 10_003)):
        scene.clock.now = time
        scene.trade("ann", "bob", "ACME", 1, price)
    assert settled(scene, prices) == 10_002  # 10,001.5, and a half rounds up
    [told] = scene.told(SettlementPriceSet)
    assert (told.rule, told.trades) == ("mean", 2)


def test_it_lies_on_the_tick():
    scene = Stage([Stock("CORN", tick=25)], TWO)
    for price in (100, 125, 125):
        scene.trade("ann", "bob", "CORN", 1, price)
    assert settled(scene, SettlementPrices(scene.marks, window_ns=10), "CORN") == 125


def test_without_trades_it_is_the_mark_and_without_a_mark_there_is_none():
    scene = Stage([Stock("CORN")], TWO)
    assert settled(scene, scene.prices) == 10_000
    assert settled(scene, scene.prices, "CORN") is None
    assert [event.rule for event in scene.told(SettlementPriceSet)] == ["mark"]


def test_whoever_asks_later_at_the_same_instant_gets_the_same_price():
    scene = Stage([], TWO)
    assert settled(scene, scene.prices) == 10_000
    scene.trade("ann", "bob", "ACME", 1, 9_000)
    assert settled(scene, scene.prices) == 10_000
    scene.clock.now = 1
    assert settled(scene, scene.prices) == 9_000
    assert len(scene.told(SettlementPriceSet)) == 2


def test_a_window_is_a_time():
    with pytest.raises(InputError, match="window"):
        SettlementPrices(Marks(), window_ns=-1)
