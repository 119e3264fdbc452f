"""The stream (L5): from the market's process to each of many readers, beside an echo by bare `websockets`.

A ticker's way begins when the market's process hands over the batch that completes its instant, and ends when a reader
has it: pipe, fold, message, socket. Market, stream and readers have a process each. The echo server shows what the
library does, in the same minute, with as many clients and messages of the same size. Prints one JSON object; run by
`python -m benchmarks`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from market_sim.api.live.market import LiveMarket
from market_sim.api.stream.opening import OpenStream, bound
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.marksim import Marksim
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session
from market_sim.ui.meter.delivery import TimedPipe

ROOT = Path(__file__).resolve().parent.parent
STOPPED = 20
PATIENCE_SECONDS = 300
"""How long a crowd may take to join: a thousand take ten seconds where a processor is free for them."""


@contextmanager
def streamed(scenario: Scenario, speed: float | None, epochs: int = 36_000) -> Iterator[tuple[LiveMarket, OpenStream]]:
    """A live market and its stream."""
    market = LiveMarket(Session(scenario, Options(epochs=epochs, settlement="none")), speed)
    stream = OpenStream(market, bound("127.0.0.1", 0), host="127.0.0.1")
    market.start()
    stream.start()
    try:
        yield market, stream
    finally:
        market.end()
        stream.close()


def followed(kind: str, port: int, readers: int, seconds: float) -> tuple[dict[str, int], array[int], array[float]]:
    """What a crowd of readers says of itself, and what it got and when."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "received"
        command = [sys.executable, "-m", "benchmarks.crowd", kind, str(port), str(readers), str(seconds), str(file)]
        latest = seconds + PATIENCE_SECONDS  # a machine that is too busy gives no figure
        told = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=latest).stdout)
        what, when = array("q"), array("d")
        with file.open("rb") as received:
            what.fromfile(received, told["received"])
            when.fromfile(received, told["received"])
    return told, what, when


def percentiles(seconds: list[float]) -> dict[str, float]:
    """The median, the 99th percentile and the greatest, in milliseconds."""
    ordered = sorted(seconds)
    chosen = {"p50": len(ordered) // 2, "p99": len(ordered) * 99 // 100, "max": len(ordered) - 1}
    return {name: round(ordered[place] * 1_000, 2) for name, place in chosen.items()}


def delivery(readers: int, seconds: float) -> dict[str, float]:
    """How long tickers take to a number of readers, in milliseconds, and how many were lost."""
    with streamed(Marksim(), speed=1) as (_, stream):
        pipe = TimedPipe(stream.feeder.news)
        stream.feeder.news = pipe  # type: ignore[assignment] # the same as far as a feeder uses it
        told, what, when = followed("tickers", stream.port, readers, seconds)
        sent = iter(list(pipe.sent))
    handed: dict[int, float] = {}
    told_up_to, moment = next(sent)
    for instant in sorted(set(what)):
        while told_up_to <= instant:
            told_up_to, moment = next(sent)
        handed[instant] = moment
    figures = percentiles([at - handed[instant] for instant, at in zip(what, when, strict=True)])
    return {**figures, "messages": told["received"], "lost": told["lost"], "closed": told["closed"]}


def echo(readers: int, seconds: float) -> dict[str, float]:
    """The same number of clients with ten messages a second each, on the library's echo server."""
    command = [sys.executable, "-m", "benchmarks.stream", "echo"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = int(server.stdout.readline() if server.stdout else 0)
            told, what, when = followed("echo", port, readers, seconds)
        finally:
            server.kill()
    figures = percentiles([at - sent / 1e9 for sent, at in zip(what, when, strict=True)])
    return {**figures, "messages": told["received"]}


async def echo_server() -> None:
    """A bare echo server; it says its port."""
    from websockets.asyncio.server import serve
    from websockets.exceptions import ConnectionClosed

    async def handler(connection: Any) -> None:
        with suppress(ConnectionClosed):  # the crowd leaves without a farewell
            async for message in connection:
                await connection.send(message)

    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def resident_mb(process: int) -> float:
    """How much memory a process has."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def growth_mb(seconds: float) -> dict[str, float]:
    """By how much the stream grows while 20 readers of tickers and 20 of the journal have stopped, of a fast market."""
    with streamed(Arena(), speed=20) as (_, stream):
        with urlopen(f"http://127.0.0.1:{stream.port}/clients", timeout=PATIENCE_SECONDS) as answer:
            answer.read()  # it has loaded all that it needs
        time.sleep(2)
        lazy = [stopped(stream.port, path) for path in ("/", "/journal") for _ in range(STOPPED)]
        before = most = resident_mb(stream.process_id)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.25)
            most = max(most, resident_mb(stream.process_id))
        counted = stream.counted
        for one in lazy:
            one.close()
    return {
        "growth": round(most - before, 1),
        "dropped": counted.dropped,
        "closed": counted.blocked + counted.resumable,
    }


def stopped(port: int, path: str) -> socket.socket:
    """A client that makes the handshake and reads nothing."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", port))
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade", "Upgrade: websocket"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""]
    made.sendall("\r\n".join(lines).encode())
    return made


def killed(readers: int, seconds: float) -> dict[str, float]:
    """What becomes of the others, and of the run, when half of the readers are cut off in the middle of messages."""
    epochs = int(2 * seconds)
    with streamed(Marksim(), speed=1, epochs=epochs) as (market, stream):
        cut = [stopped(stream.port, path) for path in ("/", "/journal") for _ in range(readers // 4)]
        killing = threading.Timer(seconds / 2, reset, cut)
        killing.start()
        told, _, _ = followed("tickers", stream.port, readers // 2, seconds)
        killing.join()
        while not market.is_over:
            market.wait(len(market.journal), 1)
        watched = market.end().fingerprint
    alone = Session(Marksim(), Options(epochs=epochs, settlement="none")).run().fingerprint
    return {"lost": told["lost"], "closed": told["closed"], "same fingerprint as alone": int(watched == alone)}


def reset(*connections: socket.socket) -> None:
    """End connections at once, as a program does that is killed."""
    for one in connections:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()


def figures() -> dict[str, dict[str, float]]:
    """All figures."""
    found = {}
    for readers, seconds in ((100, 10), (1_000, 30)):
        ours, bare = delivery(readers, seconds), echo(readers, seconds)
        found[f"L5 tickers to {readers:,} readers, ms"] = ours
        found[f"L5 bare echo with {readers:,} clients, ms"] = bare
        found[f"L5 {readers:,}: tickers as a part of the echo"] = {
            name: round(ours[name] / bare[name], 2) for name in ("p50", "p99")
        }
    found["L5 with 50 of 100 readers killed"] = killed(100, 10)
    found["L5 memory while 40 readers have stopped, MB"] = growth_mb(40)
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["echo"]:
        asyncio.run(echo_server())
    else:
        print(json.dumps(figures(), indent=2))
