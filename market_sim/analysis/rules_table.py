"""The rules of a profile as one table: each rule, its numbers, the real rule that it imitates, and where it differs.

The command `rules`, the site's page and its JSON are drawn from it, and it from the profile's own classes.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from market_sim.core.models.reasons import REASONS
from market_sim.market.compliance.number import TIME, UNIT, shown
from market_sim.market.compliance.profile import SECTIONS, Profile
from market_sim.market.compliance.rule import Rule


class Figure(NamedTuple):
    """One number of a rule: its name in a rules file, its value as text, and what it means."""

    name: str
    value: str
    means: str


class RuleRow(NamedTuple):
    """One rule of a profile; `holds` is False where the profile leaves it out."""

    name: str
    title: str
    says: str
    holds: bool
    figures: tuple[Figure, ...]
    codes: tuple[str, ...]
    imitates: str
    differs: str


def rule_rows(profile: Profile) -> list[RuleRow]:
    """Every rule there is, with the numbers of this profile; one that does not hold has none."""
    rows = []
    for name, kind in SECTIONS.items():
        rule: Rule | None = getattr(profile, name)
        codes = tuple(code for code in kind.codes if code in REASONS)
        figures = () if rule is None else figures_of(rule)
        rows.append(RuleRow(name, kind.title, kind.says, rule is not None, figures, codes, kind.imitates, kind.differs))
    return rows


def figures_of(rule: Rule) -> tuple[Figure, ...]:
    """The numbers of a rule with their units, as people write them."""
    figures = []
    for field in dataclasses.fields(rule):
        unit, value = field.metadata[UNIT], getattr(rule, field.name)
        figures.append(Figure(field.name, shown(value, TIME if isinstance(value, str) else unit.unit), unit.means))
    return tuple(figures)
