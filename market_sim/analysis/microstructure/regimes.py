"""Regimes: in which stretches of a run the price was wild, from its returns alone.

Each return comes from one of two normal distributions around zero, and which one depends on the step before: a hidden
Markov chain (J. Hamilton, Econometrica 57, 1989), fitted by the algorithm of L. Baum and others (Annals of
Mathematical Statistics 41, 1970); rulebook F-8.15. A step is wild where that is the more probable state given all
returns. Where the wild times would be less than 2.5 times as volatile as the calm ones, or where the two take turns so
fast that a stretch lasts less than five steps on average, there is one regime.

>>> found = fitted([1.0, -1.0] * 20 + [9.0, -9.0] * 10 + [1.0, -1.0] * 20)
>>> round(found.calm, 3), round(found.wild, 3), [stretch[:2] for stretch in found.stretches]
(1.0, 8.902, [(0, 40), (40, 60), (60, 100)])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import exp, pi, sqrt
from typing import Final, NamedTuple

FEWEST: Final = 20
"""With fewer returns nothing is said."""
LEAST_RATIO: Final = 2.5
LEAST_LENGTH: Final = 5
"""How many steps a stretch lasts on average at least: quotes that are renewed seldom move and stand still in turns."""
ITERATIONS: Final = 60
ENOUGH: Final = 1e-4
"""The relative change of the wild volatility at which fitting ends."""
FLOOR: Final = 1e-3
"""The least variance of a state, as a share of that of all returns: prices that stand still have none."""
STAY: Final = 0.95
"""The probability to stay in a state, at first."""
TINY: Final = 1e-200
"""Keeps what is impossible by a state from dividing by nothing."""
CALM, WILD = "calm", "wild"


class Stretch(NamedTuple):
    """Steps from `first` up to, and without, `end` that belong to one regime."""

    first: int
    end: int
    regime: str


@dataclass(frozen=True)
class Fitted:
    """The volatility of both states for a step, and the probability of the wild one at each step."""

    calm: float
    wild: float
    probabilities: tuple[float, ...]

    @property
    def is_close(self) -> bool:
        """Whether the two states are too much alike to be regimes."""
        return self.wild < LEAST_RATIO * self.calm

    @property
    def is_flickering(self) -> bool:
        """Whether the two states take turns too fast to be regimes."""
        changes = sum((one > 0.5) != (other > 0.5) for one, other in pairwise(self.probabilities))
        return len(self.probabilities) < LEAST_LENGTH * (changes + 1)

    @property
    def is_one(self) -> bool:
        """Whether there is only one regime."""
        return self.is_close or self.is_flickering

    @property
    def labels(self) -> list[bool]:
        """Whether each step is wild."""
        are_two = not self.is_one
        return [are_two and one > 0.5 for one in self.probabilities]

    @property
    def stretches(self) -> list[Stretch]:
        """The stretches of calm and wild times, one after the other."""
        found, place = [], 0
        for is_wild, steps in groupby(self.labels):
            end = place + len(list(steps))
            found.append(Stretch(place, end, WILD if is_wild else CALM))
            place = end
        return found


class MarkovChain(NamedTuple):
    """Two states: their variances, the probability to stay in each, and that of beginning wild."""

    calm: float
    wild: float
    stay_calm: float
    stay_wild: float
    first_wild: float


def fitted(returns: Sequence[float]) -> Fitted | None:
    """The chain that fits these returns; None where there are too few, or where nothing moves."""
    squares = [one * one for one in returns]
    mean = sum(squares) / len(squares) if squares else 0.0
    if len(returns) < FEWEST or not mean:
        return None
    least = FLOOR * mean
    ordered = sorted(squares)
    cut = len(ordered) * 7 // 10
    calm, wild = (max(least, sum(part) / len(part)) for part in (ordered[:cut], ordered[cut:]))
    chain, weights = MarkovChain(calm, wild, STAY, STAY, 0.3), [0.0] * len(squares)
    for _ in range(ITERATIONS):
        before = chain
        weights, chain = _improved(squares, before, least)
        if abs(chain.wild - before.wild) <= ENOUGH * before.wild:
            break
    return Fitted(sqrt(chain.calm), sqrt(chain.wild), tuple(weights))


def _improved(squares: Sequence[float], chain: MarkovChain, least: float) -> tuple[list[float], MarkovChain]:
    """One step of the algorithm: the probability of the wild state at each step, and the chain that fits it."""
    given = [(_density(one, chain.calm), _density(one, chain.wild)) for one in squares]
    weights, stay_calm, stay_wild = smoothed(filtered(given, chain), given, chain)
    wilds = sum(weights)
    calm = sum(one * (1 - weight) for one, weight in zip(squares, weights, strict=True)) / max(
        len(weights) - wilds, TINY
    )
    wild = sum(one * weight for one, weight in zip(squares, weights, strict=True)) / max(wilds, TINY)
    return weights, MarkovChain(max(least, calm), max(least, wild), stay_calm, stay_wild, weights[0])


def filtered(given: Sequence[tuple[float, float]], chain: MarkovChain) -> list[tuple[float, float]]:
    """The probabilities of both states at each step, given the returns up to it."""
    found = []
    calm, wild = 1 - chain.first_wild, chain.first_wild
    for of_calm, of_wild in given:
        calm, wild = calm * of_calm, wild * of_wild
        whole = calm + wild
        calm, wild = calm / whole, wild / whole
        found.append((calm, wild))
        calm, wild = (
            calm * chain.stay_calm + wild * (1 - chain.stay_wild),
            calm * (1 - chain.stay_calm) + wild * chain.stay_wild,
        )
    return found


def smoothed(
    ahead: Sequence[tuple[float, float]], given: Sequence[tuple[float, float]], chain: MarkovChain
) -> tuple[list[float], float, float]:
    """The probability of the wild state at each step given all returns, and those to stay that follow from it."""
    weights = [wild for _, wild in ahead]
    calm, wild = 1.0, 1.0  # what the later returns say of each state
    stays_calm = stays_wild = from_calm = from_wild = 0.0
    for place in range(len(given) - 1, -1, -1):
        now_calm, now_wild = ahead[place]
        weights[place] = now_wild * wild / (now_calm * calm + now_wild * wild)
        if not place:
            break
        before_calm, before_wild = ahead[place - 1]
        to_calm, to_wild = given[place][0] * calm, given[place][1] * wild
        kept_calm, left_calm = chain.stay_calm * to_calm, (1 - chain.stay_calm) * to_wild
        kept_wild, left_wild = chain.stay_wild * to_wild, (1 - chain.stay_wild) * to_calm
        of_calm, of_wild = before_calm * (kept_calm + left_calm), before_wild * (kept_wild + left_wild)
        stays_calm += before_calm * kept_calm / (of_calm + of_wild)
        stays_wild += before_wild * kept_wild / (of_calm + of_wild)
        from_calm += of_calm / (of_calm + of_wild)
        from_wild += of_wild / (of_calm + of_wild)
        calm, wild = kept_calm + left_calm, kept_wild + left_wild
        calm, wild = calm / (calm + wild), wild / (calm + wild)
    return weights, _within(stays_calm, from_calm), _within(stays_wild, from_wild)


def _density(square: float, variance: float) -> float:
    return exp(-square / 2 / variance) / sqrt(2 * pi * variance) + TINY


def _within(stays: float, all_of_them: float) -> float:
    """A probability to stay that is never certain, so that a fit can leave a state again."""
    return min(0.999, max(0.5, stays / all_of_them if all_of_them > 0 else STAY))
