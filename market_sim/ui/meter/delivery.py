"""Delivery: how long a ticker takes from the market to each reader of its stream on this machine (PF-04).

It begins when the market's process hands over the batch that completes an instant, and ends when a reader has the
message: pipe, fold, message, socket. Market, stream and readers have a process each.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

from market_sim.api.client import tickers
from market_sim.api.live.market import LiveMarket
from market_sim.api.stream.opening import OpenStream, bound
from market_sim.api.stream.pipe import unpack_batch
from market_sim.core.calendar import unix_microseconds
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.marksim import Marksim
from market_sim.simulation.session import Session
from market_sim.ui.meter.latency import written
from market_sim.ui.meter.readings import Reading, Section
from market_sim.ui.order_budget import rank

CROWDS = (1, 100)
SECONDS = 3.0
JOINING_SECONDS = 60.0
"""How long a crowd may take to join; a machine that is busier gives no figure."""

Received = list[tuple[int, float]]
"""The instant that a message tells, in microseconds, and when it came, by the monotonic clock."""


class TimedPipe:
    """The pipe to the stream, with the moment at which each batch was handed over."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self.sent: Received = []
        """Up to which instant everything is told, in microseconds, and since when."""

    def send_bytes(self, data: bytes) -> None:
        """Note the moment, and send."""
        self.sent.append((unix_microseconds(unpack_batch(data).now), time.monotonic()))
        self._pipe.send_bytes(data)


def delivery(seconds: float = SECONDS, crowds: tuple[int, ...] = CROWDS) -> Section:
    """A reading for each size of the crowd."""
    readings = []
    for readers in crowds:
        taken, messages = followed(readers, seconds)
        crowd = counted(readers, "reader")
        how = f"{messages:,} tickers to {crowd} on this machine, threads of one process, in {seconds:g} s"
        readings.append(Reading(f"delivery-{readers}", written(taken, "ms"), rank(taken, 0.99) / 1e6, how=how))
    return Section("delivery", tuple(readings))


def followed(readers: int, seconds: float) -> tuple[list[int], int]:
    """The nanoseconds that each ticker took, and how many there were; InputError where the readers got none."""
    market = LiveMarket(Session(Marksim(), Options(epochs=36_000, settlement="none")), speed=1)
    stream = OpenStream(market, bound("127.0.0.1", 0), host="127.0.0.1")
    pipe = TimedPipe(stream.feeder.news)
    stream.feeder.news = pipe  # type: ignore[assignment] # the same as far as a feeder uses it
    market.start()
    stream.start()
    try:
        received = _crowd(stream.port, readers, seconds)
    finally:
        market.end()
        stream.close()
    return matched(received, pipe.sent), len(received)


def matched(received: Received, sent: Received) -> list[int]:
    """How long each message took since the first batch that reached its instant was handed over, in nanoseconds.

    >>> matched([(100, 2.0), (200, 5.0)], [(50, 1.0), (150, 1.5), (200, 4.0)])
    [500000000, 1000000000]
    """
    found, place = [], 0
    for instant, at in sorted(received):
        while place < len(sent) and sent[place][0] < instant:
            place += 1
        if place < len(sent):
            found.append(round((at - sent[place][1]) * 1e9))
    if not found:
        raise InputError("no message of the stream came in time: this machine is too busy for its delivery")
    return found


def _crowd(port: int, readers: int, seconds: float) -> Received:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=crowd, args=(port, readers, seconds, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(JOINING_SECONDS + seconds):
            return []
        told: Received = ours.recv()
        return told
    finally:
        process.terminate()
        process.join()


def crowd(port: int, readers: int, seconds: float, answer: Connection) -> None:
    """What readers of the ticker receive once all of them have joined; runs in a process of its own."""
    received: Received = []
    joined = threading.Semaphore(0)

    def read() -> None:
        is_first = True
        for ticker in tickers(f"ws://127.0.0.1:{port}"):
            received.append((ticker.timestamp, time.monotonic()))
            if is_first:
                joined.release()
                is_first = False

    for _ in range(readers):
        threading.Thread(target=read, daemon=True).start()
    for _ in range(readers):
        joined.acquire()
    received.clear()  # what came while they joined is not counted
    time.sleep(seconds)
    answer.send(list(received))
