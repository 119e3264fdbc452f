"""The strategy: decides for a participant. This is the class that a student writes.

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
from dataclasses import Field, fields, is_dataclass
from typing import Any, NamedTuple

from market_sim.core.models.intents import Intent
from market_sim.market.agents.view import View

LARGEST = 2**63
"""Numbers from here on do not fit into a journal."""


class OnReport(NamedTuple):
    """Wake up on a new report in the mailbox."""


class OnTrade(NamedTuple):
    """Wake up on a trade in this instrument."""

    symbol: str


class OnQuote(NamedTuple):
    """Wake up on a change of the best bid or the best ask of this instrument."""

    symbol: str


Waking = OnReport | OnTrade | OnQuote


class WakeAt(NamedTuple):
    """An alarm, yielded by `decide` beside its intents: wake up at this time of the clock, in nanoseconds."""

    time: int


class Strategy(ABC):
    """Decides what to ask of the exchange each time its agent wakes up."""

    __slots__ = ()

    @abstractmethod
    def decide(self, view: View) -> Iterable[Intent | WakeAt]:
        """Look at the market and yield what you want; the exchange accepts or refuses it."""

    def wakes(self) -> Iterable[Waking]:
        """Further events that wake it up, beside its interval; read once, before the market opens."""
        return ()


def plain_parameters(strategy: Strategy) -> dict[str, int | float | str | bool | None]:
    """The parameters that a strategy was made with, as far as they are numbers, texts and truths.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class BuyTheDip(Strategy):
    ...     window: int = 5
    ...     curve: tuple[int, ...] = ()
    ...     def decide(self, view):
    ...         return ()
    >>> plain_parameters(BuyTheDip())
    {'window': 5}
    """
    told: dict[str, int | float | str | bool | None] = {}
    known: tuple[Field[Any], ...] = fields(strategy) if is_dataclass(strategy) else ()
    for field in known:
        value = getattr(strategy, field.name, None)
        if field.init and not field.name.startswith("_") and isinstance(value, int | float | str | None):
            is_large = isinstance(value, int | float) and not abs(value) < LARGEST  # nor is it "not a number"
            told[field.name] = str(value) if is_large else value
    return told
