"""The flow report: the orders for one instrument in a stretch of time, their direction, and how well they fared.

    imbalance   what takers bought less what they sold, as a share of what they traded
    quality     of an order that took: the share of it that was filled by taking, times the quoted over the effective
                spread (at most 1); 100 % is all of it at the quote or better. An average counts each such order once.

Rulebook F-8.14; the spreads are those of the microscope (F-8.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.spreads import Spread
from market_sim.analysis.reports.execution_quality import TYPES, Covered, covered_orders
from market_sim.analysis.reports.sheet import Head, Sheet
from market_sim.analysis.results.table import Value
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import InstrumentListed, Trade, book_name
from market_sim.core.models.run_events import AgentJoined
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.core.units import SECOND

UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND}
WINDOW = "1h"
HOUSE = "the house"
FORMULA = (
    "Quality of an order = the share of it that was filled by taking x min(1, quoted / effective spread); imbalance = "
    "(bought - sold) / (bought + sold) by takers."
)
HEADS = (
    Head("orders", "count", "accepted in the window"),
    Head("market_orders", "count", "without a limit"),
    Head("traded_at_once", "count", "orders that took: the number behind the quality"),
    Head("cancelled", "count", "withdrawn, in whole or in part"),
    Head("bought", "size", "by takers"),
    Head("sold", "size", "by takers"),
    Head("imbalance", "percent", "bought less sold over both"),
    Head("quality", "percent", "of the orders that took, each counted once"),
)


def window_ns(text: str) -> int:
    """A stretch of the run's clock as it is typed.

    >>> window_ns("1h") // SECOND, window_ns("90s") // SECOND, window_ns("2m") // SECOND
    (3600, 90, 120)
    """
    found = re.fullmatch(r"([1-9][0-9]{0,6})([smh])", text.strip())
    if found is None:
        raise InputError(
            f"a window is a number of seconds, minutes or hours such as 30s, 5m or 1h, found {text[:20]!r}"
        )
    return int(found[1]) * UNITS[found[2]]


def flow_sheets(journal: Journal, symbol: str, window: str) -> tuple[tuple[str, ...], tuple[Sheet, ...]]:
    """What the flow of this symbol (by default the most traded) was in the last stretch of the run, and its tables."""
    symbol = symbol or _most_traded(journal)
    listed = {event.symbol for event in journal.of(InstrumentListed)}
    if symbol not in listed:
        raise InputError(f"this run has {', '.join(sorted(listed)) or 'no instrument'}, found {symbol[:40]!r}")
    end = journal[-1].time
    start = max(0, end - window_ns(window))
    orders = [one for one in covered_orders(journal) if one.accepted.terms.symbol == symbol]
    orders = [one for one in orders if one.accepted.time >= start]
    trades = [one for one in journal.of(Trade) if one.symbol == symbol and one.time >= start]
    met = _spreads(journal, symbol, start)
    strategies = {event.agent: event.strategy for event in journal.of(AgentJoined)}
    whole = _figures(orders, trades, met)
    quality = whole[-1]
    seconds = (end - start) / SECOND
    said = f"{symbol} in the last {seconds:g} s of the run: {counted(len(orders), 'order')}, " + (
        "none of which took against a quote."
        if quality is None
        else f"of which {whole[2]} took; average execution quality {quality:.1f} %."
    )
    cuts = (
        _Cut("flow", "The flow of orders by venue", "book", lambda one: one.book, _book_of),
        _Cut("flow_by_day", "The same by day", "day", lambda one: _day(one.accepted.time), lambda one: _day(one.time)),
        _Cut("flow_by_strategy", "The same by who sent, and who took", "strategy",
             lambda one: strategies.get(one.accepted.account, HOUSE), lambda one: strategies.get(one.taker, HOUSE)),
    )  # fmt: skip
    return (said, FORMULA), tuple(_sheet(cut, symbol, orders, trades, met) for cut in cuts)


class _Cut(NamedTuple):
    """A way to divide orders and trades into rows."""

    name: str
    title: str
    column: str
    of_order: Callable[[Covered], str]
    of_trade: Callable[[Trade], str]


def _sheet(
    cut: _Cut, symbol: str, orders: Sequence[Covered], trades: Sequence[Trade], met: dict[int, list[Spread]]
) -> Sheet:
    """A row for each class, in the order in which they occur."""
    names = dict.fromkeys((*map(cut.of_order, orders), *map(cut.of_trade, trades)))
    rows = [
        (name, symbol, *_figures([one for one in orders if cut.of_order(one) == name],
                                 [one for one in trades if cut.of_trade(one) == name], met))
        for name in names
    ]  # fmt: skip
    heads = (Head(cut.column, "text", "the class of orders"), Head("symbol", "text", "the instrument"), *HEADS)
    return Sheet(cut.name, cut.title, "Orders accepted in the window, and its trades by who took.", heads, rows)


def _book_of(trade: Trade) -> str:
    return book_name(trade.symbol, trade.venue)


def _day(time: int) -> str:
    return str(time // TRADING_DAY_NS + 1)


def qualities(orders: Iterable[Covered], met: dict[int, list[Spread]]) -> list[float]:
    """The quality of each order that took, as a share of 1."""
    found = []
    for one in orders:
        mine = met.get(one.accepted.order)
        if not mine:
            continue
        taken = sum(spread.trade.quantity for spread in mine)
        effective = sum(max(spread.effective, 0) * spread.trade.quantity for spread in mine)
        quoted = sum(spread.quoted * spread.trade.quantity for spread in mine)
        price = min(1.0, max(0, quoted) / effective) if effective else 1.0
        found.append(min(1.0, taken / one.accepted.terms.quantity) * price)
    return found


def _figures(orders: Sequence[Covered], trades: Sequence[Trade], met: dict[int, list[Spread]]) -> tuple[Value, ...]:
    bought = sum(one.quantity for one in trades if one.side == BUY)
    sold = sum(one.quantity for one in trades if one.side != BUY)
    quality = qualities(orders, met)
    return (
        len(orders), sum(one.kind == TYPES[0] for one in orders), len(quality),
        sum(one.cancelled > 0 for one in orders), bought, sold,
        100 * (bought - sold) / (bought + sold) if trades else None, 100 * fmean(quality) if quality else None,
    )  # fmt: skip


def _spreads(journal: Journal, symbol: str, start: int) -> dict[int, list[Spread]]:
    """The spreads of the trades in the window, by the order that took; a dark pool's beside the quotes of others."""
    found: dict[int, list[Spread]] = {}
    for book in Microscope(journal).traded if next(journal.of(Trade), None) is not None else ():
        if book.listed.symbol == symbol:
            for one in book.spreads:
                if one.trade.time >= start:
                    found.setdefault(one.trade.taker_order, []).append(one)
    return found


def _most_traded(journal: Journal) -> str:
    volumes = {event.symbol: 0 for event in journal.of(InstrumentListed)}
    for trade in journal.of(Trade):
        volumes[trade.symbol] += trade.quantity
    return max(volumes, key=lambda symbol: volumes[symbol], default="")
