"""Estimates: what prices and volumes alone let one guess of a book, beside what the journal knows.

An outsider sees trades and candles and estimates a spread, an impact, a toxicity. The journal has every quote and
knows who took, so the true figure stands beside each estimate that has one. A run that is too short for an estimator
says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from statistics import StatisticsError, fmean
from typing import NamedTuple

from market_sim.analysis.microstructure import range_volatility
from market_sim.analysis.microstructure.beliefs import errors
from market_sim.analysis.microstructure.liquidity_measures import (
    amihud,
    corwin_schultz,
    fitted_line,
    kyle_lambda,
    roll_spread,
)
from market_sim.analysis.microstructure.microscope import BookMicroscope
from market_sim.analysis.microstructure.order_flow import mean_microprice_lead, order_flow_imbalances
from market_sim.core.errors import InputError
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.core.units import BPS
from market_sim.market.exchange.market_data import Candle, candles

RANGES = 5
"""The number of candles of the average true range, small enough for a run of a dozen epochs."""


VOLATILITIES: tuple[tuple[str, Callable[[Sequence[Candle]], float]], ...] = (
    ("close-to-close volatility", range_volatility.close_to_close),
    ("Parkinson volatility", range_volatility.parkinson),
    ("Garman-Klass volatility", range_volatility.garman_klass),
    ("Rogers-Satchell volatility", range_volatility.rogers_satchell),
    ("Yang-Zhang volatility", range_volatility.yang_zhang),
)


class Estimate(NamedTuple):
    """One estimate with its unit, and the true figure where the journal knows one."""

    measure: str
    estimate: float | None
    truth: float | None
    unit: str
    note: str


def estimates(book: BookMicroscope) -> Iterator[Estimate]:
    """All estimates of one book."""
    told = book.averages
    prices = [trade.price for trade in book.tape.trades]
    days = candles(book.tape.trades, TRADING_DAY_NS)
    middle = fmean(book.tape.quotes.twice) / 2
    effective = told.effective if told else None

    def made(measure: str, work: Callable[[], float], truth: float | None, unit: str, note: str) -> Estimate:
        try:
            return Estimate(measure, work(), truth, unit, note)
        except (InputError, StatisticsError) as refused:
            return Estimate(measure, None, truth, unit, str(refused))

    yield made("Roll spread", lambda: roll_spread(prices), effective, "price", "truth: the mean effective spread")
    yield made(
        "Corwin-Schultz spread",
        lambda: corwin_schultz([one.high for one in days], [one.low for one in days]) * BPS,
        effective / middle * BPS if effective is not None else None, "bps", "truth: the mean effective spread",
    )  # fmt: skip
    yield from _impacts(book, made)
    yield from _flows(book, made)
    returns_of = "for one day"
    for label, work in VOLATILITIES:
        yield made(label, partial(_scaled, work, days), None, "bps", returns_of)
    ranges = range_volatility.average_true_ranges
    yield made("average true range", lambda: ranges(days, RANGES)[-1], None, "price", f"of {RANGES} days, at the end")
    wrong = errors(book.moments)
    yield Estimate(
        "error of the consensus", wrong[0] if wrong else None, wrong[1] if wrong else None, "price",
        "truth: the error of the midpoint against the value" if wrong else "no value is known in this run",
    )  # fmt: skip
    if (fixed := book.correction) is not None:
        note = (
            f"truth: that of the midpoint in the second half; an anchor has {fixed.anchor:.0%} of what is shown, "
            f"the midpoint {fixed.crowd:.0%}"
        )
        yield Estimate("error of the corrected consensus", fixed.errors[2], fixed.errors[1], "price", note)


def _scaled(work: Callable[[Sequence[Candle]], float], days: Sequence[Candle]) -> float:
    return work(days) * BPS


Made = Callable[[str, Callable[[], float], float | None, str, str], Estimate]


def _impacts(book: BookMicroscope, made: Made) -> Iterator[Estimate]:
    """Price changes on flow: Kyle's lambda, and the same with changes of the quotes."""
    steps = book.intervals
    changes = [after.middle - before.middle for before, after in pairwise(steps)]
    flows = [step.flow for step in steps[1:]]
    told = book.averages
    mean = told.impact / 2 / (told.quantity / told.trades) if told and told.impact is not None else None
    yield made(
        "Kyle's lambda", lambda: kyle_lambda(changes, flows).slope, mean, "price a unit",
        "truth: half the mean impact of a trade over its mean size",
    )  # fmt: skip
    yield made("its R squared", lambda: kyle_lambda(changes, flows).r_squared, None, "share", "of the price changes")
    imbalances = [0] * len(steps)
    place = 0
    for time, one in zip(book.tape.quotes.times[1:], order_flow_imbalances(book.tape.quotes), strict=True):
        while place < len(steps) and steps[place].end <= time:
            place += 1
        if place < len(steps):
            imbalances[place] += one
    yield made(
        "R squared of OFI", lambda: fitted_line(imbalances[1:], changes).r_squared, None, "share",
        "of the price changes, by all changes of the best quotes",
    )  # fmt: skip
    yield made(
        "Amihud", lambda: amihud([step.middle for step in steps], [step.value for step in steps[1:]]), None,
        "a million", "absolute return for a million of value",
    )  # fmt: skip


def _flows(book: BookMicroscope, made: Made) -> Iterator[Estimate]:
    """Toxicity and the microprice."""
    toxic = book.toxicity
    yield Estimate(
        "VPIN", toxic[-1][1] if toxic else None, toxic[-1][2] if toxic else None, "share",
        "truth: by the side of the takers" if toxic else f"50 full buckets are needed, found {len(book.buckets)}",
    )  # fmt: skip
    yield made(
        "lead of the microprice", lambda: mean_microprice_lead(book.tape.quotes), None, "price",
        "how much nearer than the midpoint it is to the next one",
    )  # fmt: skip
