"""A maker that learns its spread as a bandit: each spread is an arm, and what it gains with it is the reward.

It keeps one spread for some wake-ups and then looks at what its account has gained. `ucb` is UCB1 of Auer, Cesa-
Bianchi and Fischer (2002): the arm with the largest mean plus sqrt(2 ln n / n_arm), in units of the rewards' range.
`epsilon` is epsilon-greedy (Sutton and Barto 2018, chapter 2): the best arm so far, and with a small probability any.
It assumes that the market stays as it is; a spread that paid in one regime need not pay in another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf, log, sqrt
from typing import Any, ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.core.randomness import Stream
from market_sim.market.agents.view import View
from market_sim.strategies.learning.learner import Knowledge, Learner, numbers, worth
from market_sim.strategies.market_making.quotes import around, on_tick, replaced

ARMS_BPS = (10, 20, 50, 100, 200)
"""The spreads that it tries, in hundredths of a percent of the reference."""
UNTRIED_BPS = 20


@dataclass
class BanditMaker(Learner):
    """A market maker that tries several spreads and keeps the one that gains most."""

    makes_markets: ClassVar[bool] = True
    rule: str = "ucb"
    """ucb, or epsilon."""
    epsilon: float = 0.1
    """The share of choices by chance under the rule `epsilon`."""
    hold: int = 20
    """The number of wake-ups for which it keeps a spread before it judges it."""
    size: int = 5
    max_position: int = 100
    _counts: list[float] = field(default_factory=lambda: [0.0] * len(ARMS_BPS), init=False, repr=False)
    _means: list[float] = field(default_factory=lambda: [0.0] * len(ARMS_BPS), init=False, repr=False)
    _range: float = field(default=0.0, init=False, repr=False)
    _arm: int | None = field(default=None, init=False, repr=False)
    _left: int = field(default=0, init=False, repr=False)
    _before: float = field(default=0.0, init=False, repr=False)
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.rule not in ("ucb", "epsilon") or not 0 <= self.epsilon <= 1:
            raise InputError(f"a bandit follows ucb, or epsilon with a probability, found {self}")
        if self.hold < 1 or self.size < 1 or self.max_position < self.size:
            raise InputError(f"hold and size are positive, and the limit is not below the size, found {self}")

    @property
    def knowledge(self) -> Knowledge:
        """How often each spread was tried, and its mean gain."""
        return {"counts": list(self._counts), "means": list(self._means), "range": [self._range]}

    def know(self, knowledge: Mapping[str, Any]) -> None:
        """Take over counts and means."""
        self._counts = numbers(knowledge, "counts", len(ARMS_BPS))
        self._means = numbers(knowledge, "means", len(ARMS_BPS))
        [self._range] = numbers(knowledge, "range", 1)

    def begin(self) -> None:
        """The next run begins with no spread chosen."""
        self._arm, self._left, self._home = None, 0, None

    @property
    def best(self) -> int:
        """The spread that has gained most so far; a usual one while nothing is known."""
        if not any(self._counts):
            return UNTRIED_BPS
        tried = [arm for arm, count in enumerate(self._counts) if count]
        return ARMS_BPS[max(tried, key=lambda arm: self._means[arm])]

    def decide(self, view: View) -> Iterable[Intent]:
        """Judge the spread when its time is over, choose the next one, and quote."""
        market = view[self.symbol]
        reference = market.value or market.last
        if reference is None or market.phase != "continuous":
            return
        self._home = market.position if self._home is None else self._home
        spread = self.best
        if self.learns:
            now = worth(view, market, reference, self._home)
            if self._left == 0:
                if self._arm is not None:
                    self._learn(self._arm, now - self._before)
                self._arm, self._left, self._before = self._choose(view.random), self.hold, now
            self._left -= 1
            spread = ARMS_BPS[self._arm or 0]
        away = market.position - self._home
        centre = reference * (1 - 5 / 10_000 * away / self.max_position)
        wanted = [on_tick(one, market.tick) for one in around(centre, reference * spread / 20_000, self.size)]
        kept = [one for one in wanted if one.price > 0 and one.side * away + one.size <= self.max_position]
        yield from replaced(view, market, kept)

    def _learn(self, arm: int, gain: float) -> None:
        self._counts[arm] += 1
        self._means[arm] += (gain - self._means[arm]) / self._counts[arm]
        self._range = max(self._range, abs(gain))

    def _choose(self, stream: Stream) -> int:
        """Every spread once; then by the rule."""
        arms = range(len(ARMS_BPS))
        for arm in arms:
            if not self._counts[arm]:
                return arm
        if self.rule == "epsilon":
            if stream.random() < self.epsilon:
                return int(stream.random() * len(ARMS_BPS))
            return max(arms, key=lambda arm: self._means[arm])
        total = log(sum(self._counts))
        scale = self._range or inf
        return max(arms, key=lambda arm: self._means[arm] / scale + sqrt(2 * total / self._counts[arm]))
