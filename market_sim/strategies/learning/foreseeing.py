"""A learner that foresees the next move of the middle, and trades it if it pays for its cost.

At each look it computes features of the past; the target is the move over the next `horizon` looks, which it learns
only once it has happened. A subclass says how a move is learned from features, and how it is foreseen.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.market.agents.view import InstrumentView, View
from market_sim.strategies.learning.learner import Learner
from market_sim.strategies.learning.prices import SlowAverage, middle_of
from market_sim.strategies.traditional.taking import towards


@dataclass
class Foreseer(Learner):
    """Takes a position while it foresees a move that is larger than its cost."""

    horizon: int = 4
    """How many looks ahead it foresees."""
    cost_bps: float = 8.0
    """The least foreseen move that it trades."""
    size: int = 20
    """The position that it takes."""
    memory: float = 60.0
    """How many looks the slow average reaches back."""
    _average: SlowAverage = field(init=False, repr=False)
    _waiting: deque[tuple[Sequence[float], float]] = field(default_factory=deque, init=False, repr=False)
    """Features and middles whose move is not known yet."""
    _before: float | None = field(default=None, init=False, repr=False)
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._average = SlowAverage(self.memory)
        if self.horizon < 1 or self.cost_bps < 0 or self.size < 1 or self.memory < 1:
            raise InputError(f"horizon, size and memory are positive and a cost is not negative, found {self}")

    def begin(self) -> None:
        """The next run begins with no past."""
        self._average, self._waiting, self._before, self._home = SlowAverage(self.memory), deque(), None, None

    def features(self, market: InstrumentView, deviation: float, move: float) -> Sequence[float]:
        """What the next move may depend on: a constant, the distance from the slow average, and the last move (bps)."""
        return 1.0, deviation, move

    @abstractmethod
    def foreseen(self, features: Sequence[float]) -> float:
        """The move that these features foretell, in basis points."""

    @abstractmethod
    def learn(self, features: Sequence[float], move: float) -> None:
        """Take in which move, in basis points, followed on these features."""

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
        features = self.features(market, deviation, move)
        self._waiting.append((features, middle))
        if len(self._waiting) > self.horizon:
            then, price = self._waiting.popleft()
            if self.learns:
                self.learn(then, (middle / price - 1) * 10_000)
        if self.learns:
            return
        foreseen = self.foreseen(features)
        if abs(foreseen) > self.cost_bps:
            wanted = self._home + (self.size if foreseen > 0 else -self.size)
            yield from towards(view, market, wanted, self.size)
