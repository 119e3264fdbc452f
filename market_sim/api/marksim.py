"""The names of MARKSIM: its simulation and its three agents, with the values that they are documented to have.

>>> simulation = MarketSimulation(initial_price=50_000, wakeup_us=100_000, speed=10.0)
>>> simulation.add_agent(MarketMakerAgent(agent_id="mm_1", spread=0.005, order_size=0.5, max_position=10.0))
>>> simulation.add_agent(NoiseTraderAgent(agent_id="noise_1", trade_probability=0.05, max_size=2.0))
>>> [agent.agent_id for agent in simulation.agents]
['mm_1', 'noise_1']

Nothing else is here: the agents are strategies of this product (market_sim/strategies/traditional/marksim.py), the
simulation is a scenario and the speed of a pacer. `run` plays it to its end; `live` opens it for people and programs
outside. Amounts may be typed as `Decimal`, in whole coins; the run counts hundredths of them, in integers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

from market_sim.analysis.results.result import Result
from market_sim.api.live.market import LiveMarket
from market_sim.api.live.pacing import Pacer
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Spot
from market_sim.core.money import dollars
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.marksim import BTC, Marksim
from market_sim.simulation.scenarios.scenario import Parameter, Scenario
from market_sim.simulation.session import Session
from market_sim.strategies.traditional.marksim import INITIAL_PRICE, MarksimInformed, MarksimMaker, MarksimNoise

__all__ = ["InformedTraderAgent", "MarketMakerAgent", "MarketSimulation", "NoiseTraderAgent"]

Agent = MarksimMaker | MarksimNoise | MarksimInformed
Amount = Decimal | float | int

WAKEUP_US = 100_000
SPEED = 10.0
CASH, COINS = dollars(5_000_000), 5_000


def MarketMakerAgent(
    agent_id: str = "mm_1", spread: Amount = 0.005, order_size: Amount = 0.5, max_position: Amount = 10.0
) -> MarksimMaker:
    """Quotes `spread`, a fraction of the middle and the whole distance, until it is `max_position` away."""
    return MarksimMaker(agent_id, BTC, float(spread), float(order_size), float(max_position))


def NoiseTraderAgent(
    agent_id: str = "noise_1", trade_probability: Amount = 0.05, max_size: Amount = 2.0
) -> MarksimNoise:
    """Trades at a wake-up with this probability, at most `max_size` on a side by chance."""
    return MarksimNoise(agent_id, BTC, float(trade_probability), float(max_size))


def InformedTraderAgent(
    agent_id: str = "informed_1", signal: int = INITIAL_PRICE * 102 // 100, order_size: Amount = 1.0, bias: Amount = 1.0
) -> MarksimInformed:
    """Trades towards the price that it believes in, with a directional bias from 0 to 1."""
    return MarksimInformed(agent_id, BTC, signal, float(order_size), float(bias))


class MarketSimulation:
    """One market in BTC/USD, its agents, and how fast its clock goes."""

    def __init__(
        self,
        agents: Iterable[Agent] = (),
        initial_price: Amount = INITIAL_PRICE,
        wakeup_us: int = WAKEUP_US,
        speed: float | None = SPEED,
        seed: int = Options.seed,
    ) -> None:
        """`wakeup_us` lies between two decisions of an agent, in simulated microseconds; no `speed`: at once."""
        if int(initial_price) != initial_price or initial_price < 1:
            raise InputError(f"the initial price is a whole number of dollars, found {initial_price}")
        if wakeup_us < 1:
            raise InputError(f"agents wake up each so many microseconds, at least 1, found {wakeup_us}")
        self.initial_price, self.wakeup_us, self.speed, self.seed = int(initial_price), wakeup_us, speed, seed
        self.agents: list[Agent] = []
        for agent in agents:
            self.add_agent(agent)

    def add_agent(self, agent: Agent) -> None:
        """Let an agent take part; its id is the name of its account."""
        if agent.agent_id in {one.agent_id for one in self.agents}:
            raise InputError(f"there is an agent {agent.agent_id} already; each one has an id of its own")
        self.agents.append(agent)

    @property
    def scenario(self) -> Scenario:
        """What is run: give it to `Session.replay` to play a journal of it again."""
        return _Simulated(tuple(self.agents), self.initial_price, self.wakeup_us)

    def session(self, epochs: int = Marksim.epochs) -> Session:
        """The run at its beginning, to be stepped."""
        if not self.agents:
            raise InputError("a simulation needs agents: simulation.add_agent(MarketMakerAgent())")
        return Session(self.scenario, Options(self.seed, epochs, settlement="none"))

    def run(self, epochs: int = Marksim.epochs) -> Result:
        """Play so many epochs, at its speed, and return what happened."""
        pace = None if self.speed is None else Pacer(self.speed)
        return self.session(epochs).run(pace=pace)

    def live(self, epochs: int = Marksim.epochs) -> LiveMarket:
        """The run as a live market that others can trade in, not started yet."""
        return LiveMarket(self.session(epochs), self.speed)


@dataclass(frozen=True)
class _Simulated(Scenario):
    """The agents of a simulation around its initial price."""

    name: ClassVar[str] = "market-simulation"

    agents: tuple[Agent, ...] = ()
    initial_price: int = INITIAL_PRICE
    wakeup_us: int = WAKEUP_US

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The values of the run; those of each agent stand where it joins."""
        return {"initial_price": self.initial_price, "wakeup_us": self.wakeup_us}

    def build(self, world: World) -> None:
        """The coin at its first price, and everybody with the same purse."""
        world.list(Spot(BTC, price_decimals=0, quantity_decimals=2))
        for agent in self.agents:
            fresh = replace(agent)  # a strategy learns where it began, and each run begins anew
            if isinstance(fresh, MarksimMaker):
                fresh = replace(fresh, initial_price=self.initial_price)
            world.join(agent.agent_id, fresh, CASH, {BTC: COINS}, every_ms=self.wakeup_us / 1_000)
