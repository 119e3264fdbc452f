"""The attacker: searches in a process of its own for a schedule that breaks a committee, and records the run it finds.

Like the player of runs it gets a request, sends notes through a pipe, and leaves the run in the results folder. A
search that is asked to stop answers for the schedules that it tried.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar

from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.errors import InputError
from market_sim.simulation.attack_lab import Answer, Laboratory, Question, Step
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.ui.recording import recorded
from market_sim.ui.web.player import Note, limit_memory

PAUSE_SECONDS = 0.5
"""Between two notes about the progress."""


@dataclass(frozen=True)
class Search:
    """What to search for."""

    question: Question

    noun: ClassVar[str] = "search"
    cut: ClassVar[str] = "the answer is for the schedules that it tried."
    lost: ClassVar[str] = "nothing was kept"
    view: ClassVar[str] = "attacks.page"

    @property
    def title(self) -> str:
        """What a queue calls it."""
        asked = self.question
        return f"search for a {asked.wanted}, {asked.byzantine} of {asked.validators} byzantine"


def search(request: Search, results: Path, pipe: Connection) -> None:
    """Search once; the entry of the process."""
    limit_memory()
    told = [0, 0.0]

    def watch(tried: int, is_found: bool) -> None:
        now = time.monotonic()
        if is_found or now >= told[1]:
            told[:] = [tried, now + PAUSE_SECONDS]
            with contextlib.suppress(OSError):  # the site has gone, and the listener below stops the search
                pipe.send(Note("tried", tried, {"tried": tried, "found": is_found}))

    try:
        lab = Laboratory(request.question, StreamletDemo())
        threading.Thread(target=_listen, args=(pipe, lab), name="stop-listener", daemon=True).start()
        answer = lab.search(watch)
        run = None
        if answer.schedule:
            run = recorded(StreamletDemo(), answer.options, results, lambda journal, epoch: None).folder.name
        pipe.send(Note("done", answer.tried, {"run": run, "complete": True, "answer": told_answer(answer)}))
    except InputError as problem:
        pipe.send(Note("refused", int(told[0]), {"sentence": str(problem).replace(f"{results}/", "")}))
    except MemoryError:
        sentence = "the search needs more memory than the site gives to one"
        pipe.send(Note("refused", int(told[0]), {"sentence": sentence}))
    finally:
        pipe.close()


def _listen(pipe: Connection, lab: Laboratory) -> None:
    with contextlib.suppress(EOFError, OSError):
        pipe.recv()
    lab.stop()  # a site that has gone says the same


def told_answer(answer: Answer) -> dict[str, Any]:
    """The answer as the page shows it: the sentence, and each step with its epoch, who takes it, and what it is."""
    return {
        "sentence": answer.sentence,
        "found": bool(answer.schedule),
        "steps": [{"epoch": step.epoch, "who": _who(step), "what": _what(step)} for step in answer.schedule],
    }


def _who(step: Step) -> str:
    return f"validator {step.who}" if step.who >= 0 else "the network"


def _what(step: Step) -> str:
    return f"{step.what}: {BEHAVIOURS[step.what]}" if step.who >= 0 else f"is split {step.what}"
