"""Watching the program: the seven parts of the market, health, and counters for Prometheus.

The counters are those of the journal: a sum that differs from it would be a second truth.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from market_sim.api.access import Access
from market_sim.api.live.activity import Component
from market_sim.api.rest.document import described
from market_sim.api.rest.guard import access
from market_sim.api.rest.refusals import answer
from market_sim.api.stream.opening import OpenStream
from market_sim.core.english import counted
from market_sim.core.units import SECOND

routes = Blueprint("rest_watch", __name__)


class Part(msgspec.Struct, frozen=True):
    """A part of the program, and whether it works."""

    name: str
    ok: bool
    sentence: str


class Health(msgspec.Struct, frozen=True):
    """Whether the program works, and how much it carries."""

    ok: bool
    parts: tuple[Part, ...]
    capacity: str
    """What it carries, in one line."""


@routes.get("/api/status")
@described("Watching", list[Component])
def status() -> Response:
    """The seven parts of the market: exchange, books, makers, liquidity, halts, compliance, dashboard."""
    return answer(access().state.components())


@routes.get("/health")
@described("Watching", Health, 503)
def health() -> Response:
    """Whether the program works: 200, or 503 with the part that does not."""
    live: Access | None = current_app.extensions.get("live")
    parts = (Part("site", True, "answers"), *(_parts(live) if live is not None else ()))
    is_well = all(part.ok for part in parts)
    carried = "no live market"
    if live is not None:
        members, accounts = len(live.members.everybody()), len(live.state.accounts)
        carried = (
            f"{counted(live.state.catch_up(), 'event')}, {counted(accounts, 'account')}, {counted(members, 'member')}; "
            f"{live.market.now / SECOND:,.1f} s of simulated time"
        )
    return answer(Health(is_well, parts, carried), 200 if is_well else 503)


def _parts(live: Access) -> Iterator[Part]:
    market = live.market
    if market.broken is not None:
        yield Part("market", False, "a mistake of this program has ended it; the terminal has the details")
    elif market.is_over:
        yield Part("market", True, "has ended")
    else:
        is_alive = market.is_running
        yield Part("market", is_alive, "goes on" if is_alive else "has not started")
    yield Part("store", not market.not_stored, market.not_stored or "has what happened")
    stream: OpenStream | None = current_app.config.get("STREAM")
    if stream is not None:
        told = f"has {counted(stream.counted.clients, 'client')}" if not stream.is_broken else "its process has ended"
        yield Part("stream", not stream.is_broken, told)
    try:
        live.members.find("nobody")
    except Exception as problem:
        yield Part("members", False, f"cannot be looked up ({type(problem).__name__})")
    else:
        yield Part("members", True, "can be looked up")


@routes.get("/metrics")
def metrics() -> Response:
    """Counters and gauges in the text format of Prometheus."""
    registry = CollectorRegistry()
    live: Access | None = current_app.extensions.get("live")
    registry.register(_Collector(live, current_app.config.get("STREAM")))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Collector:
    """The metrics of a live market, read from its state at the moment of the question."""

    def __init__(self, live: Access | None, stream: OpenStream | None) -> None:
        self._live, self._stream = live, stream

    def collect(self) -> Iterator[Metric]:
        """Every metric."""
        yield GaugeMetricFamily("market_open", "Whether a live market is open", value=_is_open(self._live))
        if self._live is None:
            return
        state, market = self._live.state, self._live.market
        kinds, refusals = state.counts()
        events = CounterMetricFamily("market_events", "Events of the journal", labels=["kind"])
        for kind, count in sorted(kinds.items()):
            events.add_metric([kind], count)
        yield events
        refused = CounterMetricFamily("market_refusals", "Intents that the exchange refused", labels=["reason"])
        for reason, count in sorted(refusals.items()):
            refused.add_metric([reason], count)
        yield refused
        traded = CounterMetricFamily("market_volume", "Quantity traded", labels=["book"])
        for symbol in state.symbols():
            traded.add_metric([symbol], state.quote(symbol).volume)
        yield traded
        clocks = GaugeMetricFamily("market_entries", "Entries by clock", labels=["clock"])
        for clock, count in msgspec.structs.asdict(state.clocks()).items():
            clocks.add_metric([clock], count)
        yield clocks
        yield GaugeMetricFamily("market_simulated_seconds", "Simulated time", value=market.now / SECOND)
        yield GaugeMetricFamily("market_members", "Members", value=len(self._live.members.everybody()))
        if self._stream is not None:
            yield from of_stream(self._stream)


def of_stream(stream: OpenStream) -> Iterator[Metric]:
    """What the stream has counted; at most a second old."""
    found = stream.counted
    yield GaugeMetricFamily("market_stream_clients", "Clients of the stream", value=found.clients)
    yield GaugeMetricFamily("market_stream_behind", "Events that the stream has not been sent", value=stream.behind)
    messages = CounterMetricFamily("market_stream_messages", "Messages of the stream", labels=["fate"])
    messages.add_metric(["sent"], found.sent)
    messages.add_metric(["dropped"], found.dropped)
    yield messages
    connections = CounterMetricFamily("market_stream_connections", "Connections to the stream", labels=["fate"])
    for fate in ("connected", "resumable", "blocked", "refused"):
        connections.add_metric([fate], getattr(found, fate))
    yield connections


def _is_open(live: Access | None) -> int:
    return int(live is not None and not live.market.is_over)
