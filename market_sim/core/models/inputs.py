"""Inputs: what comes into a run from outside, by a person, a page or a program, and how the journal writes it down.

A run is a function of its scenario, its seed and its inputs. An input is recorded before it takes effect, with the
place in the run at which it came, so that a live session can be played again from its journal.

>>> event = received(1_500, 42, "alice", Cancel(7))
>>> event.kind, event.terms
('Cancel', {'order': 7})
>>> wish(event)
Cancel(order=7)
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Cancel, Intent
from market_sim.core.models.run_events import InputReceived

__all__ = ["Cancel", "Input", "Pause", "Resume", "received", "wish"]

OPERATOR = ""
"""The sender of what is asked of the market as a whole; no account has an empty name."""


class Pause(msgspec.Struct, frozen=True, gc=False):
    """Stop trading, in one instrument or (without a symbol) in all that trade; orders can still be cancelled."""

    symbol: str | None = None


class Resume(msgspec.Struct, frozen=True, gc=False):
    """End a pause: collect orders for so long, then let everybody trade at the price of one auction."""

    symbol: str | None = None
    call_ms: int = 500


Input = Intent | Pause | Resume

KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Input)}


def received(time: int, step: int, sender: str, thing: Input) -> InputReceived:
    """The event that records an input; whatever a journal could not give back is refused."""
    kind = type(thing).__name__
    if KINDS.get(kind) is not type(thing):
        raise InputError(f"expected one of {', '.join(KINDS)}, found {thing!r}")
    try:
        event = InputReceived(time, step, sender, kind, msgspec.to_builtins(thing))
        intact = wish(event) == thing
    except (msgspec.ValidationError, TypeError, OverflowError) as error:
        raise InputError(f"{kind}: {error}") from None
    if not intact:
        raise InputError(f"{kind}: {thing!r} would not be the same when it is read again")
    return event


def wish(event: InputReceived) -> Input:
    """What was asked for, read from its event."""
    thing: Input = msgspec.convert(event.terms, KINDS[event.kind])
    return thing
