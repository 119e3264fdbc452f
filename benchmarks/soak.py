"""The soak: the whole program serves a live market for a long time, and neither its memory nor its counters drift.

    python -m benchmarks.soak --minutes 60

Two students trade over HTTP as fast as they are allowed. At the end the clock of the market is stopped, /metrics is
read, the program is ended in order, and the counters must be those of the journal that it leaves behind.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from market_sim.core.data import archive
from market_sim.core.models.market_events import Trade

ROOT = Path(__file__).resolve().parent.parent
MOST_GROWTH = 100_000_000
"""Bytes that the memory may grow once the market has warmed up."""
WARM = 0.2
"""The part of the time in which caches fill."""
PAGE = 4096
PATIENCE_SECONDS = 180
FEWEST_ORDERS = 10
"""A busy machine soaks for longer, until there were so many."""


@dataclass(frozen=True)
class Soak:
    """What a soak found."""

    events: int
    orders: int
    growth: int
    """Bytes between the end of the warm-up and the end."""
    told: dict[str, int]
    """The counters of events on /metrics."""
    recorded: dict[str, int]
    """The events of the journal."""
    volume: tuple[int, int]
    """The traded quantity: told and recorded."""

    @property
    def faults(self) -> list[str]:
        """What is wrong, in sentences."""
        found = []
        if self.growth > MOST_GROWTH:
            found.append(f"memory grew by {self.growth:,} bytes, at most {MOST_GROWTH:,}")
        for kind in sorted(self.told.keys() | self.recorded.keys()):
            told, recorded = self.told.get(kind, 0), self.recorded.get(kind, 0)
            if told != recorded:
                found.append(f"/metrics counts {told:,} {kind}, the journal {recorded:,}")
        if self.volume[0] != self.volume[1]:
            found.append(f"/metrics has a volume of {self.volume[0]:,}, the journal {self.volume[1]:,}")
        return found


class Program:
    """The served program, its address and the token of its operator."""

    def __init__(self, place: Path, scenario: str, speed: float, *more: str) -> None:
        command = [sys.executable, str(ROOT / "simulate.py"), "serve", "--port", "0", "--stream-port", "0"]
        command += ["--scenario", scenario, "--speed", str(speed), "--epochs", "100000", "--no-settle"]
        command += ["--lessons", str(ROOT / "lessons"), "--out", str(place / "results"), *more]
        self.results = place / "results"
        self.process = subprocess.Popen(
            command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        self.address = _of(self.process.stdout, r"(http://\S+)")
        self.operator = _of(self.process.stderr, r"Token of the operator: (\S+)")
        # A program whose messages nobody reads would wait for its reader.
        self._listener = threading.Thread(target=self.process.stderr.read, daemon=True)  # type: ignore[union-attr]
        self._listener.start()

    def memory(self) -> int:
        """The bytes of the program that are in memory."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE

    def ask(self, path: str, body: object = None, token: str = "", method: str = "") -> Any:
        """One request to the API; the answer as JSON, or as text where it is none."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = Request(self.address + path, data, headers, method=method or None)
        with urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            text = answer.read().decode()
        return json.loads(text) if "json" in answer.headers["Content-Type"] else text

    def kill(self) -> None:
        """End the program at once, if it has not ended."""
        self.process.kill()
        self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()  # type: ignore[union-attr]

    def end(self) -> Path:
        """End the program in order; the folder of the run."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_SECONDS)
        self.kill()
        if self.process.returncode != 0:
            raise SystemExit(f"the program ended with {self.process.returncode}, expected 0")
        [folder] = self.results.iterdir()
        return folder


def soak(seconds: float, scenario: str = "first-market", speed: float = 10, every: float = 60) -> Soak:
    """Serve a market for this long while students trade in it."""
    with tempfile.TemporaryDirectory() as place:
        program = Program(Path(place), scenario, speed)
        stop, orders = threading.Event(), Counter[str]()
        traders = [threading.Thread(target=_trade, args=(program, f"ann-{n}", stop, orders)) for n in range(2)]
        for trader in traders:
            trader.start()
        begun = time.monotonic()
        warm = shown = 0.0
        while (passed := time.monotonic() - begun) < seconds or (
            orders.total() <= FEWEST_ORDERS and passed < seconds + PATIENCE_SECONDS
        ):
            if not warm and passed >= WARM * seconds:
                warm = program.memory()
            if passed >= shown:
                print(f"{passed:6.0f} s  {orders.total():8,} orders  {program.memory() / 1e6:7.1f} MB", flush=True)
                shown += every
            time.sleep(min(1, seconds / 20))
        stop.set()
        for trader in traders:
            trader.join()
        growth = program.memory() - int(warm) if warm else 0
        program.ask("/api/market/clock", {"running": False}, program.operator)
        program.ask("/api/members", {"name": "last"})  # taken after the step that was under way
        told = _settled(program)
        journal = archive.load(program.end()).journal
    recorded = Counter(type(event).__name__ for event in journal)
    del recorded["RunEnded"]  # which happened after the question
    volume = sum(event.quantity for event in journal.of(Trade))
    counted = {
        kind: int(float(count)) for kind, count in re.findall(r'^market_events_total\{kind="(\w+)"\} (\S+)', told, re.M)
    }
    traded = sum(float(count) for count in re.findall(r"^market_volume_total\{.*\} (\S+)", told, re.M))
    return Soak(len(journal), orders.total(), growth, counted, dict(recorded), (int(traded), volume))


def _settled(program: Program) -> str:
    """The metrics once nothing moves any more."""
    before = ""
    while True:
        told = "\n".join(line for line in program.ask("/metrics").splitlines() if line.startswith("market_"))
        if told == before:
            return told
        before = told
        time.sleep(0.2)


def _trade(program: Program, name: str, stop: threading.Event, orders: Counter[str]) -> None:
    token = program.ask("/api/members", {"name": name})["token"]
    symbol = program.ask("/api/instruments")[0]["symbol"]
    number = 0
    while not stop.is_set():
        number += 1
        quote = program.ask(f"/api/quote?symbol={symbol}")
        limit = (quote["bid"] or quote["last"]) - number % 3
        try:
            order = program.ask("/api/orders", {"symbol": symbol, "side": 1, "quantity": 1, "limit": limit}, token)
            orders[name] += 1
            if order["status"] == "open":
                program.ask(f"/api/orders/{order['order']}", None, token, "DELETE")
        except HTTPError as refused:
            refused.close()  # no money left, or too many requests
            stop.wait(0.05)


def _of(lines: Any, pattern: str) -> str:
    for line in lines:
        if found := re.search(pattern, line):
            return found[1]
    raise SystemExit(f"the program ended before it said {pattern}")


def main() -> int:
    """Soak for a number of minutes and print what was found."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__.partition("\n")[0])
    made.add_argument("--minutes", type=float, default=60)
    made.add_argument("--scenario", default="first-market")
    made.add_argument("--speed", type=float, default=1)
    typed = made.parse_args()
    found = soak(60 * typed.minutes, typed.scenario, typed.speed)
    print(f"{found.events:,} events, {found.orders:,} orders, memory grew by {found.growth / 1e6:.1f} MB")
    print(*(found.faults or ["the counters are those of the journal"]), sep="\n")
    return int(bool(found.faults))


if __name__ == "__main__":
    raise SystemExit(main())
