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
from typing import NamedTuple

from market_sim.core.models.intents import Intent
from market_sim.market.agents.view import View


class OnReport(NamedTuple):
    """Wake up when there is a new report in the mailbox."""


class OnTrade(NamedTuple):
    """Wake up when this instrument was traded."""

    symbol: str


class OnQuote(NamedTuple):
    """Wake up when the best bid or the best ask of this instrument has changed."""

    symbol: str


Waking = OnReport | OnTrade | OnQuote


class WakeAt(NamedTuple):
    """Yielded by `decide` beside its intents: wake up once more at this time of the clock, in nanoseconds."""

    time: int


class Strategy(ABC):
    """Decides what to ask the exchange for, each time its agent wakes up."""

    @abstractmethod
    def decide(self, view: View) -> Iterable[Intent | WakeAt]:
        """Look at the market and yield what you want; the exchange accepts or refuses it."""

    def wakes(self) -> Iterable[Waking]:
        """What else it wakes up for, beside its rhythm; asked once, before the market opens."""
        return ()
