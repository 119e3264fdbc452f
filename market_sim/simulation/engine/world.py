"""The world a scenario is built into: one venue or several, their participants, a committee, a chain, and one clock.

The verbs below are all that a scenario needs, so that it reads like a lesson plan:

    world.venue(...)       one of several places to trade, with fees of its own; without it there is one
    world.list(...)        an instrument can be traded
    world.join(...)        somebody takes part
    world.attach(...)      a mechanism: options, margin, short selling
    world.at(epoch=6, ...) something happens from outside
    world.validators(...)  who agrees on the order of trades, and how they misbehave
    world.settle_on(...)   where finalized trades are paid out

When the world runs, strategies wake up, their orders travel to the venues, whose trades travel to the validators, and
what these finalize is settled. Everything is planned on the one clock and told to the one journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from market_sim.core.data.journal import Journal
from market_sim.core.data.tape import Tape
from market_sim.core.errors import InputError, StrategyError
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.intents import CancelAll, Intent
from market_sim.core.models.run_events import AgentJoined, ShockHappened, StrategyFailed, ValueMoved, WarningGiven
from market_sim.core.randomness import Randomness
from market_sim.market.agents.agent import Agent
from market_sim.market.agents.live_view import LiveView
from market_sim.market.agents.strategy import Strategy
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.market.dynamics.value import BelievedValue
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.ledger.ledger import Ledger
from market_sim.market.mechanisms.mechanism import Mechanism
from market_sim.market.venues import Venues
from market_sim.simulation.engine.checks import Checks
from market_sim.simulation.engine.clock import MILLISECOND, SECOND, WAKE, Clock
from market_sim.simulation.engine.consensus import CommitteePlan
from market_sim.simulation.engine.failures import where_it_failed

DEFAULT_EPOCHS = 8
VALUE_STEP_NS = 100 * MILLISECOND
"""How often believed values move."""
LONGEST_WAIT_NS = SECOND
"""Who sleeps for longer than this is not waited for when there is news."""


class World:
    """Everything one run consists of, before and while it runs."""

    def __init__(self, seed: int, journal: Journal | None = None, epochs: int = DEFAULT_EPOCHS) -> None:
        self.epochs = epochs
        """How many epochs the run lasts."""
        self.clock = Clock()
        self.journal = journal if journal is not None else Journal()
        self.randomness = Randomness(seed)
        self.ledger = Ledger(self.clock, self.journal)
        self.venues = Venues(self.clock, self.journal, self.ledger)
        self.tape = Tape(self.journal)
        self.values: dict[str, BelievedValue] = {}
        self.agents: dict[str, Agent] = {}
        self.committee_plan = CommitteePlan()
        self.settlement = "eth-tester"
        self.failures: list[StrategyError] = []
        self.mechanisms: list[Mechanism] = []
        self._joining: list[tuple[str, Strategy, int, int]] = []
        self._shocks: list[tuple[int, PriceShock]] = []
        self.checks = Checks(self.journal, self.ledger, self.venues)

    @property
    def exchange(self) -> Exchange:
        """The first venue, which is the only one where a scenario opens no others."""
        return self.venues.first

    # The verbs of a scenario

    def venue(self, name: str, fees: Mapping[str, FeeSchedule] | None = None) -> Exchange:
        """Open one of several places to trade, before anything is listed; its fees are by kind of instrument."""
        return self.venues.open(name, fees)

    def list(
        self,
        instrument: Instrument,
        fees: FeeSchedule | None = None,
        value: int | None = None,
        volatility_bps: float = 0.0,
        venue: str = "",
    ) -> None:
        """Let an instrument be traded, on the first venue or the named one; a `value` is what it is believed worth."""
        self.venues.named(venue).list(instrument, fees)
        if value is not None:
            stream = self.randomness.stream(f"value/{instrument.symbol}")
            self.values[instrument.symbol] = BelievedValue(value, volatility_bps, stream)

    def join(
        self,
        name: str,
        strategy: Strategy,
        cash: int = 0,
        holdings: Mapping[str, int] | None = None,
        every_ms: float = 100,
        latency_ms: float = 1,
        owner: str | None = None,
    ) -> None:
        """Let somebody take part: with a strategy, with money and holdings, awake every so many milliseconds."""
        if not isinstance(strategy, Strategy):
            raise InputError(f"{name} needs a strategy with a method decide(view), found {strategy!r}")
        if every_ms <= 0 or latency_ms < 0:
            raise InputError(f"{name} wakes up every {every_ms} ms with a latency of {latency_ms} ms: not possible")
        self.ledger.open_account(name, owner)
        if cash:
            self.ledger.deposit(name, self._quote(), cash)
        for symbol, quantity in (holdings or {}).items():
            if symbol not in self.venues.symbols:
                raise InputError(f"{name} cannot hold {symbol}: it is not listed")
            if quantity:
                self.ledger.deposit(name, symbol, quantity)
        self.journal.record(AgentJoined(self.clock.now, name, type(strategy).__name__))
        self._joining.append((name, strategy, int(every_ms * MILLISECOND), int(latency_ms * MILLISECOND)))

    def attach(self, mechanism: Mechanism, venue: str = "") -> None:
        """Let a mechanism be part of a venue: it follows what happens there and acts at its own times."""
        mechanism.attach(self.venues.named(venue), self.journal)
        self.mechanisms.append(mechanism)

    def at(self, epoch: int, shock: PriceShock) -> None:
        """Let something happen at the start of an epoch."""
        if shock.symbol not in self.values:
            raise InputError(f"a price shock needs an instrument with a believed value, and {shock.symbol} has none")
        if epoch < 1:
            raise InputError(f"epochs count from 1, found {epoch}")
        self._shocks.append((epoch, shock))

    def validators(
        self,
        count: int | None = None,
        leaders: str | None = None,
        byzantine: str | None = None,
        beyond_the_bound: bool | None = None,
        variant: str | None = None,
    ) -> None:
        """Who agrees on the order of trades: how many, who leads, who breaks the rules in which way."""
        self.committee_plan = self.committee_plan.changed(
            count=count, leaders=leaders, byzantine=byzantine, beyond_the_bound=beyond_the_bound, variant=variant
        )

    def network(self, **settings: Any) -> None:
        """How messages between validators travel."""
        self.committee_plan = self.committee_plan.changed(**settings)

    def settle_on(self, backend: str) -> None:
        """Where finalized trades are paid out: "eth-tester", "memory" or "none"."""
        self.settlement = backend

    # What happens while it runs

    def start(self, epoch_ns: int) -> None:
        """Plan the first wake-up of every agent, the moves of the values, and the shocks."""
        clock = self.clock
        for name, strategy, every_ns, latency_ns in self._joining:
            stream = self.randomness.stream(f"agent/{name}")
            first, *others = self.venues.by_name.values()
            view = LiveView(first, first.accounts[name], clock, self.tape, self.values, stream, others)
            agent = self.agents[name] = Agent(name, strategy, view, stream, every_ns, latency_ns)
            clock.plan(clock.now + int(stream.random() * every_ns), self._wake, agent, WAKE)
        if self.values:
            clock.plan(clock.now, self._move_values)
        for mechanism in self.mechanisms:
            self._plan(mechanism)
        for epoch, shock in self._shocks:
            clock.plan(epoch * epoch_ns, self._shock, shock)
        for warning in self.warnings:
            self.journal.record(WarningGiven(clock.now, warning))

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for everything that was planned and cannot happen in this run."""
        return self.committee_plan.without_effect(self.epochs) + tuple(
            f"{shock.symbol} {shock.percent:+g} % is planned for epoch {epoch}, but the run ends with epoch "
            f"{self.epochs}: it never happens"
            for epoch, shock in self._shocks
            if epoch > self.epochs
        )

    def check(self) -> None:
        """Raise when accounts, books and journal, of all venues together, are not as they must be."""
        self.checks.look()

    def _wake(self, agent: Agent) -> None:
        try:
            intents = agent.intents()
        except Exception as error:  # student code: the one place where everything is caught
            self._retire(agent, error)
            return
        clock = self.clock
        clock.plan(clock.now + agent.every_ns, self._wake, agent, WAKE)
        if intents:
            clock.plan(clock.now + agent.latency_ns, self._arrive, (agent.name, intents))

    def _arrive(self, letter: tuple[str, Sequence[Intent]]) -> None:
        name, intents = letter
        submit = self.venues.submit
        for intent in intents:
            submit(name, intent)

    def _retire(self, agent: Agent, error: Exception) -> None:
        """Name the strategy that raised, take its orders out of the market, and never wake it again."""
        strategy, cause = type(agent.strategy).__name__, where_it_failed(error, type(agent.strategy).decide)
        self.journal.record(StrategyFailed(self.clock.now, agent.name, strategy, cause))
        when = f"{self.clock.now / SECOND:.3f} s"
        self.failures.append(StrategyError(f"{agent.name} ({strategy}) stopped at {when}: {cause}"))
        self.venues.submit(agent.name, CancelAll())

    def _plan(self, mechanism: Mechanism) -> None:
        """Plan the next time at which a mechanism wants to act."""
        for time in mechanism.times():
            if time > self.clock.now:
                self.clock.plan(time, self._act, mechanism)
                return

    def _act(self, mechanism: Mechanism) -> None:
        mechanism.act(self.clock.now)
        for follower in self.mechanisms:
            follower.follow()
        self._plan(mechanism)

    def _move_values(self, _: None) -> None:
        for symbol, value in self.values.items():
            value.step()
            self.journal.record(ValueMoved(self.clock.now, symbol, value.news))
        self.clock.plan(self.clock.now + VALUE_STEP_NS, self._move_values)

    def _shock(self, shock: PriceShock) -> None:
        value = self.values[shock.symbol]
        before = value.news
        value.jump(shock.percent)
        self.clock.plan(self.clock.now + self._time_to_quote(), value.quoted)
        what = f"{shock.symbol} {shock.percent:+g} %"
        numbers: dict[str, int | str] = {"symbol": shock.symbol, "before": before, "after": value.news}
        self.journal.record(ShockHappened(self.clock.now, what, numbers))

    def _time_to_quote(self) -> int:
        """Until when each account with an open order has woken up once more and its answer has arrived."""
        venues = self.venues.by_name.values()
        quoting = (agent for name, agent in self.agents.items() if any(venue.accounts[name].open for venue in venues))
        return min(max((agent.every_ns + agent.latency_ns + 1 for agent in quoting), default=0), LONGEST_WAIT_NS)

    def _quote(self) -> str:
        listings = (listing for venue in self.venues.by_name.values() for listing in venue.listings.values())
        quotes = {listing.quote for listing in listings}
        if len(quotes) != 1:
            raise InputError("list one instrument before anybody joins, and name the currency where there are several")
        return quotes.pop()
