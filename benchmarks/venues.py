"""What several venues cost: an order of the scenario `three-venues` on three venues, and on one, in turn.

    python -m benchmarks.venues

Both worlds have the same traders and the same epochs; the market runs alone, because validators and settlement cost the
same for an order of any venue. Processor time is counted, for each accepted order, so that the machine's speed drops
out of the ratio. Three venues should cost at most 1.3 times as much as one.
"""

from __future__ import annotations

import gc
import json
import time
from statistics import median

from market_sim.core.models.market_events import OrderAccepted
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.three_venues import ThreeVenues

PAIRS = 9
TRADERS, EPOCHS = 60, 20
TARGET = 1.3


def microseconds(venues: int, seed: int) -> float:
    """The processor time of one accepted order."""
    gc.collect()
    begin = time.process_time()
    journal = market_alone(ThreeVenues(traders=TRADERS, venues=venues), seed, EPOCHS)
    took = time.process_time() - begin
    return 1e6 * took / sum(1 for _ in journal.of(OrderAccepted))


def figures(pairs: int = PAIRS) -> dict[str, object]:
    """Microseconds for each order on one venue and on three, and the ratio of each pair of runs with one seed."""
    microseconds(1, 0), microseconds(3, 0)  # the first runs import what the others find
    both = [(microseconds(1, seed), microseconds(3, seed)) for seed in range(1, pairs + 1)]
    ratios = [three / one for one, three in both]
    return {
        "microseconds for each order on one venue": median(one for one, _ in both),
        "microseconds for each order on three venues": median(three for _, three in both),
        "three venues as a multiple of one": {"median": median(ratios), "min": min(ratios), "max": max(ratios)},
    }


if __name__ == "__main__":
    print(json.dumps(figures(), indent=2))
