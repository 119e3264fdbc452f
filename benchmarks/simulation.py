"""L2 and L6: the whole simulation without its chain, and `python simulate.py --epochs 12` as a student meets it.

Prints one JSON object; run by `python -m benchmarks`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from math import exp, log
from pathlib import Path
from statistics import fmean

from market_sim import MarketMaker, Noise, Stock, World

ROOT = Path(__file__).resolve().parent.parent
SECOND = 1_000_000_000
WAKES_PER_SECOND = 10
SIZES = (10, 100, 1_000, 10_000)


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


def growth(wake_ups: int = 100_000, repetitions: int = 3) -> dict[str, float]:
    """Wake-ups a second in markets with ever more agents, and how the cost of one grows with their number.

    The last figure is the slope of log(cost of a wake-up) over log(agents): 0 where the cost of a run grows in
    proportion to its agents, 1 where each wake-up costs more in proportion to them.
    """
    found, points = {}, []
    for agents in SIZES:
        makers = max(1, agents // 10)
        seconds = max(1, wake_ups // (agents * WAKES_PER_SECOND))
        rate = max(wakes_per_second(makers, agents - makers, seconds)[0] for _ in range(repetitions))
        found[f"L2 wake-ups/s, {agents} agents in one market"] = rate
        points.append((log(agents), -log(rate)))
    middle = [fmean(axis) for axis in zip(*points, strict=True)]
    covariance = sum((x - middle[0]) * (y - middle[1]) for x, y in points)
    found["L2 slope of the cost of a wake-up over the number of agents"] = covariance / sum(
        (x - middle[0]) ** 2 for x, _ in points
    )
    found["L2 slowest of these as a part of the fastest"] = exp(min(-y for _, y in points) - max(-y for _, y in points))
    return found


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
    found |= growth()
    with tempfile.TemporaryDirectory() as out:
        run = ("simulate.py", "--epochs", "12", "--headless", "--out", out)
        found["L6 first line, s"], found["L6 whole run with settlement, s"] = command(*run)
        found["L6 whole run without settlement, s"] = command(*run, "--no-settle")[1]
    found["L6 importing eth_tester and plotly, s"] = command("-c", "import eth_tester, plotly")[1]
    return found


if __name__ == "__main__":
    print(json.dumps(figures()))
