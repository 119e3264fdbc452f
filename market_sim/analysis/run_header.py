"""The header of a run: scenario, seed, parameters and options, and how far the run came.

It is made from the manifest of a stored run, so a list of runs reads no journals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from market_sim.core.data.manifest import Manifest

Parameter = int | float | str | bool | None
BACKENDS = {"memory": "in memory"}
"""The names of settlement backends on pages, where they differ from the backend's own."""


@dataclass(frozen=True, slots=True)
class RunHeader:
    """The header of one run."""

    scenario: str
    seed: int
    epochs: int
    parameters: Mapping[str, Parameter]
    options: Mapping[str, int | str | bool | None]
    validators: int
    """0 in the replay of a check, which has none."""
    byzantine: str
    partition: str
    """The splits of the network that happened, also those of the scenario; until one did, those that were typed."""
    settlement: str
    reached: int
    """The last epoch that began."""
    complete: bool
    finished: bool
    """Whether the last event is written; otherwise the program is still running or was killed."""

    def differing(self, defaults: Mapping[str, Parameter]) -> dict[str, Parameter]:
        """The parameters that are not at their default; all of them when the defaults are unknown."""
        return {
            name: value for name, value in self.parameters.items() if name not in defaults or defaults[name] != value
        }

    @property
    def state(self) -> str:
        """Whether the run is complete, otherwise how far it came."""
        if self.complete:
            return "complete"
        if not self.finished:
            return f"partial: written up to epoch {self.reached} of {self.epochs}, still running or killed"
        return f"partial: stopped in epoch {self.reached} of {self.epochs}"


def header_of(manifest: Manifest) -> RunHeader:
    """The header of the run that this manifest describes."""
    return RunHeader(
        manifest.scenario,
        manifest.seed,
        manifest.epochs,
        manifest.parameters,
        manifest.options,
        manifest.validators,
        _byzantine(manifest),
        str(manifest.splits or manifest.options.get("partition") or "none"),
        "nowhere" if manifest.settlement == "none" else BACKENDS.get(manifest.settlement, manifest.settlement),
        min(manifest.reached, manifest.epochs),
        manifest.complete,
        manifest.finished,
    )


def _byzantine(manifest: Manifest) -> str:
    """The byzantine behaviours from the command line or the form, otherwise the scenario's byzantine validators."""
    chosen = manifest.options.get("byzantine")
    if chosen:
        return str(chosen)
    return ", ".join(f"n{number}" for number in manifest.byzantine) or "none"
