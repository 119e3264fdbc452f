"""Ridge regression on features of the price (Hoerl and Kennard 1970): foresee the next move, and trade it if it pays.

The features are a constant, the distance from the slow average, and the last move. The coefficients solve (X'X + l I) b
= X'y. It assumes that the relation is linear and stays the same; where prices cannot be foreseen, the penalty keeps
them near zero and it does not trade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from market_sim.core.errors import InputError
from market_sim.pricing.allocation import solved
from market_sim.strategies.learning.foreseeing import Foreseer
from market_sim.strategies.learning.learner import Knowledge, numbers

FEATURES = 3


@dataclass
class RidgeTrader(Foreseer):
    """Foresees the next move by a regression on past prices, and trades when the move is larger than its cost."""

    penalty: float = 1_000.0
    """How strongly coefficients are drawn to zero (l)."""
    _products: list[float] = field(default_factory=lambda: [0.0] * FEATURES * FEATURES, init=False, repr=False)
    _targets: list[float] = field(default_factory=lambda: [0.0] * FEATURES, init=False, repr=False)
    _coefficients: list[float] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.penalty <= 0:
            raise InputError(f"a penalty is positive, found {self.penalty}")

    @property
    def knowledge(self) -> Knowledge:
        """The sums of products that the coefficients follow from."""
        return {"products": list(self._products), "targets": list(self._targets)}

    def know(self, knowledge: Mapping[str, Any]) -> None:
        """Take over the sums."""
        self._products = numbers(knowledge, "products", FEATURES * FEATURES)
        self._targets = numbers(knowledge, "targets", FEATURES)
        self._coefficients = None

    @property
    def coefficients(self) -> list[float]:
        """Constant, distance and last move: the basis points of the foreseen move for each of them."""
        if self._coefficients is None or self.learns:
            rows = [self._products[place * FEATURES : (place + 1) * FEATURES] for place in range(FEATURES)]
            for place in range(FEATURES):
                rows[place][place] += self.penalty
            self._coefficients = solved(rows, self._targets)
        return self._coefficients

    def foreseen(self, features: Sequence[float]) -> float:
        """The sum of the features, each times its coefficient."""
        return sum(one * other for one, other in zip(self.coefficients, features, strict=True))

    def learn(self, features: Sequence[float], move: float) -> None:
        """Add the products to the sums."""
        for row, one in enumerate(features):
            self._targets[row] += one * move
            for column, other in enumerate(features):
                self._products[row * FEATURES + column] += one * other
