"""Evidence: three sources say whether the price goes up next, each with a record, and four rules make one of them.

    flow       what takers bought in the last interval, as a share of all
    sizes      what the best bid shows, as a share of both sides
    beliefs    whether the consensus of the participants lies above the midpoint

A source's chance of "up" counts as far as it is reliable: how much oftener than not it was right about the next
change of the midpoint so far. What is left of it says nothing (rulebook F-8.8).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from market_sim.analysis.microstructure.beliefs import Moment
from market_sim.analysis.microstructure.fusion import Mass, belief, dempster, plausibility, pooled_odds, yager
from market_sim.analysis.microstructure.intervals import Interval
from market_sim.core.errors import InputError

UP, DOWN = frozenset({"up"}), frozenset({"down"})
EITHER = UP | DOWN
SUREST = 0.98
"""No source is surer than this, because none was always right."""


class Source(NamedTuple):
    """One source: its chance of "up", and how reliable its record makes it."""

    name: str
    chance: float
    reliability: float
    cases: int
    """The number of changes behind the record."""

    @property
    def mass(self) -> Mass:
        """Its discounted mass (Shafer 1976, chapter 11)."""
        return {
            UP: self.reliability * self.chance,
            DOWN: self.reliability * (1 - self.chance),
            EITHER: 1 - self.reliability,
        }

    @property
    def discounted(self) -> float:
        """Its chance, drawn to even odds as far as it is not reliable."""
        return self.reliability * self.chance + (1 - self.reliability) / 2


class Verdict(NamedTuple):
    """One rule: the least and the most chance of "up" that it leaves; None where it is refused."""

    rule: str
    low: float | None
    high: float | None
    conflict: float | None
    note: str


def sources(steps: Sequence[Interval], moments: Sequence[Moment]) -> list[Source]:
    """The three sources at the end of these intervals."""
    believed = {one.time: one.consensus - one.price for one in moments}
    chances: dict[str, list[float]] = {
        "flow": [_limited((1 + one.flow / one.volume) / 2 if one.volume else 0.5) for one in steps],
        "sizes": [_limited(one.bid_size / one.depth if one.depth else 0.5) for one in steps],
        "beliefs": [_limited(_sign(believed.get(one.end, 0.0)) * 0.25 + 0.5) for one in steps],
    }
    changes = [after.middle - before.middle for before, after in pairwise(steps)]
    return [Source(name, some[-1], *_record(some, changes)) for name, some in chances.items() if some]


def _record(chances: Sequence[float], changes: Sequence[float]) -> tuple[float, int]:
    told = [(chance - 0.5) * change for chance, change in zip(chances, changes, strict=False)]
    cases = [one for one in told if one]
    right = sum(one > 0 for one in cases)
    return (max(0.0, 2 * right / len(cases) - 1) if cases else 0.0), len(cases)


def verdicts(found: Sequence[Source]) -> list[Verdict]:
    """What each rule makes of the sources."""
    odds = pooled_odds([_limited(one.discounted) for one in found])
    masses = [one.mass for one in found]
    careful = yager(EITHER, *masses)
    told = [Verdict("Bayes, log odds", odds, odds, None, "independent sources, from even odds")]
    try:
        sure = dempster(*masses)
    except InputError as refused:
        told.append(Verdict("Dempster", None, None, 1.0, str(refused)))
    else:
        told.append(_between("Dempster", sure.mass, sure.conflict, "the conflict is divided away"))
    return [*told, _between("Yager", careful.mass, careful.conflict, "the conflict is what one does not know")]


def _between(rule: str, mass: Mass, conflict: float, note: str) -> Verdict:
    return Verdict(rule, belief(mass, UP), plausibility(mass, UP), conflict, note)


def _limited(chance: float) -> float:
    return min(SUREST, max(1 - SUREST, chance))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
