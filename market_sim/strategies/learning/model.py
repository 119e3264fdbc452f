"""A trained learner as a file: written by `simulate.py train`, judged, and joined to any scenario by `--with`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from market_sim.core.errors import InputError
from market_sim.market.agents.strategy import Strategy
from market_sim.strategies.catalogue import FAMILIES, configured_strategy, name_of, named
from market_sim.strategies.learning.learner import Learner

ENDING = ".json"
"""How the name of a model's file ends."""


@dataclass(frozen=True)
class Model:
    """Its kind, its parameters, what it was trained on and what it knows."""

    strategy: str
    parameters: dict[str, Any]
    seeds: int
    epochs: int
    knowledge: dict[str, Any]
    curve: tuple[float, ...] = ()
    """The mean gain of each fifth of the training runs, in cents, exploration included."""

    def learner(self, changes: Mapping[str, Any] | None = None) -> Learner:
        """The learner with its knowledge, which no longer explores; `changes` replace some of these parameters."""
        made = learner(named(self.strategy), {**self.parameters, "learns": False, **(changes or {})})
        made.know(self.knowledge)
        return made

    def untrained(self) -> Strategy:
        """The same strategy without its knowledge."""
        return configured_strategy(named(self.strategy), {**self.parameters, "learns": False})

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(vars(self), indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}") from None


def learner(kind: type[Strategy], parameters: Mapping[str, Any]) -> Learner:
    """A learner of this kind; InputError for a strategy that does not learn."""
    if issubclass(kind, Learner):
        made = configured_strategy(kind, parameters)
        if isinstance(made, Learner):
            return made
    raise InputError(f"{name_of(kind)} does not learn; learners are {', '.join(map(name_of, FAMILIES['learning']))}")


def stored_model(path: Path) -> Model:
    """The model in this file; InputError when it is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        model = Model(**{**found, "curve": tuple(found.get("curve", ()))})
        _ = model.learner()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a model of `simulate.py train`"
        raise InputError(f"cannot read {path}: {reason}") from None
    return model
