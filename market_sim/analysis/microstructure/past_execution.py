"""Execution in the past: what an order would have cost, in equal slices against synthetic books from candles.

The book for a slice is made of the candles that have ended (their average true range and the last volume) around the
open of the candle in which the slice is executed, so nothing of that candle but its first price is known (rulebook
F-8.11). What a slice does not find is added to the next one. Slippage is against the middle at that moment.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import groupby
from statistics import fmean
from typing import NamedTuple

from market_sim.analysis.microstructure.candle_file import TimedCandle
from market_sim.analysis.microstructure.range_volatility import average_true_ranges
from market_sim.core.errors import InputError
from market_sim.core.units import BPS
from market_sim.pricing.execution import in_lots
from market_sim.pricing.synthetic_book import BUYING, SELLING, BookModel, synthetic_side, synthetic_spread, taken

ATR_CANDLES = 14
"""Wilder's own number."""
HIGH_RISK_BPS, OPTIMAL_BPS = 200.0, 50.0
"""More than the first is high risk, less than the second optimal; both numbers themselves are normal."""
HIGH_RISK, NORMAL, OPTIMAL = "high risk", "normal", "optimal"
DIGITS = 6
"""Slippage is rounded to this many places, so that floating point puts nothing across a limit."""
LARGEST = 10**12
USD, LONGEST_CURRENCY = "USD", 12
OVER_IN_A_RUN, LOT_IN_A_RUN = 50, Decimal("0.1")
"""What an order in a run's candles has by default: tenths of the smallest quantity, because in whole ones the books of
a small market hold too little to tell plans apart."""
TIMES = (1, 2, 5, 10, 20, 50, 100)
"""How many times as large the order is along the curve of its impact."""
NOTE = (
    "The books are a model from candles, not data: spread and distances from the average true range, depth from the "
    "volume. Nobody reacts to the order, and the fees of a venue are left out."
)


@dataclass(frozen=True)
class PastOrder:
    """An order to be executed in equal slices, one in each of the last candles."""

    sign: int
    lots: int
    slices: int
    lot: Decimal = Decimal("0.01")
    tick: Decimal = Decimal("0.01")
    currency: str = USD

    @classmethod
    def typed(cls, side: str, quantity: str, slices: str, lot: str, tick: str, currency: str = USD) -> PastOrder:
        """An order as a person types it; InputError says what cannot be used."""
        if side not in ("buy", "sell"):
            raise InputError(f"a side is buy or sell, found {side[:40]!r}")
        size, unit = _positive("a quantity", quantity), _positive("a lot", lot)
        if size % unit or size / unit > LARGEST:
            raise InputError(f"a quantity is at most {LARGEST:,} whole lots of {unit}, found {quantity}")
        count = _positive("the number of candles", slices)
        if count % 1 or count > LARGEST:
            raise InputError(f"the number of candles is whole, found {slices[:40]}")
        if not (currency.isalnum() and len(currency) <= LONGEST_CURRENCY):
            raise InputError(
                f"a currency is at most {LONGEST_CURRENCY} letters or digits such as {USD}, found {currency[:40]!r}"
            )
        sign = BUYING if side == "buy" else SELLING
        return cls(sign, int(size / unit), int(count), unit, _positive("a tick", tick), currency)

    @property
    def words(self) -> str:
        """The side and the quantity."""
        return f"{'buy' if self.sign == BUYING else 'sell'} {self.lots * self.lot:,f}"


class Slice(NamedTuple):
    """One slice: when it was executed, the book that it met, and what it took there."""

    time: str
    middle: float
    atr_bps: float
    percentile: float
    """How many percent of the average true ranges until then were not larger, both in basis points."""
    spread_bps: float
    asked: int
    filled: int
    price: float
    """The average price; that of the middle where nothing was filled."""
    slippage_bps: float

    @property
    def kind(self) -> str:
        """High risk, normal or optimal; empty where nothing was filled."""
        if not self.filled:
            return ""
        if self.slippage_bps > HIGH_RISK_BPS:
            return HIGH_RISK
        return OPTIMAL if self.slippage_bps < OPTIMAL_BPS else NORMAL


@dataclass(frozen=True)
class PastExecution:
    """All slices of an order, and the figures that follow from them."""

    order: PastOrder
    slices: tuple[Slice, ...]

    @property
    def filled(self) -> int:
        """The number of lots that were filled."""
        return sum(one.filled for one in self.slices)

    @property
    def traded(self) -> list[Slice]:
        """The slices that found something."""
        return [one for one in self.slices if one.filled]

    @property
    def average_price(self) -> float:
        """The average price of all that was filled."""
        return sum(one.price * one.filled for one in self.slices) / self.filled

    @property
    def cost(self) -> float:
        """The theoretical total cost: what was paid more, or received less, than at the middles."""
        lots = sum(self.order.sign * (one.price - one.middle) * one.filled for one in self.slices)
        return lots * float(self.order.lot)

    @property
    def average_spread(self) -> float:
        """The average spread in basis points."""
        return fmean(one.spread_bps for one in self.slices)

    @property
    def widest_spread(self) -> float:
        """The largest spread in basis points."""
        return max(one.spread_bps for one in self.slices)

    @property
    def percentile(self) -> float:
        """The average percentile of the volatility."""
        return fmean(one.percentile for one in self.slices)

    @property
    def average_slippage(self) -> float:
        """The average slippage in basis points, weighted by quantity."""
        return sum(one.slippage_bps * one.filled for one in self.slices) / self.filled

    @property
    def least_slippage(self) -> float:
        """The smallest slippage of a slice."""
        return min(one.slippage_bps for one in self.traded)

    @property
    def most_slippage(self) -> float:
        """The largest slippage of a slice."""
        return max(one.slippage_bps for one in self.traded)

    def stretches(self, kind: str) -> list[tuple[int, int]]:
        """The first and the last place of each stretch of slices of this kind."""
        places = groupby(range(len(self.slices)), key=lambda place: self.slices[place].kind == kind)
        runs = [list(run) for wanted, run in places if wanted]
        return [(run[0], run[-1]) for run in runs]


def execute(candles: Sequence[TimedCandle], order: PastOrder) -> PastExecution:
    """Execute an order in the last candles; InputError where there are too few of them or nothing is filled."""
    needed = ATR_CANDLES + order.slices
    if len(candles) < needed:
        raise InputError(
            f"{order.slices} slices need {needed} candles, {ATR_CANDLES} of them before the first slice, "
            f"found {len(candles)}"
        )
    if order.lots < order.slices:
        raise InputError(f"{order.slices} slices need as many lots of {order.lot}, found {order.lots}")
    schedule = in_lots([1] * order.slices, order.lots)
    found = PastExecution(order, tuple(slices(candles, len(candles) - order.slices, schedule, order)))
    if not found.filled:
        raise InputError("no candle before a slice has enough volume for a book of one lot; choose a smaller lot")
    return found


def slices(candles: Sequence[TimedCandle], first: int, schedule: Sequence[int], order: PastOrder) -> Iterator[Slice]:
    """The slices from the candle `first` on, as long as there are candles."""
    yield from sliced(met_books(candles, first, order), schedule, order)


def sliced(books: Iterable[MetBook], schedule: Sequence[int], order: PastOrder) -> Iterator[Slice]:
    """The slices of this schedule, each against the next of these books."""
    left = 0
    for met, quantity in zip(books, schedule, strict=False):
        asked = quantity + left
        filled, price, slippage = _filled(met, asked, order)
        left = asked - filled
        yield Slice(
            met.time, met.middle, met.atr_bps, met.percentile, met.spread_bps, asked, filled, price, slippage
        )  # fmt: skip


class ImpactPoint(NamedTuple):
    """One size of an order along the curve of its impact."""

    times: int
    """How many times as large it is."""
    slippage_bps: float
    """The mean slippage of its slices, each on its own."""
    held: float
    """How much of it the books hold, as a share."""


def impact_curve(candles: Sequence[TimedCandle], order: PastOrder) -> list[ImpactPoint]:
    """The mean slippage of the slices if the order were so many times as large, each slice on its own.

    It never falls: in each book a larger order takes the same levels and worse ones. What a book does not hold is left
    out, so the curve flattens where books are used up.
    """
    every = list(met_books(candles, len(candles) - order.slices, order))
    books = [met for met in every if met.side]
    found = []
    for times in TIMES:
        asked = order.lots // order.slices * times
        fills = [_filled(met, asked, order) for met in books]
        held = sum(filled for filled, _, _ in fills) / (asked * len(every))
        found.append(ImpactPoint(times, fmean(bps for _, _, bps in fills), held))
    return found


class MetBook(NamedTuple):
    """The book that a slice meets."""

    time: str
    middle: float
    atr_bps: float
    percentile: float
    spread_bps: float
    side: list[tuple[int, int]]


def met_books(candles: Sequence[TimedCandle], first: int, order: PastOrder) -> Iterator[MetBook]:
    """The books of the candles from `first` on."""
    model = BookModel(tick=float(order.tick))
    seen: list[float] = []
    ranges = average_true_ranges(candles, ATR_CANDLES)
    for ended, (before, now) in enumerate(zip(candles[ATR_CANDLES - 1 :], candles[ATR_CANDLES:], strict=False)):
        atr = ranges[ended]
        atr_bps = atr / before.close * BPS
        insort(seen, atr_bps)
        if ended + ATR_CANDLES < first:
            continue
        side = synthetic_side(now.open, atr, before.volume / float(order.lot), order.sign, model)
        percentile = 100 * bisect_right(seen, atr_bps) / len(seen)
        yield MetBook(now.time, now.open, atr_bps, percentile, synthetic_spread(now.open, atr, model), side)


def _filled(met: MetBook, asked: int, order: PastOrder) -> tuple[int, float, float]:
    """The quantity that is filled, its average price, and its slippage in basis points."""
    filled, value = taken(met.side, asked)
    price = value * float(order.tick) / filled if filled else met.middle
    return filled, price, round(order.sign * (price / met.middle - 1) * BPS, DIGITS)


def _positive(what: str, text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal(0)
    if not (value.is_finite() and Decimal("1e-12") <= value <= LARGEST):
        raise InputError(f"{what} is a number from 1e-12 to {LARGEST:,}, found {text[:40]!r}")
    return value
