"""The participants of a run: they wake up, decide, and send orders to the venues.

Each participant wakes up at its own interval. In addition a strategy can ask to be woken by news: a report of its own,
a trade, a change of the best quotes. News arrives after the participant's data latency, and wakes a participant at most
once in a millisecond (`REACTION_NS`); otherwise two strategies without latency could answer each other for ever at one
instant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, get_args

from market_sim.core.data.journal import Journal
from market_sim.core.data.tape import Tape
from market_sim.core.errors import InputError, StrategyError
from market_sim.core.models.intents import CancelAll, Intent
from market_sim.core.models.run_events import ParameterChanged, StrategyFailed
from market_sim.core.models.venue_events import MessageTimed, RoutePlanned
from market_sim.core.randomness import Randomness
from market_sim.market.agents.agent import Agent, Wish
from market_sim.market.agents.delayed_view import DelayedMarket
from market_sim.market.agents.live_view import LiveView, PublicTrades, live
from market_sim.market.agents.mailbox import Mail, Mailbox
from market_sim.market.agents.orders_on_the_way import OrdersOnTheWay
from market_sim.market.agents.strategy import (
    Adapted,
    OnQuote,
    OnReport,
    OnTrade,
    Remark,
    Routed,
    Strategy,
    WakeAt,
    tuned,
)
from market_sim.market.dynamics.value import BelievedValue
from market_sim.market.exchange.listing import Listing
from market_sim.market.venues.connections import Connections, Letter
from market_sim.market.venues.latency_budget import Machine
from market_sim.market.venues.venues import Venues
from market_sim.simulation.engine.clock import MILLISECOND, SECOND, WAKE, Clock
from market_sim.simulation.engine.failures import where_it_failed

NOTES: Final = frozenset(get_args(Remark))
"""What a strategy may yield that is no intent."""
REACTION_NS: Final = MILLISECOND
"""The least time from a wake-up of a participant to its next wake-up by news."""


@dataclass(frozen=True)
class Invitation:
    """One participant before the market opens: strategy, latencies, first and last epoch; times in nanoseconds."""

    name: str
    strategy: Strategy
    every: int
    latency: int
    data_latency: int = 0
    from_epoch: float = 0
    until_epoch: float | None = None
    stack: str = ""


class Market(Protocol):
    """A market beside the venues of the world: a record that participants trade on."""

    def quotes(self, symbol: str) -> list[tuple[int | None, int | None]]:
        """The best bid and ask of each book of an instrument."""

    def traded(self, symbol: str) -> int:
        """How often an instrument has traded so far."""

    def submit(self, name: str, intent: Intent) -> object:
        """Take an intent of a participant."""


class Participants:
    """All participants of a run, their wake-ups and their news."""

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        randomness: Randomness,
        venues: Venues,
        tape: Tape,
        values: Mapping[str, BelievedValue],
    ) -> None:
        self.agents: dict[str, Agent] = {}
        self.failures: list[StrategyError] = []
        self._clock, self._journal, self._randomness = clock, journal, randomness
        self._venues, self._tape = venues, tape
        self._mail = Mail(journal)
        self._values = values
        self._live = live(PublicTrades(tape), values)
        self._delayed: dict[int, DelayedMarket] = {}
        self._durations: dict[int, int] = {}
        self._invited: list[Invitation] = []
        self._by_report: dict[str, Agent] = {}
        self._by_trade: dict[str, list[Agent]] = {}
        self._by_quote: dict[str, list[Agent]] = {}
        self._traded: dict[str, int] = {}
        self._quoted: dict[str, list[tuple[int | None, int | None]]] = {}
        self._told: dict[str, object] = {}
        """For each participant that waits for reports: the newest report that it was woken for."""
        self._is_watched = False
        self._market: Market | None = None
        self._submit: Callable[[str, Intent], object]
        """Takes the intents of all participants; `start` sets it."""
        self._machines: dict[str, Machine] = {}
        """What the messages of participants with a stack pass before they leave."""
        self._connections: Connections | None = None
        """Carries intents to venues with terms; None where no venue has any."""
        self._record: Journal | None = None
        self._regular = self._wake  # one object for all wake-ups that are planned, in place of one for each
        self._expected: dict[str, int] = {}
        """Who comes only when a scheduled action says so, and how long after that each first wakes up."""
        self.silent: dict[str, None] = {}
        """Who takes part in name only."""
        self.taps: list[OrdersOnTheWay] = []
        """Those who read orders on their way to the venues."""

    def trade_on(self, market: Market, record: Journal) -> None:
        """Let all participants see this record and trade on it, in place of the world's venues; before the start."""
        self._market, self._record = market, record

    @property
    def invited(self) -> tuple[str, ...]:
        """The names of all who take part at some time."""
        return tuple(one.name for one in self._invited)

    @property
    def makers(self) -> tuple[str, ...]:
        """Those whose strategies make markets, also inside a wrapper."""
        found = []
        for one in self._invited:
            strategy: object = one.strategy
            while isinstance(inner := getattr(strategy, "inner", None), Strategy):
                strategy = inner
            if isinstance(strategy, Strategy) and strategy.makes_markets:
                found.append(one.name)
        return tuple(found)

    def set_up(self, name: str) -> tuple[int, Strategy]:
        """How often a participant wakes up, in nanoseconds, and its strategy, without what is wrapped around it."""
        one = next(one for one in self._invited if one.name == name)
        strategy = one.strategy
        while isinstance(inner := getattr(strategy, "inner", None), Strategy):
            strategy = inner
        return one.every, strategy

    def silence(self, name: str) -> None:
        """Keep a participant from ever deciding: its account is there, and no order of it comes."""
        if name not in self.invited:
            raise InputError(f"there is no participant {name!r}; there are {', '.join(self.invited) or 'none'}")
        self.silent[name] = None

    def expect(self, name: str) -> None:
        """Keep a participant out of the market until `arrive`."""
        self._expected[name] = 0

    def arrive(self, name: str) -> None:
        """Let an expected participant join now."""
        agent = self.agents[name]
        self._watch(agent)
        self._clock.plan(self._clock.now + self._expected.pop(name, 0), self._regular, agent, WAKE)

    def leave(self, name: str) -> None:
        """End the participation of a participant."""
        self._leave(self.agents[name])

    def present(self, name: str) -> Agent:
        """A participant that takes part now; InputError for another name."""
        agent = self.agents.get(name)
        if agent is None:
            raise InputError(f"there is no participant {name!r}; there are {', '.join(self.agents) or 'none'}")
        if agent.retired:
            raise InputError(f"{name} takes no part any more")
        return agent

    def tune(self, name: str, parameter: str, value: int | float | str | bool | None) -> None:
        """Change one parameter of a participant's strategy."""
        agent = self.present(name)
        agent.strategy = tuned(agent.strategy, parameter, value)

    def invite(self, invitation: Invitation) -> None:
        """Add a participant, before the start."""
        self._invited.append(invitation)

    def start(self, epoch_ns: int) -> None:
        """Give each participant a view, and plan the first wake-ups."""
        self._submit = self._venues.submit if self._market is None else self._market.submit
        if self._market is None and self._venues.gateways:
            plan = self._clock.plan
            self._connections = Connections(self._venues, self._clock, self._journal, plan, self._arrive)
        phases = {one.name: int(self._randomness.first_draw(f"agent/{one.name}") * one.every) for one in self._invited}
        # In the order in which they wake up, so that wake-ups read the memory forwards: with 10,000 agents, more than a
        # cache holds, that halves the time of each.
        made = {one.name: self._agent(one) for one in sorted(self._invited, key=lambda one: phases[one.name])}
        for one in self._invited:
            agent = self.agents[one.name] = made[one.name]
            agent.retired = one.name in self.silent
            come = round(one.from_epoch * epoch_ns)
            # Each participant draws once, whenever it joins, so that its stream does not depend on the time of joining.
            phase = int(agent.stream.random() * agent.every_ns)
            if one.name in self._expected:
                self._expected[one.name] = phase
                continue
            self._clock.plan(self._clock.now + come + phase, self._regular, agent, WAKE)
            if one.until_epoch is not None:
                self._clock.plan(round(one.until_epoch * epoch_ns), self._leave, agent)
            if not come:
                self._watch(agent)
            else:
                self._clock.plan(self._clock.now + come, self._watch, agent)

    def notice(self) -> None:
        """Wake the participants that wait for news, after an action that may have caused some."""
        if not self._is_watched:
            return
        woken: dict[str, Agent] = {}
        for account, agent in self._by_report.items():
            newest = self._mail.newest(account)
            if newest is not None and newest is not self._told.get(account):
                self._told[account] = newest
                woken[account] = agent
        for symbol, agents in self._by_trade.items():
            count = self._count(symbol)
            if count != self._traded[symbol]:
                self._traded[symbol] = count
                woken.update((agent.name, agent) for agent in agents)
        for symbol, agents in self._by_quote.items():
            quotes = self._quotes(symbol)
            if quotes != self._quoted[symbol]:
                self._quoted[symbol] = quotes
                woken.update((agent.name, agent) for agent in agents)
        for agent in woken.values():
            self._plan_news(agent)

    def time_to_quote(self, longest: int) -> int:
        """The time until each account with open orders has woken up once more and its new orders have arrived."""
        venues = self._venues.by_name.values()
        quoting = (
            agent
            for name, agent in self.agents.items()
            if not agent.retired and any(venue.accounts[name].open for venue in venues)
        )
        times = (agent.every_ns + agent.latency_ns + agent.data_latency_ns + 1 for agent in quoting)
        return min(max(times, default=0), longest)

    # Waking and deciding

    def _wake(self, agent: Agent) -> None:
        """A wake-up at the regular interval."""
        if agent.retired:
            return
        self._decide(agent)
        if not agent.retired:
            self._clock.plan(self._clock.now + agent.every_ns, self._regular, agent, WAKE)

    def _wake_once(self, agent: Agent) -> None:
        """A wake-up by news, or at a time that the strategy asked for."""
        if not agent.retired:
            self._decide(agent)

    def _decide(self, agent: Agent) -> None:
        clock = self._clock
        if self._is_watched:  # otherwise no news is planned, and the note would only cost another place in memory
            agent.last_woken = clock.now
        try:
            wishes = agent.decide()
        except (Exception, SystemExit) as error:  # student code: the one place where everything is caught
            self._retire(agent, error)
            return
        if wishes:
            intents: list[Any] = [wish for wish in wishes if type(wish) not in NOTES]
            if intents:
                arrives = clock.now + agent.latency_ns
                if self._machines and agent.name in self._machines:
                    arrives = self._passed(agent.name, arrives)
                for tap in self.taps:
                    tap.pass_by(agent.name, intents, arrives)
                if self._connections is None:
                    clock.plan(arrives, self._arrive, (agent.name, intents))
                else:
                    self._connections.send(agent.name, intents, arrives)
            if len(intents) < len(wishes):
                self._note(agent, wishes)

    def _passed(self, name: str, sent: int) -> int:
        """Let a message pass the stages of its sender's machine, and record how long each took; when it leaves."""
        machine = self._machines[name]
        passed = machine.passed()
        self._journal.record(MessageTimed(self._clock.now, name, machine.stack, passed))
        return machine.leaves(sent, passed)

    def _note(self, agent: Agent, wishes: Sequence[Wish]) -> None:
        """Record what a strategy adapted or routed, and plan its alarms."""
        for wish in wishes:
            if type(wish) is Adapted:
                self._journal.record(ParameterChanged(self._clock.now, agent.name, *wish))
            elif type(wish) is Routed:
                self._journal.record(RoutePlanned(self._clock.now, agent.name, *wish))
        for wish in wishes:
            if type(wish) is WakeAt:
                self._clock.plan(wish.time, self._wake_once, agent, WAKE)

    def _arrive(self, letter: Letter) -> None:
        name, intents = letter
        submit = self._submit
        for intent in intents:
            submit(name, intent)
        if self._is_watched:
            self.notice()

    def _retire(self, agent: Agent, error: BaseException) -> None:
        """Record the strategy that raised, cancel its orders, and never wake it again."""
        (strategy, _), cause = agent.strategy.described(), where_it_failed(error, type(agent.strategy).decide)
        self._journal.record(StrategyFailed(self._clock.now, agent.name, strategy, cause))
        when = f"{self._clock.now / SECOND:.3f} s"
        self.failures.append(StrategyError(f"{agent.name} ({strategy}) stopped at {when}: {cause}"))
        self._leave(agent)

    def _leave(self, agent: Agent) -> None:
        """End the participation of an agent: its open orders are cancelled, its holdings stay in its account."""
        if not agent.retired:
            agent.retired = True
            self._venues.submit(agent.name, CancelAll())
            self.notice()

    # News

    def _agent(self, one: Invitation) -> Agent:
        stream = self._randomness.stream(f"agent/{one.name}")
        if one.stack:
            self._machines[one.name] = Machine(one.stack, self._randomness.stream(f"stack/{one.name}"))
        clock = self._clock
        mailbox = Mailbox(self._mail, one.name, clock, one.data_latency)
        look = self._live
        if one.data_latency or self._record is not None:
            market = self._delayed.get(one.data_latency)
            if market is None:
                journal = self._journal if self._record is None else self._record
                market = DelayedMarket(journal, lambda: clock.now, one.data_latency, self._values)
                self._delayed[one.data_latency] = market
            look = market.look
        account = self._venues.first.ledger.accounts[one.name]
        view = LiveView(tuple(self._venues.by_name.values()), account, clock, look, stream, mailbox)
        # One object for equal durations: 10,000 of their own are more than a cache holds.
        times = (self._durations.setdefault(time, time) for time in (one.every, one.latency, one.data_latency))
        return Agent(one.name, one.strategy, view, stream, *times)

    def _watch(self, agent: Agent) -> None:
        """Register the news that an agent's strategy wants to be woken by."""
        for wake in agent.strategy.wakes():
            self._is_watched = True
            if isinstance(wake, OnReport):
                self._by_report[agent.name] = agent
                self._told[agent.name] = self._mail.newest(agent.name)
                continue
            if not isinstance(wake, OnTrade | OnQuote):
                raise InputError(f"{agent.name} wakes up for OnReport, OnTrade or OnQuote, found {wake!r}")
            if wake.symbol not in self._venues.symbols:
                raise InputError(f"{agent.name} waits for {wake.symbol}, which is not listed")
            watching = self._by_trade if isinstance(wake, OnTrade) else self._by_quote
            watching.setdefault(wake.symbol, []).append(agent)
            self._traded[wake.symbol] = self._count(wake.symbol)
            self._quoted[wake.symbol] = self._quotes(wake.symbol)

    def _plan_news(self, agent: Agent) -> None:
        """Plan a wake-up for when the news reaches an agent, unless one for news is planned at that time already."""
        time = max(self._clock.now + agent.data_latency_ns, agent.last_woken + REACTION_NS)
        if agent.awake_until < time and not agent.retired:
            agent.awake_until = time
            self._clock.plan(time, self._wake_once, agent, WAKE)

    def _listings(self, symbol: str) -> list[Listing]:
        return [venue.listings[symbol] for venue in self._venues.by_name.values() if symbol in venue.listings]

    def _count(self, symbol: str) -> int:
        return len(self._tape.prices(symbol)) if self._market is None else self._market.traded(symbol)

    def _quotes(self, symbol: str) -> list[tuple[int | None, int | None]]:
        if self._market is not None:
            return self._market.quotes(symbol)
        return [listing.book.quotes for listing in self._listings(symbol)]
