"""The recording of a run: it is played and put on disk at the same time, for the command line and for the site.

Whatever ends it, a folder is left that opens and says how far it came: an interruption or SIGTERM ends the run in good
order, a mistake or a broken promise keeps what happened before it, a full disk what was written, and of a program that
is killed the last whole epoch is there.
"""

from __future__ import annotations

import dataclasses
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from market_sim.analysis.results.result import Result
from market_sim.core.data.journal import Journal
from market_sim.core.data.run_writer import RunWriter, WriteRefused
from market_sim.core.errors import InputError, InvariantBroken, MarketSimError, SettlementError
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session, Watcher

TRACE = "trace.txt"


class Recorded(NamedTuple):
    """A run and the folder that it lies in."""

    result: Result
    folder: Path


class RunBroke(MarketSimError):
    """A promise of this program broke during a run: which one, and where the trace and the journal are."""


def recorded(
    scenario: Scenario,
    options: Options,
    results: Path,
    watch: Watcher,
    name: str = "",
    begun: Callable[[Session], object] = lambda session: None,
) -> Recorded:
    """Play a run into the folder of results, and hand its session out when it begins, so that it can be stopped.

    The folder of a complete run gets this name; any other has that of scenario, seed and fingerprint.
    """
    journal = Journal()

    def told(journal: Journal, epoch: int) -> None:
        writer.epoch(journal, epoch)
        watch(journal, epoch)

    with RunWriter(results) as writer:
        try:
            session = Session(scenario, options, journal)
            begun(session)
            with ended_by_signals(session.stop):
                result = session.run(told)
                manifest = writer.finish(journal, result.conclusion, name if result.complete else "")
        except WriteRefused:
            raise
        except InputError as problem:
            if not writer.events:
                raise
            writer.finish(journal)
            raise InputError(f"{problem}; the run up to there is kept in {writer.folder}") from problem
        except (InvariantBroken, SettlementError) as broken:
            writer.finish(journal)
            trace = "".join(traceback.format_exception(broken))
            (writer.folder / TRACE).write_text(trace, encoding="utf-8")
            raise RunBroke(
                f"a promise of this program broke: {broken}\n"
                f"the trace and the journal up to here are in {writer.folder}"
            ) from broken
    return Recorded(dataclasses.replace(result, known_fingerprint=manifest.fingerprint), writer.folder)


@contextmanager
def ended_by_signals(stop: Callable[[], object]) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run at the next opportunity; asked a second time, at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def ask(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        stop()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
