"""The classic strategies do what their first line says."""

from __future__ import annotations

from random import Random

import pytest

from market_sim import BUY, SELL, InstrumentView, MarketMaker, Noise, View
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Cancel, PlaceOrder
from market_sim.market.agents.view import OwnOrder


def market(position: int = 100, orders: tuple[OwnOrder, ...] = (), **seen: object) -> View:
    shown = {"bid": 9_990, "ask": 10_010, "value": 10_000, **seen}
    instrument = InstrumentView("ACME", position=position, **shown)  # type: ignore[arg-type]
    return View({"ACME": instrument}, cash=10_000_000, orders=orders, random=Random(1))


def orders_of(maker: MarketMaker, view: View, side: int) -> list[tuple[int, int]]:
    wanted = [intent for intent in maker.decide(view) if isinstance(intent, PlaceOrder) and intent.side == side]
    return [(order.limit or 0, order.quantity) for order in wanted]


def test_a_maker_quotes_a_ladder_on_both_sides_of_the_value() -> None:
    bids = orders_of(MarketMaker(spread_bps=20, step_bps=10, size=4, levels=3), market(), BUY)
    asks = orders_of(MarketMaker(spread_bps=20, step_bps=10, size=4, levels=3), market(), SELL)
    assert bids == [(9_990, 4), (9_980, 4), (9_970, 4)]
    assert asks == [(10_010, 4), (10_020, 4), (10_030, 4)]


def test_a_maker_that_holds_too_much_quotes_lower() -> None:
    neutral = orders_of(MarketMaker(target=100), market(100), BUY)
    laden = orders_of(MarketMaker(target=100, max_position=200, lean_bps=50), market(300), SELL)
    assert laden[0][0] < orders_of(MarketMaker(target=100), market(100), SELL)[0][0]
    assert orders_of(MarketMaker(target=100, max_position=200), market(300), BUY) == []
    assert neutral


def test_a_maker_whose_quotes_stand_keeps_their_places_in_the_queue() -> None:
    maker = MarketMaker(levels=1)
    placed = [intent for intent in maker.decide(market()) if isinstance(intent, PlaceOrder)]
    standing = tuple(OwnOrder(n, "ACME", o.side, o.limit or 0, o.quantity) for n, o in enumerate(placed, 1))
    assert list(maker.decide(market(orders=standing))) == []
    moved = list(maker.decide(market(orders=standing, value=10_050)))
    assert moved[:2] == [Cancel(1), Cancel(2)]


def test_a_maker_without_any_reference_waits() -> None:
    assert list(MarketMaker().decide(market(value=None))) == []
    assert list(MarketMaker(start=5_000).decide(market(value=None)))


def test_noise_trades_as_often_as_it_was_told_and_never_more_than_it_may() -> None:
    noise = Noise(trade_probability=0.05, max_size=2)
    view = market()
    orders = [intent for _ in range(10_000) for intent in noise.decide(view)]
    assert 400 <= len(orders) <= 600
    assert all(isinstance(order, PlaceOrder) and 1 <= order.quantity <= 2 for order in orders)
    buys = sum(order.side == BUY for order in orders if isinstance(order, PlaceOrder))
    assert 0.4 < buys / len(orders) < 0.6


@pytest.mark.parametrize("wrong", [{"trade_probability": 1.5}, {"patience": -0.1}])
def test_a_probability_outside_its_bounds_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        Noise(**wrong)  # type: ignore[arg-type]


def test_a_ladder_without_rungs_is_refused() -> None:
    with pytest.raises(InputError, match="positive"):
        MarketMaker(levels=0)
