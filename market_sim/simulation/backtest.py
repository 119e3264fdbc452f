"""The backtest: a strategy, unchanged, on the market data of a stored run.

The strategy is joined like a guest of a live run and sees the same: books, trades, phases and believed values as of
now, its own orders and reports, its own random stream. It sees nothing later than now. `engine/recorded_market.py` says
when its orders are filled. The market does not react to it, so a backtest is worth believing only for orders that are
small beside the market; `simulate.py --with` plays the strategy in a market that reacts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.analysis.results.performance import Performance, performances
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.instruments import Spot, Stock
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.models.run_events import RunStarted
from market_sim.simulation.engine.failures import explained
from market_sim.simulation.engine.recorded_market import RecordedMarket
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.pipeline import prepared
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.guests import Guest
from market_sim.simulation.scenarios.scenario import Scenario, configured

TRADED = (Stock, Spot)
"""What can be traded in a backtest: what is owned. Positions on margin would need a clearing house that reacts."""


@dataclass(frozen=True)
class Backtest:
    """What a strategy did on a record, and what came of it."""

    name: str
    journal: Journal
    """What happened to the strategy: its orders, its trades, its account; and the believed values of the record."""
    took: int
    rested: int
    """The quantities that were filled on arrival, and in the book."""
    failures: tuple[str, ...]
    """The error of the strategy, if it raised one."""

    @property
    def orders(self) -> int:
        """The number of its accepted orders."""
        return sum(event.account == self.name for event in self.journal.of(OrderAccepted))

    @property
    def performances(self) -> list[Performance]:
        """The performance of the strategy, by currency."""
        return [one for one in performances(self.journal) if one.gain.account == self.name]


def backtest(record: Iterable[Event], guest: Guest, scenario: Scenario | None = None) -> Backtest:
    """Let a guest trade on the market data of a stored run."""
    events = Journal()
    for event in record:
        events.record(event)
    start = events[0] if len(events) else None
    if type(start) is not RunStarted:
        raise InputError("a journal begins with RunStarted, which says what was run")
    split = next(events.of(CorporateActionTaken), None)
    if split is not None:
        raise InputError(f"{split.symbol} had a {split.action} in this run, which a backtest cannot follow")
    if scenario is None:
        scenario = configured(find_scenario(start.scenario), **start.parameters)
    world = _world(scenario, Options.of(start))
    with explained():
        guest.join(world)
        market = RecordedMarket(world, events)
        world.participants.trade_on(market, events)
        market.start()
        world.participants.start(world.committee_plan.rules.epoch_ns)
        world.clock.run(until=events[-1].time + 1)
    failures = tuple(str(failure) for failure in world.failures)
    return Backtest(guest.name, world.journal, market.took, market.rested, failures)


def _world(scenario: Scenario, options: Options) -> World:
    """A world with the venues, instruments, fees and values of the run, and nobody in it."""
    run = prepared(scenario, options)
    world = World(options.seed, Journal(), run.epochs)
    world.committee_plan = run.committee_plan
    world.values.update(run.values)
    for name, venue in run.venues.by_name.items():
        if name:
            world.venue(name)
        for listing in venue.listings.values():
            if isinstance(listing.instrument, TRADED):
                world.list(listing.instrument, listing.fees, venue=name)
    if not world.venues.symbols:
        found = ", ".join(run.venues.symbols)
        raise InputError(f"a backtest trades stocks and spot instruments; {scenario.name} has {found}")
    return world
