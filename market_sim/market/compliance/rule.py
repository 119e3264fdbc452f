"""A rule of a market: what it is called, which real rule it imitates, where it differs; its fields are its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Rule:
    """One rule of a market: base of the sections of a profile."""

    title: ClassVar[str]
    codes: ClassVar[tuple[str, ...]] = ()
    """The reason codes of the orders that it refuses, and of the halts that it declares."""
    says: ClassVar[str]
    imitates: ClassVar[str]
    differs: ClassVar[str]
