"""Fusion: several sources say how likely something is, and one number is wanted.

    Gaussian      estimates weighted by their precision 1 / variance
    log odds      the sum of the log odds of independent sources, from even odds (Bayes)
    Dempster      m(A) = sum of m1(B) m2(C) over B and C that meet in A, over 1 - K; K, the conflict, meets in nothing
    Yager         the same, but the conflict goes to "unknown" and is not divided away

Two sources that exclude each other wholly have K = 1, and Dempster's rule says nothing: it is refused. Near that, it
lets a small mass that both share win over everything (Zadeh's paradox), which is why Yager's rule stands beside it.
Sources: G. Shafer, A Mathematical Theory of Evidence (1976); L. Zadeh, Memorandum M79/24 (1979); R. Yager,
Information Sciences 41 (1987); rulebook F-8.8.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from math import exp, log
from typing import NamedTuple

from market_sim.core.errors import InputError

Mass = dict[frozenset[str], float]
"""How much belief is in each set of outcomes; the masses add up to 1."""
EXACT = 1e-9


def precision_weighted(estimates: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The mean and the variance of independent estimates, each with its variance.

    >>> precision_weighted([(10.0, 1.0), (13.0, 2.0)])
    (11.0, 0.6666666666666666)
    """
    if not estimates or min(variance for _, variance in estimates) <= 0:
        raise InputError(f"estimates have positive variances, found {list(estimates)}")
    precision = sum(1 / variance for _, variance in estimates)
    return sum(mean / variance for mean, variance in estimates) / precision, 1 / precision


def pooled_odds(chances: Iterable[float]) -> float:
    """The chance that independent sources give together, from even odds.

    >>> round(pooled_odds([0.8, 0.6]), 4)
    0.8571
    """
    total = 0.0
    for chance in chances:
        if not 0 < chance < 1:
            raise InputError(f"a chance lies strictly between 0 and 1, found {chance}")
        total += log(chance / (1 - chance))
    return 1 / (1 + exp(-total)) if total >= 0 else exp(total) / (1 + exp(total))


def bayes(frame: frozenset[str], *sources: Mass) -> dict[str, float]:
    """The chance of each outcome after independent sources, from equal chances.

    With two outcomes it is that of `pooled_odds`. A mass on several outcomes is divided evenly among them.
    """
    together = dict.fromkeys(sorted(frame), 1.0)
    for one in sources:
        for outcome in together:
            together[outcome] *= sum(part / len(some) for some, part in one.items() if outcome in some)
    total = sum(together.values())
    if total <= EXACT**2:
        raise InputError("the sources leave no outcome possible, so there is no chance to tell")
    return {outcome: chance / total for outcome, chance in together.items()}


class Combined(NamedTuple):
    """Two or more masses in one, and their conflict."""

    mass: Mass
    conflict: float
    """K of all of them together: what meets in nothing."""


def dempster(*sources: Mass) -> Combined:
    """Dempster's rule; InputError where the sources exclude each other wholly."""
    met, conflict = _met(sources)
    if 1 - conflict <= EXACT:
        raise InputError("the sources exclude each other wholly (K = 1), so Dempster's rule has no answer")
    return Combined({outcome: part / (1 - conflict) for outcome, part in met.items()}, conflict)


def yager(frame: frozenset[str], *sources: Mass) -> Combined:
    """Yager's rule: the conflict is what one does not know."""
    met, conflict = _met(sources)
    return Combined({**met, frame: met.get(frame, 0.0) + conflict} if conflict else met, conflict)


def belief(mass: Mass, outcome: frozenset[str]) -> float:
    """The mass that is certain to be in this outcome."""
    return sum(part for some, part in mass.items() if some <= outcome)


def plausibility(mass: Mass, outcome: frozenset[str]) -> float:
    """The mass that may be in this outcome."""
    return sum(part for some, part in mass.items() if some & outcome)


def _met(sources: Sequence[Mass]) -> tuple[Mass, float]:
    for one in sources:
        if abs(sum(one.values()) - 1) > EXACT or min(one.values(), default=-1) < 0 or frozenset() in one:
            raise InputError(f"masses are not negative, add up to 1 and leave the empty set out, found {one}")
    if not sources:
        raise InputError("a combination needs at least one source")
    met = reduce(_pair, sources)
    conflict = max(0.0, 1 - sum(met.values()))
    return met, 0.0 if conflict < EXACT**1.5 else conflict


def _pair(one: Mass, other: Mass) -> Mass:
    found: Mass = {}
    for left, part in one.items():
        for right, share in other.items():
            both = left & right
            if both:
                found[both] = found.get(both, 0.0) + part * share
    return found
