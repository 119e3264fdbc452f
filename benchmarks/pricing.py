"""How long pricing takes: a chain of 1,000 options with their Greeks, implied volatilities, trees, a margin scan.

    python -m benchmarks.pricing

prints one JSON object: for each subject the median, least and greatest milliseconds of interleaved repetitions
(A B C A B C), and what one item of it costs in microseconds.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

from market_sim.pricing import binomial, black_scholes
from market_sim.pricing.chain import chain
from market_sim.pricing.implied_volatility import implied_volatility
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.portfolio_margin import Leg, scan

REPETITIONS = 9
STRIKES = [50.0 + strike for strike in range(100)]
EXPIRIES = [0.1, 0.25, 0.5, 1.0, 2.0]


def options() -> list[VanillaOption]:
    """100 puts around the money, two expiries."""
    return [
        VanillaOption("put", 100, strike, years, 0.2, 0.05, 0.01) for strike in STRIKES[25:75] for years in (0.25, 1)
    ]


def subjects() -> dict[str, tuple[int, Callable[[], object]]]:
    """What is measured: how many items, and the work."""
    asked = options()
    seen = [(option, black_scholes.price(option)) for option in asked]
    put = VanillaOption("put", 100, 100, 0.5, 0.25, 0.04)
    legs = [Leg(10, 100, option) for option in asked]
    return {
        "chain of 1,000 options with all Greeks": (
            1_000,
            lambda: chain(spot=100, strikes=STRIKES, expiries=EXPIRIES, volatility=0.2, rate=0.05, dividend_yield=0.01),
        ),
        "100 options one by one, with all Greeks": (100, lambda: [black_scholes.greeks(option) for option in asked]),
        "100 implied volatilities": (100, lambda: [implied_volatility(option, price) for option, price in seen]),
        "American put, Leisen-Reimer, 501 steps": (1, lambda: binomial.leisen_reimer(put)),
        "American put, Leisen-Reimer, 101 steps": (1, lambda: binomial.leisen_reimer(put, 101)),
        "American put, mean of 500 and 501 steps": (1, lambda: binomial.averaged(put)),
        "margin scan of 100 legs": (100, lambda: scan(legs, spot=100)),
    }


def figures(repetitions: int = REPETITIONS) -> dict[str, dict[str, float]]:
    """Milliseconds of each subject, after one unmeasured round."""
    work = subjects()
    taken: dict[str, list[float]] = {name: [] for name in work}
    for repetition in range(repetitions + 1):
        for name, (_, run) in work.items():
            start = time.perf_counter()
            run()
            if repetition:
                taken[name].append(1e3 * (time.perf_counter() - start))
    return {
        name: {
            "median_ms": round(statistics.median(times), 3),
            "least_ms": round(min(times), 3),
            "greatest_ms": round(max(times), 3),
            "microseconds_each": round(1e3 * statistics.median(times) / work[name][0], 2),
        }
        for name, times in taken.items()
    }


if __name__ == "__main__":
    print(json.dumps(figures(), indent=2))
