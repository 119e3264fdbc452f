"""Traders with and without an opinion: each does what its first line says, on views made by hand."""

from __future__ import annotations

from math import exp, log
from random import Random

import pytest

from market_sim import BUY, SELL, InstrumentView, View
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Cancel, Intent, PlaceOrder
from market_sim.market.agents.view import OwnOrder
from market_sim.strategies.traditional.fcn import FcnTrader
from market_sim.strategies.traditional.informed import Fundamentalist, Informed
from market_sim.strategies.traditional.pairs import Pairs, fitted
from market_sim.strategies.traditional.self_exciting import SelfExcitingNoise
from market_sim.strategies.traditional.signals import Chartist, MeanReversion, Momentum
from market_sim.strategies.traditional.zero_intelligence import ZeroIntelligence, ZeroIntelligenceFlow


def market(symbol: str = "ACME", position: int = 100, prices=(), **shown) -> InstrumentView:
    shown = {"bid": 9_990, "ask": 10_010, "depth": ([(9_990, 50)], [(10_010, 50)]), **shown}
    if "depth" not in shown:
        shown["depth"] = ([(shown["bid"], 50)], [(shown["ask"], 50)])
    return InstrumentView(symbol, position=position, prices=list(prices), **shown)


def seen(*markets: InstrumentView, cash: int = 10**9, orders=(), seed: int = 1) -> View:
    found = markets or (market(),)
    return View({one.symbol: one for one in found}, cash=cash, orders=orders, random=Random(seed))


def orders(wishes) -> list[tuple[int, int, int | None]]:
    return [(one.side, one.quantity, one.limit) for one in wishes if isinstance(one, PlaceOrder)]


# Noise that excites itself


def share_of_orders(trades_a_look: int, **chosen) -> float:
    trader, random, prices, placed = SelfExcitingNoise(**chosen), Random(5), 0, 0
    for _ in range(2_000):
        prices += trades_a_look
        shown = InstrumentView("ACME", [10_000] * prices, 9_990, 10_010, position=100)
        placed += len(orders(trader.decide(View({"ACME": shown}, cash=10**7, random=random))))
    return placed / 2_000


def test_self_exciting_noise_trades_more_when_more_was_traded_within_its_bounds() -> None:
    chosen = {"attention": 0.05, "calmest": 0.02, "busiest": 0.2, "longest": 10.0}
    silent, one, two, many = (share_of_orders(count, **chosen) for count in (0, 1, 2, 20))
    assert silent == pytest.approx(0.02, abs=0.01)
    assert one == pytest.approx(0.05, abs=0.015)
    assert two == pytest.approx(0.1, abs=0.02)
    assert many == pytest.approx(0.2, abs=0.03)


def test_self_exciting_noise_has_large_orders_now_and_then_and_its_waiting_orders_expire() -> None:
    trader = SelfExcitingNoise(calmest=1, busiest=1, max_size=20)
    random = Random(6)
    placed = [one for _ in range(4_000) for one in trader.decide(seen(market(), seed=random.randrange(10**6)))]
    sizes = [one.quantity for one in placed]
    assert max(sizes) == 20
    assert sum(size >= 4 for size in sizes) / len(sizes) == pytest.approx(4**-1.5, abs=0.02)
    waiting = [one for one in placed if one.time_in_force == "gtd"]
    assert len(waiting) / len(placed) == pytest.approx(trader.patience, abs=0.03)
    assert {one.conditions.expires for one in waiting} == {500_000_000}
    assert all(one.side * (one.limit - 10_000) < 0 for one in waiting)


def test_self_exciting_noise_refuses_bounds_that_contradict() -> None:
    for wrong in ({"calmest": 0.3, "busiest": 0.2}, {"attention": -1}, {"shortest": 0.5}, {"max_size": 0}):
        with pytest.raises(InputError):
            SelfExcitingNoise(**wrong)


# Zero intelligence


def test_constrained_zero_intelligence_never_offers_at_a_loss_and_unconstrained_does() -> None:
    def offers(side: int, is_constrained: bool) -> list[int]:
        trader = ZeroIntelligence(side=side, values=(120,), highest=200, is_constrained=is_constrained)
        view = seen(market(position=5))
        return [order.limit for _ in range(2_000) for order in trader.decide(view)]  # type: ignore[union-attr,misc]

    assert (min(offers(BUY, True)), max(offers(BUY, True))) == (1, 120)
    assert (min(offers(SELL, True)), max(offers(SELL, True))) == (120, 200)
    for side in (BUY, SELL):
        assert (min(offers(side, False)), max(offers(side, False))) == (1, 200)
        assert 95 < sum(offers(side, False)) / 2_000 < 106


def test_a_unit_that_is_traded_makes_room_for_the_next_and_after_the_last_one_there_is_silence() -> None:
    trader = ZeroIntelligence(side=SELL, values=(50, 190), highest=200)
    assert orders(trader.decide(seen(market(position=2))))
    wish = [*trader.decide(seen(market(position=1), orders=(OwnOrder(7, "ACME", SELL, 60, 1),)))]
    assert wish[0] == Cancel(7)
    assert orders(wish)[0][2] in range(190, 201)
    assert [*trader.decide(seen(market(position=0)))] == []


def test_zero_intelligence_flow_comes_at_its_rates() -> None:
    flow = ZeroIntelligenceFlow(limit_rate=0.5, market_rate=0.2, cancel_rate=0.1, reach=10)
    standing = tuple(OwnOrder(number, "ACME", BUY, 9_000, 1) for number in range(10))
    view = seen(orders=standing)
    wishes: list[Intent] = [wish for _ in range(5_000) for wish in flow.decide(view)]
    placed = [wish for wish in wishes if isinstance(wish, PlaceOrder)]
    taking = [order for order in placed if order.time_in_force == "ioc"]
    assert len(taking) / 5_000 == pytest.approx(0.2, abs=0.02)
    assert (len(placed) - len(taking)) / 5_000 == pytest.approx(0.5, abs=0.03)
    assert (len(wishes) - len(placed)) / 50_000 == pytest.approx(0.1, abs=0.01)
    waiting = [order for order in placed if order.time_in_force == "gtc"]
    assert {order.limit for order in waiting if order.side == BUY} == set(range(10_000, 10_010))
    assert {order.limit for order in waiting if order.side == SELL} == set(range(9_991, 10_001))


# With an opinion


def test_an_informed_trader_takes_only_what_it_gains_from() -> None:
    def wants(value: int | None, **parameters) -> list[tuple[int, int, int | None]]:
        return orders(Informed(size=5, edge_bps=5, **parameters).decide(seen(market(value=value))))

    assert wants(10_016) == [(BUY, 5, 10_010)]
    assert wants(10_014) == []  # less than five basis points beyond the ask
    assert wants(9_984) == [(SELL, 5, 9_990)]
    assert wants(10_000) == []
    assert wants(None) == []
    assert wants(None, signal=11_000) == [(BUY, 5, 10_010)]


def test_an_informed_trader_stops_at_its_limit() -> None:
    trader = Informed(size=5, max_position=12)
    sizes = []
    for position in (100, 105, 110, 112):
        sizes.append([size for _, size, _ in orders(trader.decide(seen(market(position=position, value=10_100))))])
    assert sizes == [[5], [5], [2], []]


def test_a_fundamentalist_goes_in_beyond_its_threshold_and_home_within_half_of_it() -> None:
    trader = Fundamentalist(estimate=10_000, error_percent=0, threshold_bps=100, size=99, max_position=20)

    def wants(last: int, position: int) -> list[tuple[int, int]]:
        found = orders(trader.decide(seen(market(position=position, prices=[last]))))
        return [(side, size) for side, size, _ in found]

    assert wants(9_890, 100) == [(BUY, 20)]
    assert wants(9_930, 120) == []
    assert wants(9_960, 120) == [(SELL, 20)]
    assert wants(10_110, 100) == [(SELL, 20)]


def test_a_fundamentalist_is_wrong_by_the_deviation_that_it_was_given() -> None:
    found = []
    for seed in range(400):
        trader = Fundamentalist(estimate=10_000, error_percent=2)
        list(trader.decide(seen(market(prices=[10_000]), seed=seed)))
        found.append(trader._error)
    assert sum(one**2 for one in found if one is not None) / 400 == pytest.approx(0.02**2, rel=0.15)


def test_an_fcn_trader_with_fundamentals_only_expects_the_pull_of_the_value() -> None:
    trader = FcnTrader(
        fundamental=1.0, chartist=0, noise=0, horizon=20, reversion=40, margin=1e-9, trade_probability=1, max_size=1
    )
    trader._weights = (2.0, 0.0, 20)
    [(side, _, limit)] = orders(trader.decide(seen(market(value=11_000, prices=[10_000]))))
    expected = 10_000 * exp(log(1.1) / 40 * 20)
    assert limit == pytest.approx(expected, abs=1)
    assert side in (BUY, SELL)


def test_an_fcn_trader_with_the_chart_only_lets_the_trend_go_on() -> None:
    trader = FcnTrader(fundamental=0, chartist=1, noise=0, margin=1e-9, trade_probability=1)
    trader._weights = (0.0, 1.0, 10)
    rising = [10_000 + 10 * number for number in range(11)]
    [(_, _, limit)] = orders(trader.decide(seen(market(prices=rising, value=5_000))))
    assert limit == pytest.approx(10_100 * exp(log(10_100 / 10_000)), abs=1)


def test_fcn_traders_bid_below_and_ask_above_what_they_expect_and_take_old_orders_back() -> None:
    sides = set()
    for seed in range(60):
        trader = FcnTrader(trade_probability=1, margin=0.02, noise_bps=0, fundamental=0, chartist=0, noise=1)
        [(side, _, limit)] = orders(trader.decide(seen(market(prices=[10_000]), seed=seed)))
        assert limit is not None
        assert side == (BUY if limit < 10_000 else SELL) or limit == 10_000
        sides.add(side)
    assert sides == {BUY, SELL}
    trader = FcnTrader(trade_probability=0)
    trader._weights = (0.0, 0.0, 3)
    mine = (OwnOrder(4, "ACME", BUY, 9_000, 1),)
    assert [*trader.decide(seen(market(prices=[1] * 5), orders=mine))] == []
    assert [*trader.decide(seen(market(prices=[1] * 8), orders=mine))] == []
    assert [*trader.decide(seen(market(prices=[1] * 9), orders=mine))] == [Cancel(4)]


# Reading the chart


def ema(prices: list[int], length: int) -> float:
    """The exponential average as a sum of weights, not as a recursion."""
    share = 2 / (length + 1)
    weights = [share * (1 - share) ** age for age in range(len(prices) - 1)]
    newest = sum(weight * price for weight, price in zip(weights, reversed(prices), strict=False))
    return newest + (1 - share) ** (len(prices) - 1) * prices[0]


def test_momentum_follows_the_cross_of_its_averages() -> None:
    rising = [10_000 + 3 * number for number in range(30)]
    turning = rising + [10_087 - 9 * number for number in range(30)]
    trader = Momentum(fast=4, slow=12, threshold_bps=1, size=99, max_position=25)
    for count in range(1, len(turning) + 1):
        past = turning[:count]
        found = orders(trader.decide(seen(market(prices=past, position=100))))
        gap = (ema(past, 4) / ema(past, 12) - 1) * 10_000
        expected = [BUY if gap > 0 else SELL] if count >= 12 and abs(gap) > 1 else []
        assert [side for side, _, _ in found] == expected, count
        assert [size for _, size, _ in found] == [25] * len(found)


def test_a_chartist_follows_the_last_move() -> None:
    trader = Chartist(window=3, threshold_bps=10, size=99, max_position=8)
    assert orders(trader.decide(seen(market(prices=[10_000, 10_000, 10_000])))) == []
    assert orders(trader.decide(seen(market(prices=[9_999, 10_000, 10_000, 10_011]))))[0][:2] == (BUY, 8)
    assert orders(trader.decide(seen(market(prices=[10_020, 10_000, 10_000, 10_009]))))[0][:2] == (SELL, 8)
    assert orders(trader.decide(seen(market(prices=[10_000, 10_000, 10_000, 10_009])))) == []


def test_mean_reversion_enters_far_out_leaves_near_the_mean_and_waits_in_between() -> None:
    trader = MeanReversion(window=10, enter=2, leave=0.5, size=99, max_position=10)
    base = [10_000 + (-1) ** number * 10 for number in range(10)]  # mean 10 000, deviation 10

    def after(price: int, position: int) -> list[tuple[int, int]]:
        found = orders(trader.decide(seen(market(prices=[*base, price], position=position))))
        return [(side, size) for side, size, _ in found]

    assert after(10_019, 100) == []
    assert after(10_021, 100) == [(SELL, 10)]
    assert after(10_010, 90) == []
    assert after(10_004, 90) == [(BUY, 10)]
    assert after(9_979, 100) == [(BUY, 10)]


def two(one: float, other: float, held: tuple[int, int] = (100, 100)) -> View:
    markets = []
    for symbol, price, position in (("AAA", one, held[0]), ("BBB", other, held[1])):
        bid, ask = round(price) - 5, round(price) + 5
        depth = ([(bid, 500)], [(ask, 500)])
        markets.append(market(symbol, position, bid=bid, ask=ask, depth=depth))
    return seen(*markets)


def legs(wishes) -> dict[str, int]:
    return {one.symbol: one.side * one.quantity for one in wishes if isinstance(one, PlaceOrder)}


def test_a_pairs_trader_enters_leaves_and_stops_at_its_scores() -> None:
    trader = Pairs(beta=1.0, learn=20, size=999, max_position=40)
    for number in range(20):  # the spread is +-0.001, around ln 2
        list(trader.decide(two(20_000 * exp(0.001 * (-1) ** number), 10_000)))
    assert trader._fit == pytest.approx((1.0, log(2), 0.001), rel=1e-3)

    def at(score: float, held: tuple[int, int]) -> dict[str, int]:
        return legs(trader.decide(two(20_000 * exp(0.001 * score), 10_000, held)))

    assert at(1.5, (100, 100)) == {}
    assert at(2.5, (100, 100)) == {"AAA": -40, "BBB": 80}
    assert at(1.0, (60, 180)) == {}
    assert at(0.2, (60, 180)) == {"AAA": 40, "BBB": -80}
    assert at(-2.5, (100, 100)) == {"AAA": 40, "BBB": -80}
    assert at(-4.5, (140, 20)) == {"AAA": -40, "BBB": 80}
    assert trader.has_stopped
    assert at(-2.5, (100, 100)) == {}


def test_a_pairs_trader_learns_beta_by_least_squares_from_the_past_only() -> None:
    chance = Random(3)
    other = [9.0 + 0.01 * chance.gauss(0, 1) for _ in range(200)]
    one = [1.0 + 1.7 * b + 0.0001 * chance.gauss(0, 1) for b in other]
    beta, mean, deviation = fitted([*zip(one, other, strict=True)])
    assert beta == pytest.approx(1.7, rel=0.01)
    assert mean == pytest.approx(1.0 + 1.7 * 9 - beta * 9, rel=0.01)
    assert deviation == pytest.approx(0.0001, rel=0.2)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: ZeroIntelligence(side=0), "a side is"),
        (lambda: ZeroIntelligence(values=(300,), highest=200), "between 1 and the highest price"),
        (lambda: ZeroIntelligenceFlow(limit_rate=0.9, market_rate=0.2), "add up to 1"),
        (lambda: Informed(size=0), "size is positive"),
        (lambda: Fundamentalist(error_percent=-1), "error and threshold are not negative"),
        (lambda: FcnTrader(fundamental=0, chartist=0, noise=0), "one is positive"),
        (lambda: Momentum(fast=20, slow=5), "reaches less far back"),
        (lambda: Chartist(window=0), "window and size are positive"),
        (lambda: MeanReversion(enter=1, leave=2), "leaves nearer to the mean"),
        (lambda: Pairs(stop=1), "enters before it stops"),
    ],
)
def test_a_trader_that_makes_no_sense_is_refused(make, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        make()
