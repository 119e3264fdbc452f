"""The volatility that options of a run are valued at: measured on the run's own days, or assumed and said to be."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import log, sqrt
from statistics import stdev
from typing import NamedTuple

from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.trading_day import TRADING_DAYS_A_YEAR

ASSUMED = 0.3
FEWEST_RETURNS = 3


class Volatility(NamedTuple):
    """The volatility of a year, and the number of daily returns that it comes from; none for an assumption."""

    value: float
    returns: int

    def sentence(self, symbol: str) -> str:
        """The figure with its source."""
        if not self.returns:
            return f"volatility of {symbol}: {self.value:.0%} a year, assumed: the run is too short to measure it"
        return f"volatility of {symbol}: {self.value:.0%} a year, from {self.returns} daily returns of this run"


def volatility_of(events: Iterable[Event], symbol: str, day_ns: int) -> Volatility:
    """The standard deviation of the logarithmic returns from each day's last price to the next one's, for a year.

    The prices are those of the believed value, or of the trades of what has none.
    """
    values: dict[int, int] = {}
    trades: dict[int, int] = {}
    for event in events:
        if isinstance(event, ValueMoved) and event.symbol == symbol:
            values[event.time // day_ns] = event.value
        elif isinstance(event, Trade) and event.symbol == symbol:
            trades[event.time // day_ns] = event.price
    returns = [log(after / before) for before, after in pairwise((values or trades).values())]
    measured = stdev(returns) * sqrt(TRADING_DAYS_A_YEAR) if len(returns) >= FEWEST_RETURNS else 0.0
    return Volatility(measured, len(returns)) if measured else Volatility(ASSUMED, 0)
