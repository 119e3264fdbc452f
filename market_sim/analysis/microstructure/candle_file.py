"""Candles from outside: a CSV file with time, open, high, low, close and volume, and the same of a stored run.

>>> [one] = read_candles("Time,Open,High,Low,Close,Volume\\n2024-01-01,10,12,9,11,500")
>>> one.high, one.volume
(12.0, 500.0)
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from math import isfinite
from typing import NamedTuple

from market_sim.analysis.instruments import instruments_in
from market_sim.analysis.results.market_tables import book_names
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.units import MILLISECOND
from market_sim.market.exchange.market_data import candles, trades_of

COLUMNS = ("time", "open", "high", "low", "close", "volume")
FROM_A_RUN = 100
"""The number of candles that a run is divided into."""


class TimedCandle(NamedTuple):
    """The prices and the volume of one interval."""

    time: str
    open: float
    high: float
    low: float
    close: float
    volume: float


def read_candles(text: str) -> list[TimedCandle]:
    """The candles of a file, oldest first; InputError names the line that cannot be used."""
    lines = csv.reader(io.StringIO(text.lstrip("\ufeff").strip()))
    head = [name.strip().lower() for name in next(lines, [])]
    if missing := [name for name in COLUMNS if name not in head]:
        raise InputError(f"the first line names the columns {','.join(COLUMNS)}; missing: {', '.join(missing)}")
    places = [head.index(name) for name in COLUMNS]
    found: list[TimedCandle] = []
    for row in lines:
        if not row:
            continue
        if len(row) != len(head):
            raise InputError(
                f"line {lines.line_num}: expected {len(head)} cells as in the first line, found {len(row)}"
            )
        one = _candle([row[place].strip() for place in places], lines.line_num)
        if found and _moment(one.time) <= _moment(found[-1].time):
            raise InputError(f"line {lines.line_num}: times increase, found {one.time} after {found[-1].time}")
        found.append(one)
    return found


class RunCandles(NamedTuple):
    """The candles of a book of a run, and its smallest price step: what one unit or contract costs, in a currency."""

    candles: list[TimedCandle]
    tick: Decimal
    currency: str


def candles_of(journal: Journal, book: str) -> RunCandles:
    """The candles of a book of a run, in at most 100 intervals of whole milliseconds."""
    if book not in book_names(journal):
        raise InputError(f"this run has the books {', '.join(book_names(journal))}, found {book[:40]!r}")
    listed = next(one for one in instruments_in(journal).values() if f"{book} on ".startswith(f"{one.symbol} on "))
    length = -(-(journal[-1].time + 1) // (FROM_A_RUN * MILLISECOND)) * MILLISECOND
    each = 10**listed.price_decimals / listed.multiplier
    found = [
        TimedCandle(
            f"{one.start / 1e9:.3f}", one.open / each, one.high / each, one.low / each, one.close / each,
            one.volume / 10**listed.quantity_decimals,
        )
        for one in candles(trades_of(journal, book), length, fill=True)
    ]  # fmt: skip
    tick = Decimal(listed.tick * listed.multiplier).scaleb(-listed.price_decimals)
    return RunCandles(found, tick, listed.quote)


def candle_text(found: Iterable[TimedCandle]) -> str:
    """These candles as a CSV file."""
    rows = [",".join([one.time, *(f"{value:.10g}" for value in one[1:])]) for one in found]
    return "\n".join([",".join(COLUMNS), *rows]) + "\n"


def _candle(cells: list[str], line: int) -> TimedCandle:
    values = []
    for name, cell in zip(COLUMNS[1:], cells[1:], strict=True):
        try:
            value = float(cell)
        except ValueError:
            value = float("nan")
        if not isfinite(value) or value < 0 or (value == 0 and name != "volume"):
            more = "zero or more" if name == "volume" else "more than zero"
            raise InputError(f"line {line}: {name} is a number, {more}, found {cell[:40]!r}")
        values.append(value)
    one = TimedCandle(cells[0], *values)
    if not one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high:
        raise InputError(f"line {line}: open and close lie between low and high, found {','.join(cells[1:5])}")
    return one


def _moment(time: str) -> tuple[int, float, str]:
    """A number where times are numbers; others, such as those of ISO 8601, are ordered as text."""
    try:
        return 0, float(time), ""
    except ValueError:
        return 1, 0.0, time
