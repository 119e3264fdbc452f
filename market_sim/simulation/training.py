"""The school of the learners: they are trained in runs with some seeds, and judged in runs with others.

Learners of prices sit in a market whose value is pulled back to a level that only its maker knows: what can be learned
there is that a price far from its average comes back. The bandit quotes to customers who would pay more than usual.
Beside a trained learner stand the same strategy untrained, and a naive one that does not learn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from statistics import fmean
from typing import Any, NamedTuple

from market_sim.analysis.gains import gains
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.money import cents, dollars
from market_sim.market.agents.strategy import Strategy, plain_parameters
from market_sim.market.dynamics.walks import MeanReverting, RandomWalk
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.strategies.catalogue import name_of, named
from market_sim.strategies.learning.bandit import BanditMaker
from market_sim.strategies.learning.learner import Learner
from market_sim.strategies.learning.logistic import LogisticTrader
from market_sim.strategies.learning.model import Model, learner
from market_sim.strategies.learning.q_learner import QLearner
from market_sim.strategies.learning.ridge import RidgeTrader
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.customer import Customer
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.signals import Momentum

EPOCHS = 120
FIRST_UNSEEN = 100_001
"""Seeds from here on are for judging: training never uses them."""
LEVEL = dollars(100)
PUPIL = "pupil"


def _reverting(world: World, pupil: Strategy) -> None:
    world.list(Stock("ACME", tick=cents(1)))
    world.value("ACME", LEVEL, MeanReverting(LEVEL, half_life=15, volatility_bps=15), known_to=("maker",))
    maker = MarketMaker(spread_bps=6, size=40, levels=4, lean_bps=0)
    world.join("maker", maker, cash=dollars(500_000), holdings={"ACME": 5_000}, every_ms=50)
    for number in range(3):
        world.join(f"noise-{number}", Noise(trade_probability=0.2), cash=dollars(9_000), holdings={"ACME": 90})
    world.join(PUPIL, pupil, cash=dollars(10_000), holdings={"ACME": 50}, every_ms=500)


def _customers(world: World, pupil: Strategy) -> None:
    world.list(Stock("ACME", tick=cents(1)))
    world.value("ACME", LEVEL, RandomWalk(1))
    for number in range(6):
        customer = Customer(trade_probability=0.3, k=0.03)
        world.join(f"customer-{number}", customer, cash=dollars(90_000), holdings={"ACME": 900})
    world.join(PUPIL, pupil, cash=dollars(100_000), holdings={"ACME": 1_000}, every_ms=100)


class School(NamedTuple):
    """Where a kind of learner learns, and the naive strategy that it is compared with."""

    build: Callable[[World, Strategy], None]
    naive: Callable[[], Strategy]


SCHOOLS: dict[type[Learner], School] = {
    BanditMaker: School(_customers, lambda: FixedSpread(size=5, max_position=100)),
    QLearner: School(_reverting, lambda: Momentum(size=20, max_position=20)),
    RidgeTrader: School(_reverting, lambda: Momentum(size=20, max_position=20)),
    LogisticTrader: School(_reverting, lambda: Momentum(size=20, max_position=20)),
}


def school_of(kind: type[Strategy]) -> School:
    """The school of this kind of learner; InputError for a strategy that does not learn."""
    for pupil, school in SCHOOLS.items():
        if kind is pupil:
            return school
    raise InputError(f"{name_of(kind)} does not learn; learners are {', '.join(map(name_of, SCHOOLS))}")


def played(school: School, pupil: Strategy, seed: int, epochs: int = EPOCHS) -> int:
    """What the pupil gains by trading in one run, in cents."""
    world = World(seed, epochs=epochs)
    school.build(world, pupil)
    world.ledger.begin()
    world.start(SECOND)
    world.clock.run(until=epochs * SECOND)
    if world.failures:
        raise world.failures[0]
    return next(row.from_trading for row in gains(world.journal) if row.account == PUPIL)


def trained(kind: type[Strategy], seeds: int, epochs: int = EPOCHS, **parameters: Any) -> Model:
    """Train a learner in the runs with the seeds 1, 2, ... and keep what it knows."""
    school = school_of(kind)
    if not 1 <= seeds < FIRST_UNSEEN:
        raise InputError(f"training uses from 1 to {FIRST_UNSEEN - 1} seeds, found {seeds}")
    pupil = learner(kind, {**parameters, "learns": True})
    earned = []
    for seed in range(1, seeds + 1):
        pupil.begin()
        earned.append(played(school, pupil, seed, epochs))
    bounds = [seeds * place // 5 for place in range(6)]
    curve = tuple(fmean(earned[a:b]) for a, b in pairwise(bounds) if b > a)
    told = {name: value for name, value in plain_parameters(pupil).items() if name != "learns"}
    return Model(name_of(kind), told, seeds, epochs, pupil.knowledge, curve)


class Judgement(NamedTuple):
    """What each of the three gained with each unseen seed, in cents."""

    trained: list[int]
    untrained: list[int]
    naive: list[int]

    def wins(self, other: Iterable[int]) -> int:
        """With how many seeds the trained one gained more."""
        return sum(mine > theirs for mine, theirs in zip(self.trained, other, strict=True))


def judged(model: Model, seeds: int, epochs: int | None = None) -> Judgement:
    """Play the trained, the untrained and the naive strategy with the same unseen seeds."""
    school = school_of(named(model.strategy))
    found = Judgement([], [], [])
    makers = (model.learner, model.untrained, school.naive)
    for seed in range(FIRST_UNSEEN, FIRST_UNSEEN + seeds):
        for gained, make in zip(found, makers, strict=True):
            gained.append(played(school, make(), seed, epochs or model.epochs))
    return found
