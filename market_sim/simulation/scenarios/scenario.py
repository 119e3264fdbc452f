"""A scenario: a frozen dataclass that an instructor writes; its fields are parameters, `build(world)` fills the world.

    @dataclass(frozen=True)
    class CrowdedRoom(Scenario):
        \"\"\"Many traders without information: what does a price mean?\"\"\"
        name = "crowded-room"
        traders: int = bounded(12, least=0, most=500)

        def build(self, world):
            world.list(Stock("ACME", tick=cents(1)), value=dollars(100))
            for number in range(self.traders):
                world.join(f"noise-{number}", Noise(), cash=dollars(1_000), holdings={"ACME": 20})

The fields become flags of the command line and inputs of a form; their types and bounds say what may be entered.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import typing
from dataclasses import dataclass
from typing import Any, ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.simulation.engine.world import DEFAULT_EPOCHS, World
from market_sim.simulation.scenarios.bounds import LARGEST, Bounds, bounds_of

Parameter = int | float | str | bool | None


@dataclass(frozen=True)
class Scenario:
    """A scenario chooses instruments, participants, validators and events of a run; it draws no random numbers."""

    name: ClassVar[str] = ""
    epochs: ClassVar[int] = DEFAULT_EPOCHS
    """The number of epochs unless the options say otherwise: enough for what the scenario shows."""
    claim: ClassVar[str] = ""
    """What the scenario shows, as a sentence that is true of most runs; `simulate.py check NAME` counts of how many."""
    claim_share: ClassVar[float] = 0.9
    """The share of runs with other seeds of which the claim must be true."""
    claim_settlement: ClassVar[str] = "none"
    """Where the runs that check the claim settle: nowhere, unless the claim is about a chain ("memory")."""

    rules: ClassVar[str] = ""
    """The rules profile of its market, unless the options say otherwise; empty for a market without rules."""

    def __post_init__(self) -> None:
        for name, kind in parameter_types(type(self)).items():
            if kind in (int, float, bool, str):
                # An int becomes the equal float, so that equal scenarios have equal journals.
                object.__setattr__(self, name, checked(type(self), name, kind, getattr(self, name)))

    def build(self, world: World) -> None:
        """Fill an empty world with instruments, participants and events."""
        raise InputError(f"scenario {type(self).__name__} needs a method build(world)")

    def conclusion(self, journal: Journal) -> str:
        """The result of a run in sentences with their numbers; empty where the general summary is enough."""
        return ""

    def holds(self, journal: Journal) -> bool:
        """Whether the claim is true of this run."""
        raise InputError(f"scenario {self.name} makes no claim, so there is nothing to check")

    @property
    def summary(self) -> str:
        """The first line of the docstring: what the scenario shows; empty without one."""
        return (type(self).__doc__ or "").strip().partition("\n")[0]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The value of every field."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def configured(kind: type[Scenario], **values: object) -> Scenario:
    """A scenario with these values for its fields; a text is converted to the field's type, other types are refused."""
    fields = parameter_types(kind)
    for name in values:
        if name not in fields:
            near = difflib.get_close_matches(name, fields, 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise InputError(
                f"scenario {kind.name} has no parameter {name}, it has {', '.join(fields) or 'none'}{meant}"
            )
    return kind(**{name: checked(kind, name, fields[name], value) for name, value in values.items()})


def parameter_types(kind: type[Scenario]) -> dict[str, Any]:
    """The type of every field, by name."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def parameter_bounds(kind: type[Scenario]) -> dict[str, Bounds]:
    """The bounds of every field that is a number, by name."""
    types = parameter_types(kind)
    return {field.name: bounds_of(field) for field in dataclasses.fields(kind) if types[field.name] in (int, float)}


def checked(scenario: type[Scenario], name: str, kind: Any, value: object) -> Any:
    """The value of one parameter, converted from text if necessary; InputError if its type or its size is wrong."""
    bounds = parameter_bounds(scenario).get(name)
    expected = {bool: "true or false", str: "text"}.get(kind, str(kind)) if bounds is None else bounds.said(kind)
    problem = InputError(f"scenario {scenario.name}: {name} must be {expected}, found {value!r}")
    if isinstance(value, str) and kind is not str:
        try:
            value = {"true": True, "false": False}[value.lower()] if kind is bool else kind(value)
        except (ValueError, KeyError, TypeError):
            raise problem from None
    if kind is float and type(value) is int:
        value = float(value)
    # "nan" and "inf" are floats to Python, but no parameter may have such a value.
    if type(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
        raise problem
    if isinstance(value, int | float) and bounds is not None and not bounds.least <= value <= bounds.most:
        if bounds == Bounds():
            raise InputError(f"scenario {scenario.name}: {name} must be at most {LARGEST:,} in size, found {value:,}")
        raise problem
    return value
