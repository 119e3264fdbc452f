"""L0 and L1: the order book alone, and the exchange a student uses, on the core stream.

    python -m benchmarks.levels                     # everything, as one JSON object
    python -m benchmarks.levels "L1 with fees"      # one subject once, in this process

Each figure comes from a fresh process, the subjects in turn, so that no subject inherits another's memory and a busy
moment of the machine hits all of them. Processor time is counted, not the time on the wall. Every run has to give
the trades of the stream, or there is no figure. What is timed of an operation: making the order object and one call.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median

from benchmarks.calibration import CalibrationBook, Waiting
from benchmarks.core_stream import ADD, CoreStream, Operation, TradeRow, digest
from benchmarks.spilling import Spill, SpillingJournal
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Cancel, PlaceOrder
from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.order_book import OrderBook
from market_sim.simulation.engine.clock import Clock

SHORT, LONG, ENDLESS = 200_000, 1_000_000, 5_000_000
REPETITIONS = 5
TRADES = {SHORT: "2a3d66ff3d5cef9d", LONG: "01cb158f51bf80a5"}
NAMES = {1: [f"buyer-{number}" for number in range(50)], -1: [f"seller-{number}" for number in range(50)]}
"""Fifty accounts on each side, so that nobody meets an own order: the stream knows no accounts."""
FREE = FeeSchedule()
WITH_FEES = FeeSchedule(maker=bps(1), taker=bps(2))

Run = Callable[[list[Operation]], tuple[float, list[TradeRow]]]


def calibration(operations: list[Operation]) -> tuple[float, list[TradeRow]]:
    """The loop that all others are compared with."""
    book, trades = CalibrationBook(), []
    add, cancel = book.add, book.cancel
    begin = time.process_time()
    for kind, number, side, price, quantity in operations:
        if kind == ADD:
            for maker, traded, at in add(Waiting(number, side, price, quantity)):
                trades.append((maker, number, at, traded))
        else:
            cancel(number)
    return time.process_time() - begin, trades


def order_book(operations: list[Operation]) -> tuple[float, list[TradeRow]]:
    """L0: the book that the exchange uses, by itself."""
    book, trades = OrderBook(), []
    place, remove = book.place, book.remove
    orders: dict[int, Order] = {}
    terms = PlaceOrder("ACME", 1, 1, 1)
    begin = time.process_time()
    for kind, number, side, price, quantity in operations:
        if kind == ADD:
            order = Order(number, "", NAMES[side][0], side, price, side * price, quantity, quantity, terms, "ACME")
            for maker, traded in place(order):
                trades.append((maker.id, number, maker.limit, traded))
                if not maker.remaining:
                    del orders[maker.id]
            if order.remaining:
                orders[number] = order
        else:
            remove(orders.pop(number))
    return time.process_time() - begin, trades


def an_exchange(fees: FeeSchedule, journal: Journal) -> Exchange:
    """An exchange with one stock and a hundred rich accounts."""
    exchange = Exchange(Clock(), journal)
    exchange.list(Stock("ACME"), fees)
    for name in (*NAMES[1], *NAMES[-1]):
        exchange.ledger.open_account(name)
        exchange.ledger.deposit(name, "USD", 10**15)
        exchange.ledger.deposit(name, "ACME", 10**12)
    return exchange


def of_accounts(operations: Iterable[Operation]) -> Iterator[tuple[str, int, int, int, int, int]]:
    """The same operations with the account that sends each."""
    return (
        (NAMES[side][number % 50], kind, number, side, price, quantity)
        for kind, number, side, price, quantity in operations
    )


def submit_all(exchange: Exchange, operations: Iterable[tuple[str, int, int, int, int, int]]) -> None:
    """Every operation through the door for participants; the stream's numbers are the exchange's order ids."""
    submit = exchange.submit
    for name, kind, number, side, price, quantity in operations:
        if kind == ADD:
            submit(name, PlaceOrder("ACME", side, quantity, price))
        else:
            submit(name, Cancel(number))


def full_exchange(operations: list[Operation], fees: FeeSchedule) -> tuple[float, list[TradeRow]]:
    """L1: checks, accounts and reservations, fees, journal."""
    journal = Journal()
    exchange = an_exchange(fees, journal)
    ready = list(of_accounts(operations))
    begin = time.process_time()
    submit_all(exchange, ready)
    took = time.process_time() - begin
    return took, [(trade.maker_order, trade.taker_order, trade.price, trade.quantity) for trade in journal.of(Trade)]


SUBJECTS: dict[str, tuple[int, Run]] = {
    "calibration": (SHORT, calibration),
    "L0": (SHORT, order_book),
    "L1 without fees": (SHORT, lambda operations: full_exchange(operations, FREE)),
    "L1 with fees": (SHORT, lambda operations: full_exchange(operations, WITH_FEES)),
    "L1 with fees, 1M": (LONG, lambda operations: full_exchange(operations, WITH_FEES)),
}


def operations_per_second(subject: str) -> float:
    """One subject once, in this process."""
    count, run = SUBJECTS[subject]
    took, trades = run(list(CoreStream().operations(count)))
    if digest(trades) != TRADES[count]:
        raise SystemExit(f"{subject} gave other trades than the stream has: {digest(trades)}")
    return count / took


def latencies(count: int = SHORT) -> dict[str, float]:
    """Microseconds from the call to its return, on the wall, operation by operation: the order and its matching."""
    exchange = an_exchange(WITH_FEES, Journal())
    submit, clock, taken = exchange.submit, time.perf_counter_ns, []
    for name, kind, number, side, price, quantity in list(of_accounts(CoreStream().operations(count))):
        intent = PlaceOrder("ACME", side, quantity, price) if kind == ADD else Cancel(number)
        begin = clock()
        submit(name, intent)
        taken.append(clock() - begin)
    taken.sort()
    return {f"p{share:g}": taken[int(len(taken) * share / 100)] / 1_000 for share in (50, 90, 99, 99.9)}


def resident_megabytes() -> float:
    """What this process holds in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def memory(count: int = ENDLESS) -> dict[str, float]:
    """Megabytes in use along a very long stream, with a journal that spills to disk, which that of a scenario does not.

    So this shows whether the exchange itself grows, not what a run needs: that grows with its journal.
    """
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        exchange = an_exchange(WITH_FEES, SpillingJournal(Spill(Path(folder) / "journal.jsonl")))
        stream = CoreStream(keep_trades=False)
        for part in range(1, 6):
            submit_all(exchange, of_accounts(stream.operations(count // 5)))
            found[f"after {part * count // 5:,} operations"] = round(resident_megabytes(), 1)
    return found


def fresh(argument: str) -> object:
    """What this module says about one subject, asked in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.levels", argument]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    return json.loads(answer.stdout)


def figures(repetitions: int = REPETITIONS) -> dict[str, object]:
    """Median, least and greatest of all subjects, the ratio to the calibration beside it in time, and the rest."""
    rates: dict[str, list[float]] = {subject: [] for subject in SUBJECTS}
    for _ in range(repetitions):
        for subject, found in rates.items():
            found.append(float(str(fresh(subject))))
    calibrated = rates["calibration"]
    speeds = {
        f"{subject}, operations/s": {
            "median": round(median(found)),
            "min": round(min(found)),
            "max": round(max(found)),
            "ratio": round(median(one / other for one, other in zip(found, calibrated, strict=True)), 3),
        }
        for subject, found in rates.items()
    }
    return {**speeds, "L1 latency, microseconds": fresh("latency"), "L1 memory, megabytes": fresh("memory")}


def main(arguments: deque[str]) -> object:
    """Everything, or the subject that was named."""
    subject = arguments.popleft() if arguments else None
    if subject is None:
        return figures()
    if subject == "latency":
        return latencies()
    return memory() if subject == "memory" else operations_per_second(subject)


if __name__ == "__main__":
    print(json.dumps(main(deque(sys.argv[1:]))))
