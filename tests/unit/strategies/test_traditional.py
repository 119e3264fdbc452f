"""The classic strategies do what their first line says."""

from __future__ import annotations

from random import Random

import pytest

from market_sim import BUY, SELL, InstrumentView, MarketMaker, Noise, View
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Cancel, PlaceOrder
from market_sim.market.agents.view import OwnOrder
from market_sim.strategies.traditional.venue_arbitrage import VenueArbitrage


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


def two_books(a: tuple[int | None, int | None], b: tuple[int | None, int | None], **seen: int) -> View:
    """ACME with these bids and asks on the venues A and B."""
    here = {
        ("ACME", venue): InstrumentView("ACME", bid=bid, ask=ask, position=seen.get("position", 100))
        for venue, (bid, ask) in (("A", a), ("B", b))
    }
    return View({"ACME": here["ACME", "A"]}, cash=seen.get("cash", 10_000_000), on_venues=here)


@pytest.mark.parametrize(
    ("a", "b", "legs"),
    [
        ((99, 100), (103, 104), [(BUY, "A", 100), (SELL, "B", 103)]),
        ((103, 104), (99, 100), [(BUY, "B", 100), (SELL, "A", 103)]),
        ((99, 100), (100, 101), []),  # at one price there is nothing between them
        ((99, 101), (100, 102), []),
        ((None, 100), (103, None), [(BUY, "A", 100), (SELL, "B", 103)]),
        ((103, None), (None, None), []),
    ],
)
def test_an_arbitrageur_buys_where_the_ask_is_below_the_other_venues_bid(a, b, legs) -> None:
    orders = [*VenueArbitrage(venues=("A", "B"), size=7).decide(two_books(a, b))]
    assert [(order.side, order.venue, order.limit) for order in orders] == legs
    assert {(order.quantity, order.time_in_force) for order in orders} <= {(7, "ioc")}


def test_an_arbitrageur_sends_both_orders_only_as_large_as_it_can_pay_and_deliver() -> None:
    for seen, size in (({"cash": 1_000}, 5), ({"position": 3}, 3), ({"cash": 199}, 0), ({"position": 0}, 0)):
        orders = [*VenueArbitrage(venues=("A", "B")).decide(two_books((99, 100), (103, 104), **seen))]
        assert [order.quantity for order in orders] == [size] * 2 * (size > 0)


def test_an_arbitrageur_leaves_a_gap_that_its_fees_would_eat() -> None:
    near = two_books((9_990, 10_000), (10_002, 10_010))
    assert [*VenueArbitrage(venues=("A", "B"), least_gap_bps=2).decide(near)] == []
    assert len([*VenueArbitrage(venues=("A", "B"), least_gap_bps=1).decide(near)]) == 2


@pytest.mark.parametrize(("bid", "taken"), [(10_005, 0), (10_006, 2)])
def test_an_arbitrageur_that_knows_the_fees_takes_what_gains_after_both(bid: int, taken: int) -> None:
    near = two_books((9_990, 10_000), (bid, 10_030))  # 10,000 costs 10,005 with its fee; 10,006 brings 10,005.75
    knowing = VenueArbitrage(venues=("A", "B"), least_gap_bps=0, taker_bps=(5.0, 0.25))
    assert len([*knowing.decide(near)]) == taken
    assert len([*VenueArbitrage(venues=("A", "B"), least_gap_bps=0).decide(near)]) == 2, "without fees both gain"


@pytest.mark.parametrize(
    "wrong", [{"venues": ("A",)}, {"venues": ("A", "B"), "size": 0}, {"venues": ("A", "B"), "taker_bps": (1.0,)}]
)
def test_an_arbitrageur_needs_two_venues_and_a_size(wrong) -> None:
    with pytest.raises(InputError, match=r"an arbitrageur (needs two venues|knows the fee)"):
        VenueArbitrage(**wrong)


def test_makers_and_noise_trade_on_the_venue_that_they_are_told() -> None:
    view = two_books((99, 101), (199, 201))
    quotes = [*MarketMaker(venue="B", start=200).decide(view)]
    assert {(quote.venue, quote.symbol) for quote in quotes} == {("B", "ACME")}
    taken = [order for _ in range(50) for order in Noise(venue="B", trade_probability=1, patience=0).decide(view)]
    assert {(order.venue, order.limit) for order in taken} == {("B", 199), ("B", 201)}


def test_a_view_names_the_instruments_and_venues_that_there_are() -> None:
    view = two_books((99, 101), (199, 201))
    assert (view.symbols, view.at("ACME").bid, view.at("ACME", "B").bid) == (("ACME",), 99, 199)
    with pytest.raises(InputError, match="the instruments are ACME, ACME on A, ACME on B"):
        view["ACME", "C"]
