"""The player: the process that executes one run for the site and reports its progress.

It gets a request, sends notes through a pipe, and stores the run in the results folder. The site sends wishes through
the same pipe: about the pace of the run, about the place to show while it stands still, and to stop; then the player
stores a partial run.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from market_sim.analysis.history.chain_story import ChainStory
from market_sim.api.live.pacing import Pacer
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, MarketSimError
from market_sim.core.models.market_events import entry_number
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.scenario import Scenario, configured
from market_sim.simulation.session import Session
from market_sim.ui.recording import recorded
from market_sim.ui.web.forking import Absence, Fork, Roll
from market_sim.ui.web.live_chart import LiveChart
from market_sim.ui.web.place import Places

UNDERWAY = ("epoch", "tried", "swept")
"""The kinds of notes after which more follow."""
STOP = "stop"
"""The message of the site that stops a run."""


class Wish(NamedTuple):
    """A message of the site about the pace: pause, resume, event, epoch, speed, or show."""

    kind: str
    value: Any = None
    """The speed, or the number of the event to show and the instrument."""


MOST_MEMORY = 4 * 2**30
"""The most bytes of address space of one run, so that a huge scenario cannot exhaust the machine."""


class Asked(Protocol):
    """What a job of the queue is asked for: a run, a search, a sweep, a backtest."""

    noun: ClassVar[str]
    cut: ClassVar[str]
    """What a person is told when it took too long."""
    lost: ClassVar[str]
    """What a person is told when it did not end in order."""
    view: ClassVar[str]
    """The page of the job."""


@dataclass(frozen=True)
class Request:
    """The run to execute."""

    scenario: str
    """The name of a shipped scenario, or the path of a scenario file that the site was started with."""
    parameters: dict[str, Any]
    options: Options
    name: str = ""
    """The folder name of a complete run; empty for scenario, seed and fingerprint, as on the command line."""
    fork: Fork | Absence | None = None
    """What it has of another run: its past until an event, or all of it but one participant."""
    is_paused: bool = False
    speed: float | None = None

    noun: ClassVar[str] = "run"
    cut: ClassVar[str] = "what happened until then is kept. Choose fewer epochs or participants."
    lost: ClassVar[str] = "nothing was kept"
    view: ClassVar[str] = "live.page"


@dataclass(frozen=True)
class Note:
    """A message of a job: an epoch, schedules that were tried, a drawing, a place, the pace, its end, or an error."""

    kind: Literal["epoch", "tried", "swept", "drawn", "placed", "paced", "done", "refused"]
    number: int
    """The number of the last event in the journal, of schedules tried, or of runs done; it is the id of the note."""
    content: dict[str, Any]
    kept: Any = None
    """What the site keeps of it for itself."""


def play(request: Request, results: Path, pipe: Connection) -> None:
    """Execute one run; the main function of the process."""
    limit_memory()
    progress = _Progress(pipe, request)
    try:
        scenario = _scenario(request)
        fork = request.fork
        begin = None if fork is None else lambda: fork.session(scenario)
        result, folder = recorded(
            scenario, request.options, results, progress.epoch, request.name, progress.begin, progress.pacer, begin
        )
        pipe.send(Note("done", len(result.journal) - 1, {"run": folder.name, "complete": result.complete}))
    except InputError as problem:
        pipe.send(Note("refused", progress.last, {"sentence": str(problem).replace(f"{results}/", "")}))
    except MarketSimError:
        sentence = "a promise of this program broke; the results folder keeps the run up to there, with the trace"
        pipe.send(Note("refused", progress.last, {"sentence": sentence}))
        raise
    except MemoryError:
        pipe.send(Note("refused", 0, {"sentence": "the run needs more memory than the site gives to one run"}))
    finally:
        pipe.close()


def _scenario(request: Request) -> Scenario:
    from market_sim.simulation.scenarios.finder import find_scenario

    return configured(find_scenario(request.scenario), **request.parameters)


def limit_memory() -> None:
    """Limit the address space, where the system can; elsewhere only the time is limited."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


class _Progress:
    """Sends a note for each epoch, and drawings of the run from time to time; heeds the wishes about its pace."""

    def __init__(self, pipe: Connection, request: Request | None = None) -> None:
        paused, speed = (request.is_paused, request.speed) if request else (False, None)
        self.pacer = Pacer(speed, paused, told=self.stand)
        self._pipe = pipe
        self._places = Places()
        self._roll = Roll()
        self._session: Session | None = None
        self._chart = LiveChart()
        self._story = ChainStory()
        self._read = 0
        self._entries = 0
        self._settled = 0

    def begin(self, session: Session) -> None:
        """Start to listen for the wishes of the site."""
        self._session = session
        threading.Thread(target=self._listen, name="listener", daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while (wish := self._pipe.recv()) != STOP:
                self._heed(wish)
        self._stop()  # a site that has gone says the same

    def _heed(self, wish: Wish) -> None:
        if wish.kind == "show":
            self._places.wanted = wish.value
            self.pacer.tell_again()
            return
        self._places.wanted = None
        if wish.kind == "pause":
            self.pacer.pause()
        elif wish.kind == "resume":
            self.pacer.resume()
        elif wish.kind == "speed":
            self.pacer.run_at(wish.value)
        else:
            self.pacer.step("epoch" if wish.kind == "epoch" else "event")

    def stand(self, session: Session) -> None:
        """Send the place at which the run stands still, or the earlier one that a person asked for."""
        journal = session.journal
        self._roll.read(journal.since(self._roll.events))
        self._send(Note("placed", len(journal) - 1, self._places.place(journal), self._roll))

    def _stop(self) -> None:
        if self._session is not None:
            self._session.stop()

    @property
    def last(self) -> int:
        """The number of the last event in a note."""
        return max(0, self._read - 1)

    def epoch(self, journal: Journal, epoch: int) -> None:
        """Send the notes for an epoch."""
        for event in journal.since(self._read):
            self._story.read(event)
            self._entries = entry_number(event) or self._entries
            if type(event) is BlockSettled:
                self._settled += event.trades
        self._read = len(journal)
        blocks = self._story.of_epoch(epoch)
        content = {
            "epoch": epoch,
            "leader": self._story.leaders.get(epoch),
            "votes": [len(block.voters) for block in blocks],
            "notarized": sum(1 for block in blocks if block.notarized_by),
            "final": [block.epoch for block in self._story.became_final_in(epoch)],
            "entries": self._entries,
            "settled": self._settled,
            "events": len(journal),
        }
        self._send(Note("epoch", len(journal) - 1, content))
        figure = self._chart.drawing(journal)
        if figure is not None:
            self._send(Note("drawn", len(journal) - 1, {"figure": figure}))

    def _send(self, note: Note) -> None:
        try:
            self._pipe.send(note)
        except OSError:  # the site has gone; what happened so far is kept
            self._stop()
