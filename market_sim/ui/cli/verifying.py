"""`simulate.py verify RUN`: checks that a stored run is intact, and prints how far it came."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market_sim.core.data import archive
from market_sim.core.data.fingerprint import shortened
from market_sim.core.data.manifest import Manifest
from market_sim.ui.cli.arguments import Parser

GOOD = 0


def verify(arguments: Sequence[str]) -> int:
    """Read a stored run and print its state; InputError with file and line for a damaged one."""
    made = Parser(prog="simulate.py verify", description="Check a stored run and say how far it came.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    typed = made.parse_args(list(arguments))
    stored = archive.load(typed.run)
    print(f"{typed.run}: {state(stored.manifest)}")
    if stored.cut:
        print(f"{typed.run}: {stored.cut}")
    return GOOD


def state(manifest: Manifest) -> str:
    """How far a run came, in one sentence."""
    what = f"{manifest.scenario}, seed {manifest.seed}, {manifest.events:,} events"
    which = f"fingerprint {shortened(manifest.fingerprint)}"
    if manifest.complete:
        epochs = f"all {manifest.epochs} epochs" if manifest.epochs > 1 else "its one epoch"
        return f"complete: {what}, {epochs}, {which}"
    why = "interrupted" if manifest.finished else "the program was killed, or is still running"
    return f"partial ({why}): {what}, reached epoch {manifest.reached} of {manifest.epochs}, {which}"
