"""Pairs trading: two prices that belong together, bought and sold against each other when they drift apart.

After Engle and Granger (1987) and Gatev, Goetzmann and Rouwenhorst (2006): the spread is ln(one) - beta ln(other), with
beta and the mean from the first `learn` looks by least squares (or beta as given), and z counts standard deviations
from there. It enters beyond 2, goes home within 0.5, and gives up for good beyond 4, where the pair has come apart. It
uses looks of the past only. It assumes that the spread is stationary; nothing here proves that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log
from statistics import fmean, pstdev

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import InstrumentView, View
from market_sim.strategies.traditional.taking import towards


@dataclass
class Pairs(Strategy):
    """Sells the dear one of two and buys the cheap one when their spread is far from its mean."""

    one: str = "AAA"
    other: str = "BBB"
    beta: float | None = None
    """How many percent of the other one move with a percent of the one; without it, estimated."""
    learn: int = 60
    """After how many looks it trades."""
    enter: float = 2.0
    leave: float = 0.5
    stop: float = 4.0
    size: int = 5
    max_position: int = 40
    has_stopped: bool = field(default=False, init=False)
    _seen: list[tuple[float, float]] = field(default_factory=list, init=False, repr=False)
    _fit: tuple[float, float, float] | None = field(default=None, init=False, repr=False)
    _homes: tuple[int, int] | None = field(default=None, init=False, repr=False)
    _side: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.learn < 3 or not 0 <= self.leave < self.enter < self.stop or self.size < 1:
            raise InputError(f"it leaves before it enters and enters before it stops, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Learn first; then compare the spread with what was learnt."""
        one, other = view[self.one], view[self.other]
        if self._homes is None:
            self._homes = one.position, other.position
        middles = middle(one), middle(other)
        if middles[0] is None or middles[1] is None:
            return
        here = log(middles[0]), log(middles[1])
        if self._fit is None:
            self._seen.append(here)
            if len(self._seen) == self.learn:
                self._fit = fitted(self._seen, self.beta)
            return
        beta, mean, deviation = self._fit
        score = (here[0] - beta * here[1] - mean) / deviation
        if abs(score) > self.stop:
            self.has_stopped = True
        if self.has_stopped or abs(score) < self.leave:
            self._side = 0
        elif abs(score) > self.enter:
            self._side = -1 if score > 0 else 1
        legs = self._side * self.max_position, -round(self._side * self.max_position * beta * middles[0] / middles[1])
        for market, home, leg in zip((one, other), self._homes, legs, strict=True):
            yield from towards(view, market, max(0, home + leg), self.size)


def middle(market: InstrumentView) -> float | None:
    """The middle of bid and ask; where one is missing, the last price."""
    if market.bid is not None and market.ask is not None:
        return (market.bid + market.ask) / 2
    return market.last


def fitted(seen: Sequence[tuple[float, float]], beta: float | None = None) -> tuple[float, float, float]:
    """Beta by least squares (unless it is given), and mean and deviation of the spread that it leaves.

    >>> beta, mean, deviation = fitted([(2.0, 1.0), (4.0, 2.0), (6.0, 3.0)])
    >>> beta, mean, deviation
    (2.0, 0.0, 1e-06)
    """
    mean_one, mean_other = fmean(a for a, _ in seen), fmean(b for _, b in seen)
    if beta is None:
        spread_of_other = sum((b - mean_other) ** 2 for _, b in seen)
        beta = sum((a - mean_one) * (b - mean_other) for a, b in seen) / spread_of_other if spread_of_other else 1.0
    rest = [a - beta * b for a, b in seen]
    return beta, fmean(rest), max(pstdev(rest), 1e-6)
