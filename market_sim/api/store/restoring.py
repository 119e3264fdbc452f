"""Restoring a live run: it is computed again from its seed and its inputs, and compared with the events in its store.

Every input was stored before it took effect, so the restored run holds everything that was ever acknowledged. It goes
as far as the last stored event and the last stored input, whichever is later.
"""

from __future__ import annotations

from typing import NamedTuple

from market_sim.api.store.stored_run import Damaged, StoredRun
from market_sim.core.data.journal import Journal
from market_sim.core.data.spilled_journal import SpilledJournal
from market_sim.core.errors import InputError
from market_sim.core.models.run_events import InputReceived, RunEnded
from market_sim.core.version import VERSION
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session


class Restored(NamedTuple):
    """A run that goes on where its store ends."""

    session: Session
    inputs: tuple[InputReceived, ...]
    compared: int
    """The number of stored events that are the same in the restored run."""
    left_out: str
    """A sentence about the damaged part of the store; empty if there is none."""


def restored(stored: StoredRun, scenario: Scenario, cut: bool = False) -> Restored:
    """Compute the run again. With `cut`, only the inputs before a damaged one; without, that one is an error."""
    inputs, damage = _inputs(stored)
    if damage is not None and not cut:
        raise Damaged(f"{damage}; --cut restores the run without it and what follows") from damage
    session = Session(scenario, Options.of(stored.start), SpilledJournal(), inputs)
    sentences = [] if damage is None else [str(damage)]
    compared = seen = 0
    try:
        for event in stored.events():
            if type(event) is RunEnded and not event.complete:
                break
            seen += type(event) is InputReceived
            if damage is not None and seen > len(inputs):
                break
            _compare(session, compared, event, stored)
            compared += 1
    except Damaged as found:
        sentences.append(str(found))
    if inputs and not session.is_over and session.now <= inputs[-1].time:
        session.step(until=inputs[-1].time)
    return Restored(session, inputs, compared, "; ".join(sentences))


def _inputs(stored: StoredRun) -> tuple[tuple[InputReceived, ...], Damaged | None]:
    """The inputs before the first damaged one, and what is wrong with that."""
    found: list[InputReceived] = []
    try:
        for event in stored.inputs():
            found.append(event)  # those before a damaged one count
    except Damaged as damage:
        return tuple(found), damage
    return tuple(found), None


def _compare(session: Session, number: int, event: object, stored: StoredRun) -> None:
    """Let the run come to the event with this number: it must be the stored one."""
    journal: Journal = session.journal
    while len(journal) <= number and not session.is_over:
        session.step(events=1)
    if len(journal) <= number or journal[number] != event:
        by = "" if stored.version == VERSION else f"; the store was written by version {stored.version}"
        raise InputError(
            f"{stored.place}, event {number} is not the one that seed and inputs give, so the run cannot be "
            f"restored{by}"
        )
