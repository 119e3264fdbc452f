"""The form of the attack lab: committee, goal and budget of a search, each field with its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from market_sim.core.errors import InputError
from market_sim.simulation.attack_lab import GOALS, LONGEST_STALL, SHORTEST_STALL, STALLED, Question, depth_for
from market_sim.ui.web.scenario_form import Field, whole_number

BUDGET = 5_000
FIELDS = (
    Field("validators", "Validators", "integer", "4", "The lab seats from 4 to 10.", least=4, most=10),
    Field("byzantine", "Byzantine", "integer", "2", "How many of them may break the protocol.", least=1, most=9),
    Field("goal", "Goal", "choice", "fork", "What the adversary wants.",
          tuple(zip(GOALS, ("fork: two final chains", "stall: no new final block"),
                    strict=False))),
    Field("stall", "Length of a stall", "integer", f"{STALLED}", "Epochs in a row without a new final block.",
          least=SHORTEST_STALL, most=LONGEST_STALL),
    Field("budget", "Budget", "integer", f"{BUDGET}", "At most this many schedules are tried.", least=1, most=100_000),
    Field("seed", "Seed", "integer", "1", "The same seed and budget give the same answer.", least=0),
)  # fmt: skip


@dataclass
class AttackForm:
    """The form, filled with defaults or with what a person typed."""

    fields: list[Field]

    @classmethod
    def filled(cls, values: Mapping[str, str]) -> AttackForm:
        """The form with these values in place of the defaults."""
        return cls([replace(one, value=values.get(one.name, one.value)[:200]) for one in FIELDS])

    @classmethod
    def of(cls, asked: Question) -> AttackForm:
        """The form that asks this question again."""
        return cls.filled({one.name: str(getattr(asked, one.name)) for one in FIELDS})

    @property
    def errors(self) -> list[Field]:
        """The fields that cannot be used."""
        return [one for one in self.fields if one.error]

    def read(self) -> Question | None:
        """The question; None when a field is wrong, and then it says so."""
        chosen: dict[str, int] = {}
        goal = ""
        for place, one in enumerate(self.fields):
            try:
                if one.kind == "integer":
                    chosen[one.name] = whole_number(one, one.value.strip())
                elif one.value in GOALS:
                    goal = one.value
                else:
                    raise InputError(f"choose one of {', '.join(GOALS)}, found {one.value!r}")
            except InputError as problem:
                self.fields[place] = replace(one, error=str(problem))
        if self.errors:
            return None
        try:
            return Question(goal=goal, depth=depth_for(goal, chosen["stall"]), **chosen)
        except InputError as problem:
            # Every bound of one field holds by now: what is left concerns how many of how many.
            self.fields = [replace(one, error=str(problem)) if one.name == "byzantine" else one for one in self.fields]
            return None
