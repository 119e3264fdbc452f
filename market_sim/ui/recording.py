"""The recording of a run: it is simulated and written to disk at the same time, for command line and site.

However the run ends, its folder can be opened and tells how far it came: after an interruption or SIGTERM the run is
ended in order; after an error the events before it are kept; after a full disk, what was written; after a kill, the
last whole epoch.
"""

from __future__ import annotations

import dataclasses
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from market_sim.analysis.results.result import Result
from market_sim.core.data.archive import Archived
from market_sim.core.data.journal import Journal
from market_sim.core.data.run_writer import RunWriter, WriteRefused
from market_sim.core.errors import (
    ChainAhead,
    InputError,
    InvariantBroken,
    MarketSimError,
    NonceTaken,
    OtherCourse,
    SettlementError,
    Unsettled,
)
from market_sim.core.models.run_events import InputReceived
from market_sim.simulation.durability import Durability
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Pace, Session, Watcher

if TYPE_CHECKING:
    from market_sim.blockchain.certificate import Wallet
    from market_sim.blockchain.settlement_log import SettlementLog

TRACE = "trace.txt"


class Recorded(NamedTuple):
    """A run and its folder."""

    result: Result
    folder: Path


class RunBroke(MarketSimError):
    """An invariant broke during a run: which one, and where trace and journal are stored."""


def recorded(
    scenario: Scenario,
    options: Options,
    results: Path,
    watch: Watcher,
    name: str = "",
    begun: Callable[[Session], object] = lambda session: None,
    pace: Pace | None = None,
    begin: Callable[[], Session] | None = None,
    node: str = "",
    operator: Wallet | None = None,
    past: tuple[Archived, RunWriter] | None = None,
) -> Recorded:
    """Simulate a run and write it into the folder of results.

    The session is handed out when it begins, so that it can be stopped; `pace` lets it wait. `begin` makes a
    session that has a past already. A complete run gets the folder `name`, if one is given; otherwise scenario, seed
    and fingerprint give the name. With `node` it settles there, by contracts that `operator` deploys; with `past` it
    goes on with a run that was killed.
    """
    journal = Journal()
    logs: list[SettlementLog] = []

    def open_log(journal: Journal, syncs: bool) -> SettlementLog:
        from market_sim.blockchain.settlement_log import SettlementLog

        writer.begin(journal)
        logs.append(SettlementLog.opened(writer.folder, syncs))
        return logs[0]

    def told(journal: Journal, epoch: int) -> None:
        for log in logs:
            log.sync()
        writer.epoch(journal, epoch)
        watch(journal, epoch)

    with RunWriter(results) if past is None else past[1] as writer:
        try:
            if begin is None:
                inputs = () if past is None else past[0].journal.of(InputReceived)
                session = Session(scenario, options, journal, inputs, Durability(open_log, node, operator))
            else:
                session = begin()
                journal = session.journal
            begun(session)
            with ended_by_signals(session.stop):
                result = session.run(told, pace)
                manifest = writer.finish(journal, result.conclusion, name if result.complete else "")
        except MarketSimError as problem:
            ending = _ending(problem, writer, journal, node)
            if ending is problem:
                raise
            raise ending from problem
        finally:
            for log in logs:
                log.close()
    return Recorded(dataclasses.replace(result, known_fingerprint=manifest.fingerprint), writer.folder)


def _ending(problem: MarketSimError, writer: RunWriter, journal: Journal, node: str) -> MarketSimError:
    """The error to raise for one that ended a run: it says what is kept of the run, and where."""
    if isinstance(problem, WriteRefused | OtherCourse):
        return problem
    if isinstance(problem, Unsettled):
        again = f"simulate.py resume {writer.folder}" + (" --chain URL" if node else "")
        return InputError(f"{problem}; {again} goes on from here")
    if isinstance(problem, InputError | NonceTaken):
        if not writer.events or writer.is_behind:
            return problem if isinstance(problem, InputError) else InputError(str(problem))
        writer.finish(journal)
        return InputError(f"{problem}; the run up to there is kept in {writer.folder}")
    if isinstance(problem, ChainAhead) and node:
        return OtherCourse(f"{writer.folder} cannot go on: {problem}, so another program has resumed a copy of it")
    if isinstance(problem, InvariantBroken | SettlementError):
        if writer.is_behind:
            return OtherCourse(f"{writer.folder} cannot be resumed: {problem}; nothing was written")
        writer.finish(journal)
        trace = "".join(traceback.format_exception(problem))
        (writer.folder / TRACE).write_text(trace, encoding="utf-8")
        return RunBroke(
            f"a promise of this program broke: {problem}\nthe trace and the journal up to here are in {writer.folder}"
        )
    return problem


@contextmanager
def ended_by_signals(stop: Callable[[], object]) -> Iterator[None]:
    """A context in which Ctrl-C and SIGTERM end the run soon, and a second signal ends it at once."""
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
