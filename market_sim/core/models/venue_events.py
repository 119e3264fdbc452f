"""Events of venues: their terms, what was measured on the way to them, outages, broken connections."""

from __future__ import annotations

from market_sim.core.models.market_events import MarketEvent


class VenueOpened(MarketEvent, frozen=True):
    """A venue with terms of its own opens; what is listed there follows."""

    venue: str
    kind: str
    maker: int
    """The maker's fee in millionths of the value traded; negative for a rebate."""
    taker: int
    mean_ns: int
    """The mean latency of a message to it."""
    p99_ns: int
    """The 99th percentile of that latency."""
    share_bps: int
    """Its share of the background flow."""
    reliability_bps: int
    """How many of 10,000 messages reach it."""


class VenueMeasured(MarketEvent, frozen=True):
    """What was measured on the way to a venue since the run began."""

    venue: str
    messages: int
    """Messages that were sent."""
    failed: int
    """Those of them that did not reach it, or found it down."""
    held_back: int
    """Messages that were not sent, because the connection was broken."""
    mean_ns: int
    p99_ns: int


class MessageTimed(MarketEvent, frozen=True):
    """A message leaves a participant that has a stack: how long it spends in each stage before its orders can match."""

    account: str
    stack: str
    stages: tuple[int, ...]
    """Nanoseconds on the network card, in the kernel, parsing, in the risk check and matching."""


class RoutePlanned(MarketEvent, frozen=True):
    """A router divided what it wants now among the venues; the orders follow, one for each part."""

    account: str
    symbol: str
    side: int
    quantity: int
    algorithm: str
    parts: tuple[tuple[str, int, int], ...]
    """The venue, the quantity and the limit of each; they and `left` add up to the quantity."""
    left: int
    """What no venue shows within the limit."""
    cost: int
    """What the parts should cost with their fees, or bring less their fees, in the smallest unit of the currency."""
    reason: str
    """Why now: a slice is due, or what became of the last plan."""


class OutageBegan(MarketEvent, frozen=True):
    """A venue is down: it answers nothing, and its orders wait as they are."""

    venue: str
    until: int


class OutageEnded(MarketEvent, frozen=True):
    """A venue answers again."""

    venue: str


class VenueHealthChanged(MarketEvent, frozen=True):
    """The connection to a venue broke (OPEN), is probed (HALF_OPEN), or works again (CLOSED)."""

    venue: str
    status: str
    failures: int
    """The number of failures in a row."""
