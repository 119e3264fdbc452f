"""`simulate.py restore RUN`: a live run whose program was killed, computed again from its store."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from market_sim.core.data.fingerprint import shortened
from market_sim.core.data.run_writer import RunWriter
from market_sim.core.english import counted
from market_sim.simulation.scenarios.finder import scenario_of_run
from market_sim.simulation.scenarios.scenario import configured
from market_sim.ui.cli.arguments import Parser
from market_sim.ui.cli.places import new_folder

if TYPE_CHECKING:
    from market_sim.api.store.restoring import Restored

RESTORED = 0
DATABASE_HELP = "a PostgreSQL server for the store, default DATABASE_URL; without one a file in the run's folder"


def restore(arguments: Sequence[str]) -> int:
    """Compute a live run again, write it as an ordinary run, and say how far it came."""
    typed = _parser().parse_args(list(arguments))
    with past(typed.run, typed.database, typed.scenario, typed.cut) as found:
        session = found.session
        session.end()
        result = session.result
        with RunWriter(typed.out or typed.run.parent) as writer:
            manifest = writer.finish(result.journal, result.conclusion)
    if found.left_out:
        print(f"{typed.run}: {found.left_out}")
    print(f"{typed.run}: {_came_again(found)}")
    print(
        f"{writer.folder}: {manifest.events:,} events, reached epoch {manifest.reached} of {manifest.epochs}, "
        f"fingerprint {shortened(manifest.fingerprint)}"
    )
    return RESTORED


@contextmanager
def past(run: Path, database: str | None, scenario: str | None, cut: bool = False) -> Iterator[Restored]:
    """The run of a store, as far as it came; meanwhile no other program may write it."""
    from market_sim.api.store.places import FolderLock, asked_for
    from market_sim.api.store.restoring import restored
    from market_sim.api.store.stored_run import StoredRun, is_stored

    lock = FolderLock(run) if is_stored(run) else None
    try:
        stored = StoredRun(run, asked_for(database))
        try:
            kind = scenario_of_run(scenario, stored.start.scenario)
            yield restored(stored, configured(kind, **stored.start.parameters), cut)
        finally:
            stored.close()
    finally:
        if lock is not None:
            lock.release()


def _came_again(found: Restored) -> str:
    seed = found.session.options.seed
    return (
        f"seed {seed} and {counted(len(found.inputs), 'input')} give the {counted(found.compared, 'stored event')} "
        "again"
    )


def _parser() -> argparse.ArgumentParser:
    made = Parser(
        prog="simulate.py restore",
        description="Compute a live run again from its store, after its program was killed.",
    )
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the live run, or its name in the database")
    made.add_argument("--scenario", metavar="FILE", help="the file of its scenario, where that is not a shipped one")
    made.add_argument("--database", metavar="URL", help=DATABASE_HELP)
    made.add_argument("--cut", action="store_true", help="leave out a damaged input and all that follows it")
    made.add_argument("--out", metavar="DIR", type=new_folder, help="where the run is written, default beside RUN")
    return made
