"""What surveillance costs: all detectors over the journal of a busy market, event by event.

    python -m benchmarks.surveillance

The journal is that of the scenario `spoofer` with 60 noise traders for 60 epochs. The processor time of each `feed` is
measured by itself, with the time of the clock. The median over all events and over trades alone, and the mean. Prints
one JSON object.
"""

from __future__ import annotations

import json
import time
from statistics import mean, median, quantiles

from market_sim.core.models.market_events import Trade
from market_sim.market.compliance.detectors.watch import Watch
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.spoofer import SpooferScenario

TRADERS, EPOCHS = 60, 60


def figures() -> dict[str, float]:
    """Feed a journal, and print what an event cost."""
    journal = simulate(SpooferScenario(traders=TRADERS), Options(epochs=EPOCHS, settlement="none")).journal
    watch, clock = Watch(), time.process_time_ns
    all_events, trades, alerts = [], [], 0
    for event in journal:
        begin = clock()
        alerts += len(watch.feed(event))
        took = (clock() - begin) / 1_000
        all_events.append(took)
        if type(event) is Trade:
            trades.append(took)
    return {
        "events": len(all_events),
        "alerts": alerts,
        "median microseconds for an event": round(median(all_events), 2),
        "median microseconds for a trade": round(median(trades), 2),
        "99 % of the events take at most, microseconds": round(quantiles(all_events, n=100)[98], 2),
        "mean microseconds for an event": round(mean(all_events), 2),
    }


if __name__ == "__main__":
    print(json.dumps(figures()))
