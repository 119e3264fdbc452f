"""Beliefs corrected for an anchor and for the crowd: what participants would say if they looked only at what they know.

    shown = alpha + beta value + gamma midpoint + error

is fitted for each participant to what it showed in the first half of a run, by least squares. A participant that sticks
to a first price has an alpha, one that looks at the others a gamma; both draw what is shown away from the value by
1 - beta. In the second half, without a look at the value, (shown - alpha - gamma midpoint) / beta is the estimate, its
variance that of the error over beta squared, and the corrected consensus the precision-weighted mean (rulebook F-8.8).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import fmean
from typing import NamedTuple

from market_sim.analysis.microstructure.beliefs import LEAST_VARIANCE, BeliefReader, Moment, Shown
from market_sim.analysis.microstructure.fusion import precision_weighted
from market_sim.core.models.event import Event
from market_sim.market.exchange.quotes import Quotes

FEWEST = 30
"""The fewest beliefs in the first half that a participant is fitted to."""
FEWEST_BELIEVERS = 3
"""The beliefs of fewer are no consensus."""
LEAST_BETA = 0.1
"""Below this a belief says next to nothing of the value, and there is nothing to correct."""
DRAWN_AWAY = 0.1
"""The mean of 1 - beta from which on a correction is worth telling."""
SINGULAR = 1e-9


class Fit(NamedTuple):
    """What one participant's beliefs are made of."""

    alpha: float
    beta: float
    gamma: float
    variance: float
    """Of the error."""

    def corrected(self, shown: Shown) -> tuple[float, float]:
        """The estimate behind a belief, and its variance."""
        estimate = (shown.belief - self.alpha - self.gamma * shown.middle) / self.beta
        return estimate, max(LEAST_VARIANCE, self.variance / self.beta**2)


class Correction(NamedTuple):
    """The second half of a run, corrected."""

    moments: Sequence[tuple[Moment, float]]
    """Each sample with the corrected consensus."""
    fits: dict[str, Fit]

    @property
    def anchor(self) -> float:
        """The mean weight of what never changes."""
        return fmean(1 - one.beta - one.gamma for one in self.fits.values())

    @property
    def crowd(self) -> float:
        """The mean weight of the midpoint."""
        return fmean(one.gamma for one in self.fits.values())

    @property
    def errors(self) -> tuple[float, float, float]:
        """The root mean square errors of consensus, midpoint and corrected consensus against the value."""
        known = [(one, fixed, float(one.value)) for one, fixed in self.moments if one.value is not None]
        return (
            sqrt(fmean((one.consensus - value) ** 2 for one, _, value in known)),
            sqrt(fmean((one.price - value) ** 2 for one, _, value in known)),
            sqrt(fmean((fixed - value) ** 2 for _, fixed, value in known)),
        )


def correction(events: Iterable[Event], book: str, quotes: Quotes, moments: Sequence[Moment]) -> Correction | None:
    """The correction of a run; None where no value is known, too little is shown, or nothing is drawn away."""
    if not moments or moments[-1].value is None:
        return None
    shown = _looks(events, BeliefReader(book, quotes))
    half = moments[-1].time // 2
    fits = _fits([one for one in shown if one.time < half])
    if len(fits) < FEWEST_BELIEVERS or fmean(1 - one.beta for one in fits.values()) < DRAWN_AWAY:
        return None
    latest: dict[str, tuple[float, float]] = {}
    found, place = [], 0
    for moment in moments:
        while place < len(shown) and shown[place].time < moment.time:
            one, place = shown[place], place + 1
            if one.time >= half and one.account in fits:
                latest[one.account] = fits[one.account].corrected(one)
        if latest and moment.value is not None:
            found.append((moment, precision_weighted([*latest.values()])[0]))
    return Correction(found, fits) if found else None


def _looks(events: Iterable[Event], reader: BeliefReader) -> list[Shown]:
    """The belief after the last order of each message: who renews a bid and an ask shows one belief by both."""
    found: list[Shown] = []
    for event in events:
        one = reader.read(event)
        if one is not None and found and (found[-1].time, found[-1].account) == (one.time, one.account):
            found[-1] = one
        elif one is not None:
            found.append(one)
    return found


def _fits(shown: Iterable[Shown]) -> dict[str, Fit]:
    by_account: dict[str, list[tuple[float, float, float]]] = {}
    for one in shown:
        if one.value is not None:
            by_account.setdefault(one.account, []).append((float(one.value), one.middle, one.belief))
    fits = {name: fitted(points) for name, points in by_account.items() if len(points) >= FEWEST}
    return {name: one for name, one in fits.items() if one is not None and one.beta >= LEAST_BETA}


def fitted(points: Sequence[tuple[float, float, float]]) -> Fit | None:
    """Least squares of beliefs on (value, midpoint); None where both move together or not at all.

    >>> pairs = ((1, 5), (2, 3), (4, 4), (8, 9))
    >>> points = [(value, middle, 7 + 0.5 * value + 0.25 * middle) for value, middle in pairs]
    >>> [round(part, 6) for part in fitted(points)]
    [7.0, 0.5, 0.25, 0.0]
    """
    count = len(points)
    if count <= 3:
        return None
    means = [fmean(column) for column in zip(*points, strict=True)]
    rows = [tuple(number - mean for number, mean in zip(point, means, strict=True)) for point in points]
    vv, vm, mm, vb, mb = (sum(row[i] * row[j] for row in rows) for i, j in ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2)))
    size = vv * mm - vm * vm
    if size <= SINGULAR * vv * mm or not vv:
        return None
    beta, gamma = (vb * mm - mb * vm) / size, (mb * vv - vb * vm) / size
    left = sum((row[2] - beta * row[0] - gamma * row[1]) ** 2 for row in rows)
    return Fit(means[2] - beta * means[0] - gamma * means[1], beta, gamma, left / (count - 3))
