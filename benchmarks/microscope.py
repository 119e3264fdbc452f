"""The microscope: its whole report over a run with 50,000 trades, and what of it is the replay of the journal.

Prints one JSON object; run by `python -m benchmarks`. Processor time; the best of some repetitions.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.report_tables import report
from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.quotes import tapes
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.first_market import FirstMarket

EPOCHS = 198
TRADERS = 180
LEAST_TRADES = 50_000
"""The run must have so many, or the figure is not that of the promise."""
REPETITIONS = 3


def seconds(work: Callable[[], object]) -> float:
    """The processor time of some work, the best of some repetitions."""
    taken = []
    for _ in range(REPETITIONS):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)


def figures() -> dict[str, float]:
    """The report, its replay, and the size of the run."""
    journal = market_alone(FirstMarket(traders=TRADERS), 7, EPOCHS)
    trades = sum(1 for _ in journal.of(Trade))
    if trades < LEAST_TRADES:
        raise SystemExit(f"the run has {trades:,} trades, expected {LEAST_TRADES:,}")
    return {
        "trades of the run": trades,
        "events of the run": len(journal),
        "the report of the microscope, s": seconds(lambda: report(Microscope(journal))),
        "the replay of the journal in it, s": seconds(lambda: tapes(journal)),
    }


if __name__ == "__main__":
    print(json.dumps(figures()))
