"""The result: what a run returns. Everything in it is read from the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from market_sim.core.data.fingerprint import digest, fingerprint
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Area


@dataclass(frozen=True)
class Result:
    """One run, finished or interrupted: its scenario, its seed, its journal."""

    scenario: str
    seed: int
    epochs: int
    parameters: dict[str, int | float | str | bool | None]
    journal: Journal
    complete: bool = True
    failures: tuple[str, ...] = field(default=())
    """The sentence of every strategy that raised."""
    warnings: tuple[str, ...] = field(default=())
    """What was planned and could not happen, a sentence for each."""
    conclusion: str = ""
    """What the scenario has to say about this run."""
    known_fingerprint: str = ""
    """The fingerprint, where writing the run to disk has worked it out already."""

    @cached_property
    def fingerprint(self) -> str:
        """The digest of the whole journal: the same scenario and seed give it again."""
        return self.known_fingerprint or fingerprint(self.journal)

    def digest(self, area: Area) -> str:
        """The digest of one part of the road: of the market, the consensus or the settlement."""
        return digest(self.journal, area)
