"""What happens in a live market, counted by kind, and when each part of it was last active."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from market_sim.api.live.tape import Quote
from market_sim.core.english import counted
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    PhaseChanged,
    Trade,
)
from market_sim.core.models.run_events import AgentJoined
from market_sim.strategies.catalogue import MAKERS


class Component(msgspec.Struct, frozen=True):
    """One of the parts of the market that an operator watches."""

    name: str
    state: str
    """What it does now, in a few words."""
    last: int | None
    """The simulated time at which it was last active; None before the first time."""
    sentence: str


class Activity:
    """Counts of events, and the last time of each part."""

    def __init__(self) -> None:
        self.events: Counter[type[Event]] = Counter()
        self.refusals: Counter[str] = Counter()
        self.makers: dict[str, None] = {}
        self.last: dict[str, int] = {}
        self.effects: dict[type[Event], Callable[[Any], None]] = {
            AgentJoined: self._joined,
            OrderAccepted: self._accepted,
            OrderCancelled: self._changed,
            OrderAmended: self._changed,
            OrderRejected: self._refused,
            PhaseChanged: self._phase,
            Trade: self._traded,
        }

    def _joined(self, event: AgentJoined) -> None:
        if event.strategy in MAKERS:
            self.makers[event.agent] = None

    def _accepted(self, event: OrderAccepted) -> None:
        self.last["exchange"] = self.last["books"] = event.time
        if event.account in self.makers:
            self.last["makers"] = event.time

    def _changed(self, event: Event) -> None:
        self.last["books"] = event.time

    def _refused(self, event: OrderRejected) -> None:
        self.last["compliance"] = event.time
        self.refusals[event.reason] += 1

    def _phase(self, event: PhaseChanged) -> None:
        self.last["halts"] = event.time

    def _traded(self, event: Trade) -> None:
        self.last["exchange"] = self.last["liquidity"] = event.time


def components(activity: Activity, quotes: list[Quote], now: int, read: int, is_over: bool) -> list[Component]:
    """The seven parts: exchange, books, makers, liquidity, halts, compliance, dashboard."""
    events, last = activity.events, activity.last
    halted = [one.symbol for one in quotes if one.phase != "continuous"]
    sided = [one.symbol for one in quotes if one.bid is not None and one.ask is not None]
    refused = events[OrderRejected]
    orders = counted(events[OrderAccepted], "order")
    exchange = "over" if is_over else "halted" if quotes and len(halted) == len(quotes) else "open"
    liquidity = "two-sided" if len(sided) == len(quotes) else "partly" if sided else "none"
    makers = activity.makers
    bids, asks = sum(one.bid_size or 0 for one in quotes), sum(one.ask_size or 0 for one in quotes)
    waiting = ", ".join(halted) or "no book"
    parts = {
        "exchange": (exchange, f"{orders} accepted, {counted(events[Trade], 'trade')} matched"),
        "books": ("open" if quotes else "none", f"{counted(len(quotes), 'book')}, {len(sided)} with a bid and an ask"),
        "makers": (
            "quoting" if "makers" in last else "waiting" if makers else "none",
            counted(len(makers), "market maker"),
        ),
        "liquidity": (liquidity, f"{bids:,} wanted and {asks:,} offered at the best prices"),
        "halts": (f"{len(halted)} of {len(quotes)}" if halted else "none", f"not in continuous trading: {waiting}"),
        "compliance": ("checking", f"{counted(refused, 'intent')} refused"),
        "dashboard": ("reading", f"{counted(read, 'event')} read"),
    }
    times = {**last, "dashboard": now if read else None}
    return [Component(name, state, times.get(name), sentence) for name, (state, sentence) in parts.items()]
