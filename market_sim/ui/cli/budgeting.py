"""`simulate.py budget RUN`: where the time of an order goes, from the network card to its payment.

Until the match, stages are modelled by a stack and, as far as this program performs them, measured with the orders of
the run: the kernel by a pair of local sockets, then the reading of JSON, the check of an order, and its placing. What
follows the match is in the time of the run.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from math import ceil
from pathlib import Path
from statistics import fmean, median
from time import perf_counter_ns
from typing import Any

import msgspec

from market_sim.analysis.history.spans import spans_of
from market_sim.analysis.results.result import Result
from market_sim.analysis.results.stored import open_run
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import PlaceOrder
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.randomness import Randomness
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.venues.latency_budget import KERNEL, STACKS, STAGES, drawn
from market_sim.simulation.engine.clock import Clock
from market_sim.ui.cli.arguments import Parser

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
Measured = dict[str, list[int]]


def budget(arguments: Sequence[str]) -> int:
    """Print the stages with their largest, and the path of a slow order."""
    typed = _parser().parse_args(list(arguments))
    result = open_run(typed.run)
    orders = list(islice((one for one in result.journal.of(OrderAccepted) if _is_plain(one.terms)), MEASURED))
    if not orders:
        raise InputError("a budget needs a run in which a limit order was accepted")
    paths = drawn(typed.stack, MESSAGES, Randomness(result.seed).stream("latency budget"))
    modelled = {stage.name: [path[place] for path in paths] for place, stage in enumerate(STAGES)}
    print(f"{'stage':<14} {'modelled mean':>14} {'p99':>9} {'measured median':>16} {'p99':>9}")
    print("\n".join(rows(modelled, measured(orders))))
    print(path_sentence(typed.stack, paths))
    for sentence in after_the_match(result):
        print(sentence)
    print(NOTE)
    return 0


def rows(modelled: Measured, found: Measured) -> list[str]:
    """A row for each stage: the modelled mean and the measured median with their 99th percentiles, in microseconds.

    A median, because what is measured includes the moments in which another program had the processor.
    """
    modelled_us = {name: (fmean(took) / 1_000, rank(took, 0.99) / 1_000) for name, took in modelled.items()}
    found_us = {name: (median(took) / 1_000, rank(took, 0.99) / 1_000) for name, took in found.items()}
    told = []
    for name in modelled_us:
        cells = []
        for column in (modelled_us, found_us):
            if name not in column:
                cells += ["-", "-"]
                continue
            middle, late = column[name]
            mark = "*" if middle == max(one for one, _ in column.values()) else ""
            cells += [f"{middle:.2f}{mark}", f"{late:.2f}"]
        told.append(f"{name:<14} {cells[0]:>14} {cells[1]:>9} {cells[2]:>16} {cells[3]:>9}")
    return told


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


def _parser() -> Parser:
    made = Parser(prog="simulate.py budget", description="Where the time of an order goes.")
    made.add_argument("run", metavar="RUN", type=Path, help="the folder of the run, for example results/NAME")
    made.add_argument("--stack", choices=STACKS, default=KERNEL, help="the modelled stack: kernel (default) or bypass")
    return made
