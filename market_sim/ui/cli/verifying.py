"""`simulate.py verify RUN`: checks that a stored run is intact, and prints how far it came.

The files of a run prove each other: an edit of one of them is found and named. Whoever rewrites all of them makes
another run, with another fingerprint; `--fingerprint` compares it with one that was written down elsewhere.
"""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from market_sim.core.data import archive
from market_sim.core.data.fingerprint import SHOWN, shortened
from market_sim.core.data.journal import Journal
from market_sim.core.data.manifest import MANIFEST, Manifest
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.core.models.run_events import RunStarted
from market_sim.simulation.durability import ON_A_NODE
from market_sim.simulation.options import Options
from market_sim.ui.cli.arguments import Parser

GOOD = 0


def verify(arguments: Sequence[str]) -> int:
    """Read a stored run and print its state; InputError with file and line for a damaged one."""
    made = Parser(prog="simulate.py verify", description="Check a stored run and say how far it came.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--database", metavar="URL", help="the server that stores a live run, default DATABASE_URL")
    made.add_argument(
        "--fingerprint",
        metavar="HEX",
        type=_digits,
        help="the fingerprint that was noted when the run was made; its first digits are enough",
    )
    typed = made.parse_args(list(arguments))
    if live := _live(typed.run, typed.database):
        print(live)
        if not (typed.run / MANIFEST).exists():
            return GOOD
    stored = archive.load(typed.run)
    print(f"{typed.run}: {state(stored.manifest)}")
    if kept := _log(typed.run, stored.journal):
        print(f"{typed.run}: the settlement log agrees with the journal: {kept}")
    elif Options.of(next(stored.journal.of(RunStarted))).settlement == ON_A_NODE:
        raise InputError(f"{typed.run}: the settlement log is missing, so it can be neither resumed nor played again")
    if typed.fingerprint and not stored.manifest.fingerprint.startswith(typed.fingerprint):
        raise InputError(
            f"{typed.run} is whole, but it is not the run with fingerprint {typed.fingerprint}: its own is "
            f"{stored.manifest.fingerprint[: max(SHOWN, len(typed.fingerprint))]}, so it was replaced or rewritten"
        )
    if stored.cut:
        print(f"{typed.run}: {stored.cut}")
    return GOOD


def _digits(typed: str) -> str:
    digits = typed.lower()
    if not re.fullmatch(f"[0-9a-f]{{{SHOWN},64}}", digits):
        raise ArgumentTypeError(f"expected {SHOWN} to 64 hexadecimal digits, found {typed!r}")
    return digits


def _log(folder: Path, journal: Journal) -> str:
    from market_sim.blockchain.settlement_log import compared

    return compared(folder, journal)


def _live(folder: Path, database: str | None) -> str:
    """One sentence about the store of a live run that has not ended in order; empty where there is none."""
    from market_sim.api.store.places import asked_for
    from market_sim.api.store.stored_run import StoredRun, is_stored

    if not is_stored(folder) and (folder.is_dir() or not asked_for(database)):
        return ""
    stored = StoredRun(folder, asked_for(database))
    try:
        inputs, events = (sum(1 for _ in rows) for rows in (stored.inputs(), stored.events()))
    finally:
        stored.close()
    what = f"{counted(inputs, 'input')} and {counted(events, 'event')} of {stored.start.scenario}"
    return f"{stored.place}: whole: {what}, seed {stored.start.seed}; simulate.py restore {folder} computes it again"


def state(manifest: Manifest) -> str:
    """How far a run came, in one sentence."""
    what = f"{manifest.scenario}, seed {manifest.seed}, {manifest.events:,} events"
    which = f"fingerprint {shortened(manifest.fingerprint)}"
    if manifest.complete:
        epochs = f"all {manifest.epochs} epochs" if manifest.epochs > 1 else "its one epoch"
        return f"complete: {what}, {epochs}, {which}"
    why = "interrupted" if manifest.finished else "the program was killed, or is still running"
    return f"partial ({why}): {what}, reached epoch {manifest.reached} of {manifest.epochs}, {which}"
