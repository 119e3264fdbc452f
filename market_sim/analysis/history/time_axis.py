"""The time axis of all charts of a run: simulated seconds, with the epoch numbers as ticks.

Of a run with too many epochs for a readable page the last ones are drawn: `first` is the start of the first epoch
drawn. Sentences are about the whole run.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.run_events import CommitteeSeated, RunEnded
from market_sim.core.units import SECOND

MOST_MARKS = 5_000
"""A browser draws some five thousand marks in a third of a second and a hundred thousand in four."""
OPENING_EPOCHS = 30
MANY_EPOCHS = 60
"""A run with more epochs than this opens on its last `OPENING_EPOCHS`."""


def seconds(time: int) -> float:
    """A simulated time in seconds, to the microsecond: the replay of a lesson's check may last a few milliseconds."""
    return round(time / SECOND, 6)


@dataclass(frozen=True)
class Column:
    """One epoch on the axis; number 0 is the time before the first epoch."""

    number: int
    start: int
    end: int
    over: int = 0
    """The number of the event that ends it."""


@dataclass(frozen=True)
class TimeAxis:
    """The drawn part of a run and the start times of its epochs."""

    epochs: tuple[Column, ...]
    first: int
    last: int
    total: int
    """The number of epochs of the run; larger than the number drawn when the run is very long."""
    opened: int = 0
    """The number of the event that begins the first epoch; without epochs, of the last event."""

    @classmethod
    def of(cls, journal: Journal) -> TimeAxis:
        """The axis of a run, finished or interrupted."""
        starts, places = [], []
        for place, event in enumerate(journal):
            if isinstance(event, EpochStarted):
                starts.append((event.epoch, event.time))
                places.append(place)
        last = max((event.time for event in journal.of(RunEnded)), default=_last_time(journal))
        seated = next(journal.of(CommitteeSeated), None)
        most = MOST_MARKS // ((seated.validators if seated else 4) + 2)
        ends = [time for _, time in starts[1:]] + ([last] if starts else [])
        overs = [*places[1:], len(journal) - 1] if starts else []
        columns = [
            Column(number, start, end, over) for (number, start), end, over in zip(starts, ends, overs, strict=True)
        ]
        drawn = columns[-most:]
        first = drawn[0].start if len(drawn) < len(columns) else 0
        return cls(tuple(drawn), first, max(last, first + 1), len(columns), places[0] if places else len(journal) - 1)

    @property
    def shows_all(self) -> bool:
        """Whether all epochs of the run are drawn."""
        return len(self.epochs) == self.total

    @property
    def epoch_ns(self) -> int:
        """The length of an epoch; without epochs, a tenth of the run."""
        if len(self.epochs) > 1:
            return self.epochs[1].start - self.epochs[0].start
        if self.epochs and self.epochs[0].start:
            return self.epochs[0].start
        return max(1, (self.last - self.first) // 10)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The time before the first epoch and the epochs; one column for the whole run without epochs."""
        if not self.epochs:
            return (Column(0, self.first, self.last, self.opened),)
        before = self.epochs[0].start
        return (Column(0, self.first, before, self.opened), *self.epochs) if before > self.first else self.epochs

    @property
    def opens_on(self) -> tuple[float, float]:
        """The range in seconds that the page shows at first."""
        margin = self.epoch_ns * 0.45
        drawn = len(self.epochs)
        start = self.epochs[-OPENING_EPOCHS].start if drawn > MANY_EPOCHS else self.first
        return seconds(int(start - margin)), seconds(int(self.last + margin * 0.6))

    @property
    def whole(self) -> tuple[float, float]:
        """The range in seconds of everything drawn."""
        margin = self.epoch_ns * 0.45
        return seconds(int(self.first - margin)), seconds(int(self.last + margin * 0.6))

    @property
    def is_long(self) -> bool:
        """Whether the run is too long for one screen; marks are then smaller and without text."""
        return len(self.epochs) > MANY_EPOCHS

    @property
    def crowd(self) -> int:
        """The number of epochs on the screen when the page opens."""
        return OPENING_EPOCHS if self.is_long else max(1, len(self.columns))

    def epoch_at(self, time: int) -> int:
        """The number of the epoch at a time; 0 before the first."""
        place = bisect_right([epoch.start for epoch in self.epochs], time)
        return self.epochs[place - 1].number if place else 0

    def moments(self, per_epoch: int) -> Iterator[int]:
        """Evenly spaced times from first to last, `per_epoch` in each epoch, with the starts of epochs among them."""
        step = max(1, self.epoch_ns // per_epoch)
        yield from range(self.first, self.last, step)

    def ticks(self) -> dict:
        """The ticks of the axis for plotly: the number of each epoch at its start, thinned when there are many."""
        if not self.epochs:
            return {"title": {"text": "simulated seconds"}}
        every = next(
            step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000) if len(self.epochs) / step <= MANY_EPOCHS
        )
        shown = [epoch for epoch in self.epochs if epoch.number % every == 0]
        roomy = len(self.epochs) <= 20
        texts = [f"{epoch.number}<br>{seconds(epoch.start):g} s" if roomy else str(epoch.number) for epoch in shown]
        return {
            "tickmode": "array",
            "tickvals": [seconds(epoch.start) for epoch in shown],
            "ticktext": texts,
            "title": {"text": f"epoch and its start; each lasts {seconds(self.epoch_ns):g} s"},
        }


def _last_time(journal: Journal) -> int:
    return journal[len(journal) - 1].time if len(journal) else 0
