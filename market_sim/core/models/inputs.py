"""Inputs: what a person, a page or a program sends into a run from outside: intents, credits, pauses and changes.

A run is a function of its scenario, its seed and its inputs. An input is recorded before it takes effect, with its
place in the run, so that a live session can be replayed from its journal.

>>> event = received(1_500, 42, "alice", Cancel(7))
>>> event.kind, event.terms
('Cancel', {'order': 7})
>>> input_of(event)
Cancel(order=7)
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Cancel, Intent
from market_sim.core.models.run_events import InputReceived

__all__ = [
    "Cancel",
    "Credit",
    "GrantAppeal",
    "Input",
    "Join",
    "Leave",
    "Pause",
    "Resume",
    "Shock",
    "StartCompetition",
    "Tune",
    "input_of",
    "received",
]

OPERATOR = ""
"""The sender of an input to the market as a whole; no account has an empty name."""
BY_HAND = "by hand"
"""What stands in the place of a strategy where a person or another program decides."""


class Pause(msgspec.Struct, frozen=True, gc=False):
    """Halt trading in one instrument or, without a symbol, in all of them; orders can still be cancelled."""

    symbol: str | None = None


class Resume(msgspec.Struct, frozen=True, gc=False):
    """End a pause with a call auction: collect orders for `call_ms`, then trade at one price."""

    symbol: str | None = None
    call_ms: int = 500


class Credit(msgspec.Struct, frozen=True, gc=False):
    """Bring cash or holdings from outside into the sender's account; the operator may, without a wallet on a chain."""

    asset: str
    amount: int


class Leave(msgspec.Struct, frozen=True, gc=False):
    """End the participation of the sender: its open orders are cancelled, its holdings stay in its account."""


class Tune(msgspec.Struct, frozen=True, gc=False):
    """Change one parameter of the sender's strategy; what the strategy has learned so far stays."""

    parameter: str
    value: int | float | str | bool | None


class Join(msgspec.Struct, frozen=True, gc=False):
    """Open an account for the sender, a person or a program outside, with cash by currency and holdings by symbol."""

    cash: dict[str, int] = {}
    holdings: dict[str, int] = {}


class Shock(msgspec.Struct, frozen=True, gc=False):
    """Move the believed value of an instrument by some percent, as a shock of the scenario would."""

    symbol: str
    percent: float


class StartCompetition(msgspec.Struct, frozen=True, gc=False):
    """Begin the competition of a class: what accounts gained before was practice, and counts for nothing."""


class GrantAppeal(msgspec.Struct, frozen=True, gc=False):
    """Lift a measure against an account, as the instructor: its fine is returned, and the offence no longer counts."""

    measure: int


Input = Intent | Pause | Resume | Credit | Leave | Tune | Join | Shock | StartCompetition | GrantAppeal

KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Input)}


def received(time: int, step: int, sender: str, thing: Input) -> InputReceived:
    """The event that records an input; an input that a journal could not restore is refused."""
    kind = type(thing).__name__
    if KINDS.get(kind) is not type(thing):
        raise InputError(f"expected one of {', '.join(KINDS)}, found {thing!r}")
    try:
        event = InputReceived(time, step, sender, kind, msgspec.to_builtins(thing))
        intact = input_of(event) == thing
    except (msgspec.ValidationError, TypeError, OverflowError) as error:
        raise InputError(f"{kind}: {error}") from None
    if not intact:
        raise InputError(f"{kind}: {thing!r} would not be the same when it is read again")
    return event


def input_of(event: InputReceived) -> Input:
    """The input that an event recorded."""
    thing: Input = msgspec.convert(event.terms, KINDS[event.kind])
    return thing
