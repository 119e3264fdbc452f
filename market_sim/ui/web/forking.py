"""A fork for the site: which run it leaves, at which event, and what is changed there.

Everything that a fork needs of the past is the first event of the run and its inputs, so a run that is still on its way
is forked like a stored one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.inputs import Leave, Tune
from market_sim.core.models.intents import PlaceOrder
from market_sim.core.models.market_events import AccountOpened, BookOpened, InstrumentListed
from market_sim.core.models.run_events import AgentJoined, CommitteeSeated, InputReceived, RunStarted
from market_sim.simulation.counterfactual import without
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session

Change = PlaceOrder | Leave | Tune


@dataclass(frozen=True)
class Fork:
    """A run that leaves the course of another one after the event `at`."""

    of: str
    """The name of the other run; empty for one that is still on its way."""
    at: int
    past: tuple[Event, ...]
    """The first event of the other run, and its inputs until there."""
    account: str = ""
    change: Change | None = None
    """What the account asks for, as an input."""
    byzantine: str = ""
    """Validators that deviate from the next epoch on."""
    beyond_the_bound: bool = False

    @property
    def start(self) -> RunStarted:
        """The first event of the other run."""
        start = self.past[0]
        if not isinstance(start, RunStarted):
            raise InputError("a run begins with RunStarted; this one cannot be forked")
        return start

    def session(self, scenario: Scenario) -> Session:
        """The session at the fork, with its change made."""
        session = Session.replay(self.past, scenario, self.at)
        if self.byzantine:
            session = session.fork(byzantine=self.byzantine, beyond_the_bound=self.beyond_the_bound or None)
        if isinstance(self.change, Leave):
            session.remove(self.account)
        elif isinstance(self.change, Tune):
            session.tune(self.account, self.change.parameter, self.change.value)
        elif self.change is not None:
            session.submit(self.account, self.change)
        return session


@dataclass(frozen=True)
class Absence:
    """A run once more without one participant."""

    past: tuple[Event, ...]
    """The first event of the run, who joined it, and its inputs."""
    agent: str

    def session(self, scenario: Scenario) -> Session:
        """The session of that run, from its beginning."""
        return without(self.past, self.agent, scenario)


@dataclass
class Roll:
    """Who and what a run has: what a person can choose from when it is forked."""

    start: RunStarted | None = None
    inputs: list[tuple[int, InputReceived]] = field(default_factory=list)
    """The inputs so far, with their event numbers."""
    agents: dict[str, AgentJoined] = field(default_factory=dict)
    accounts: list[str] = field(default_factory=list)
    listed: dict[str, InstrumentListed] = field(default_factory=dict)
    venues: list[str] = field(default_factory=list)
    validators: int = 0
    events: int = 0

    def read(self, events: Iterable[Event]) -> None:
        """Add the next events of the run."""
        for event in events:
            if isinstance(event, InputReceived):
                self.inputs.append((self.events, event))
            elif isinstance(event, AgentJoined):
                self.agents[event.agent] = event
            elif isinstance(event, AccountOpened):
                self.accounts.append(event.account)
            elif isinstance(event, InstrumentListed):
                self.listed[event.symbol] = event
            elif isinstance(event, BookOpened) and event.venue not in self.venues:
                self.venues.append(event.venue)
            elif isinstance(event, CommitteeSeated):
                self.validators = event.validators
            elif isinstance(event, RunStarted):
                self.start = event
            self.events += 1

    @property
    def begun(self) -> RunStarted:
        """The first event of a run that can be played again."""
        if self.start is None or not self.validators:
            raise InputError("this is the replay of a check, which has no validators: it cannot be forked")
        return self.start

    def absence(self, agent: str) -> Absence:
        """The run without this participant."""
        past = (self.begun, *self.agents.values(), *(event for _, event in self.inputs))
        return Absence(past, agent)

    def past(self, at: int) -> tuple[Event, ...]:
        """What a fork after this event needs of the past."""
        return (self.begun, *(event for number, event in self.inputs if number <= at))


def roll_of(journal: Iterable[Event]) -> Roll:
    """The roll of a whole run."""
    roll = Roll()
    roll.read(journal)
    return roll
