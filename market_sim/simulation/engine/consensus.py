"""How a world plans its committee: how many validators, who leads, who misbehaves, how messages travel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class CommitteePlan:
    """What a scenario and the command line say about the validators, before any of them exists."""

    count: int = 4
    leaders: str = "round-robin"
    byzantine: str = ""
    partition: str = ""

    def changed(self, **changes: Any) -> CommitteePlan:
        """The plan with these changes; what is None stays."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})
