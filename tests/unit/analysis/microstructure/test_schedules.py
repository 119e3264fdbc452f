"""Schedules beside fills: TWAP, VWAP, participation and a trajectory, each worked out again from the journal."""

from __future__ import annotations

from itertools import accumulate

import pytest

from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.schedule import left_at
from market_sim.analysis.visualization.microscope_picture import schedule
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import Trade
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.strategies.execution.participation import Participate
from market_sim.strategies.execution.schedules import AlmgrenChriss, Twap, Vwap
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

DESKS = {
    "twap": Twap("A", quantity=120),
    "vwap": Vwap("B", quantity=120),
    "shortfall": AlmgrenChriss("C", quantity=120),
    "share": Participate("D", side=BUY, quantity=30, rate=0.25),
}


@pytest.fixture(scope="module")
def journal() -> Journal:
    """Four shares, each with a maker, noise, and one desk that works an order off."""
    world = World(3, epochs=8)
    for name, desk in DESKS.items():
        world.list(Stock(desk.symbol), value=10_000, volatility_bps=3)
        world.join(f"maker-{name}", MarketMaker(desk.symbol, size=30), cash=10**9, holdings={desk.symbol: 5_000})
        for number in range(4):
            noise = Noise(desk.symbol, trade_probability=0.4)
            world.join(f"noise-{name}-{number}", noise, cash=10**6, holdings={desk.symbol: 50})
        world.join(name, desk, cash=10**8, holdings={desk.symbol: 200}, every_ms=20)
    world.start(SECOND)
    world.clock.run(until=9 * SECOND)
    return world.journal


def sizes(journal: Journal, name: str) -> list[int]:
    return [one.quantity for one in journal.of(Trade) if one.taker == name]


@pytest.mark.parametrize("name", DESKS)
def test_the_children_add_up_to_the_parent_and_the_fills_end_where_the_schedule_does(name, journal):
    [one] = [one for one in Microscope(journal).progresses if one.order.agent == name]
    whole = DESKS[name].quantity
    assert sum(sizes(journal, name)) == one.order.filled == whole
    assert [left for _, left in one.done][1:] == [whole - done for done in accumulate(sizes(journal, name))]
    assert one.planned[-1][1] == pytest.approx(0, abs=1e-9)
    assert one.furthest <= 3, "what is due is done soon"


@pytest.mark.parametrize("name", ["twap", "vwap", "shortfall"])
def test_the_schedule_of_slices_is_that_of_the_strategy_up_to_whole_lots(name, journal):
    [one] = [one for one in Microscope(journal).progresses if one.order.agent == name]
    desk = DESKS[name]
    assert len(one.planned) == len(one.even) == desk.slices
    for time, left in one.planned:
        assert left == pytest.approx(desk.quantity - desk.due(time), abs=1), "largest remainders"


def test_a_participation_follows_what_others_trade(journal):
    [one] = [one for one in Microscope(journal).progresses if one.order.agent == "share"]
    assert not one.even
    for time in range(SECOND, 9 * SECOND, SECOND // 4):
        others = sum(
            trade.quantity
            for trade in journal.of(Trade)
            if trade.symbol == "D" and SECOND <= trade.time <= time and "share" not in (trade.maker, trade.taker)
        )
        assert left_at(one.planned, time) == pytest.approx(max(0, 30 - others / 3)), "0.25 / (1 - 0.25)"


@pytest.mark.parametrize("name", DESKS)
def test_schedule_and_fills_are_lines_of_one_chart(name, journal):
    [one] = [one for one in Microscope(journal).progresses if one.order.agent == name]
    chart = schedule(one, 0, TimeAxis.of(journal))
    [panel] = chart.panels()
    even = [] if name == "share" else ["even slices"]
    assert [trace["name"] for trace in panel.traces] == [*even, "schedule", "in fact"]
    when = "before each trade of others" if name == "share" else "at the end of a slice"
    whole = DESKS[name].quantity
    assert f"{whole} of {whole} traded; {when} at most {one.furthest:,.1f} more or less" in chart.sentence
