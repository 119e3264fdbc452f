"""The spans of a run: each order as a tree of what followed from it, with the start and end of each part.

    order        from its acceptance until nothing of it is left
      match      the trade that it made by arriving; an instant, with a link to the order that waited
        block    from the trade until the block that holds it is final
          settle from there until the chain has paid it out, if the run settles on one

The file has the form of OpenTelemetry's JSON (OTLP), so any viewer of traces reads it, and no service is needed. Times
are nanoseconds of the run's clock. Ids are made from the run's fingerprint: the same run has the same spans.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from market_sim.analysis.results.result import Result
from market_sim.analysis.words import Words
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.core.units import SECOND
from market_sim.core.version import VERSION

INTERNAL = 1
"""OpenTelemetry's kind of a span inside one program."""


@dataclass(frozen=True)
class Span:
    """One part of what became of an order."""

    name: str
    number: int
    """The number of the order or of the trade."""
    parent: Span | None
    start: int
    end: int | None
    """None while it has not ended with the run."""
    facts: dict[str, int | str]
    waited: int | None = None
    """For a match: the order that waited."""

    @property
    def root(self) -> Span:
        """The order that it belongs to."""
        return self if self.parent is None else self.parent.root

    @property
    def depth(self) -> int:
        """How far below its order it is."""
        return 0 if self.parent is None else self.parent.depth + 1


def spans_of(result: Result) -> list[Span]:
    """All spans, each order with its own ones after it."""
    proposed = {row["epoch"]: row for row in result.blocks if row["finalized"] is not None}
    trades: dict[Any, list[dict[str, Any]]] = {}
    for trade in result.trades:
        trades.setdefault(trade["taker_order"], []).append(trade)
    pays = any(result.journal.of(SettlementOpened))
    found: list[Span] = []
    for row in result.orders:
        facts = {name: row[name] for name in ("account", "symbol", "side", "quantity", "limit", "status", "reason")}
        order = Span("order", _int(row["order"]), None, _int(row["time"]), _maybe(row["ended"]), _told(facts))
        found.append(order)
        for trade in trades.get(row["order"], ()):
            found.extend(_match(order, trade, proposed, pays))
    return found


def _match(order: Span, trade: dict[str, Any], proposed: dict[Any, dict[str, Any]], pays: bool) -> Iterator[Span]:
    number, time = trade["trade"], trade["time"]
    facts = {name: trade[name] for name in ("symbol", "price", "quantity", "maker", "taker")}
    match = Span("match", number, order, time, time, _told(facts), trade["maker_order"])
    yield match
    held = proposed.get(trade["epoch"], {})
    place = {name: held.get(name) for name in ("epoch", "height", "proposer", "block", "proposed", "notarized")}
    block = Span("block", number, match, time, trade["finalized"], _told(place))
    yield block
    if trade["finalized"] is not None and pays:
        yield Span("settle", number, block, trade["finalized"], trade["settled"], {})


def _told(facts: dict[str, Any]) -> dict[str, int | str]:
    return {name: value for name, value in facts.items() if value is not None}


def _int(value: Any) -> int:
    return int(value)


def _maybe(value: Any) -> int | None:
    return None if value is None else int(value)


# ---- as a file --------------------------------------------------------------------------------------------------


def document(result: Result, found: Iterable[Span]) -> dict[str, Any]:
    """The spans in the form of OTLP's JSON; one that has not ended has the end of the run and says so."""
    run, end = result.fingerprint, result.journal[-1].time
    resource: dict[str, int | str] = {
        "service.name": "market-sandbox",
        "scenario": result.scenario,
        "seed": result.seed,
        "fingerprint": run,
    }
    scope = {"name": "market_sim", "version": VERSION}
    spans = [_encoded(run, end, span) for span in found]
    return {
        "resourceSpans": [
            {"resource": {"attributes": _attributes(resource)}, "scopeSpans": [{"scope": scope, "spans": spans}]}
        ]
    }


def _encoded(run: str, end: int, span: Span) -> dict[str, Any]:
    facts = span.facts if span.end is not None else {**span.facts, "unfinished": "yes"}
    told: dict[str, Any] = {
        "traceId": _trace(run, span.root.number),
        "spanId": _id(run, span.name, span.number),
        "name": f"{span.name} {span.number}",
        "kind": INTERNAL,
        "startTimeUnixNano": str(span.start),
        "endTimeUnixNano": str(end if span.end is None else span.end),
        "attributes": _attributes(facts),
    }
    if span.parent is not None:
        told["parentSpanId"] = _id(run, span.parent.name, span.parent.number)
    if span.waited is not None:
        told["links"] = [{"traceId": _trace(run, span.waited), "spanId": _id(run, "order", span.waited)}]
    return told


def _attributes(facts: dict[str, int | str]) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)}}
        for name, value in facts.items()
    ]


def _trace(run: str, order: int) -> str:
    return hashlib.sha256(f"{run} trace of order {order}".encode()).hexdigest()[:32]


def _id(run: str, name: str, number: int) -> str:
    return hashlib.sha256(f"{run} {name} {number}".encode()).hexdigest()[:16]


# ---- as a tree --------------------------------------------------------------------------------------------------


def tree(found: Iterable[Span], words: Words) -> list[str]:
    """The spans as an indented tree, each with its start and how long it took."""
    lines = []
    for span in found:
        took = "not ended" if span.end is None else f"{(span.end - span.start) / SECOND:.3f} s"
        what = f"{'  ' * span.depth}{span.name} {span.number}"
        lines.append(f"{what:<22} {span.start / SECOND:>9.3f} s  {took:>10}  {_sentence(span, words)}".rstrip())
    return lines


def _sentence(span: Span, words: Words) -> str:
    facts = span.facts
    symbol = str(facts.get("symbol", ""))
    if span.name == "order":
        limit = f"at {words.price(symbol, int(facts['limit']))}" if "limit" in facts else "at the market"
        what = f"{facts['side']} {words.size(symbol, int(facts['quantity']))} {symbol} {limit}"
        return f"{facts['account']}: {what}, {facts['status']}"
    if span.name == "match":
        price = words.price(symbol, int(facts["price"]))
        return f"{words.size(symbol, int(facts['quantity']))} {symbol} at {price} with {facts['maker']}"
    if span.name == "block":
        if span.end is None:
            return "in no final block"
        return f"final in the block of epoch {facts['epoch']}, proposed by {facts['proposer']}"
    return "paid out by the chain" if span.end is not None else "not paid out"


def slowest(found: Iterable[Span]) -> int | None:
    """The number of the order whose trade took longest to be final, or settled where the run settles."""
    ended = [span for span in found if span.name in ("settle", "block") and span.end is not None]
    settled = [span for span in ended if span.name == "settle"] or ended

    def took(span: Span) -> int:
        match = span.parent.parent if span.name == "settle" and span.parent else span.parent
        return (span.end or 0) - (match.start if match else 0)

    return max(settled, key=took).root.number if settled else None


def of_order(found: Iterable[Span], order: int) -> list[Span]:
    """The spans of one order."""
    return [span for span in found if span.root.number == order]
