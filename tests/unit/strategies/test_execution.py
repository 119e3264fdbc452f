"""Schedules add up to their order, follow their formulas, and participate in the volume as they were told."""

from __future__ import annotations

from itertools import pairwise
from math import cosh, sinh

import hypothesis.strategies as st
import pytest
from hypothesis import given

from market_sim import BUY, SELL, InstrumentView, MarketMaker, Noise, Stock, Strategy, View, World
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.market.agents.view import SeenTrade
from market_sim.pricing.execution import Impact, expected_cost, in_lots, programmed, trajectory, urgency, variance
from market_sim.strategies.execution.participation import Participate
from market_sim.strategies.execution.schedules import AlmgrenChriss, Scheduled, Twap, Vwap

SECOND = 1_000_000_000
PAPER = Impact(sigma=0.95, eta=2.5e-6, gamma=2.5e-7, eps=0.0625)
"""The example of the paper: a million shares, five days, sigma in dollars for the root of a day."""


def best_by_elimination(total: float, slices: int, horizon: float, impact: Impact, risk: float) -> list[float]:
    """The trajectory with the least E + lambda V, from its first-order conditions as a system of equations."""
    step = horizon / slices
    eta = impact.eta - impact.gamma * step / 2
    middle = 2 + risk * impact.sigma**2 * step**2 / eta
    # x[j-1] - middle x[j] + x[j+1] = 0 for 0 < j < slices, x[0] = total, x[slices] = 0: forward elimination.
    ratio, first = [0.0] * slices, [0.0] * slices
    ratio[1], first[1] = 1 / middle, total / middle
    for j in range(2, slices):
        ratio[j] = 1 / (middle - ratio[j - 1])
        first[j] = first[j - 1] * ratio[j]
    held = [total] + [0.0] * slices
    for j in range(slices - 1, 0, -1):
        held[j] = first[j] + ratio[j] * held[j + 1]
    return held


@pytest.mark.parametrize("risk", [0.0, 1e-7, 2e-6, 1e-5])
@pytest.mark.parametrize("slices", [2, 5, 40])
def test_almgren_chriss_is_the_closed_form_and_the_optimum(risk: float, slices: int) -> None:
    held = trajectory(1e6, slices, 5.0, PAPER, risk)
    assert held == pytest.approx(best_by_elimination(1e6, slices, 5.0, PAPER, risk), rel=1e-9, abs=1e-3)
    assert held == pytest.approx(programmed(1e6, slices, 5.0, PAPER, risk), rel=1e-9, abs=1e-6)
    if risk:
        step = 5.0 / slices
        kappa = urgency(PAPER, step, risk)
        squared = risk * 0.95**2 / (2.5e-6 - 2.5e-7 * step / 2)
        assert cosh(kappa * step) == pytest.approx(1 + squared * step**2 / 2)
        expected = [1e6 * sinh(kappa * (5 - j * step)) / sinh(kappa * 5) for j in range(slices + 1)]
        assert held == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_the_urgency_of_the_papers_example_is_the_printed_one() -> None:
    assert urgency(PAPER, 1.0, 1e-6) == pytest.approx(0.61, abs=0.005)


def test_cost_and_variance_are_those_of_the_sums_and_trade_off() -> None:
    linear, fast = trajectory(1e6, 5, 5.0, PAPER, 0), trajectory(1e6, 5, 5.0, PAPER, 2e-6)
    trades = [a - b for a, b in pairwise(fast)]
    permanent = sum(PAPER.gamma * n * left for n, left in zip(trades, fast[1:], strict=True))
    temporary = sum(n * (PAPER.eps + PAPER.eta * n) for n in trades)
    assert expected_cost(fast, 5.0, PAPER) == pytest.approx(permanent + temporary)
    assert variance(fast, 5.0, PAPER) == pytest.approx(0.95**2 * sum(left**2 for left in fast[1:]))
    assert expected_cost(fast, 5.0, PAPER) > expected_cost(linear, 5.0, PAPER)
    assert variance(fast, 5.0, PAPER) < variance(linear, 5.0, PAPER)
    for around in (1.9e-6, 2.1e-6):  # with another risk aversion the sum for this one is worse
        other = trajectory(1e6, 5, 5.0, PAPER, around)
        assert expected_cost(other, 5, PAPER) + 2e-6 * variance(other, 5, PAPER) > (
            expected_cost(fast, 5, PAPER) + 2e-6 * variance(fast, 5, PAPER)
        )


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=30).filter(lambda weights: sum(weights) > 0.01),
    st.integers(0, 500),
    st.sampled_from([1, 10, 100]),
)
def test_whole_lots_add_up_and_none_is_a_lot_away_from_its_share(weights: list[float], lots: int, lot: int) -> None:
    parts = in_lots(weights, lots * lot, lot)
    assert sum(parts) == lots * lot
    for part, weight in zip(parts, weights, strict=True):
        assert part % lot == 0
        assert abs(part - lots * lot * weight / sum(weights)) < lot + 1e-6


SCHEDULES = [
    Twap(quantity=103, slices=10), Vwap(quantity=103), AlmgrenChriss(quantity=103, slices=7),
    Twap(side=BUY, quantity=40, slices=3), Participate(quantity=60, rate=0.2), Participate(side=BUY, quantity=30),
]  # fmt: skip


@pytest.mark.parametrize("order", [one for one in SCHEDULES if isinstance(one, Scheduled)])
def test_what_is_due_grows_slice_by_slice_to_exactly_the_order(order: Scheduled) -> None:
    children = order.children()
    assert sum(children) == order.quantity
    length = (order.end_s - order.start_s) / order.slices
    assert order.due(int((order.start_s - 0.01) * SECOND)) == 0
    for number in range(order.slices):
        middle = order.start_s + (number + 0.5) * length
        assert order.due(int(middle * SECOND)) == sum(children[: number + 1])
    assert order.due(10**12) == order.quantity


def test_risk_aversion_sells_early_and_none_sells_evenly() -> None:
    eager, calm = AlmgrenChriss(risk_aversion=0.05, quantity=1_000), AlmgrenChriss(risk_aversion=0, quantity=1_000)
    assert calm.children() == [100] * 10
    assert eager.children() == sorted(eager.children(), reverse=True)
    assert eager.children()[0] > 200


def worked(strategy: Strategy) -> tuple[int, list[Trade]]:
    """How the position of somebody who works this order changes in a market, and all trades."""
    world = World(3, epochs=8)
    world.list(Stock("ACME"), value=10_000, volatility_bps=3)
    world.join("maker", MarketMaker(size=30), cash=10**9, holdings={"ACME": 5_000})
    for number in range(6):
        world.join(f"noise-{number}", Noise(trade_probability=0.4), cash=10**6, holdings={"ACME": 50})
    world.join("desk", strategy, cash=10**8, holdings={"ACME": 200}, every_ms=50)
    world.start(SECOND)
    world.clock.run(until=8 * SECOND)
    return world.ledger.accounts["desk"].balance("ACME").total - 200, [*world.journal.of(Trade)]


@pytest.mark.parametrize("number", range(len(SCHEDULES)))
def test_an_order_is_worked_off_in_a_market_and_never_beyond(number: int) -> None:
    order = SCHEDULES[number]
    change, trades = worked(type(order)(**{k: v for k, v in vars(order).items() if not k.startswith("_")}))
    side, quantity = order.side, order.quantity  # type: ignore[attr-defined]
    mine = [trade for trade in trades if trade.taker == "desk"]
    assert sum(trade.quantity for trade in mine) == abs(change)
    assert {trade.side for trade in mine} == {side}
    if isinstance(order, Scheduled):
        assert change == side * quantity
        assert all(trade.time >= order.start_s * SECOND for trade in mine)
        done = 0
        for trade in mine:
            done += trade.quantity
            assert done <= order.due(trade.time)
    else:
        assert isinstance(order, Participate)
        others = sum(trade.quantity for trade in trades if trade.time >= SECOND and trade.taker != "desk")
        bound = order.rate / (1 - order.rate) * others
        assert abs(change) == min(quantity, int(bound)) or 0 <= bound - abs(change) < 8


def test_participation_takes_the_stated_share_of_all_volume() -> None:
    def wants(volume: int, done: int) -> int:
        pov = Participate(quantity=100, rate=0.25, start_s=0)
        trades = [SeenTrade(5, 100, volume, 1)] if volume else []
        depth = ([(99, 1_000)], [(101, 1_000)])
        view = lambda position, seen: View(  # noqa: E731
            {"ACME": InstrumentView("ACME", position=position, bid=99, ask=101, depth=depth, trades=seen)}, cash=10**6
        )
        list(pov.decide(view(500, [])))
        found = [*pov.decide(view(500 - done, trades))]
        return sum(order.quantity for order in found)  # type: ignore[union-attr,misc]

    assert wants(60, 0) == 20  # a quarter of 80 in all
    assert wants(80, 20) == 0  # 60 of others, 20 of its own
    assert wants(90, 20) == 3
    assert wants(10_000, 0) == 100


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Twap(side=0), "an order has a side"),
        (lambda: Twap(start_s=5, end_s=5), "a start before its end"),
        (lambda: Vwap(curve=(1.0, 2.0)), "a volume for each of 10 slices"),
        (lambda: Participate(rate=1), "a rate between 0 and 1"),
        (lambda: trajectory(1, 0, 1, PAPER, 0), "slices and horizon are positive"),
        (lambda: trajectory(1, 1, 100, Impact(1, 1e-6, 1), 0), "temporary impact outweighs half"),
        (lambda: in_lots([0.0], 5), "not all zero"),
        (lambda: in_lots([1.0], 5, 2), "lots are whole"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(make, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        make()


def test_the_side_of_a_schedule_is_a_sale_unless_it_is_said_to_be_a_purchase() -> None:
    assert Twap().side == SELL


@pytest.mark.parametrize(("slices", "aversion"), [(100, 1e9), (10, 1e300)])
def test_a_great_fear_sells_all_at_once_and_is_no_number_too_large(slices, aversion):
    held = trajectory(1_000.0, slices, 1.0, Impact(100, 0.5), aversion)
    assert held[0] == 1_000 and held[1] < 1e-3 and held[-1] == 0
    assert held == sorted(held, reverse=True)
    assert held == pytest.approx(programmed(1_000.0, slices, 1.0, Impact(100, 0.5), aversion), abs=1e-9)
