"""MARKSIM's names mean what its documents say of them, and its speed is wall time and nothing else."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from examples.marksim import main as marksim_example
from market_sim.api.live.market import LiveMarket
from market_sim.api.live.pacing import Pacer
from market_sim.api.marksim import InformedTraderAgent, MarketMakerAgent, MarketSimulation, NoiseTraderAgent
from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Buy
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.run_events import AgentJoined
from market_sim.core.money import dollars
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.marksim import Marksim
from market_sim.simulation.session import Session

EPOCHS = 5


def pair(**settings) -> MarketSimulation:
    simulation = MarketSimulation(**settings)
    simulation.add_agent(MarketMakerAgent(agent_id="mm_1", spread=0.005, order_size=0.5, max_position=10.0))
    simulation.add_agent(NoiseTraderAgent(agent_id="noise_1", trade_probability=0.05, max_size=2.0))
    return simulation


@pytest.fixture(scope="module")
def result():
    return pair(speed=None).run(EPOCHS)


def test_the_maker_begins_with_the_documented_quotes(result) -> None:
    first = [event.terms for event in result.journal.of(OrderAccepted) if event.account == "mm_1"][:2]
    assert [(one.side, one.limit, one.quantity) for one in first] == [(BUY, 49_875, 50), (SELL, 50_125, 50)]


def test_an_agent_wakes_up_each_hundred_thousand_microseconds(result) -> None:
    joined = list(result.journal.of(AgentJoined))
    assert [(one.agent, one.every_ms) for one in joined] == [("mm_1", 100.0), ("noise_1", 100.0)]
    assert any(event.taker == "noise_1" for event in result.journal.of(Trade))
    twice = pair(speed=None, wakeup_us=50_000).session(1).journal.of(AgentJoined)
    assert {one.every_ms for one in twice} == {50.0}


def test_decimals_are_the_same_run(result) -> None:
    typed = MarketSimulation(
        [
            MarketMakerAgent(spread=Decimal("0.005"), order_size=Decimal("0.5"), max_position=Decimal("10.0")),
            NoiseTraderAgent(trade_probability=Decimal("0.05"), max_size=Decimal("2.0")),
        ],
        initial_price=Decimal("50000"),
        speed=None,
    )
    assert typed.run(EPOCHS).fingerprint == result.fingerprint


@pytest.mark.parametrize("speed", [10.0, 1.0])
def test_the_speed_changes_the_wall_time_and_not_the_fingerprint(result, speed: float) -> None:
    wall = Wall()
    session = pair(speed=speed).session(EPOCHS)
    played = session.run(pace=Pacer(speed, clock=lambda: wall.now, wait=wall.wait))
    assert played.fingerprint == result.fingerprint
    assert wall.now * speed == pytest.approx(session.now / SECOND, rel=0.05)


def test_run_keeps_the_speed_of_the_simulation(result) -> None:
    assert pair().speed == 10.0
    assert pair(speed=1_000.0).run(EPOCHS).fingerprint == result.fingerprint


def test_the_same_simulation_runs_twice_and_replays(result) -> None:
    simulation = pair(speed=None)
    assert [simulation.run(EPOCHS).fingerprint for _ in range(2)] == [result.fingerprint] * 2
    again = Session.replay(result.journal, simulation.scenario).run()
    assert again.fingerprint == result.fingerprint


def test_another_initial_price_moves_the_quotes() -> None:
    journal = pair(initial_price=40_000, speed=None).run(1).journal
    assert [event.terms.limit for event in journal.of(OrderAccepted)][:2] == [39_900, 40_100]


def test_an_informed_trader_takes_the_price_to_its_signal(result) -> None:
    simulation = pair(speed=None)
    simulation.add_agent(InformedTraderAgent("informed_1", signal=50_500, bias=Decimal("0.9")))
    last = [trade.price for trade in simulation.run(EPOCHS).journal.of(Trade)][-1]
    assert last > [trade.price for trade in result.journal.of(Trade)][-1]


@pytest.mark.parametrize("speed", [None, 100.0])
def test_the_shipped_scenario_is_the_same_market_at_any_speed_and_with_its_clock_stopped(speed: float | None) -> None:
    options = Options(epochs=2, settlement="none")
    market = LiveMarket(Session(Marksim(), options), speed)
    market.stop_clock()
    market.start()
    stood = market.now
    assert not market.wait(len(market.journal), 0.02)
    assert market.now == stood
    market.start_clock()
    while not market.is_over:
        market.wait(len(market.journal), 1)
    assert market.end().fingerprint == simulate(Marksim(), options).fingerprint


def test_the_example_runs_as_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    marksim_example()
    told, *rows = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\d+ trades took the price from 50,125 to 50,\d{3}\.", told)
    assert {row.split()[0] for row in rows[2:]} == {"mm_1", "noise_1", "informed_1"}


def test_a_live_simulation_takes_orders_from_outside() -> None:
    market = pair(speed=None).live(epochs=1_000)
    market.start()
    try:
        market.join("ann", {"USD": dollars(10_000)})
        [answer] = market.submit("ann", Buy("BTC/USD", 1, 40_000))
        assert answer.order > 0
    finally:
        market.end()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: MarketSimulation(initial_price=0.5), "the initial price is a whole number of dollars, found 0.5"),
        (lambda: MarketSimulation(wakeup_us=0), "at least 1, found 0"),
        (lambda: MarketSimulation([MarketMakerAgent(), MarketMakerAgent()]), "there is an agent mm_1 already"),
        (lambda: MarketSimulation().run(), "a simulation needs agents"),
        (lambda: MarketMakerAgent(spread=Decimal(2)), "spread and size are positive"),
    ],
)
def test_what_cannot_be_is_a_sentence(wrong, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        wrong()


class Wall:
    """A wall clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def wait(self, seconds: float) -> None:
        self.now += seconds
