"""`simulate.py resume RUN`: goes on with a run whose program was killed.

The run is played again from its first event, and must record the events that are on disk; where they end, it goes on
and writes the same files. Its settlement does what its log says (market_sim/blockchain/settlement_log.py): nothing is
signed, sent or paid a second time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from market_sim.analysis.summary import summarize
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.data.manifest import read_manifest
from market_sim.core.errors import InputError
from market_sim.core.models.run_events import RunStarted
from market_sim.simulation.durability import ON_A_NODE
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.finder import scenario_of_run
from market_sim.simulation.scenarios.scenario import configured
from market_sim.ui.cli.arguments import Parser, node_address
from market_sim.ui.cli.operator_key import operator_of_own
from market_sim.ui.cli.report import BROKEN_PROMISE, exit_code, tell
from market_sim.ui.cli.screen import Screen
from market_sim.ui.cli.verifying import state
from market_sim.ui.recording import RunBroke, recorded


def resume(arguments: Sequence[str]) -> int:
    """Go on with a run, print where it goes on and the summary at its end."""
    from market_sim.api.store.stored_run import is_stored

    typed = _parser().parse_args(list(arguments))
    if is_stored(typed.run):
        raise InputError(f"{typed.run} is a live run: `restore` computes it again, `serve --resume` goes on with it")
    if read_manifest(typed.run).finished:
        raise InputError(f"{typed.run} needs no resuming: {state(read_manifest(typed.run))}")
    past = found, writer = archive.reopen(typed.run)
    with writer:
        start = next(found.journal.of(RunStarted))
        options = Options.of(start)
        if typed.chain and options.settlement != ON_A_NODE:
            raise InputError(f"{typed.run} is settled on a chain inside the program, not on a node: leave out --chain")
        if options.settlement == ON_A_NODE and not typed.chain:
            raise InputError(f"{typed.run} is settled on a node: name its address with --chain URL")
        if options.settlement == ON_A_NODE:
            _agreeing_log(typed.run, found.journal)
        kind = scenario_of_run(typed.scenario, start.scenario)
        screen = Screen(quiet=typed.quiet)
        manifest = found.manifest
        screen.say(
            f"{start.scenario}: seed {start.seed}, resumed after epoch {manifest.reached} of {manifest.epochs} and "
            f"{manifest.events:,} events"
        )
        try:
            result, run = recorded(
                configured(kind, **start.parameters), options, typed.run.parent, screen.epoch,
                node=typed.chain or "", operator=operator_of_own(typed.operator_key, bool(typed.chain)), past=past,
            )  # fmt: skip
        except RunBroke as broken:
            screen.say(f"simulate.py: {broken}")
            return BROKEN_PROMISE
    summary = summarize(result)
    tell(summary, str(run), None, Screen(sys.stdout))
    return exit_code(summary)


def _agreeing_log(run: Path, journal: Journal) -> None:
    """InputError unless the settlement log has what the journal says: without it all would be sent again."""
    from market_sim.blockchain.settlement_log import FILE, compared

    if not compared(run, journal):
        raise InputError(f"{run} cannot be resumed: {FILE} is missing, which says what was signed and sent")


def _parser() -> argparse.ArgumentParser:
    made = Parser(
        prog="simulate.py resume",
        description="Go on with a run whose program was killed; each of its blocks is settled once.",
    )
    made.add_argument(
        "run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME-unfinished"
    )
    made.add_argument(
        "--chain",
        type=node_address,
        metavar="URL",
        help="the JSON-RPC node that the run is settled on, if it is on one",
    )
    made.add_argument("--operator-key", metavar="FILE", help="the operator's own key, if the run was begun with one")
    made.add_argument("--scenario", metavar="FILE", help="the file of its scenario, where that is not a shipped one")
    made.add_argument("-q", "--quiet", action="store_true", help="print the summary only")
    return made
