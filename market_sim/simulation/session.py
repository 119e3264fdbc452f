"""The session: a run on its way. It is stepped from outside, takes inputs, and can be played again or forked.

    session = Session(scenario, Options(seed=7, epochs=12))
    session.step(epoch=3)                       # let three epochs pass
    session.submit("alice", Buy("ACME", 1))     # from outside: recorded, then treated like any order
    other = session.fork()                      # a second run with the same past
    result = session.run()                      # let the rest pass

`simulate()` is `Session(...).run()`: there is one road. A run is a function of its scenario, its options and its
inputs. Each input is an event with its place in the run, so the journal holds all that is needed to play it again to
the same fingerprint: `Session.replay(journal)`. How the steps are cut changes nothing. A session belongs to one
thread; other threads hand what they want to `session.intake`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Literal

from market_sim.analysis.results.result import Result
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.inputs import OPERATOR, Input, Pause, Resume, received, wish
from market_sim.core.models.intents import Intent
from market_sim.core.models.run_events import InputReceived, RunEnded, RunStarted
from market_sim.market.exchange.acknowledgement import acknowledge
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.engine.failures import explained
from market_sim.simulation.intake import Answers, Intake
from market_sim.simulation.options import Options
from market_sim.simulation.road import Road, prepared
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Scenario, configured

Watcher = Callable[[Journal, int], object]
"""Called with the journal and the number of the epoch that has just passed (0 is the time before the first)."""

SLICE_NS = 50 * MILLISECOND
"""How much simulated time passes at most before a running session looks whether it shall stop."""


class Session:
    """One run, from its first event to its last, in as many steps as somebody likes."""

    def __init__(
        self,
        scenario: Scenario,
        options: Options | None = None,
        journal: Journal | None = None,
        inputs: Iterable[InputReceived] = (),
    ) -> None:
        self.scenario = scenario
        self.options = options or Options()
        self.world = prepared(scenario, self.options, journal)
        self.journal = self.world.journal
        self.intake = Intake()
        self._road = Road(self.world, self.options)
        self._clock = self.world.clock
        self._epoch_ns = self._road.committee.rules.epoch_ns
        self._passed = -1
        self._inputs = deque(inputs)
        self._ended: bool | None = None
        self._stopping = False
        self._road.start()

    # ---- where it is --------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """The simulated time in nanoseconds."""
        return self._clock.now

    @property
    def epoch(self) -> int:
        """The number of the last epoch that has passed; -1 before anything did, 0 for the time before the first."""
        return self._passed

    @property
    def is_over(self) -> bool:
        """Whether the last event has been recorded."""
        return self._ended is not None

    @property
    def result(self) -> Result:
        """The run as it is now: what a chart, a summary or a lesson reads."""
        failures = tuple(str(failure) for failure in self.world.failures)
        with explained():
            told = self.scenario.conclusion(self.journal)
        return Result(
            self.scenario.name, self.options.seed, self.world.epochs, self.scenario.parameters, self.journal,
            bool(self._ended), failures, self.world.warnings, told,
        )  # fmt: skip

    # ---- letting time pass --------------------------------------------------------------------------------------

    def run(self, watch: Watcher | None = None) -> Result:
        """Let the rest of the run pass. An interruption ends it where it is, and all that happened so far stands."""
        try:
            while not self.is_over:
                before = self._passed
                with explained():
                    self._advance(min(self.now + SLICE_NS, self._boundary))
                if watch is not None and self._passed > before:
                    watch(self.journal, self._passed)
                if self._stopping:
                    self.end()
        except KeyboardInterrupt:
            self.end()
        return self.result

    def step(self, *, until: int | None = None, epoch: int | None = None, events: int | None = None) -> bool:
        """Let time pass: until a time, until an epoch has passed, or until so many events more are in the journal.

        What belongs together is not cut: the events of one arrival are recorded together, so there may be a few more
        than asked for. Returns whether the run is over.
        """
        if sum(one is not None for one in (until, epoch, events)) != 1:
            raise InputError("a step goes either until a time, or until an epoch has passed, or for a number of events")
        if until is not None and until < self.now:
            raise InputError(f"it is already {self.now} ns: a session cannot step back to {until} ns, but fork there")
        with explained():
            if until is not None:
                self._advance(until)
            elif epoch is not None:
                self._advance((epoch + 1) * self._epoch_ns)
            elif events is not None:
                self._advance_by_events(len(self.journal) + events)
        return self.is_over

    def stop(self) -> None:
        """Ask a running session to end at the next opportunity; this may be called by a signal or another thread."""
        self._stopping = True

    def end(self) -> None:
        """End the run where it is: what happened so far stands, and its last event says that it is not complete."""
        if not self.is_over:
            self._ended = False
            self.journal.record(RunEnded(self.now, False))

    # ---- what comes from outside --------------------------------------------------------------------------------

    def submit(self, account: str, intent: Intent) -> Answers:
        """Hand in an intent from outside, now: it is recorded as an input and then treated like any other.

        Returns the answer for each order that it is about: one for an order, several for CancelAll, none for what a
        mechanism carries out.
        """
        with explained():
            return self._take(received(self.now, self._clock.steps, account, intent))

    def phase(self, action: Literal["pause", "resume"], symbol: str | None = None) -> None:
        """Pause trading (orders can still be cancelled), or resume it through a call auction."""
        actions = {"pause": Pause, "resume": Resume}
        if action not in actions:
            raise InputError(f"the phase of a market is changed by pause or resume, found {action!r}")
        listed = self.world.venues.symbols
        if symbol is not None and symbol not in listed:
            raise InputError(f"{symbol} is not listed; listed are {', '.join(listed)}")
        with explained():
            self._take(received(self.now, self._clock.steps, OPERATOR, actions[action](symbol)))

    # ---- other runs with the same past --------------------------------------------------------------------------

    def fork(self, at: int | None = None) -> Session:
        """A second session with the same past: all until now, or until the event with this number has happened.

        It is made by playing the run again from seed and inputs, never by copying a world; inputs that came later
        are left out, so that something else may happen.
        """
        length = len(self.journal)
        at = length - 1 if at is None else at
        if not 0 <= at < length:
            raise InputError(f"the journal has the events 0 to {length - 1}, there is no event {at}")
        events = self.journal.since(0)
        past = [event for event in events[: at + 1] if type(event) is InputReceived]
        twin = Session(self.scenario, self.options, inputs=past)
        if at == length - 1 and not self.is_over:
            twin._advance_to(self._clock.steps, self.now)
        else:
            twin._advance_by_events(at + 1)
        return twin

    @classmethod
    def replay(cls, journal: Iterable[Event], scenario: Scenario | None = None) -> Session:
        """The session that this journal tells, from its beginning; run, it records the same events again.

        A scenario that is not shipped has to be given, since the journal holds only its name.
        """
        events = list(journal)
        start = events[0] if events else None
        if type(start) is not RunStarted:
            raise InputError("a journal begins with RunStarted, which says what was run")
        if scenario is None:
            scenario = configured(find_scenario(start.scenario), **start.parameters)
        chosen = {name: value for name, value in start.options.items() if value is not None}
        options = Options(seed=start.seed, epochs=start.epochs, **chosen)  # type: ignore[arg-type]
        session = cls(scenario, options, inputs=[event for event in events if type(event) is InputReceived])
        return session

    # ---- inside -------------------------------------------------------------------------------------------------

    @property
    def _boundary(self) -> int:
        """When the epoch ends that is on its way."""
        return (self._passed + 2) * self._epoch_ns

    def _advance(self, until: int) -> None:
        """Let everything happen before this time, with the inputs that are to come again, epoch by epoch."""
        self._empty_intake()
        while not self.is_over:
            target = min(until, self._boundary)
            while self._inputs and self._inputs[0].time <= target:
                self._take_again()
            self._clock.run(until=max(target, self.now))
            if self.now < self._boundary:
                return
            self._pass_epoch()

    def _advance_by_events(self, length: int) -> None:
        """Step by step, until the journal has this length."""
        self._empty_intake()
        while len(self.journal) < length and not self.is_over:
            if self._inputs and self._inputs[0].step == self._clock.steps:
                self._take_again()
            elif (next_at := self._clock.next_at) is None or next_at >= self._boundary:
                self._clock.run(until=self._boundary)
                self._pass_epoch()
            else:
                self._clock.step()

    def _advance_to(self, steps: int, time: int) -> None:
        """Exactly to this place of the run, with every input on the way."""
        while self._inputs:
            self._take_again()
        self._pass_steps(steps, time)

    def _take_again(self) -> None:
        """Go to the place of the next input of a run that is played again, and take it there."""
        event = self._inputs.popleft()
        self._pass_steps(event.step, event.time)
        self._take(event)

    def _pass_steps(self, steps: int, time: int) -> None:
        while self._clock.steps < steps:
            next_at = self._clock.next_at
            if next_at is None:
                break
            self._pass_epochs(next_at)
            if self.is_over:
                break
            self._clock.step()
        if self._clock.steps != steps:
            raise InputError(f"an input came after {steps} steps, but this run has only {self._clock.steps}")
        self._pass_epochs(time)
        self._clock.run(until=max(time, self.now))

    def _pass_epochs(self, until: int) -> None:
        while not self.is_over and until >= self._boundary:
            self._clock.run(until=max(self._boundary, self.now))
            self._pass_epoch()

    def _pass_epoch(self) -> None:
        self._passed += 1
        if self.options.paranoid:
            self.world.check()
        if self._passed == self.world.epochs:
            self._road.finish()
            self._ended = True
            self.journal.record(RunEnded(self.now, True))

    def _take(self, event: InputReceived) -> Answers:
        """Record an input, then let it take effect."""
        if self.is_over:
            raise InputError("this run is over: nothing can be handed in any more")
        self.journal.record(event)
        thing: Input = wish(event)
        if isinstance(thing, Pause | Resume):
            self._road.change_phase(thing)
            return []
        before = len(self.journal)
        answer = self.world.venues.submit(event.sender, thing)
        events = self.journal.since(before)
        self.world.participants.notice()
        about = answer if isinstance(answer, list) else [] if answer is None else [answer]
        return [acknowledge(one, events) for one in about]

    def _empty_intake(self) -> None:
        for offer in self.intake.waiting():
            offer.settle(self.submit)
