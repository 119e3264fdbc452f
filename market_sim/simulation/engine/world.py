"""The world that a scenario is built into: venues, participants, a committee, a chain, and one clock.

A scenario needs only these methods:

    world.venue(...)       open one of several venues, on terms of its own; without it there is one
    world.list(...)        list an instrument
    world.value(...)       choose the process of a believed value, and who knows it
    world.join(...)        add a participant
    world.attach(...)      add a mechanism: options, margin, short selling
    world.at(epoch=6, ...) schedule an event
    world.validators(...)  choose the committee and its byzantine behaviours
    world.settle_on(...)   choose the chain on which finalized trades are paid out
    world.chain(...)       the same, and deploy further contracts there

While the world runs, strategies wake up and send orders to the venues, trades travel from there to the validators, and
finalized trades are settled. Every action is planned on the one clock, and every event is recorded in the one journal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from math import inf
from typing import Any

from market_sim.blockchain.call_orders import Arrange
from market_sim.blockchain.chain_plan import ChainPlan
from market_sim.core.data.journal import Journal
from market_sim.core.data.tape import Tape
from market_sim.core.errors import InputError, StrategyError
from market_sim.core.models.instruments import Instrument, positive
from market_sim.core.models.intents import Intent
from market_sim.core.models.run_events import AgentJoined, ShockHappened, ValueMoved, WarningGiven
from market_sim.core.randomness import Randomness
from market_sim.market.agents.agent import Agent
from market_sim.market.agents.orders_on_the_way import OrdersOnTheWay
from market_sim.market.agents.strategy import Strategy
from market_sim.market.compliance.enforcement import Enforcement, ladder_of
from market_sim.market.compliance.market_clock import MarketClock
from market_sim.market.compliance.market_rules import MarketRules
from market_sim.market.compliance.order_gate import MARKET_MAKER
from market_sim.market.compliance.profile import Profile
from market_sim.market.dynamics.process import ValueProcess
from market_sim.market.dynamics.shocks import News, PriceShock
from market_sim.market.dynamics.value import BelievedValue
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.ledger.ledger import Ledger
from market_sim.market.venues.latency_budget import known_stack
from market_sim.market.venues.terms import Outage, VenueTerms
from market_sim.market.venues.venues import Venues
from market_sim.simulation.engine.checks import Checks
from market_sim.simulation.engine.clock import MILLISECOND, SECOND, Clock
from market_sim.simulation.engine.consensus import CommitteePlan
from market_sim.simulation.engine.participants import Invitation, Participants
from market_sim.simulation.engine.schedule import ScheduledAction, scheduled_action

DEFAULT_EPOCHS = 8
VALUE_STEP_NS = 100 * MILLISECOND
"""How often believed values move."""
LONGEST_WAIT_NS = SECOND
"""After a shock, quotes of participants that sleep for longer than this are not waited for."""


class World:
    """The state of one run, before it starts and while it runs."""

    def __init__(self, seed: int, journal: Journal | None = None, epochs: int = DEFAULT_EPOCHS) -> None:
        self.epochs = epochs
        """The number of epochs of the run."""
        self.clock = Clock()
        self.journal = journal if journal is not None else Journal()
        self.randomness = Randomness(seed)
        self.ledger = Ledger(self.clock, self.journal)
        self.venues = Venues(self.clock, self.journal, self.ledger, self.randomness)
        self.tape = Tape(self.journal)
        self.values: dict[str, BelievedValue] = {}
        self.committee_plan = CommitteePlan()
        self.settlement = "eth-tester"
        self.chain_plan = ChainPlan()
        self.mechanisms: list[Mechanism] = []
        self.participants = Participants(self.clock, self.journal, self.randomness, self.venues, self.tape, self.values)
        self._schedule: list[ScheduledAction] = []
        self._rule_terms: dict[str, Any] = {}
        self.checks = Checks(self.journal, self.ledger, self.venues)

    @property
    def exchange(self) -> Exchange:
        """The first venue; the only one unless the scenario opens others."""
        return self.venues.first

    @property
    def agents(self) -> Mapping[str, Agent]:
        """The agents by name, once the market is open."""
        return self.participants.agents

    @property
    def failures(self) -> Sequence[StrategyError]:
        """The errors of the strategies that raised."""
        return self.participants.failures

    # ---- for scenarios ------------------------------------------------------------------------------------------

    def venue(self, venue: str | VenueTerms, fees: Mapping[str, FeeSchedule] | None = None) -> Exchange:
        """Open one of several venues, before any listing: by its name, or on terms of its own.

        `fees` are by kind of instrument, and take precedence over those of the terms.
        """
        return self.venues.open(venue, fees)

    def list(
        self,
        instrument: Instrument,
        fees: FeeSchedule | None = None,
        value: int | None = None,
        volatility_bps: float = 0.0,
        venue: str = "",
    ) -> None:
        """List an instrument, on the first venue or the named one.

        `value` is where its believed value starts: a random walk that all know; `world.value` has other choices.
        """
        self.venues.named(venue).list(instrument, fees)
        if value is not None:
            self.value(instrument.symbol, value, RandomWalk(volatility_bps))

    def value(
        self, symbol: str, start: int, process: ValueProcess | None = None, known_to: Sequence[str] | None = None
    ) -> None:
        """Choose the value process of an instrument, and the accounts that know it (by default all)."""
        process = process or RandomWalk()
        for leader in (symbol, *process.leaders):
            if leader not in self.venues.symbols:
                raise InputError(f"{leader} has no value: it is not listed")
        for leader in process.leaders:
            if leader not in self.values or leader == symbol:
                raise InputError(f"the value of {symbol} follows {leader}, whose own value has to be stated before it")
        positive(symbol, "value", start)
        known = None if known_to is None else tuple(known_to)
        self.values[symbol] = BelievedValue(start, process, self.randomness.stream(f"value/{symbol}"), known)

    def join(
        self,
        name: str,
        strategy: Strategy,
        cash: int | Mapping[str, int] = 0,
        holdings: Mapping[str, int] | None = None,
        every_ms: float = 100,
        latency_ms: float = 1,
        owner: str | None = None,
        data_latency_ms: float = 0,
        from_epoch: float = 0,
        until_epoch: float | None = None,
        describe: Mapping[str, int | float | str | bool | None] | None = None,
        stack: str = "",
    ) -> None:
        """Add a participant with a strategy, cash and holdings, which wakes up every `every_ms` milliseconds.

        Its orders take `latency_ms` to the exchange, and market data takes `data_latency_ms` to it. With a `stack` its
        messages pass the stages of the latency budget, too. Cash is an amount of the one currency, or by currency:
        `{"USD": dollars(100), "EUR": 5_000}`.
        """
        if not isinstance(strategy, Strategy):
            raise InputError(f"{name} needs a strategy with a method decide(view), found {strategy!r}")
        # A shorter interval would be no time at all on the clock. The comparisons are false for what is not a number.
        if not (1 <= every_ms * MILLISECOND < inf and 0 <= latency_ms < inf and 0 <= data_latency_ms < inf):
            raise InputError(
                f"{name} wakes up every {every_ms} ms with latencies of {latency_ms} and {data_latency_ms} ms: "
                f"not possible"
            )
        if from_epoch < 0 or (until_epoch is not None and until_epoch <= from_epoch):
            raise InputError(f"{name} takes part from epoch {from_epoch} until epoch {until_epoch}: not possible")
        self.ledger.open_account(name, owner)
        amounts = cash if isinstance(cash, Mapping) else {self._quote(): cash} if cash else {}
        for currency, amount in amounts.items():
            if currency not in self._quotes:
                raise InputError(f"{name} cannot bring in {currency}: nothing is quoted in it")
            if amount:
                self.ledger.deposit(name, currency, amount)
        for symbol, quantity in (holdings or {}).items():
            if symbol not in self.venues.symbols:
                raise InputError(f"{name} cannot hold {symbol}: it is not listed")
            if quantity:
                self.ledger.deposit(name, symbol, quantity)
        kind, parameters = strategy.described()
        told = {**parameters, **(describe or {}), **({"stack": known_stack(stack)} if stack else {})}
        self.journal.record(AgentJoined(self.clock.now, name, kind, told, float(every_ms), float(latency_ms)))
        every, latency, data_latency = (int(ms * MILLISECOND) for ms in (every_ms, latency_ms, data_latency_ms))
        self.participants.invite(
            Invitation(name, strategy, every, latency, data_latency, from_epoch, until_epoch, stack)
        )

    def attach(self, mechanism: Mechanism, venue: str = "") -> None:
        """Attach a mechanism to a venue: it follows the venue's events and acts at its own times."""
        place = self.venues.named(venue)
        others = tuple(each for each in self.venues.by_name.values() if each is not place)
        mechanism.plan = partial(self.clock.plan, action=self._act_once, argument=mechanism)
        mechanism.attach(place, self.journal, others)
        self.mechanisms.append(mechanism)

    def rules(
        self,
        roles: Mapping[str, str] | None = None,
        limits: Mapping[str, int] | None = None,
        index: Sequence[str] = (),
        closes: Mapping[str, int] | None = None,
    ) -> None:
        """State what a rules profile has to know of this market, if the run has one.

        `roles` name market makers and high-frequency traders (by default those whose strategies make markets), `limits`
        are position limits of single accounts in cents, `index` is what the market-wide halt watches, and `closes` are
        the last closes before the first day.
        """
        self._rule_terms = {"roles": roles, "limits": limits, "index": index, "closes": closes}

    def enforce(self, profile: Profile) -> None:
        """Put a rules profile on all venues, when everything else is built."""
        terms = dict(self._rule_terms)
        makers = {name: MARKET_MAKER for name in self.participants.makers}
        roles = makers | dict(terms.get("roles") or {})
        self.attach(MarketRules(profile, **terms | {"roles": roles, "reaches": self._reaches}))
        if profile.penalties is not None and not any(isinstance(one, Enforcement) for one in self.mechanisms):
            self.attach(Enforcement(ladder_of(profile.penalties, MarketClock(profile.day))))

    def _reaches(self, venue: str) -> bool:
        """Whether a venue answers orders now; one without terms always does."""
        gateway = self.venues.gateways.get(venue)
        return gateway is None or gateway.is_reachable

    def at(
        self,
        epoch: float | None = None,
        shock: PriceShock | None = None,
        *,
        time_ms: float | None = None,
        halt: str | None = None,
        reopen: str | None = None,
        submit: tuple[str, Intent] | None = None,
        news: News | None = None,
        arrive: str | None = None,
        leave: str | None = None,
        outage: Outage | None = None,
        do: Callable[[World], object] | None = None,
    ) -> None:
        """Schedule an event at the start of an epoch, or at a time of the clock.

        One of: a price shock, news that may be good or bad, a halt of an instrument, its reopening (a call auction that
        lasts half a second), an intent of an account, the arrival or the departure of a participant, the outage of a
        venue, or a function that is called with the world.
        """
        chosen = {
            "shock": shock, "news": news, "halt": halt, "reopen": reopen, "submit": submit, "arrive": arrive,
            "leave": leave, "outage": outage, "do": do,
        }  # fmt: skip
        self._schedule.append(scheduled_action(self, epoch, time_ms, chosen))

    def validators(
        self,
        count: int | None = None,
        leaders: str | None = None,
        byzantine: str | None = None,
        beyond_the_bound: bool | None = None,
        variant: str | None = None,
        independent: bool | None = None,
        call_order: str | Arrange | None = None,
        fair_order: bool | None = None,
        greedy_order: str | Arrange | None = None,
    ) -> None:
        """Choose the committee: how many validators, how leaders follow, which are byzantine and how, who executes.

        `call_order` is the order in which leaders put the calls of contracts into a block: "arrival", "reversed",
        or a function or object of one's own (market_sim/blockchain/call_orders.py). With `fair_order` validators vote
        only for the order that a quorum has seen (fair_order.py there). A byzantine leader (`n1:greedy`) uses
        `greedy_order`, whatever the others do.
        """
        self.committee_plan = self.committee_plan.changed(
            count=count, leaders=leaders, byzantine=byzantine, beyond_the_bound=beyond_the_bound, variant=variant,
            independent=independent, call_order=call_order, fair_order=fair_order,
            greedy_order=greedy_order,
        )  # fmt: skip

    def tap(self, reader: str, accounts: Collection[str], sealed: bool = False) -> OrdersOnTheWay:
        """Let a participant read the orders of these accounts on their way to the venues, unless they are sealed."""
        clock = self.clock
        tap = OrdersOnTheWay(reader, accounts, self.journal.record, lambda: clock.now, sealed)
        self.participants.taps.append(tap)
        return tap

    def network(self, **settings: Any) -> None:
        """Choose the conditions of the network between validators."""
        self.committee_plan = self.committee_plan.changed(**settings)

    def chain(self, backend: str = "eth-tester") -> ChainPlan:
        """Choose the chain on which trades are settled, and return its plan, to deploy further contracts."""
        self.settle_on(backend)
        return self.chain_plan

    def settle_on(self, backend: str) -> None:
        """Choose where finalized trades are paid out: "eth-tester", "fast", "memory" or "none"."""
        self.settlement = backend

    # ---- while it runs ------------------------------------------------------------------------------------------

    def start(self, epoch_ns: int) -> None:
        """Plan the first wake-ups, the moves of the values, the times of the mechanisms, and the scheduled events."""
        clock = self.clock
        self.venues.follow_midpoints()
        self.participants.start(epoch_ns)
        if self.venues.gateways:
            clock.plan(clock.now + epoch_ns, self._measure_venues, epoch_ns)
        if self.values:
            clock.plan(clock.now, self._move_values)
        for mechanism in self.mechanisms:
            self._plan(mechanism)
        for one in self._schedule:
            clock.plan(one.time(epoch_ns), self._act_as_scheduled, one)
        for warning in self.warnings:
            self.journal.record(WarningGiven(clock.now, warning))

    def _measure_venues(self, every_ns: int) -> None:
        """Record at the end of each epoch what was measured on the way to each venue."""
        for gateway in self.venues.gateways.values():
            gateway.measure()
        self.clock.plan(self.clock.now + every_ns, self._measure_venues, every_ns)

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each scheduled event that cannot happen, or have an effect, in this run."""
        ends = f"but the run ends with epoch {self.epochs}: it never happens"
        epoch_ns = self.committee_plan.rules.epoch_ns
        late = (one for one in self._schedule if one.is_after(self.epochs, epoch_ns))
        return (
            *self.committee_plan.without_effect(self.epochs, bool(self.chain_plan.contracts)),
            *(f"{one.what} is planned for {one.when}, {ends}" for one in late),
        )

    def check(self) -> None:
        """Raise InvariantBroken when accounts, books and journal of all venues break an invariant."""
        self.checks.look()

    def _act_as_scheduled(self, one: ScheduledAction) -> None:
        one.act(self)
        self.participants.notice()

    def _plan(self, mechanism: Mechanism) -> None:
        """Plan the next action of a mechanism."""
        for time in mechanism.times():
            if time > self.clock.now:
                self.clock.plan(time, self._act, mechanism)
                return

    def _act(self, mechanism: Mechanism) -> None:
        self._act_once(mechanism)
        self._plan(mechanism)

    def _act_once(self, mechanism: Mechanism) -> None:
        mechanism.act(self.clock.now)
        for follower in self.mechanisms:
            follower.follow()
        self.participants.notice()

    def _move_values(self, _: None) -> None:
        for symbol, value in self.values.items():
            value.step(self.values)
            self.journal.record(ValueMoved(self.clock.now, symbol, value.news))
        self.clock.plan(self.clock.now + VALUE_STEP_NS, self._move_values)

    def shock(self, shock: PriceShock) -> None:
        """Move a believed value at once; liquidations at the new value wait until makers can have quoted it."""
        value = self.values[shock.symbol]
        before = value.news
        value.jump(shock.percent)
        self.clock.plan(self.clock.now + self.participants.time_to_quote(LONGEST_WAIT_NS), value.quoted)
        what = f"{shock.symbol} {shock.percent:+g} %"
        numbers: dict[str, int | str] = {"symbol": shock.symbol, "before": before, "after": value.news}
        self.journal.record(ShockHappened(self.clock.now, what, numbers))

    @property
    def _quotes(self) -> set[str]:
        """The quote currencies of all listings."""
        return {listing.quote for venue in self.venues.by_name.values() for listing in venue.listings.values()}

    def _quote(self) -> str:
        quotes = self._quotes
        if len(quotes) != 1:
            raise InputError("list an instrument before anybody joins, and name the currency where there are several")
        return quotes.pop()
