"""The form of a sweep: the parameters of a scenario, one or two with several values, and how often each point runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from market_sim.core.errors import InputError
from market_sim.simulation.scenarios.finder import source_file
from market_sim.simulation.scenarios.scenario import Scenario, configured
from market_sim.simulation.sweep.axes import Axis, axis
from market_sim.simulation.sweep.plan import Plan
from market_sim.ui.web.scenario_form import (
    DEFAULT_SEED,
    LONGEST_TEXT,
    Field,
    ScenarioForm,
    shipped_guests,
    whole_number,
)

MOST_RUNS, MOST_AXES, MOST_EPOCHS = 200, 2, 100
"""The runs of a sweep on the site are done one after the other; the command line takes larger sweeps."""
SEVERAL = "One value, or several: 4,8,16 or 5..40:5."
SEEDS = 5
FIELDS = (
    Field(
        "seeds", "Runs of each point", "integer", str(SEEDS), "Each with a seed of its own.", least=1, most=MOST_RUNS
    ),
    Field("seed", "Seed", "integer", str(DEFAULT_SEED), "The root of the seeds of all runs.", least=0),
    Field("epochs", "Epochs", "integer", "", f"Of each run, at most {MOST_EPOCHS}.", least=1, most=MOST_EPOCHS),
    Field("guests", "A further participant", "text", "", "A shipped strategy, for example momentum,cash=10000."),
)


@dataclass
class SweepForm:
    """The form, filled with defaults or with what a person typed."""

    kind: type[Scenario]
    own: list[Field]
    run: list[Field]
    problem: str = ""
    """What is wrong with the whole, where no single field is to blame."""

    @classmethod
    def filled(cls, kind: type[Scenario], values: Mapping[str, str]) -> SweepForm:
        """The form with these values in place of the defaults."""
        own = [
            replace(
                one, kind="text", value=values.get(one.name, one.value)[:LONGEST_TEXT], hint=f"{one.hint} {SEVERAL}"
            )
            for one in ScenarioForm.empty(kind).own
        ]
        defaults = {one.name: one.value for one in FIELDS} | {"epochs": str(min(kind.epochs, MOST_EPOCHS))}
        run = [replace(one, value=values.get(one.name, defaults[one.name])[:LONGEST_TEXT]) for one in FIELDS]
        return cls(kind, own, run)

    @property
    def errors(self) -> list[Field]:
        """The fields that cannot be used."""
        return [one for one in (*self.own, *self.run) if one.error]

    def read(self) -> Plan | None:
        """The plan; None when something is wrong, and then the form says so."""
        axes: list[Axis] = []
        fixed: dict[str, str] = {}
        defaults = {one.name: one.value for one in ScenarioForm.empty(self.kind).own}
        for place, one in enumerate(self.own):
            name, text = one.name.removeprefix("p-"), one.value.strip()
            try:
                if text == defaults[one.name]:
                    continue
                if "," in text or ".." in text:
                    axes.append(self._axis(name, text))
                else:
                    _ = configured(self.kind, **{name: text})
                    fixed[name] = text
            except InputError as problem:
                self.own[place] = replace(one, error=str(problem))
        chosen: dict[str, int] = {}
        guests = None
        for place, one in enumerate(self.run):
            try:
                if one.kind == "integer":
                    chosen[one.name] = whole_number(one, one.value.strip())
                else:
                    guests = shipped_guests(one.value) or None
            except InputError as problem:
                self.run[place] = replace(one, error=str(problem))
        return None if self.errors else self._plan(axes, fixed, chosen, guests)

    def _axis(self, name: str, text: str) -> Axis:
        """The values of one parameter, each of which the scenario accepts."""
        try:
            found = axis(f"{name}={text}")
        except InputError as problem:
            raise InputError(str(problem).removeprefix("--over ").removeprefix(f"{name}={text}: ")) from None
        for value in found.values[: MOST_RUNS + 1]:
            _ = configured(self.kind, **{name: value})
        return found

    def _plan(self, axes: list[Axis], fixed: dict[str, str], chosen: dict[str, int], guests: str | None) -> Plan | None:
        runs = chosen["seeds"]
        for one in axes:
            runs *= len(one.values)
        if not axes:
            self.problem = (
                f"a sweep varies something: give one of the parameters several values, {SEVERAL.lower()[:-1]}"
            )
        elif len(axes) > MOST_AXES:
            self.problem = f"at most {MOST_AXES} parameters have several values here, found {len(axes)}"
        elif runs > MOST_RUNS:
            self.problem = f"at most {MOST_RUNS} runs on this page, found {runs:,}: fewer values or runs of each point"
        if self.problem:
            return None
        place = str(source_file(self.kind) or self.kind.name)
        try:
            return Plan(
                place, tuple(axes), tuple(fixed.items()), chosen["seeds"], chosen["seed"], chosen["epochs"], guests
            )
        except InputError as problem:
            self.problem = str(problem).replace("--over gives", "the form gives")
            return None
