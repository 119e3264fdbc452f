"""Logistic regression (Cox 1958) on features of the book: how likely is it that the middle rises next?

The features are a constant, the distance from the slow average, the last move, and the imbalance of the displayed
quantities, (bids - asks) / (bids + asks), each scaled to about one. The weights descend the log-loss with the step
sizes of AdaGrad (Duchi, Hazan and Singer 2011) and a small penalty. What is foreseen is (2 p - 1) times the mean
absolute move. It assumes that the direction and not the size of a move can be foreseen; a move of zero teaches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from typing import Any

from market_sim.core.errors import InputError
from market_sim.market.agents.view import InstrumentView
from market_sim.strategies.learning.foreseeing import Foreseer
from market_sim.strategies.learning.learner import Knowledge, numbers

FEATURES = 4
LEVELS = 5
"""How many prices of each side count for the imbalance."""
SCALE_BPS = 20.0
"""Distances and moves are counted in units of this many basis points."""
STEEPEST = 30.0
"""Beyond this many units the logistic function is 0 or 1 to a float's last digit that matters."""


@dataclass
class LogisticTrader(Foreseer):
    """Learns the chance that the price rises from price and book, and trades when it is far enough from one half."""

    rate: float = 0.5
    """The size of the first step of each weight."""
    penalty: float = 1e-4
    """How strongly weights are drawn to zero."""
    _weights: list[float] = field(default_factory=lambda: [0.0] * FEATURES, init=False, repr=False)
    _squares: list[float] = field(default_factory=lambda: [0.0] * FEATURES, init=False, repr=False)
    """The sums of squared slopes, which shorten the steps."""
    _moves: list[float] = field(default_factory=lambda: [0.0, 0.0], init=False, repr=False)
    """The number of moves that it learned from, and the sum of their sizes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rate <= 0 or self.penalty < 0:
            raise InputError(f"a rate is positive and a penalty not negative, found {self}")

    @property
    def knowledge(self) -> Knowledge:
        """Weights, sums of squared slopes, and the moves."""
        return {"weights": list(self._weights), "squares": list(self._squares), "moves": list(self._moves)}

    def know(self, knowledge: Mapping[str, Any]) -> None:
        """Take over weights, sums and moves."""
        self._weights = numbers(knowledge, "weights", FEATURES)
        self._squares = numbers(knowledge, "squares", FEATURES)
        self._moves = numbers(knowledge, "moves", 2)

    def features(self, market: InstrumentView, deviation: float, move: float) -> Sequence[float]:
        """Constant, distance, last move and imbalance."""
        bids, asks = (sum(size for _, size in side) for side in market.depth(LEVELS))
        imbalance = (bids - asks) / (bids + asks) if bids + asks else 0.0
        return 1.0, deviation / SCALE_BPS, move / SCALE_BPS, imbalance

    def probability(self, features: Sequence[float]) -> float:
        """How likely a rise is."""
        total = sum(weight * one for weight, one in zip(self._weights, features, strict=True))
        return 1 / (1 + exp(-max(-STEEPEST, min(STEEPEST, total))))

    def foreseen(self, features: Sequence[float]) -> float:
        """The expected move, if its size is the usual one."""
        count, size = self._moves
        return (2 * self.probability(features) - 1) * size / count if count else 0.0

    def learn(self, features: Sequence[float], move: float) -> None:
        """A step down the slope of the log-loss."""
        if not move:
            return
        self._moves = [self._moves[0] + 1, self._moves[1] + abs(move)]
        missed = self.probability(features) - (move > 0)
        for place, one in enumerate(features):
            slope = missed * one + self.penalty * self._weights[place]
            self._squares[place] += slope * slope
            if slope:
                self._weights[place] -= self.rate * slope / self._squares[place] ** 0.5
