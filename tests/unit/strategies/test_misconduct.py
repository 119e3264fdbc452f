"""Spoofers show what they do not mean, washers know each other by a size, book readers believe what they see."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Buy, Cancel, PlaceOrder, Sell
from market_sim.market.agents.view import Depth, InstrumentView, OwnOrder, View
from market_sim.strategies.misconduct.pressure import Layerer, Spoofer
from market_sim.strategies.misconduct.washing import Washer
from market_sim.strategies.traditional.book_reader import BookReader

SECOND = 1_000_000_000


def seen(
    time: int = SECOND,
    orders: tuple[OwnOrder, ...] = (),
    position: int = 100,
    depth: Depth = ([(98, 10)], [(102, 10)]),
    value: int | None = None,
) -> View:
    (bid, _), (ask, _) = depth[0][0], depth[1][0]
    market = InstrumentView("ACME", bid=bid, ask=ask, position=position, depth=depth, value=value)
    return View({"ACME": market}, cash=1_000_000, orders=orders, time=time)


def test_a_spoofer_offers_a_little_inside_the_spread_and_shows_a_wall_behind_the_best_bid() -> None:
    assert [*Spoofer(size=5, wall=150).decide(seen())] == [Sell("ACME", 5, 101), Buy("ACME", 150, 97)]


def test_a_layerer_shows_several_orders_each_a_tick_further_away() -> None:
    _, *layers = Layerer().decide(seen())
    assert layers == [Buy("ACME", 20, price) for price in (97, 96, 95, 94, 93)]


def test_a_spoofer_takes_its_wall_away_when_the_little_has_traded_and_not_before() -> None:
    spoofer = Spoofer(size=5)
    assert len([*spoofer.decide(seen())]) == 2
    wall = OwnOrder(2, "ACME", 1, 97, 150)
    assert [*spoofer.decide(seen(2 * SECOND, (OwnOrder(1, "ACME", -1, 101, 5), wall)))] == []
    assert [*spoofer.decide(seen(2 * SECOND, (OwnOrder(1, "ACME", -1, 101, 4), wall)))] == [Cancel(1), Cancel(2)]


def test_a_spoofer_without_a_trade_gives_up_rests_and_buys_back_what_it_sold() -> None:
    spoofer = Spoofer(size=5, patience_ms=500, rest_ms=1_000)
    assert len([*spoofer.decide(seen())]) == 2
    waiting = (OwnOrder(1, "ACME", -1, 101, 5), OwnOrder(2, "ACME", 1, 97, 150))
    assert [*spoofer.decide(seen(SECOND + SECOND // 2, waiting))] == [Cancel(1), Cancel(2)]
    assert [*spoofer.decide(seen(2 * SECOND))] == []
    after = [*spoofer.decide(seen(2 * SECOND + SECOND // 2, position=95))]
    assert after == [Buy("ACME", 5, 99), Sell("ACME", 150, 103)]


def test_a_washer_posts_at_the_value_and_its_partner_takes_the_order_of_the_agreed_size() -> None:
    assert [*Washer(posts=True, size=37).decide(seen(value=101))] == [Sell("ACME", 37, 101)]
    assert [*Washer(posts=True, size=37).decide(seen())] == [Sell("ACME", 37, 100)]
    partner = Washer(posts=False, size=37)
    assert [*partner.decide(seen(depth=([(98, 10)], [(101, 36)])))] == []
    assert [*partner.decide(seen(depth=([(98, 10)], [(101, 37)])))] == [Buy("ACME", 37, 101, "ioc")]
    assert [*partner.decide(seen(position=137, depth=([(99, 37)], [(102, 10)])))] == [Sell("ACME", 37, 99, "ioc")]


def test_a_washer_takes_back_what_its_partner_did_not_take() -> None:
    washer = Washer(patience_ms=300)
    assert len([*washer.decide(seen())]) == 1
    waiting = (OwnOrder(1, "ACME", -1, 100, 37),)
    assert [*washer.decide(seen(SECOND + 299_000_000, waiting))] == []
    assert [*washer.decide(seen(SECOND + 300_000_000, waiting))] == [Cancel(1)]


@pytest.mark.parametrize(
    ("bids", "asks", "wanted"),
    [
        (20, 10, [Buy("ACME", 5, 102, "ioc")]),
        (19, 10, []),
        (10, 20, [Sell("ACME", 5, 98, "ioc")]),
        (10, 19, []),
    ],
)
def test_a_reader_of_the_book_takes_the_price_of_the_smaller_side(bids, asks, wanted) -> None:
    assert [*BookReader(size=5, times=2.0).decide(seen(depth=([(98, bids)], [(102, asks)])))] == wanted


def test_a_reader_of_the_book_stops_at_its_limit() -> None:
    reader = BookReader(max_position=10)
    view = seen(depth=([(98, 90)], [(102, 10)]))
    assert all(isinstance(one, PlaceOrder) for one in reader.decide(view))
    assert [*reader.decide(seen(position=110, depth=([(98, 90)], [(102, 10)])))] == []


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [(Spoofer, {"wall": 0}), (Spoofer, {"rest_ms": -1}), (Washer, {"size": 0}), (BookReader, {"times": 0.5})],
)
def test_an_impossible_parameter_is_refused(kind, wrong) -> None:
    with pytest.raises(InputError, match="positive"):
        kind(**wrong)
