"""The sweeper: does the runs of a sweep one after the other in a process of its own, for the site.

Each run is on the disk before it counts, in the file that the command line writes, too: a sweep that is stopped keeps
the runs that are done, and the same sweep goes on there.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ClassVar

from market_sim.core.errors import InputError, MarketSimError
from market_sim.simulation.sweep.engines import serial
from market_sim.simulation.sweep.outcomes_file import OutcomesFile
from market_sim.simulation.sweep.plan import Plan
from market_sim.ui.web.player import Note, limit_memory


@dataclass(frozen=True)
class Sweep:
    """The sweep to do."""

    plan: Plan

    noun: ClassVar[str] = "sweep"
    cut: ClassVar[str] = "the runs that are done are kept, and the same sweep goes on there."
    lost: ClassVar[str] = "the runs that were done are kept"
    view: ClassVar[str] = "sweeps.underway"


def sweep(request: Sweep, results: Path, pipe: Connection) -> None:
    """Do the runs that are missing; the entry of the process."""
    limit_memory()
    stopped = threading.Event()
    threading.Thread(target=_listen, args=(pipe, stopped), name="stop-listener", daemon=True).start()
    done = 0
    try:
        plan = request.plan
        file = OutcomesFile(results / f"{plan.name}.jsonl", plan)
        jobs = list(plan.jobs())
        missing = [job for job in jobs if job.key not in file.finished]
        done = len(jobs) - len(missing)
        for outcome in serial(missing):
            file.add(outcome)
            done += 1
            with contextlib.suppress(OSError):  # the site has gone, and the listener stops the sweep
                pipe.send(Note("swept", done, {"done": done, "of": len(jobs)}))
            if stopped.is_set():
                break
        if done == len(jobs):
            file.finish([job.key for job in jobs])
        else:
            file.close()
        pipe.send(Note("done", done, {"run": None, "complete": done == len(jobs), "sweep": plan.name}))
    except InputError as problem:
        pipe.send(Note("refused", done, {"sentence": str(problem).replace(f"{results}/", "")}))
    except MarketSimError:
        pipe.send(Note("refused", done, {"sentence": "a promise of this program broke in one of the runs"}))
        raise
    except MemoryError:
        pipe.send(Note("refused", done, {"sentence": "a run needs more memory than the site gives to one"}))
    finally:
        pipe.close()


def _listen(pipe: Connection, stopped: threading.Event) -> None:
    with contextlib.suppress(EOFError, OSError):
        pipe.recv()
    stopped.set()  # a site that has gone says the same
