"""The budget of the time of an order: its stages, modelled by a stack and measured with the orders of a run.

Until the match, stages are modelled and, as far as this program performs them, measured: the kernel by a pair of local
sockets, then the reading of JSON, the check of an order, and its placing. What follows the match is in the time of the
run (rulebook F-4.10).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from math import ceil
from statistics import fmean, median
from time import perf_counter_ns
from typing import Any, NamedTuple

import msgspec

from market_sim.analysis.history.spans import spans_of
from market_sim.analysis.results.result import Result
from market_sim.analysis.results.table import Table, columns
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import PlaceOrder
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.randomness import Randomness
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.venues.latency_budget import STAGES, drawn
from market_sim.simulation.engine.clock import Clock

MESSAGES = 10_000
"""The number of messages that are drawn."""
MEASURED = 2_000
"""The most orders that are measured."""
RICH = 10**15
NOTE = (
    "Times of stages are in microseconds; * marks the largest. Modelled, not performed: the numbers of a stack are "
    "assumptions. Measured on this\nmachine: risk is the check of an order by itself, match is its placing as a whole, "
    "which checks an ordinary order on a faster path."
)
HEAD = ("stage", "modelled mean", "p99", "measured median", "p99")
COLUMNS = columns(
    stage="what an order passes",
    modelled_mean_us="by the stack, in microseconds",
    modelled_p99_us="the 99th percentile of it",
    measured_median_us="on this machine; empty where this program does not perform the stage",
    measured_p99_us="the 99th percentile of it",
)
Measured = dict[str, list[int]]
Row = tuple[str, float, float, float | None, float | None]


class OrderBudget(NamedTuple):
    """The stages of the orders of one run."""

    stack: str
    paths: list[tuple[int, ...]]
    """How long each drawn message spends in each stage."""
    rows: list[Row]
    """Each stage: the modelled mean, the measured median, and the 99th percentile of each, in microseconds."""
    after: list[str]
    """What follows the match."""

    @property
    def table(self) -> Table:
        """The rows for a file."""
        return Table("budget", COLUMNS, self.rows)


def budget_of(result: Result, stack: str) -> OrderBudget:
    """Draw the stages of a stack, and measure those that this program performs; InputError without a limit order."""
    orders = list(islice((one for one in result.journal.of(OrderAccepted) if _is_plain(one.terms)), MEASURED))
    if not orders:
        raise InputError("a budget needs a run in which a limit order was accepted")
    paths = drawn(stack, MESSAGES, Randomness(result.seed).stream("latency budget"))
    modelled = {stage.name: [path[place] for path in paths] for place, stage in enumerate(STAGES)}
    return OrderBudget(stack, paths, rows(modelled, measured(orders)), after_the_match(result))


def rows(modelled: Measured, found: Measured) -> list[Row]:
    """A row for each stage: the modelled mean and the measured median with their 99th percentiles, in microseconds.

    A median, because what is measured includes the moments in which another program had the processor.
    """
    made: list[Row] = []
    for name, took in modelled.items():
        seen = found.get(name)
        own = (median(seen) / 1_000, rank(seen, 0.99) / 1_000) if seen else (None, None)
        made.append((name, fmean(took) / 1_000, rank(took, 0.99) / 1_000, *own))
    return made


def cells(made: Sequence[Row]) -> list[tuple[str, ...]]:
    """The rows as texts, with the largest mean and the largest median marked."""
    largest = max(row[1] for row in made), max(row[3] or 0.0 for row in made)
    return [
        (row[0], _written(row[1], largest[0]), _written(row[2]), _written(row[3], largest[1]), _written(row[4]))
        for row in made
    ]


def _written(value: float | None, largest: float | None = None) -> str:
    return "-" if value is None else f"{value:.2f}{'*' if value == largest else ''}"


def path_sentence(stack: str, paths: Sequence[tuple[int, ...]]) -> str:
    """The path of the message at the 99th percentile of all: each stage waits for the one before."""
    slow = sorted(paths, key=sum)[ceil(0.99 * len(paths)) - 1]
    parts = ", ".join(f"{stage.name} {took / 1_000:.2f}" for stage, took in zip(STAGES, slow, strict=True))
    worst = max(range(len(STAGES)), key=lambda place: slow[place])
    return (
        f"With the {stack} stack, one message of 100 takes {sum(slow) / 1_000:.2f} us or more until it is matched: "
        f"{parts}; {slow[worst] / sum(slow):.0%} of it is {STAGES[worst].name}."
    )


def after_the_match(result: Result) -> list[str]:
    """What follows a trade in the time of the run: the block that makes it final, and its payment."""
    told = []
    spans = spans_of(result)
    for name, words in (("block", "from the trade until it is final"), ("settle", "from there until it is paid")):
        took = [one.end - one.start for one in spans if one.name == name and one.end is not None]
        if took:
            mean, late = fmean(took) / 1e9, rank(took, 0.99) / 1e9
            told.append(f"{name}: {words} {mean:.3f} s of the run on average, {late:.3f} s at the 99th percentile")
    return told


def measured(orders: Sequence[OrderAccepted]) -> Measured:
    """What this program takes for the stages that it performs, in nanoseconds for each order."""
    exchange = Exchange(Clock(), Journal())
    for symbol in sorted({one.terms.symbol for one in orders}):
        exchange.list(Stock(symbol))
    for name in sorted({one.account for one in orders}):
        exchange.ledger.open_account(name)
        for asset in ("USD", *sorted({one.terms.symbol for one in orders})):
            exchange.ledger.deposit(name, asset, RICH)
    reader, writer = socket.socketpair()
    decode = msgspec.json.Decoder(PlaceOrder).decode

    def exchanged(text: bytes) -> bytes:
        writer.sendall(text)
        return reader.recv(len(text))

    found: Measured = {name: [] for name in ("kernel", "parse", "risk", "match")}
    with reader, writer:
        for one in orders:
            terms = msgspec.structs.replace(one.terms, venue="", client_id=None)
            sent = msgspec.json.encode(terms)
            received = _timed(found["kernel"], exchanged, sent)
            order = _timed(found["parse"], decode, received)
            _timed(found["risk"], partial(exchange.check, one.account), order)
            _timed(found["match"], partial(exchange.submit, one.account), order)
    return found


def rank(values: Sequence[int], share: float) -> int:
    """The value of rank share · n, rounded up."""
    return sorted(values)[ceil(share * len(values)) - 1]


def _timed(times: list[int], work: Callable[[Any], Any], given: Any) -> Any:
    began = perf_counter_ns()
    done = work(given)
    times.append(perf_counter_ns() - began)
    return done


def _is_plain(terms: PlaceOrder) -> bool:
    return terms.limit is not None and terms.conditions is None
