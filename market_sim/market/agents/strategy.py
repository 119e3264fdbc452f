"""The strategy: how a participant decides. This is the class that a student writes.

@dataclass
class BuyTheDip(Strategy):
    window: int = 5

    def decide(self, view):
        recent = view["ACME"].prices[-self.window:]
        if len(recent) == self.window and recent[-1] < mean(recent) - 1:
            yield Buy("ACME", quantity=1, limit=recent[-1] + 1)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from market_sim.core.models.intents import Intent
from market_sim.market.agents.view import View


class Strategy(ABC):
    """Decides what to ask the exchange for, each time its agent wakes up."""

    @abstractmethod
    def decide(self, view: View) -> Iterable[Intent]:
        """Look at the market and yield what you want; the exchange accepts or refuses it."""
