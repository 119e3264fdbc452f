"""The header of a run: what tells it apart from other runs, and how far it came.

It says what the manifest of a stored run says, so a list of runs does not read journals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from market_sim.core.data.manifest import Manifest

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
    finished: bool
    """Whether its last event was written; if not, the program was killed or is still at it."""

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
        str(manifest.options.get("partition") or "none"),
        "nowhere" if manifest.settlement == "none" else BACKENDS.get(manifest.settlement, manifest.settlement),
        min(manifest.reached, manifest.epochs),
        manifest.complete,
        manifest.finished,
    )


def _byzantine(manifest: Manifest) -> str:
    """What was asked for on the command line or in the form; else whom the scenario chose, by name."""
    chosen = manifest.options.get("byzantine")
    if chosen:
        return str(chosen)
    return ", ".join(f"n{number}" for number in manifest.byzantine) or "none"
