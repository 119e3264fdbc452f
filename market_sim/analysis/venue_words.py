"""The sentences for the events of venues: terms, measurements, outages, broken connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from market_sim.analysis.words import Words
from market_sim.core.english import counted, listed
from market_sim.core.models import venue_events as happened
from market_sim.core.models.event import Event
from market_sim.core.models.intents import SIDE_NAMES

STATUSES = {
    "OPEN": "is broken: nothing is sent until a probe is answered",
    "HALF_OPEN": "is probed with one message",
    "CLOSED": "works again",
}


def in_ms(duration_ns: int) -> str:
    """A latency as people read it."""
    return f"{duration_ns / 1e6:.2f} ms"


def _opened(w: Words, e: happened.VenueOpened) -> str:
    return (
        f"the {e.kind} {e.venue} opens: makers pay {e.maker / 100:g} bps and takers {e.taker / 100:g}, a message takes "
        f"{in_ms(e.mean_ns)} on average and {in_ms(e.p99_ns)} at the 99th percentile, {e.reliability_bps / 100:g} % of "
        f"messages reach it, and it gets {e.share_bps / 100:g} % of the background flow"
    )


def _measured(w: Words, e: happened.VenueMeasured) -> str:
    return (
        f"so far {counted(e.messages, 'message')} went to {e.venue} in {in_ms(e.mean_ns)} on average and "
        f"{in_ms(e.p99_ns)} at the 99th percentile; {e.failed:,} failed and {e.held_back:,} were held back"
    )


def _timed(w: Words, e: happened.MessageTimed) -> str:
    return f"a message of {e.account} spends {sum(e.stages) / 1_000:.2f} us in the {e.stack} stack of its machine"


def _planned(w: Words, e: happened.RoutePlanned) -> str:
    side = SIDE_NAMES.get(e.side, "trade")
    parts = listed([f"{w.size(e.symbol, quantity)} to {venue}" for venue, quantity, _ in e.parts])
    return (
        f"{e.account} divides an order to {side} {w.size(e.symbol, e.quantity)} {e.symbol} by "
        f"{e.algorithm}: {parts} ({e.reason})"
    )


def _health(w: Words, e: happened.VenueHealthChanged) -> str:
    told = f"the connection to {e.venue} {STATUSES.get(e.status, e.status)}"
    return f"after {counted(e.failures, 'failure')} in a row {told}" if e.failures else told


SENTENCES: dict[type[Event], Callable[[Words, Any], str]] = {
    happened.VenueOpened: _opened,
    happened.VenueMeasured: _measured,
    happened.MessageTimed: _timed,
    happened.RoutePlanned: _planned,
    happened.OutageBegan: lambda w, e: f"{e.venue} is down and answers nothing until {e.until / 1e9:.3f} s",
    happened.OutageEnded: lambda w, e: f"{e.venue} answers again",
    happened.VenueHealthChanged: _health,
}
