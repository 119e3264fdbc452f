"""Volatilities of a run: historical (or assumed, in short runs), and implied by option prices."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import log, sqrt
from statistics import stdev
from typing import NamedTuple

from market_sim.analysis.instruments import Instruments
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.instruments import OptionTerms
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.trading_day import TRADING_DAYS_A_YEAR
from market_sim.pricing.implied_volatility import implied_volatility
from market_sim.pricing.option import VanillaOption

ASSUMED = 0.3
FEWEST_RETURNS = 3


class Volatility(NamedTuple):
    """An annual volatility, and the number of daily returns behind it; 0 for an assumption."""

    value: float
    returns: int

    def sentence(self, symbol: str) -> str:
        """The figure with its source."""
        if not self.returns:
            return f"volatility of {symbol}: {self.value:.0%} a year, assumed: the run is too short to measure it"
        return f"volatility of {symbol}: {self.value:.0%} a year, from {self.returns} daily returns of this run"


def volatility_of(events: Iterable[Event], symbol: str, day_ns: int) -> Volatility:
    """The annualised standard deviation of the daily logarithmic returns.

    The prices are believed values, or trades of an instrument without one.
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


class Implied(NamedTuple):
    """The last trade of an option, and the volatility at which the model gives its price."""

    symbol: str
    time: int
    price: int
    spot: int
    """The price of the underlying at that time."""
    volatility: float | None
    """None where no volatility gives the price, because it is outside the model-free bounds."""


def implied_volatilities(events: Iterable[Event], day_ns: int) -> list[Implied]:
    """The implied volatility of every option that was traded while its underlying had a price, without interest."""
    instruments = Instruments()
    values: dict[str, int] = {}
    prices: dict[str, int] = {}
    found: dict[str, Implied] = {}
    for event in events:
        instruments.read(event)
        if isinstance(event, ValueMoved):
            values[event.symbol] = event.value
        elif isinstance(event, Trade):
            prices[event.symbol] = event.price
            option = instruments.known[event.symbol]
            spot = values.get(option.underlying, prices.get(option.underlying))
            terms = option.as_option(spot) if option.kind == "option" and spot is not None else None
            if spot is not None and terms is not None:
                implied = _implied(terms, event, day_ns)
                found[event.symbol] = Implied(event.symbol, event.time, event.price, spot, implied)
    return [found[symbol] for symbol in instruments.known if symbol in found]


def _implied(terms: OptionTerms, trade: Trade, day_ns: int) -> float | None:
    years = (terms.expiry - trade.time) / day_ns / TRADING_DAYS_A_YEAR
    option = VanillaOption(terms.right, terms.spot, terms.strike, max(0.0, years), ASSUMED)
    try:
        return implied_volatility(option, trade.price)
    except InputError:  # it says why there is none
        return None
