"""L2 and L6: the whole simulation without its chain, and `python simulate.py --epochs 12` as a student meets it.

Prints one JSON object; run by `python -m benchmarks`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from market_sim import MarketMaker, Noise, Stock, World

ROOT = Path(__file__).resolve().parent.parent
SECOND = 1_000_000_000
WAKES_PER_SECOND = 10


def wakes_per_second(makers: int, traders: int, seconds: int) -> tuple[float, float]:
    """Wake-ups and journal events a second of processor time: makers with one quote a side, and noise traders."""
    world = World(seed=7)
    world.list(Stock("ACME"), value=10_000, volatility_bps=2)
    for number in range(makers):
        maker = MarketMaker(spread_bps=8 + number % 20, levels=1)
        world.join(f"maker-{number}", maker, cash=10**10, holdings={"ACME": 10**6})
    for number in range(traders):
        world.join(f"noise-{number}", Noise(trade_probability=0.05), cash=10**8, holdings={"ACME": 10**4})
    world.start(SECOND)
    begin = time.process_time()
    world.clock.run(until=seconds * SECOND)
    took = time.process_time() - begin
    return (makers + traders) * seconds * WAKES_PER_SECOND / took, len(world.journal) / took


def wake_up(agents: int, wake_ups: int = 100_000) -> float:
    """Microseconds of processor time of one wake-up at which nothing is done, with so many agents."""
    world = World(seed=1)
    world.list(Stock("ACME"))
    for number in range(agents):
        world.join(f"noise-{number}", Noise(trade_probability=0.0), cash=10**5, holdings={"ACME": 10})
    world.start(SECOND)
    world.clock.run(until=SECOND // WAKES_PER_SECOND)
    seconds = max(1, wake_ups // (agents * WAKES_PER_SECOND))
    begin = time.process_time()
    world.clock.run(until=SECOND // WAKES_PER_SECOND + seconds * SECOND)
    return (time.process_time() - begin) / (agents * seconds * WAKES_PER_SECOND) * 1e6


def command(*arguments: str) -> tuple[float, float]:
    """Seconds until the first line, and until the end, of a command in a fresh process."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT, text=True
    ) as process:
        stream = process.stderr
        first = None
        for _ in stream or ():
            first = first or time.perf_counter() - begin
        if process.wait():
            raise SystemExit(f"{' '.join(arguments)} failed")
    return first or 0.0, time.perf_counter() - begin


def figures() -> dict[str, float]:
    """All figures of both levels."""
    found: dict[str, float] = {}
    for agents, seconds in ((100, 40), (1_000, 4)):
        wakes, events = wakes_per_second(agents // 10, agents - agents // 10, seconds)
        found[f"L2 wake-ups/s, {agents} agents"] = wakes
        found[f"L2 journal events/s, {agents} agents"] = events
    few, many = (min(wake_up(agents) for _ in range(5)) for agents in (100, 10_000))
    found["L2 microseconds of a wake-up, 100 agents"] = few
    found["L2 microseconds of a wake-up, 10000 agents"] = many
    found["L2 a wake-up at 10000 agents as a multiple of one at 100"] = many / few
    with tempfile.TemporaryDirectory() as out:
        run = ("simulate.py", "--epochs", "12", "--headless", "--out", out)
        found["L6 first line, s"], found["L6 whole run with settlement, s"] = command(*run)
        found["L6 whole run without settlement, s"] = command(*run, "--no-settle")[1]
    found["L6 importing web3, eth_tester and plotly, s"] = command("-c", "import web3, eth_tester, plotly")[1]
    return found


if __name__ == "__main__":
    print(json.dumps(figures()))
