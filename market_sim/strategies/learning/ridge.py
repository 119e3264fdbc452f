"""Ridge regression on features of the price (Hoerl and Kennard 1970): foresee the next move, and trade it if it pays.

The features are a constant, the distance from the slow average, and the last move; the target is the move of the
middle over the next `horizon` looks, which enters the sums only once it has happened. The coefficients solve (X'X + l
I) b = X'y. It assumes that the relation is linear and stays the same; where prices cannot be foreseen, the penalty
keeps them near zero and it does not trade.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.market.agents.view import View
from market_sim.pricing.allocation import solved
from market_sim.strategies.learning.learner import Knowledge, Learner, numbers
from market_sim.strategies.learning.prices import SlowAverage, middle_of
from market_sim.strategies.traditional.taking import towards

FEATURES = 3
Features = tuple[float, float, float]


@dataclass
class RidgeTrader(Learner):
    """Foresees the next move by a regression on past prices, and trades when the move is larger than its cost."""

    horizon: int = 4
    """How many looks ahead it foresees."""
    penalty: float = 1_000.0
    """How strongly coefficients are drawn to zero (l)."""
    cost_bps: float = 8.0
    """The least foreseen move that it trades."""
    size: int = 20
    """The position that it takes."""
    memory: float = 60.0
    """How many looks the slow average reaches back."""
    _products: list[float] = field(default_factory=lambda: [0.0] * FEATURES * FEATURES, init=False, repr=False)
    _targets: list[float] = field(default_factory=lambda: [0.0] * FEATURES, init=False, repr=False)
    _average: SlowAverage = field(init=False, repr=False)
    _waiting: deque[tuple[Features, float]] = field(default_factory=deque, init=False, repr=False)
    """Features and middles whose move is not known yet."""
    _before: float | None = field(default=None, init=False, repr=False)
    _home: int | None = field(default=None, init=False, repr=False)
    _coefficients: list[float] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._average = SlowAverage(self.memory)
        if self.horizon < 1 or self.penalty <= 0 or self.cost_bps < 0 or self.size < 1 or self.memory < 1:
            raise InputError(f"horizon, penalty, size and memory are positive and a cost is not negative, found {self}")

    @property
    def knowledge(self) -> Knowledge:
        """The sums of products that the coefficients follow from."""
        return {"products": list(self._products), "targets": list(self._targets)}

    def know(self, knowledge: Mapping[str, Any]) -> None:
        """Take over the sums."""
        self._products = numbers(knowledge, "products", FEATURES * FEATURES)
        self._targets = numbers(knowledge, "targets", FEATURES)
        self._coefficients = None

    def begin(self) -> None:
        """The next run begins with no past."""
        self._average, self._waiting, self._before, self._home = SlowAverage(self.memory), deque(), None, None

    @property
    def coefficients(self) -> list[float]:
        """Constant, distance and last move: the basis points of the foreseen move for each of them."""
        if self._coefficients is None or self.learns:
            rows = [self._products[place * FEATURES : (place + 1) * FEATURES] for place in range(FEATURES)]
            for place in range(FEATURES):
                rows[place][place] += self.penalty
            self._coefficients = solved(rows, self._targets)
        return self._coefficients

    def decide(self, view: View) -> Iterable[Intent]:
        """Learn from a move that has become known, then trade the one that is foreseen."""
        market = view[self.symbol]
        middle = middle_of(market)
        if middle is None or market.phase != "continuous":
            return
        self._home = market.position if self._home is None else self._home
        deviation = self._average.deviation_bps(middle)
        move = 0.0 if self._before is None else (middle / self._before - 1) * 10_000
        self._before = middle
        if deviation is None:
            return
        features = (1.0, deviation, move)
        self._waiting.append((features, middle))
        if len(self._waiting) > self.horizon:
            then, price = self._waiting.popleft()
            if self.learns:
                self._learn(then, (middle / price - 1) * 10_000)
        if self.learns:
            return
        foreseen = sum(one * other for one, other in zip(self.coefficients, features, strict=True))
        if abs(foreseen) > self.cost_bps:
            wanted = self._home + (self.size if foreseen > 0 else -self.size)
            yield from towards(view, market, wanted, self.size)

    def _learn(self, features: Features, target: float) -> None:
        for row, one in enumerate(features):
            self._targets[row] += one * target
            for column, other in enumerate(features):
                self._products[row * FEATURES + column] += one * other
