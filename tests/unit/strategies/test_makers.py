"""Makers quote where their formulas say, within their caps, and keep what stands."""

from __future__ import annotations

from math import ceil, floor, log, sqrt
from random import Random

import pytest

from market_sim import BUY, SELL, Adapted, InstrumentView, View
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Spot
from market_sim.core.models.intents import Cancel, PlaceOrder
from market_sim.market.agents.reports import Filled
from market_sim.market.agents.view import OwnOrder
from market_sim.strategies.market_making.adaptive import AdaptiveMaker
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.market_making.inventory_models import AvellanedaStoikov, GueantLehalleTapia
from market_sim.strategies.market_making.quotes import Quote, QuotingMaker, own_orders, quoted_anew, replaced
from market_sim.strategies.market_making.tiers import LEVELS, TIERS, ObligedMaker, TieredMaker
from market_sim.strategies.traditional.marksim import MarksimInformed, MarksimMaker, MarksimNoise

SECOND = 1_000_000_000


def seen(position: int = 100, orders=(), time: int = 0, cash: int = 10**9, reports=(), **shown) -> View:
    shown = {"bid": 9_990, "ask": 10_010, "value": 10_000, **shown}
    market = InstrumentView("ACME", position=position, **shown)
    return View({"ACME": market}, cash=cash, orders=orders, random=Random(1), time=time, reports=reports)


def quoted(maker, view: View) -> dict[int, tuple[int, int]]:
    """The best price that it wants to bid (+1) and to ask (-1), with its size."""
    wanted = [intent for intent in maker.decide(view) if isinstance(intent, PlaceOrder)][::-1]
    return {order.side: (order.limit, order.quantity) for order in wanted}


def test_a_fixed_spread_is_the_same_on_both_sides() -> None:
    assert quoted(FixedSpread(spread_bps=20, size=5), seen()) == {BUY: (9_990, 5), SELL: (10_010, 5)}
    # What lies between two ticks is moved outwards.
    assert quoted(FixedSpread(spread_bps=21, size=5), seen()) == {BUY: (9_989, 5), SELL: (10_011, 5)}
    assert quoted(FixedSpread(spread_bps=20, size=5), seen(tick=25)) == {BUY: (9_975, 5), SELL: (10_025, 5)}


def test_a_maker_stops_quoting_the_side_that_would_pass_its_limit() -> None:
    def sides(position: int) -> set[int]:
        return set(quoted(FixedSpread(size=10, max_position=40, target=100), seen(position)))

    assert sides(130) == {BUY, SELL}
    assert sides(131) == {SELL}
    assert sides(70) == {BUY, SELL}
    assert sides(69) == {BUY}


def test_a_maker_quotes_only_what_it_can_pay_and_deliver() -> None:
    assert set(quoted(FixedSpread(size=10), seen(position=9))) == {BUY}
    assert set(quoted(FixedSpread(size=10), seen(cash=9_990 * 10))) == {SELL}  # the fee would be missing
    assert set(quoted(FixedSpread(size=10), seen(cash=9_990 * 10 * 102 // 100))) == {BUY, SELL}


def test_a_quote_that_stands_keeps_its_place_and_only_the_other_moves() -> None:
    maker = FixedSpread(spread_bps=20, size=5)
    standing = (OwnOrder(1, "ACME", BUY, 9_990, 5), OwnOrder(2, "ACME", SELL, 10_010, 5))
    assert [*maker.decide(seen(orders=standing))] == []
    moved = (OwnOrder(1, "ACME", BUY, 9_990, 5), OwnOrder(2, "ACME", SELL, 10_012, 5))
    assert [*maker.decide(seen(orders=moved))] == [Cancel(2), PlaceOrder("ACME", SELL, 5, 10_010)]
    partly = (OwnOrder(1, "ACME", BUY, 9_990, 3), standing[1])
    assert [*maker.decide(seen(orders=partly))] == [Cancel(1), PlaceOrder("ACME", BUY, 5, 9_990)]
    other = (OwnOrder(9, "OTHER", BUY, 5, 5), *standing)
    assert [*maker.decide(seen(orders=other))] == []


def test_a_maker_of_one_venue_leaves_its_orders_on_the_other_alone() -> None:
    orders = (OwnOrder(1, "ACME", BUY, 9_000, 5, "SIM-A"), OwnOrder(2, "ACME", BUY, 9_000, 5, "SIM-B"))
    view = seen(orders=orders)
    assert [order.id for order in own_orders(view, "ACME")] == [1, 2]
    market = InstrumentView("ACME", position=10)
    assert [*replaced(view, market, [], venue="SIM-B")] == [Cancel(2)]
    wanted = [Quote(SELL, 10_010, 5)]
    assert [*quoted_anew(view, "ACME", wanted, "SIM-A")] == [
        Cancel(1),
        PlaceOrder("ACME", SELL, 5, 10_010, venue="SIM-A"),
    ]
    assert [*quoted_anew(view, "ACME", [Quote(BUY, 9_000, 5)], "SIM-A")] == []


def test_a_maker_says_nothing_while_its_market_stands_still_or_nothing_is_known() -> None:
    assert quoted(FixedSpread(), seen(phase="halted")) == {}
    assert quoted(FixedSpread(), seen(value=None)) == {}
    assert quoted(FixedSpread(start=5_000), seen(value=None))[BUY][0] == 4_995
    assert quoted(FixedSpread(), seen(value=None, prices=[8_000]))[BUY][0] == 7_992


@pytest.mark.parametrize("position", [40, 100, 130, 200])
@pytest.mark.parametrize("time", [0, 3 * SECOND, 11 * SECOND])
def test_avellaneda_stoikov_quotes_the_formula_of_the_paper(position: int, time: int) -> None:
    gamma, sigma, k, session = 0.01, 12.0, 0.25, 8.0
    maker = AvellanedaStoikov(size=10, target=100, gamma=gamma, sigma=sigma, k=k, session_s=session)
    left = session - time / SECOND % session
    reservation = 10_000 - (position - 100) / 10 * gamma * sigma**2 * left
    spread = gamma * sigma**2 * left + 2 / gamma * log(1 + gamma / k)
    assert quoted(maker, seen(position, time=time)) == {
        BUY: (floor(reservation - spread / 2), 10),
        SELL: (ceil(reservation + spread / 2), 10),
    }


def test_who_does_not_mind_risk_quotes_one_over_k_whatever_it_holds() -> None:
    for position in (20, 100, 250):
        maker = AvellanedaStoikov(size=10, target=100, gamma=0, k=0.125)
        assert quoted(maker, seen(position)) == {BUY: (9_992, 10), SELL: (10_008, 10)}


def matrix_distances(q: int, gamma: float, sigma: float, intensity: float, k: float, most: int) -> tuple[float, float]:
    """The distances of the exact solution far from the end: from the largest eigenvector of v' = M v (power steps)."""
    alpha = k * gamma * sigma**2 / 2
    eta = intensity * (1 + gamma / k) ** -(1 + k / gamma)
    held = range(-most, most + 1)
    vector, shift = [1.0] * len(held), alpha * most**2
    for _ in range(20_000):
        after = []
        for place, q_here in enumerate(held):
            neighbours = (vector[place - 1] if place else 0) + (vector[place + 1] if place + 1 < len(held) else 0)
            after.append((shift - alpha * q_here**2) * vector[place] + eta * neighbours)
        norm = max(after)
        vector = [one / norm for one in after]
    place = q + most
    base = log(1 + gamma / k) / gamma
    return log(vector[place] / vector[place + 1]) / k + base, log(vector[place] / vector[place - 1]) / k + base


@pytest.mark.parametrize("q", [-2, 0, 3])
def test_gueant_lehalle_tapia_quotes_near_the_exact_solution_far_from_the_end(q: int) -> None:
    gamma, sigma, k, intensity = 0.01, 3.0, 0.3, 9.0
    exact = matrix_distances(q, gamma, sigma, intensity, k, most=12)
    maker = GueantLehalleTapia(size=1, target=0, max_position=99, gamma=gamma, sigma=sigma, k=k, intensity=intensity)
    found = quoted(maker, seen(100 + q, value=10**6, cash=10**12) if q else seen(100, value=10**6, cash=10**12))
    maker.target = 100
    found = quoted(maker, seen(100 + q, value=10**6, cash=10**12))
    root = sqrt(sigma**2 * gamma / (2 * k * intensity) * (1 + gamma / k) ** (1 + k / gamma))
    base = log(1 + gamma / k) / gamma
    bid, ask = base + (2 * q + 1) / 2 * root, base - (2 * q - 1) / 2 * root
    assert found[BUY][0] == floor(10**6 - bid)
    assert found[SELL][0] == ceil(10**6 + ask)
    assert (bid, ask) == pytest.approx(exact, rel=0.02)


def trades_of(step: int, count: int) -> list[int]:
    return [10_000 + step * (number % 2) for number in range(count)]


def test_an_adaptive_maker_widens_in_wild_times_and_comes_back() -> None:
    maker = AdaptiveMaker(spread_bps=10, window=10, widening=3, lean_bps=0)
    calm = trades_of(2, 60)
    assert quoted(maker, seen(prices=calm))[BUY][0] == 9_995
    wild = calm + trades_of(30, 12)
    assert quoted(maker, seen(prices=wild))[BUY][0] == 9_985
    assert maker.regime == "wild"
    calm_again = wild + trades_of(2, 30)
    assert quoted(maker, seen(prices=calm_again))[BUY][0] == 9_995
    assert maker.regime == "calm"


def fill(price: int, side: int) -> Filled:
    return Filled(0, 1, "ACME", side, price, 5, 0, False)


def test_an_adaptive_maker_that_is_picked_off_widens_and_shrinks_until_its_fills_are_good_again() -> None:
    maker = AdaptiveMaker(spread_bps=10, size=10, window=8, widening=2, lean_bps=0)
    for _ in range(8):  # it buys at 9 995, and the value falls below that each time
        quoted(maker, seen(reports=(fill(9_995, BUY),), value=9_980))
    assert maker.is_toxic
    assert quoted(maker, seen(value=10_000)) == {BUY: (9_990, 5), SELL: (10_010, 5)}
    for _ in range(10):
        quoted(maker, seen(reports=(fill(9_995, BUY), fill(10_005, SELL)), value=10_000))
    assert not maker.is_toxic
    assert quoted(maker, seen(value=10_000)) == {BUY: (9_995, 10), SELL: (10_005, 10)}


def test_an_adaptive_maker_tells_each_change_with_the_figures_behind_it() -> None:
    def told(prices: list[int], **chosen) -> list[Adapted]:
        return [one for one in maker.decide(seen(prices=prices, **chosen)) if isinstance(one, Adapted)]

    maker = AdaptiveMaker(spread_bps=10, size=10, window=10, widening=3, lean_bps=0)
    calm = trades_of(2, 60)
    wild = calm + trades_of(30, 12)
    assert told(calm) == []
    [widened] = told(wild)
    assert widened[:3] == ("spread_bps", 10, 30)
    assert "times are wild: recent steps are 15.0 times the usual ones" in widened.reason
    assert told(wild) == []
    for _ in range(8):
        told(wild, reports=(fill(9_995, BUY),), value=9_980)
    assert maker.is_toxic
    maker._told = (10, 10)
    spread, size = told(wild, value=9_980)
    assert (spread.after, size[:3]) == (90, ("size", 10, 5))
    assert "the flow is toxic: 8 of the last 8 fills were followed by a loss" in size.reason


@pytest.mark.parametrize("tier", TIERS)
def test_each_tier_shows_the_depth_of_its_tier_outside_its_best_quotes(tier: str) -> None:
    maker = TieredMaker(tier=tier, target=500, size=10)
    placed = [one for one in maker.decide(seen(500, value=100_000, cash=10**12)) if isinstance(one, PlaceOrder)]
    bids, asks = ([one.limit for one in placed if one.side == side] for side in (BUY, SELL))
    assert len(set(bids)) == len(set(asks)) == LEVELS[tier]
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)


def test_a_coarse_tick_does_not_take_a_tiered_maker_out_of_its_band() -> None:
    found = quoted(TieredMaker(tier="exotic", target=500), seen(500, value=99, cash=10**9))
    assert (found[BUY][0], found[SELL][0]) == (99, 100)
    long = quoted(TieredMaker(tier="exotic", target=500), seen(501, value=99, cash=10**9))
    assert (long[BUY][0], long[SELL][0]) == (98, 99)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("away", [-200, -77, 0, 33, 190])
def test_a_tiered_maker_stays_in_the_band_of_its_tier(tier: str, away: int) -> None:
    least, most = TIERS[tier]
    maker = TieredMaker(tier=tier, target=500, size=10)
    found = quoted(maker, seen(500 + away, value=100_000, cash=10**12))
    if set(found) == {BUY, SELL}:
        spread = (found[SELL][0] - found[BUY][0]) / 100_000 * 10_000
        assert least <= spread <= most + 0.2
    tight, wide = maker.spread_bps(0), maker.spread_bps(200)
    assert (tight, wide) == (least, most)


def test_an_obliged_maker_quotes_both_sides_even_when_it_holds_much_unless_it_has_kept_its_duty() -> None:
    maker = ObligedMaker(target=100, max_position=100, size=10, presence=0.9)
    assert set(quoted(maker, seen(170))) == {BUY, SELL}  # it has not been present yet
    standing = (OwnOrder(1, "ACME", BUY, 9_985, 10), OwnOrder(2, "ACME", SELL, 10_015, 10))
    for _ in range(50):
        list(maker.decide(seen(100, orders=standing)))
    assert maker.kept > 0.9
    assert set(quoted(maker, seen(170))) == {SELL}


def test_an_obliged_maker_keeps_the_spread_that_was_agreed() -> None:
    found = quoted(ObligedMaker(spread_bps=30), seen())
    assert (found[SELL][0] - found[BUY][0]) / 10_000 * 10_000 <= 30


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: FixedSpread(size=0), "a quote has a size"),
        (lambda: FixedSpread(size=10, max_position=5), "the largest position is not smaller"),
        (lambda: FixedSpread(spread_bps=0), "a spread is positive"),
        (lambda: AvellanedaStoikov(k=0), "k is positive"),
        (lambda: AvellanedaStoikov(session_s=0), "a session has a length"),
        (lambda: GueantLehalleTapia(intensity=0), "positive intensity"),
        (lambda: TieredMaker(tier="best"), "a tier is one of major, popular, minor, exotic"),
        (lambda: ObligedMaker(presence=2), "presence lies between 0 and 1"),
        (lambda: AdaptiveMaker(window=1), "window are positive"),
        (lambda: MarksimMaker(spread=0), "spread and size are positive"),
        (lambda: MarksimNoise(trade_probability=2), "between 0 and 1"),
        (lambda: MarksimInformed(bias=-1), "between 0 and 1"),
    ],
)
def test_a_maker_that_makes_no_sense_is_refused(make, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        make()


def coin(position: int = 5_000, **shown) -> View:
    btc = Spot("BTC/USD", price_decimals=0, quantity_decimals=2)
    market = InstrumentView("BTC/USD", position=position, instrument=btc, **shown)
    return View({"BTC/USD": market}, cash=10**10, random=Random(1))


def test_the_marksim_maker_quotes_what_its_parameters_are_documented_to_mean() -> None:
    maker = MarksimMaker(agent_id="mm_1", spread=0.005, order_size=0.5, max_position=10.0)
    assert quoted(maker, coin()) == {BUY: (49_875, 50), SELL: (50_125, 50)}
    assert set(quoted(maker, coin(position=5_000 + 950))) == {BUY, SELL}
    assert set(quoted(maker, coin(position=5_000 + 1_000))) == {SELL}
    assert set(quoted(maker, coin(position=5_000 - 1_000))) == {BUY}


def test_the_marksim_noise_trader_trades_as_often_and_as_much_as_its_parameters_say() -> None:
    noise = MarksimNoise(agent_id="noise_1", trade_probability=0.05, max_size=2.0)
    view = coin(bid=49_875, ask=50_125)
    orders = [intent for _ in range(10_000) for intent in noise.decide(view)]
    assert 400 <= len(orders) <= 600
    assert all(isinstance(order, PlaceOrder) and 1 <= order.quantity <= 200 for order in orders)


def test_every_maker_of_the_family_shares_the_cap() -> None:
    for kind in (FixedSpread, AvellanedaStoikov, GueantLehalleTapia, AdaptiveMaker, TieredMaker, ObligedMaker):
        assert issubclass(kind, QuotingMaker)
        assert BUY not in quoted(kind(size=10, max_position=20, target=100), seen(111, cash=10**12))
