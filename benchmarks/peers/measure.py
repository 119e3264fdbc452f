"""Measure order book packages from PyPI on the core stream; whatever is not installed is left out.

    python -m venv peers
    peers/bin/pip install -r requirements.txt fastlob limit-order-book lightmatchingengine pyorderbook
    peers/bin/python -m benchmarks.peers.measure

Each package gets the orders as it wants them, made inside the timing as for our own book: one call for one operation.
Beside the rate stands how much was traded; a package that trades another volume than the stream has breaks price-time
priority somewhere, and says so here.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.calibration import CalibrationBook, Waiting
from benchmarks.core_stream import ADD, CoreStream, Operation

COUNT = 20_000
REPETITIONS = 5

Run = Callable[[Any, list[Operation]], int]
"""Sends all operations and returns the volume that was traded."""


def calibration(_: Any, operations: list[Operation]) -> int:
    book, volume = CalibrationBook(), 0
    for kind, number, side, price, quantity in operations:
        if kind == ADD:
            volume += sum(traded for _, traded, _ in book.add(Waiting(number, side, price, quantity)))
        else:
            book.cancel(number)
    return volume


def own_book(_: Any, operations: list[Operation]) -> int:
    from benchmarks.levels import order_book

    return sum(traded for *_, traded in order_book(operations)[1])


def fastlob(package: Any, operations: list[Operation]) -> int:
    sides = {1: package.OrderSide.BID, -1: package.OrderSide.ASK}
    book, ids, asked, left = package.Orderbook("ACME", start=True), {}, 0, {}
    for kind, number, side, price, quantity in operations:
        if kind == ADD:
            ids[number] = book.process(package.OrderParams(sides[side], price, quantity)).orderid()
            asked += quantity
        else:
            left[number] = book.get_status(ids[number])[1]
            book.cancel(ids[number])
    waiting = sum(left.values()) + book.total_volume()
    book.stop()
    return int(asked - waiting) // 2


def pyorderbook(package: Any, operations: list[Operation]) -> int:
    sides = {1: package.order.Side.BID, -1: package.order.Side.ASK}
    book, orders, volume = package.book.Book(), {}, 0
    for kind, number, side, price, quantity in operations:
        if kind == ADD:
            orders[number] = order = package.order.Order(sides[side], "ACME", price, quantity)
            volume += sum(trade.fill_quantity for trade in book.match(order).trades)
        else:
            book.cancel(orders[number])
    return volume


def lightmatchingengine(package: Any, operations: list[Operation]) -> int:
    engine, volume = package.LightMatchingEngine(), 0
    for kind, number, side, price, quantity in operations:
        if kind == ADD:
            _, trades = engine.add_order("ACME", price, quantity, 1 if side > 0 else 2)
            volume += sum(trade.trade_qty for trade in trades)
        else:
            engine.cancel_order(number, "ACME")
    return volume // 2  # it reports both sides of each trade


def limit_order_book(package: Any, operations: list[Operation]) -> int:
    book, asked, cancelled = package.LimitOrderBook(), 0, 0
    for kind, number, side, price, quantity in operations:
        if kind == ADD:
            (book.limit_buy if side > 0 else book.limit_sell)(number, quantity, price)
            asked += quantity
        else:
            book.cancel(number)
            cancelled += quantity
    return int(asked - cancelled - book.volume()) // 2  # it tells no fills


PEERS: dict[str, tuple[str, Run]] = {
    "calibration": ("sortedcontainers", calibration),
    "market_sim, the order book alone": ("msgspec", own_book),
    "limit-order-book": ("limit_order_book", limit_order_book),
    "fastlob": ("fastlob", fastlob),
    "pyorderbook": ("pyorderbook.book", pyorderbook),
    "lightmatchingengine": ("lightmatchingengine.lightmatchingengine", lightmatchingengine),
}


def found(name: str) -> Any:
    """The package, or None when it is not installed."""
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError:
        return None
    return importlib.import_module("pyorderbook") if name.startswith("pyorderbook") else module


def main() -> None:
    """Rates and volumes of all packages that are there, in turn."""
    logging.disable(logging.CRITICAL)
    operations = list(CoreStream().operations(COUNT))
    stream = CoreStream()
    list(stream.operations(COUNT))
    volume = sum(trade[3] for trade in stream.trades)
    packages = {name: found(module) for name, (module, _) in PEERS.items()}
    rates: dict[str, list[float]] = {name: [] for name, package in packages.items() if package is not None}
    traded = dict.fromkeys(rates, 0)
    for _ in range(REPETITIONS):
        for name, taken in rates.items():
            begin = time.process_time()
            traded[name] = PEERS[name][1](packages[name], operations)
            taken.append(COUNT / (time.process_time() - begin))
    for name in packages.keys() - rates.keys():
        print(f"{name} is not installed", file=sys.stderr)
    calibrated = median(rates["calibration"])
    print(
        json.dumps(
            {
                name: {
                    "operations/s": round(median(taken)),
                    "ratio": round(median(taken) / calibrated, 3),
                    "volume": "as the stream" if traded[name] == volume else f"{traded[name]} instead of {volume}",
                }
                for name, taken in rates.items()
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
