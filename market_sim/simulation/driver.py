"""The driver of a run: it moves the world from position to position, and lets inputs take effect at their places.

A position is a number of steps of the clock and a time. An input that was recorded with its position takes effect
there again, so a replay needs nothing but the inputs (docs/decisions/0016-a-run-is-a-function-of-its-inputs.md).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.models.inputs import Input, Pause, Resume, input_of
from market_sim.core.models.intents import Intent
from market_sim.core.models.run_events import InputReceived, RunEnded
from market_sim.market.exchange.acknowledgement import acknowledge
from market_sim.simulation.engine import outside
from market_sim.simulation.intake import AlreadyEnded, Answers
from market_sim.simulation.pipeline import Pipeline

ANY_STEP = -1
"""The step of an input of another run, which takes effect at its time, after whatever number of steps."""


class Driver:
    """Where a run is, and how it goes on: epoch after epoch, with the recorded inputs on the way."""

    def __init__(self, pipeline: Pipeline, inputs: Iterable[InputReceived] = (), paranoid: bool = False) -> None:
        self.passed = -1
        """The last epoch that has passed; 0 once the time before the first has."""
        self.is_over = False
        self.is_complete = False
        self._pipeline = pipeline
        self._world = pipeline.world
        self._clock = pipeline.world.clock
        self._journal = pipeline.world.journal
        self._epoch_ns = pipeline.committee.rules.epoch_ns
        self._inputs = deque(inputs)
        self._paranoid = paranoid

    @property
    def boundary(self) -> int:
        """The time in nanoseconds at which the current epoch ends."""
        return (self.passed + 2) * self._epoch_ns

    def end(self, is_complete: bool) -> None:
        """Record the last event of the run."""
        self.is_over = True
        self.is_complete = is_complete
        self._journal.record(RunEnded(self._clock.now, is_complete))

    # ---- moving -------------------------------------------------------------------------------------------------

    def run_until(self, time: int) -> None:
        """Run until this time, epoch by epoch, with the recorded inputs on the way."""
        while not self.is_over:
            target = min(time, self.boundary)
            while self._inputs and self._inputs[0].time <= target:
                self._take_next()
            self._clock.run(until=max(target, self._clock.now))
            # An input that came at a boundary has passed an epoch already, and the time to run to may lie beyond it.
            if self._clock.now >= self.boundary:
                self._pass_epoch()
            elif self._clock.now >= time:
                return

    def run_until_epoch(self, epoch: int) -> None:
        """Run until this epoch has passed."""
        self.run_until((epoch + 1) * self._epoch_ns)

    def run_until_length(self, length: int) -> None:
        """Run action by action until the journal has this length."""
        while len(self._journal) < length and not self.is_over:
            next_at = self._clock.next_at
            if self._inputs and self._is_due(self._inputs[0], next_at):
                self._take_next()
            elif next_at is None or next_at >= self.boundary:
                self._clock.run(until=self.boundary)
                self._pass_epoch()
            else:
                self._clock.step()

    def run_to(self, steps: int, time: int) -> None:
        """Run to exactly this position, with all recorded inputs on the way."""
        while self._inputs:
            self._take_next()
        self._run_to(steps, time)

    def _run_to(self, steps: int, time: int) -> None:
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
        self._clock.run(until=max(time, self._clock.now))

    def _pass_epochs(self, time: int) -> None:
        while not self.is_over and time >= self.boundary:
            self._clock.run(until=max(self.boundary, self._clock.now))
            self._pass_epoch()

    def _pass_epoch(self) -> None:
        self.passed += 1
        if self._paranoid:
            self._world.check()
        if self.passed == self._world.epochs:
            self._pipeline.finish()
            self.end(is_complete=True)

    # ---- inputs -------------------------------------------------------------------------------------------------

    def take(self, event: InputReceived) -> Answers:
        """Record an input, then let it take effect."""
        self.must_go_on()
        self._journal.record(event)
        thing: Input = input_of(event)
        if isinstance(thing, Pause | Resume):
            self._pipeline.change_phase(thing)
            return []
        if not isinstance(thing, Intent):
            outside.change(self._world, event.sender, thing)
            return []
        before = len(self._journal)
        answer = self._world.venues.submit(event.sender, thing)
        events = self._journal.since(before)
        self._world.participants.notice()
        about = answer if isinstance(answer, list) else [] if answer is None else [answer]
        return [acknowledge(one, events, self._world.venues.figures) for one in about]

    def must_go_on(self) -> None:
        """Refuse an input to a run that is over."""
        if self.is_over:
            raise AlreadyEnded("this run is over: it takes no further input")

    def _take_next(self) -> None:
        """Run to the position of the next recorded input, and take the input there."""
        event = self._inputs.popleft()
        if event.step == ANY_STEP:
            self._pass_epochs(event.time)
            self._clock.run(until=max(event.time, self._clock.now))
            event = msgspec.structs.replace(event, step=self._clock.steps)
        else:
            self._run_to(event.step, event.time)
        self.take(event)

    def _is_due(self, event: InputReceived, next_at: int | None) -> bool:
        """Whether an input comes before the next action of the clock."""
        if event.step == ANY_STEP:
            return next_at is None or next_at >= event.time
        return event.step == self._clock.steps
