"""A learner: a strategy whose knowledge outlives a run. What it has learned is plain data, to be stored and loaded.

With `learns` it explores and changes its knowledge; without, it uses what it knows. It only sees its view: rewards are
changes of what its own account is worth, known when they are, and never prices that come later.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from market_sim.core.errors import InputError
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import InstrumentView, View

Knowledge = dict[str, list[float]]
"""What a learner knows: lists of numbers by name."""


@dataclass
class Learner(Strategy):
    """A strategy that can learn, and be given what another one has learned."""

    symbol: str = "ACME"
    learns: bool = False
    """Whether it explores and changes what it knows."""

    @property
    @abstractmethod
    def knowledge(self) -> Knowledge:
        """What it knows, as plain numbers."""

    @abstractmethod
    def know(self, knowledge: Mapping[str, Any]) -> None:
        """Take over what was learned before."""

    @abstractmethod
    def begin(self) -> None:
        """Forget the run, not the knowledge: the next run begins."""


def worth(view: View, market: InstrumentView, middle: float, home: int) -> float:
    """Cash, what open bids hold back, and at the middle what its position is more than at home.

    What it began with is left out: the luck of those holdings teaches nothing about its actions.
    """
    waiting = sum(order.limit * order.remaining for order in view.orders if order.side > 0)
    return view.cash + waiting + (market.position - home) * middle


def numbers(knowledge: Mapping[str, Any], name: str, count: int) -> list[float]:
    """A list of this length from stored knowledge; InputError when it is not there."""
    found = knowledge.get(name)
    if not isinstance(found, list) or len(found) != count or not all(type(one) in (int, float) for one in found):
        raise InputError(f"the knowledge needs {count} numbers under {name!r}, found {str(found)[:60]}")
    return [float(one) for one in found]
