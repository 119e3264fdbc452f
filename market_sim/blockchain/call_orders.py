"""The orders in which a leader can put the calls of contracts into its block: this is the leader's power.

Entries have an order of their own; calls have none, so the leader chooses. An order is any function, or object to be
called, that gets the waiting calls in the order of their arrival and returns those to put in, in their order. A student
writes one and hands it to `world.validators(call_order=...)`:

    class CheapestFirst:
        def __call__(self, calls):
            return sorted(calls, key=lambda call: call.arguments[0])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.models.settlement_events import CallSubmitted

Arrange = Callable[[list[CallSubmitted]], Sequence[CallSubmitted]]


def as_heard(calls: list[CallSubmitted]) -> list[CallSubmitted]:
    """The order of arrival, which honest leaders use."""
    return calls


def newest_first(calls: list[CallSubmitted]) -> list[CallSubmitted]:
    """The reverse order: a call that depends on an earlier one of the same block comes before it and fails."""
    return calls[::-1]


@dataclass(frozen=True)
class FrontRun:
    """The calls of an accomplice come before all others."""

    accomplice: str

    def __call__(self, calls: list[CallSubmitted]) -> list[CallSubmitted]:
        """Its calls first, the others as they arrived."""
        return sorted(calls, key=lambda call: call.account != self.accomplice)


@dataclass(frozen=True)
class Sandwich:
    """The purchases of an accomplice come before all other calls, and its sales after them."""

    accomplice: str

    def __call__(self, calls: list[CallSubmitted]) -> list[CallSubmitted]:
        """Its purchases, the others as they arrived, its sales."""
        return sorted(calls, key=self._place)

    def _place(self, call: CallSubmitted) -> int:
        if call.account != self.accomplice:
            return 1
        return 2 if call.function == "sell" else 0


CALL_ORDERS: dict[str, Arrange] = {"arrival": as_heard, "reversed": newest_first}
"""The orders that have a name. No call offers a fee, so none can be ordered by fees."""


def arranged(arrange: Arrange, calls: list[CallSubmitted]) -> list[int]:
    """The numbers of the calls that a leader puts into its block; InputError for what was not among them."""
    waiting = {call.call for call in calls}
    made: object = arrange(list(calls))
    if not isinstance(made, Iterable):
        raise InputError(f"an order of calls returns a list of calls that wait, found {made!r:.60}")
    chosen: list[CallSubmitted] = []
    for one in made:
        if not isinstance(one, CallSubmitted):
            raise InputError(f"an order of calls returns calls that wait, found {one!r:.60} among them")
        chosen.append(one)
    numbers = [one.call for one in chosen if one.call in waiting]
    if len(numbers) != len(chosen) or len(set(numbers)) != len(numbers):
        found = [one.call for one in chosen]
        raise InputError(f"an order of calls returns calls that wait, each once; of {sorted(waiting)} it made {found}")
    return numbers
