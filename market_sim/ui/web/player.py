"""The player: the process that executes one run for the site and reports its progress.

It gets a request, sends notes through a pipe, and stores the run in the results folder. The site can send one message
through the pipe: to stop; then the player stores a partial run.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar, Literal

from market_sim.analysis.history.chain_story import ChainStory
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, MarketSimError
from market_sim.core.models.market_events import entry_number
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.scenario import Scenario, configured
from market_sim.simulation.session import Session
from market_sim.ui.recording import recorded
from market_sim.ui.web.live_chart import LiveChart

UNDERWAY = ("epoch", "tried")
"""The kinds of notes after which more follow."""
STOP = "stop"
"""The message of the site that stops a run."""
MOST_MEMORY = 4 * 2**30
"""The most bytes of address space of one run, so that a huge scenario cannot exhaust the machine."""


@dataclass(frozen=True)
class Request:
    """The run to execute."""

    scenario: str
    """The name of a shipped scenario, or the path of a scenario file that the site was started with."""
    parameters: dict[str, Any]
    options: Options
    name: str = ""
    """The folder name of a complete run; empty for scenario, seed and fingerprint, as on the command line."""

    noun: ClassVar[str] = "run"
    cut: ClassVar[str] = "what happened until then is kept. Choose fewer epochs or participants."
    """What a person is told when it took too long."""


@dataclass(frozen=True)
class Note:
    """A message of a job: an epoch has passed, schedules were tried, a new drawing, the end of the job, or an error."""

    kind: Literal["epoch", "tried", "drawn", "done", "refused"]
    number: int
    """The number of the last event in the journal, or of the last schedule tried; it is the id of the note."""
    content: dict[str, Any]


def play(request: Request, results: Path, pipe: Connection) -> None:
    """Execute one run; the main function of the process."""
    limit_memory()
    progress = _Progress(pipe)
    try:
        result, folder = recorded(
            _scenario(request), request.options, results, progress.epoch, request.name, begun=progress.begin
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
    """Sends a note for each epoch, and drawings of the run from time to time."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._session: Session | None = None
        self._chart = LiveChart()
        self._story = ChainStory()
        self._read = 0
        self._entries = 0
        self._settled = 0

    def begin(self, session: Session) -> None:
        """Start to listen for the site's request to stop."""
        self._session = session
        threading.Thread(target=self._listen, name="stop-listener", daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            self._pipe.recv()
        self._stop()  # a site that has gone says the same

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
