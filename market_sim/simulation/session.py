"""The session: one run that is stepped from outside, takes inputs, and can be replayed or forked.

    session = Session(scenario, Options(seed=7, epochs=12))
    session.step(epoch=3)                       # run until epoch 3 has passed
    session.submit("alice", Buy("ACME", 1))     # an input: recorded, then handled like any order
    session.credit("alice", "USD", 50_000)      # another input: money from outside; Withdraw takes it out again
    session.join("bob", {"USD": 10_000})        # another input: an account for somebody outside
    session.tune("maker-0", "spread_bps", 30)   # another input: a parameter of a strategy, from now on
    other = session.fork()                      # a second run with the same past
    result = session.run()                      # run to the end

`simulate()` is `Session(...).run()`. A run is a function of its scenario, its options and its inputs. Each input is an
event that holds its position in the run, so the journal is enough to replay the run to the same fingerprint:
`Session.replay(journal)`. The size of the steps changes nothing. A session belongs to one thread; other threads submit
through `session.intake`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from market_sim.analysis.results.result import Result
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.inputs import (
    OPERATOR,
    Credit,
    Input,
    Join,
    Leave,
    Pause,
    Resume,
    Shock,
    Tune,
    received,
)
from market_sim.core.models.intents import Intent
from market_sim.core.models.run_events import InputReceived, RunStarted, WarningGiven
from market_sim.simulation.corruption import corrupted
from market_sim.simulation.driver import Driver
from market_sim.simulation.durability import Durability
from market_sim.simulation.engine import outside
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.engine.failures import explained
from market_sim.simulation.intake import Answers, Intake
from market_sim.simulation.options import Options
from market_sim.simulation.pipeline import Pipeline, prepared
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Scenario, configured

Watcher = Callable[[Journal, int], object]
"""Called with the journal and the number of the epoch that has just passed (0: the time before the first epoch)."""

Pace = Callable[["Session"], object]
"""Lets a session pass by one piece, when it likes, and no further than to the end of the present epoch."""

SLICE_NS = 50 * MILLISECOND
"""The most simulated time between two checks of whether the session was asked to stop."""


class Session:
    """One run, from its first event to its last, in steps of any size."""

    def __init__(
        self,
        scenario: Scenario,
        options: Options | None = None,
        journal: Journal | None = None,
        inputs: Iterable[InputReceived] = (),
        durability: Durability | None = None,
    ) -> None:
        self.scenario = scenario
        self.options = options or Options()
        self.world = prepared(scenario, self.options, journal)
        self.journal = self.world.journal
        self.intake = Intake()
        self._pipeline = Pipeline(self.world, self.options, durability)
        self._driver = Driver(self._pipeline, inputs, self.options.paranoid)
        self._stopping = False
        self._pipeline.start()

    # ---- state --------------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """The simulated time in nanoseconds."""
        return self.world.clock.now

    @property
    def epoch(self) -> int:
        """The number of the last epoch that has passed; 0 once the time before the first has, -1 until then."""
        return self._driver.passed

    @property
    def boundary(self) -> int:
        """The time in nanoseconds at which the current epoch ends."""
        return self._driver.boundary

    @property
    def is_over(self) -> bool:
        """Whether the last event has been recorded."""
        return self._driver.is_over

    @property
    def result(self) -> Result:
        """The result of the run so far: what a chart, a summary or a lesson reads."""
        failures = tuple(str(failure) for failure in self.world.failures)
        with explained(), self.journal.by_type() as journal:
            told = self.scenario.conclusion(journal)
        return Result(
            self.scenario.name, self.options.seed, self.world.epochs, self.scenario.parameters, self.journal,
            self._driver.is_complete, failures, self.world.warnings, told,
        )  # fmt: skip

    # ---- running ------------------------------------------------------------------------------------------------

    def run(self, watch: Watcher | None = None, pace: Pace | None = None) -> Result:
        """Run to the end. An interruption ends the run early; its journal keeps all events so far.

        A `pace` lets the run wait, and changes nothing else: without one the run goes as fast as it can.
        """
        self.go(watch, pace)
        return self.result

    def go(self, watch: Watcher | None = None, pace: Pace | None = None) -> None:
        """Run to the end without a result: its conclusion may take a while in a long run."""
        pace = pace or at_once
        try:
            while not self.is_over:
                before = self.epoch
                pace(self)
                if watch is not None and self.epoch > before:
                    watch(self.journal, self.epoch)
                if self._stopping:
                    self.end()
        except KeyboardInterrupt:
            self.end()

    def step(self, *, until: int | None = None, epoch: int | None = None, events: int | None = None) -> bool:
        """Run until a time, until an epoch has passed, or until this number of further events is recorded.

        One action of the clock is never split, so there may be a few more events than asked for. Returns whether the
        run is over.
        """
        if sum(one is not None for one in (until, epoch, events)) != 1:
            raise InputError("a step goes either until a time, or until an epoch has passed, or for a number of events")
        if until is not None and until < self.now:
            raise InputError(f"it is already {self.now} ns: a session cannot step back to {until} ns, but fork there")
        length = len(self.journal)
        with explained():
            self.serve()
            if until is not None:
                self._driver.run_until(until)
            elif epoch is not None:
                self._driver.run_until_epoch(epoch)
            elif events is not None:
                self._driver.run_until_length(length + events)
        return self.is_over

    def stop(self) -> None:
        """Ask a running session to end soon; a signal handler or another thread may call this."""
        self._stopping = True

    def end(self) -> None:
        """End the run early: the journal keeps all events so far, and its last one says that the run is incomplete."""
        if not self.is_over:
            self._driver.end(is_complete=False)

    # ---- inputs -------------------------------------------------------------------------------------------------

    def submit(self, account: str, intent: Intent) -> Answers:
        """Submit an intent now: it is recorded as an input, then handled like an intent of a strategy.

        Returns an acknowledgement for each order concerned: one for an order, several for CancelAll, none for an intent
        that a mechanism carries out.
        """
        return self.take(account, intent)

    def credit(self, account: str, asset: str, amount: int) -> None:
        """Bring cash or holdings from outside into an account now; from then on this is an entry like a trade."""
        self.take(account, Credit(asset, amount))

    def phase(self, action: Literal["pause", "resume"], symbol: str | None = None) -> None:
        """Pause trading (orders can still be cancelled), or resume it through a call auction."""
        actions = {"pause": Pause, "resume": Resume}
        if action not in actions:
            raise InputError(f"the phase of a market is changed by pause or resume, found {action!r}")
        self.take(OPERATOR, actions[action](symbol))

    def join(self, name: str, cash: Mapping[str, int], holdings: Mapping[str, int] | None = None) -> None:
        """Open an account now for somebody outside, who then submits intents in this name."""
        self.take(name, Join(dict(cash), dict(holdings or {})))

    def remove(self, agent: str) -> None:
        """Let a participant leave now: its open orders are cancelled, its holdings stay in its account."""
        self.take(agent, Leave())

    def tune(self, agent: str, parameter: str, value: int | float | str | bool | None) -> None:
        """Change one parameter of a participant's strategy from now on."""
        self.take(agent, Tune(parameter, value))

    def shock(self, symbol: str, percent: float) -> None:
        """Move the believed value of an instrument now."""
        self.take(OPERATOR, Shock(symbol, percent))

    def take(self, sender: str, thing: Input) -> Answers:
        """Take an input now: it is checked, kept, recorded, and then takes effect."""
        with explained():
            event = self._checked(sender, thing)
        self.intake.keep([event])
        return self._explained(event)

    def serve(self) -> None:
        """Take what other threads have sent so far, and answer it; no simulated time passes."""
        self.intake.serve(self, self._checked, self._explained)

    # ---- other runs with the same past --------------------------------------------------------------------------

    def fork(self, at: int | None = None, byzantine: str = "", beyond_the_bound: bool | None = None) -> Session:
        """A second session with the same past: until now, or until the event with this number.

        The fork replays the run from its seed and inputs; no world is copied. Later inputs are left out, so the fork
        can take another course. `byzantine` names validators that deviate from the next epoch on: "n3:equivocate".
        """
        last = len(self.journal) - 1
        at = last if at is None else at
        self._must_have(at)
        events = self.journal.since(0)[: at + 1]
        past = [event for event in events if type(event) is InputReceived]
        options = self.options
        if byzantine:
            options = corrupted(self.world, options, events, byzantine, beyond_the_bound)
        twin = Session(self.scenario, options, inputs=past)
        if at == last and not self.is_over:
            twin._driver.run_to(self.world.clock.steps, self.now)
        else:
            # New behaviours may come with other warnings, which are recorded before anything else happens.
            twin._driver.run_until_length(at + 1 + _warnings(twin.journal) - _warnings(events))
        return twin

    def back(self, at: int) -> Session:
        """This session as it was just after an earlier event; when it goes on, the same inputs come again."""
        self._must_have(at)
        earlier = Session(self.scenario, self.options, inputs=self.journal.of(InputReceived))
        earlier._driver.run_until_length(at + 1)
        return earlier

    @classmethod
    def replay(
        cls, journal: Iterable[Event], scenario: Scenario | None = None, at: int | None = None,
        durability: Durability | None = None,
    ) -> Session:  # fmt: skip
        """The session of this journal, from its beginning; when it is run it records the same events again.

        With `at` it stands just after that event. A scenario that is not shipped, and a node's log, must be passed.
        """
        events = list(journal)
        start = events[0] if events else None
        if type(start) is not RunStarted:
            raise InputError("a journal begins with RunStarted, which says what was run")
        scenario = scenario or configured(find_scenario(start.scenario), **start.parameters)
        inputs = (event for event in events if type(event) is InputReceived)
        session = cls(scenario, Options.of(start), None, inputs, durability)
        if at is not None:
            session._driver.run_until_length(at + 1)
        return session

    # ---- inside -------------------------------------------------------------------------------------------------

    def _must_have(self, at: int) -> None:
        if not 0 <= at < len(self.journal):
            raise InputError(f"the journal has the events 0 to {len(self.journal) - 1}, there is no event {at}")

    def _explained(self, event: InputReceived) -> Answers:
        with explained():
            return self._driver.take(event)

    def _checked(self, sender: str, thing: Input) -> InputReceived:
        """The event for an input; InputError when it is not possible now."""
        self._driver.must_go_on()
        if isinstance(thing, outside.FromOutside):
            outside.check(self.world, sender, thing)
        return received(self.now, self.world.clock.steps, sender, thing)


def at_once(session: Session) -> None:
    """The pace of a run that does not wait: slices of simulated time, so that it can be stopped between two."""
    session.step(until=min(session.now + SLICE_NS, session.boundary))


def _warnings(journal: Iterable[Event]) -> int:
    return sum(type(event) is WarningGiven for event in journal)
