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
from copy import copy
from dataclasses import Field, FrozenInstanceError, fields, is_dataclass, replace
from typing import Any, ClassVar, NamedTuple

from market_sim.core.errors import InputError
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


Parameters = dict[str, "int | float | str | bool | None"]
"""Parameters by name, as far as they are plain values."""


class Adapted(NamedTuple):
    """A note for the journal, yielded by `decide` beside its intents: the strategy changed one of its parameters."""

    parameter: str
    before: float
    after: float
    reason: str
    """The rule and the figures behind it."""


class Routed(NamedTuple):
    """A note for the journal, yielded by `decide` before the orders of a plan that divides them among venues."""

    symbol: str
    side: int
    quantity: int
    algorithm: str
    parts: tuple[tuple[str, int, int], ...]
    left: int
    cost: int
    reason: str


Remark = WakeAt | Adapted | Routed
"""What `decide` may yield beside its intents: an alarm, or something for the journal."""


class Strategy(ABC):
    """Decides what to ask of the exchange each time its agent wakes up."""

    __slots__ = ()

    makes_markets: ClassVar[bool] = False
    """Whether it quotes both sides for others: the rules of a market give its account the role of a market maker."""

    @abstractmethod
    def decide(self, view: View) -> Iterable[Intent | Remark]:
        """Look at the market and yield what you want; the exchange accepts or refuses it."""

    def wakes(self) -> Iterable[Waking]:
        """Further events that wake it up, beside its interval; read once, before the market opens."""
        return ()

    def described(self) -> tuple[str, Parameters]:
        """Its name and its plain parameters, for the journal."""
        return type(self).__name__, plain_parameters(self)


def plain_parameters(strategy: Strategy) -> Parameters:
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
    told: Parameters = {}
    known: tuple[Field[Any], ...] = fields(strategy) if is_dataclass(strategy) else ()
    for field in known:
        value = getattr(strategy, field.name, None)
        if field.init and not field.name.startswith("_") and isinstance(value, int | float | str | None):
            is_large = isinstance(value, int | float) and not abs(value) < LARGEST  # nor is it "not a number"
            told[field.name] = str(value) if is_large else value
    return told


def tuned(strategy: Strategy, parameter: str, value: int | float | str | bool | None) -> Strategy:
    """A copy of a strategy with one parameter changed, and with all that it has learned; the original stays as it is.

    The value is of the kind of the present one, and one with which the strategy can be made.
    """
    kind, known = type(strategy).__name__, plain_parameters(strategy)
    if parameter not in known:
        raise InputError(f"{kind} has no parameter {parameter!r}; it has {', '.join(known) or 'none'}")
    present = known[parameter]
    if not _is_like(value, present):
        raise InputError(f"{kind}: {parameter} is {present!r}, and the new value is of the same kind, found {value!r}")
    try:
        # Made anew only to see whether its own checks accept the value: what it has learned would be lost.
        made = replace(strategy, **{parameter: value})  # type: ignore[type-var]
    except Exception as refused:
        raise InputError(f"{kind} cannot have {parameter} {value!r}: {refused}") from None
    other = copy(strategy)
    try:
        setattr(other, parameter, getattr(made, parameter))
    except FrozenInstanceError:
        return made
    return other


def _is_like(value: object, present: object) -> bool:
    """Whether a value can take the place of the present one: whole numbers and fractions may change places."""
    if isinstance(value, bool) or isinstance(present, bool):
        return isinstance(value, bool) and isinstance(present, bool)
    if present is None:
        return value is None or isinstance(value, int | float)
    return isinstance(value, type(present)) or (isinstance(value, int) and isinstance(present, float))
