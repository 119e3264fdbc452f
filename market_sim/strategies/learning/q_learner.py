"""Tabular Q-learning (Watkins 1989; Sutton and Barto 2018, chapter 6): what is it worth to be long, flat or short now?

The state is how far the price lies from its slow average, in steps, and the position it has. An action is the position
it goes to; the reward is what its account is worth more at the next look, costs included. After each look Q(s, a) +=
alpha (r + gamma max Q(s', .) - Q(s, a)). It knows nothing of mean reversion or momentum: whichever pays in its market
is what it finds. It assumes that the state says enough about the future, which is the Markov property.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.market.agents.view import View
from market_sim.strategies.learning.learner import Knowledge, Learner, numbers, worth
from market_sim.strategies.learning.prices import SlowAverage, middle_of
from market_sim.strategies.traditional.taking import towards

POSITIONS = (-1, 0, 1)
"""Short of home, home, and long."""
MOST_STEPS = 3
STATES = (2 * MOST_STEPS + 1) * len(POSITIONS)


@dataclass
class QLearner(Learner):
    """Learns from its own gains when to be long, at home or short, by the distance of the price from its average."""

    step_bps: float = 20.0
    """The width of one step of the distance."""
    alpha: float = 0.1
    """The rate of learning of a state that is new; it falls with the number of visits."""
    gamma: float = 0.9
    """What a gain at the next look is worth now."""
    epsilon: float = 0.2
    """The share of choices by chance while it learns."""
    size: int = 20
    """The position that it takes."""
    memory: float = 60.0
    """How many looks the slow average reaches back."""
    _values: list[float] = field(default_factory=lambda: [0.0] * STATES * len(POSITIONS), init=False, repr=False)
    _visits: list[float] = field(default_factory=lambda: [0.0] * STATES * len(POSITIONS), init=False, repr=False)
    _average: SlowAverage = field(init=False, repr=False)
    _last: tuple[int, float] | None = field(default=None, init=False, repr=False)
    """The state with the action, and what the account was worth."""
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._average = SlowAverage(self.memory)
        if not 0 < self.alpha <= 1 or not 0 <= self.gamma < 1 or not 0 <= self.epsilon <= 1:
            raise InputError(f"alpha, gamma and epsilon lie between 0 and 1, found {self}")
        if self.step_bps <= 0 or self.size < 1 or self.memory < 1:
            raise InputError(f"step, size and memory are positive, found {self}")

    @property
    def knowledge(self) -> Knowledge:
        """The table of values, and how often each entry was visited."""
        return {"values": list(self._values), "visits": list(self._visits)}

    def know(self, knowledge: Mapping[str, Any]) -> None:
        """Take over a table."""
        self._values = numbers(knowledge, "values", STATES * len(POSITIONS))
        self._visits = numbers(knowledge, "visits", STATES * len(POSITIONS))

    def begin(self) -> None:
        """The next run begins with no past."""
        self._average, self._last, self._home = SlowAverage(self.memory), None, None

    def decide(self, view: View) -> Iterable[Intent]:
        """Learn from the last action, then choose the next position."""
        market = view[self.symbol]
        middle = middle_of(market)
        if middle is None or market.phase != "continuous":
            return
        self._home = market.position if self._home is None else self._home
        deviation = self._average.deviation_bps(middle)
        if deviation is None:
            return
        away = market.position - self._home
        held = (away > self.size // 2) - (away < -(self.size // 2))
        steps = max(-MOST_STEPS, min(MOST_STEPS, round(deviation / self.step_bps)))
        state = ((steps + MOST_STEPS) * len(POSITIONS) + held + 1) * len(POSITIONS)
        now = worth(view, market, middle, self._home)
        if self.learns and self._last is not None:
            self._learn(*self._last, state, now)
        choices = self._values[state : state + len(POSITIONS)]
        # Of equal values it takes the position that it has, so that an untrained learner does nothing.
        action = max(range(len(POSITIONS)), key=lambda one: (choices[one], one == held + 1))
        if self.learns and view.random.random() < self.epsilon:
            action = int(view.random.random() * len(POSITIONS))
        self._last = (state + action, now)
        yield from towards(view, market, self._home + POSITIONS[action] * self.size, self.size)

    def _learn(self, entry: int, before: float, state: int, now: float) -> None:
        self._visits[entry] += 1
        rate = max(self.alpha / 10, self.alpha / self._visits[entry] ** 0.5)
        ahead = max(self._values[state : state + len(POSITIONS)])
        gain = (now - before) / self.size
        self._values[entry] += rate * (gain + self.gamma * ahead - self._values[entry])
