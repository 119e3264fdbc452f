"""The comparison that Avellaneda and Stoikov published (2008, tables 1 to 3), made again path by path.

Their experiment has no order book: at each step the maker quotes, each quote is filled with probability lambda dt
(at most 1) on its own, and then the middle moves up or down by sigma sqrt(dt). The symmetric maker quotes the mean of
the inventory maker's spread around the middle. So what differs is only whether the inventory moves the quotes.
"""

from __future__ import annotations

from math import sqrt
from statistics import fmean, stdev
from typing import NamedTuple

from market_sim.core.randomness import Randomness, Stream
from market_sim.pricing.quoting import arrivals, half_spread, mean_half_spread, reservation_price

START, HORIZON, SIGMA, STEP, K, INTENSITY = 100.0, 1.0, 2.0, 0.005, 1.5, 140.0


class Outcome(NamedTuple):
    """One row of the table: the mean spread, and mean and deviation of the profit and of the last inventory."""

    spread: float
    profit: float
    profit_deviation: float
    inventory: float
    inventory_deviation: float


PUBLISHED: dict[tuple[float, str], Outcome] = {
    (0.1, "inventory"): Outcome(1.49, 65.0, 6.6, 0.08, 2.9),
    (0.1, "symmetric"): Outcome(1.49, 68.4, 12.7, 0.26, 8.4),
    (0.01, "inventory"): Outcome(1.35, 68.6, 8.7, 0.12, 5.1),
    (0.01, "symmetric"): Outcome(1.35, 68.8, 12.8, 0.09, 8.7),
    (1.0, "inventory"): Outcome(3.02, 31.4, 5.0, 0.02, 1.7),
    (1.0, "symmetric"): Outcome(3.02, 44.0, 11.0, 0.00, 5.1),
}
"""Quantitative Finance 8(3), tables 1 to 3: by risk aversion and maker, from 1,000 paths each."""


def again(gamma: float, maker: str, paths: int, seed: int) -> Outcome:
    """The same experiment with our formulas and our chance."""
    stream = Randomness(seed).stream(f"published/avellaneda-stoikov/{gamma}/{maker}")
    ends = [_path(gamma, maker == "inventory", stream) for _ in range(paths)]
    profits, inventories = [profit for profit, _ in ends], [float(held) for _, held in ends]
    spread = 2 * mean_half_spread(gamma, SIGMA, HORIZON, K)
    return Outcome(spread, fmean(profits), stdev(profits), fmean(inventories), stdev(inventories))


def _path(gamma: float, leans: bool, stream: Stream) -> tuple[float, int]:
    """Profit and inventory at the end of one path."""
    price, cash, held = START, 0.0, 0
    random, move = stream.random, SIGMA * sqrt(STEP)
    symmetric = mean_half_spread(gamma, SIGMA, HORIZON, K)
    for number in range(round(HORIZON / STEP)):
        left = HORIZON - number * STEP
        centre = reservation_price(price, held, gamma, SIGMA, left) if leans else price
        half = half_spread(gamma, SIGMA, left, K) if leans else symmetric
        bid, ask = centre - half, centre + half
        bought = random() < arrivals(price - bid, INTENSITY, K) * STEP
        sold = random() < arrivals(ask - price, INTENSITY, K) * STEP
        held += bought - sold
        cash += ask * sold - bid * bought
        price += move if random() < 0.5 else -move
    return cash + held * price, held
