"""L4f: the fast chain beside eth-tester and anvil, in pairs: what the chain costs, and what a run with it costs.

The chain's part of a block is all that settlement asks of it: the nonce, the transaction, its receipt, the height and
the balances; encoding and decoding of calls is in it, executing trades and signing is not. Chains in this process are
measured in processor time, a node on the wall. The block is that of settlement.py. Prints one JSON object; run by
`python -m benchmarks`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks.settlement import anvil, settled
from market_sim.blockchain.ethereum.settlement import (
    EthereumSettlement,
    eth_tester_settlement,
    fast_settlement,
    json_rpc_settlement,
)
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate

SIZES = (20, 100, 1_000)
PAIRS = 3
EPOCHS = 1_000
ASKED = ("next_nonce", "send", "receipt", "block_number", "head", "statement", "is_paused", "prepare")
"""What the outbox and the reconciliation ask of a settlement for each batch."""


class Timed:
    """A settlement, and the time that it takes to answer."""

    def __init__(self, settlement: EthereumSettlement, clock: Callable[[], float]) -> None:
        self._settlement = settlement
        self._clock = clock
        self.seconds = 0.0
        self.at: list[float] = []
        """The time so far, whenever a balance sheet was asked for, which ends a block."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._settlement, name)
        if name not in ASKED:
            return found

        def asked(*arguments: Any) -> Any:
            begin = self._clock()
            try:
                return found(*arguments)
            finally:
                self.seconds += self._clock() - begin
                if name == "statement":
                    self.at.append(self.seconds)

        return asked


def block_times(settlement: EthereumSettlement, size: int) -> tuple[float, float]:
    """Milliseconds for a block: those in the chain, and all."""
    clock = time.process_time if "alone" in settlement.chain.capabilities else time.perf_counter
    timed = Timed(settlement, clock)
    took, _ = settled(timed, size, clock)
    inside = [after - before for before, after in pairwise(timed.at)]
    return median(inside[-len(took) :]) * 1_000, median(took) * 1_000


def run_seconds(settlement: str) -> float:
    """Processor time of a long run, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.fast_chain", settlement]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def long_run(settlement: str) -> float:
    """Processor time of a long run, after a short one that loads what it needs."""
    simulate("first-market", Options(epochs=2, settlement=settlement))
    begin = time.process_time()
    simulate("first-market", Options(epochs=EPOCHS, settlement=settlement))
    return time.process_time() - begin


def figures() -> dict[str, Any]:
    """Each size in pairs of eth-tester and the fast chain, anvil beside them, and runs with and without a chain."""
    found: dict[str, Any] = {}
    with anvil() as node:
        for size in SIZES:
            slow, fast = zip(*((block_times(eth_tester_settlement(), size), block_times(fast_settlement(), size))
                               for _ in range(PAIRS)), strict=True)  # fmt: skip
            places = {"eth-tester": slow, "fast": fast}
            if node is not None:
                places["anvil"] = tuple(block_times(json_rpc_settlement(node, 31337, confirmations=0), size)
                                        for _ in range(PAIRS))  # fmt: skip
            for name, times in places.items():
                found[f"L4f {size:,} a block, {name}, ms in the chain"] = spread(one for one, _ in times)
                found[f"L4f {size:,} a block, {name}, ms in all"] = spread(one for _, one in times)
            for place, what in enumerate(("in the chain", "in all")):
                ratios = (one[place] / other[place] for one, other in zip(slow, fast, strict=True))
                found[f"L4f {size:,} a block, eth-tester as a multiple of fast, {what}"] = spread(ratios)
    without, paid = zip(*((run_seconds("none"), run_seconds("fast")) for _ in range(PAIRS)), strict=True)
    found[f"L4f {EPOCHS:,} epochs without settlement, s"] = spread(without)
    found[f"L4f {EPOCHS:,} epochs settled on the fast chain, s"] = spread(paid)
    found["L4f the second as a multiple of the first"] = spread(b / a for a, b in zip(without, paid, strict=True))
    return found


def spread(values: Iterable[float]) -> dict[str, float]:
    """The median, the least and the greatest."""
    measured = sorted(values)
    return {"median": median(measured), "min": measured[0], "max": measured[-1]}


if __name__ == "__main__":
    print(long_run(sys.argv[1]) if sys.argv[1:] else json.dumps(figures()))
