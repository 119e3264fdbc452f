"""The player: plays one run in a process of its own and tells the site how far it is.

It knows nothing of the site: it gets a request, sends notes through a pipe, and leaves the run in the results folder.
What is asked of it through the pipe is to stop; then it leaves a partial run.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

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

STOP = "stop"
"""What the site sends to end a run before its time."""
MOST_MEMORY = 4 * 2**30
"""Bytes of address space that one run may use; a scenario with a million agents ends here and not the machine."""


@dataclass(frozen=True)
class Request:
    """What to play."""

    scenario: str
    """A name of the catalogue, or the path of a scenario file that the site was started with."""
    parameters: dict[str, Any]
    options: Options
    name: str = ""
    """The name of its folder when it is complete; empty for scenario, seed and fingerprint, as on the command line."""


@dataclass(frozen=True)
class Note:
    """What the player says: an epoch passed, there is a new drawing, the run is done, or why it will not be."""

    kind: Literal["epoch", "drawn", "done", "refused"]
    number: int
    """The number of the last event in the journal by then: the id of the note."""
    content: dict[str, Any]


def play(request: Request, results: Path, pipe: Connection) -> None:
    """Play one run; the entry of the process."""
    _limit_memory()
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


def _limit_memory() -> None:
    """Where the system can do it; elsewhere the time limit of the queue has to do."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


class _Progress:
    """Turns each epoch into a note, reading the journal from where it stopped, and draws the run now and then."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._session: Session | None = None
        self._chart = LiveChart()
        self._story = ChainStory()
        self._read = 0
        self._entries = 0
        self._settled = 0

    def begin(self, session: Session) -> None:
        """Listen to the site from now on: it may ask the run to stop."""
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
        """The number of the last event that was told about."""
        return max(0, self._read - 1)

    def epoch(self, journal: Journal, epoch: int) -> None:
        """Tell what has happened since the last time."""
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
