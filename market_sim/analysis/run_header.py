"""The header of a run: what tells it apart from other runs, and how far it came.

It is read from the first events of a journal, which come before any time has passed, and from its last ones, so a
list of runs does not read whole journals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import CommitteeSeated, RunEnded, RunStarted
from market_sim.core.models.settlement_events import SettlementOpened

Parameter = int | float | str | bool | None
BACKENDS = {"memory": "in memory"}
"""How a page names where trades were settled; other backends keep their name."""


@dataclass(frozen=True, slots=True)
class RunHeader:
    """What was run, and how far it came."""

    scenario: str
    seed: int
    epochs: int
    parameters: Mapping[str, Parameter]
    options: Mapping[str, int | str | bool | None]
    validators: int
    """0 in the replay of a check, which has none."""
    byzantine: str
    partition: str
    settlement: str
    reached: int
    """The last epoch that began."""
    complete: bool

    def differing(self, defaults: Mapping[str, Parameter]) -> dict[str, Parameter]:
        """The parameters that are not at their default; all of them when the defaults are unknown."""
        return {
            name: value for name, value in self.parameters.items() if name not in defaults or defaults[name] != value
        }

    @property
    def state(self) -> str:
        """Whether the run came to its planned end, and if not, how far it came."""
        if self.complete:
            return "complete"
        return f"partial: stopped in epoch {self.reached} of {self.epochs}"


def read_header(first: Iterable[Event], last: Sequence[Event]) -> RunHeader:
    """The header of a run with these first and last events."""
    start = committee = opened = None
    for event in first:
        if type(event) is RunStarted:
            start = event
        elif type(event) is CommitteeSeated:
            committee = event
        elif type(event) is SettlementOpened:
            opened = event
        if event.time > 0:
            break
    if start is None:
        raise InputError("the journal does not begin with the start of a run")
    end = last[-1] if last else None
    epochs = [event.epoch for event in last if type(event) is EpochStarted]
    return RunHeader(
        start.scenario,
        start.seed,
        start.epochs,
        start.parameters,
        start.options,
        committee.validators if committee else 0,
        _byzantine(start, committee),
        str(start.options.get("partition") or "none"),
        BACKENDS.get(opened.backend, opened.backend) if opened else "nowhere",
        min(max(epochs, default=0), start.epochs),
        type(end) is RunEnded and end.complete,
    )


def _byzantine(start: RunStarted, committee: CommitteeSeated | None) -> str:
    """What was asked for on the command line or in the form; else whom the scenario chose, by name."""
    chosen = start.options.get("byzantine") or start.parameters.get("byzantine")
    if chosen:
        return str(chosen)
    liars = committee.byzantine if committee else ()
    return ", ".join(f"n{number}" for number in liars) or "none"
