"""The budget of the time of an order: its stages until the chain has paid it, simulated and measured.

Until the match, stages are those of a stack: as the messages of the run passed them, where a participant has a stack,
otherwise as the model draws them (rulebook F-4.10). As far as this program performs them they are measured with the
orders of the run: the kernel by a pair of local sockets, then the reading of JSON, the check of an order, and its
placing. What follows the match is in the time of the run; to measure it, the run is played again with and without it.
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
from market_sim.core.english import listed
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import PlaceOrder
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.venue_events import MessageTimed
from market_sim.core.randomness import Randomness
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.venues.latency_budget import KERNEL, STAGES, drawn
from market_sim.simulation.engine.clock import Clock
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.stage_costs import BLOCK, SETTLE, costs_after_the_match

MESSAGES = 10_000
"""The number of messages that are drawn."""
MEASURED = 2_000
"""The most orders that are measured."""
RICH = 10**15
NOTE = """\
Times are in microseconds; * marks the largest. Modelled, not performed: the numbers of a stack are assumptions. Block
is the wait from a trade until it is final, settle from there until it is paid, both in the time of the run. Measured on
this machine: risk is the check of an order by itself, match is its placing as a whole, which checks an ordinary order
on a faster path; block and settle are the processor time of all blocks and all payments, for each trade, and only the
command measures them, because it plays the run again (a scenario of your own: --scenario FILE)."""
HEAD = ("stage", "simulated mean", "p99", "measured median", "p99")
COLUMNS = columns(
    stage="what an order passes",
    simulated_mean_us="by the stack or in the time of the run, in microseconds",
    simulated_p99_us="the 99th percentile of it",
    measured_median_us="on this machine; empty where it is not measured",
    measured_p99_us="the 99th percentile of it",
)
Times = dict[str, list[int]]
"""How long each stage took, in nanoseconds, once for each order or trade."""
Row = tuple[str, float, float, float | None, float | None]


class OrderBudget(NamedTuple):
    """The stages of the orders of one run."""

    stack: str
    rows: list[Row]
    """Each stage: the simulated mean, the measured median, and the 99th percentile of each, in microseconds."""
    slow: str
    """The path of a slow message until its match, as a sentence."""
    path: str
    """The mean path to the last stage, and the stage that bounds it, as a sentence."""

    @property
    def table(self) -> Table:
        """The rows for a file."""
        return Table("budget", COLUMNS, self.rows)


def budget_of(
    result: Result, stack: str | None, plays: bool = False, kind: type[Scenario] | None = None
) -> OrderBudget:
    """The stages of a run's orders, by default with the stack of the run; InputError without a limit order.

    With `plays` the run is played again, to measure what follows the match; `kind` is its scenario, if that is a file.
    """
    orders = list(islice((one for one in result.journal.of(OrderAccepted) if _is_plain(one.terms)), MEASURED))
    if not orders:
        raise InputError("a budget needs a run in which a limit order was accepted")
    stack, paths, whose = passed(result, stack)
    simulated: Times = {stage.name: [path[place] for path in paths] for place, stage in enumerate(STAGES)}
    simulated |= after_the_match(result)
    found = measured(orders)
    if plays and (trades := len(simulated.get(BLOCK, ()))):
        costs = costs_after_the_match(result.journal, kind)
        found |= {name: [round(1e9 * seconds / trades)] for name, seconds in costs.items()}
    return OrderBudget(stack, rows(simulated, found), path_sentence(stack, paths, whose), critical_path(simulated))


def passed(result: Result, stack: str | None) -> tuple[str, list[tuple[int, ...]], str]:
    """The stack, the stages of the messages that passed it, and whose they are: of the run, else drawn."""
    timed = [one for one in result.journal.of(MessageTimed) if stack in (None, one.stack)]
    if timed:
        mine = [one for one in timed if one.stack == timed[0].stack]
        senders = listed(sorted({one.account for one in mine}))
        return timed[0].stack, [one.stages for one in mine], f"one of 100 messages that {senders} sent in this run"
    stack = stack or KERNEL
    paths = drawn(stack, MESSAGES, Randomness(result.seed).stream("latency budget"))
    return stack, paths, f"one message of 100, of {MESSAGES:,} that are drawn,"


def rows(simulated: Times, found: Times) -> list[Row]:
    """A row for each stage: the simulated mean and the measured median with their 99th percentiles, in microseconds.

    A median, because what is measured includes the moments in which another program had the processor. A single
    number, such as the processor time of all blocks for each trade, has no percentile.
    """
    made: list[Row] = []
    for name, took in simulated.items():
        seen = found.get(name)
        middle = median(seen) / 1_000 if seen else None
        late = rank(seen, 0.99) / 1_000 if seen and len(seen) > 1 else None
        made.append((name, fmean(took) / 1_000, rank(took, 0.99) / 1_000, middle, late))
    return made


def cells(made: Sequence[Row]) -> list[tuple[str, ...]]:
    """The rows as texts, with the largest mean and the largest median marked."""
    largest = max(row[1] for row in made), max(row[3] or 0.0 for row in made)
    return [
        (row[0], _written(row[1], largest[0]), _written(row[2]), _written(row[3], largest[1]), _written(row[4]))
        for row in made
    ]


def _written(value: float | None, largest: float | None = None) -> str:
    return "-" if value is None else f"{value:,.2f}{'*' if value == largest else ''}"


def path_sentence(stack: str, paths: Sequence[tuple[int, ...]], whose: str) -> str:
    """The path of the message at the 99th percentile of all: each stage waits for the one before."""
    slow = sorted(paths, key=sum)[ceil(0.99 * len(paths)) - 1]
    parts = ", ".join(f"{stage.name} {took / 1_000:.2f}" for stage, took in zip(STAGES, slow, strict=True))
    worst = max(range(len(STAGES)), key=lambda place: slow[place])
    return (
        f"With the {stack} stack, {whose} takes {sum(slow) / 1_000:.2f} us or more until it is matched: "
        f"{parts}; {slow[worst] / sum(slow):.0%} of it is {STAGES[worst].name}."
    )


def after_the_match(result: Result) -> Times:
    """How long each trade of the run waited for a final block, and from there for its payment."""
    found: Times = {BLOCK: [], SETTLE: []}
    for one in spans_of(result):
        if one.name in found and one.end is not None:
            found[one.name].append(one.end - one.start)
    return {name: took for name, took in found.items() if took}


def critical_path(simulated: Times) -> str:
    """The mean path from the network card to the last stage of the run, and the stage that bounds it."""
    means = {name: fmean(took) for name, took in simulated.items()}
    total, worst = sum(means.values()), max(means, key=means.__getitem__)
    return (
        f"From the network card to {[*means][-1]} an order takes {total / 1e9:,.6f} s on average; "
        f"{means[worst] / total:.2%} of it is {worst}."
    )


def measured(orders: Sequence[OrderAccepted]) -> Times:
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

    found: Times = {name: [] for name in ("kernel", "parse", "risk", "match")}
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
