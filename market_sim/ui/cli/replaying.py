"""`simulate.py replay RUN`: replays a stored run from its seed and inputs, and compares it event by event.

A run that settles on a node outside the program is a function of the answers of its node, too. They are in its log
(market_sim/blockchain/settlement_log.py), so no node is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from market_sim.core.data import archive
from market_sim.core.data.fingerprint import shortened
from market_sim.core.english import counted
from market_sim.core.errors import InputError, OtherCourse
from market_sim.core.models.run_events import InputReceived, RunEnded, RunStarted
from market_sim.core.version import VERSION
from market_sim.simulation.durability import ON_A_NODE, Durability
from market_sim.simulation.scenarios.finder import scenario_of_run
from market_sim.simulation.scenarios.scenario import configured
from market_sim.simulation.session import Session
from market_sim.ui.cli.arguments import Parser
from market_sim.ui.cli.operator_key import operator_of_own

if TYPE_CHECKING:
    from market_sim.blockchain.certificate import Wallet

SAME, ANOTHER = 0, 3


def replay(arguments: Sequence[str]) -> int:
    """Replay a stored run; print whether it is the same, or the first event that differs."""
    made = Parser(prog="simulate.py replay", description="Play a stored run again from its seed and its inputs.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--operator-key", metavar="FILE", help="the operator's own key, if the run was begun with one")
    made.add_argument("--scenario", metavar="FILE", help="the file of its scenario, where that is not a shipped one")
    typed = made.parse_args(list(arguments))
    stored = archive.load(typed.run)
    if stored.cut:
        print(f"{typed.run}: {stored.cut}")
    kind = scenario_of_run(typed.scenario, stored.manifest.scenario)
    on_a_node = next(stored.journal.of(RunStarted)).options.get("settlement") == ON_A_NODE
    operator = operator_of_own(typed.operator_key, on_a_node)
    session = Session.replay(
        stored.journal,
        configured(kind, **stored.manifest.parameters),
        durability=_answers(typed.run, operator) if on_a_node else None,
    )
    last = stored.journal[-1]
    complete = isinstance(last, RunEnded) and last.complete
    # The last event of an interrupted run only records the time of the interruption.
    wanted = len(stored.journal) if complete or not isinstance(last, RunEnded) else len(stored.journal) - 1
    _play(session, wanted)
    inputs = sum(1 for _ in stored.journal.of(InputReceived))
    how = f"seed {stored.manifest.seed}{',' if on_a_node else ' and'} {counted(inputs, 'input')}"
    how += " and the answers of its node" if on_a_node else ""
    pairs = zip(islice(stored.journal, wanted), session.journal, strict=False)
    differs = next((number for number, (old, new) in enumerate(pairs) if old != new), None)
    if differs is None and len(session.journal) >= wanted and complete == session.is_over:
        reached = f"{stored.manifest.reached} of {stored.manifest.epochs}"
        part = f"the first {wanted:,} events, which reached epoch {reached},"
        what = f"fingerprint {shortened(stored.manifest.fingerprint)}" if complete else part
        print(f"{typed.run}: {how} give {what} again")
        return SAME
    place = min(wanted, len(session.journal)) if differs is None else differs
    made_by = "" if stored.manifest.version == VERSION else f"; it was made by version {stored.manifest.version}"
    print(f"{typed.run}: {how} give another run: event {place} is the first that differs{made_by}")
    return ANOTHER


def _answers(run: Path, operator: Wallet | None) -> Durability:
    """What the node of a run answered; InputError when that is not on disk."""
    from market_sim.blockchain.settlement_log import FILE, SettlementLog

    if not (run / FILE).exists():
        raise InputError(f"{run / FILE} is not there: without the answers of its node the run cannot be played again")
    return Durability(lambda journal, syncs: SettlementLog.replayed(run), None, operator)


def _play(session: Session, wanted: int) -> None:
    """Play until the journal has this length, or until the log of a node says something else or ends."""
    with suppress(OtherCourse):
        session.step(events=wanted - len(session.journal))
