"""The reports of a run: daily, weekly, monthly and regulatory, and that of the flow of one instrument.

A trading day is a second of the run's clock, a week five of them and a month twenty-one, so a run of a dozen epochs has
some weeks. A report is a teaching format, not a filing: its tables have the columns of published rules, its market is
simulated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.refusals import refusals
from market_sim.analysis.reports.attribution import Part, attribution
from market_sim.analysis.reports.execution_quality import (
    orders_by_type_and_size,
    venues_by_clients,
    venues_by_day,
)
from market_sim.analysis.reports.flow import WINDOW, flow_sheets
from market_sim.analysis.reports.recommendations import Advice, advice_sheet, recommendations
from market_sim.analysis.reports.sheet import Head, Sheet
from market_sim.analysis.results.result import Result
from market_sim.analysis.results.table import Value
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.market_events import OrderAccepted, OrderRejected, Trade, book_name
from market_sim.core.trading_day import TRADING_DAY_NS, period
from market_sim.market.exchange.market_data import candles

DAYS = {"daily": 1, "weekly": 5, "monthly": 21, "regulatory": 1}
"""The kinds of reports, and how many trading days a row of each covers."""
FLOW = "flow"
KINDS = (*DAYS, FLOW)
UNITS = {"daily": "day", "weekly": "week", "monthly": "month", "regulatory": "day"}
NOTICE = "A teaching format, not a filing: the market is simulated."


@dataclass(frozen=True)
class Report:
    """One report of a run."""

    kind: str
    title: str
    sentences: tuple[str, ...]
    sheets: tuple[Sheet, ...]
    recommendations: tuple[Advice, ...] = ()


def report_of(result: Result, kind: str, symbol: str = "", window: str = WINDOW) -> Report:
    """The report of this kind; symbol and window are those of a flow report."""
    if kind == FLOW:
        said, tables = flow_sheets(result.journal, symbol, window)
        about = f"{result.scenario}, seed {result.seed}"
        return Report(kind, "Flow report", (NOTICE, f"{about}: {said[0]}", *said[1:]), tables)
    journal, unit = result.journal, UNITS[kind]
    end = journal[-1].time
    length = DAYS[kind] * TRADING_DAY_NS
    periods = period(end, end, length)
    trades = sum(1 for _ in journal.of(Trade))
    over = counted(periods, unit) + (f" of {DAYS[kind]} days" if DAYS[kind] > 1 else "")
    about = (
        f"{result.scenario}, seed {result.seed}: {counted(trades, 'trade')} in {over}; a day is a second of the run's "
        f"clock."
    )
    title = f"{kind.capitalize()} report"
    if kind == "regulatory":
        return Report(kind, title, (NOTICE, about), tuple(_regulatory(journal, trades)))
    parts = attribution(journal, length)
    sheets = (_market(journal, unit, length), _activity(journal, unit, length), *_gains(parts, unit))
    if kind != "weekly":
        return Report(kind, title, (NOTICE, about), sheets)
    advice = recommendations(result, parts)
    return Report(kind, title, (NOTICE, about), (advice_sheet(advice), *sheets), tuple(advice))


def _market(journal: Journal, unit: str, length: int) -> Sheet:
    books: dict[tuple[str, str], list[Trade]] = {}
    end = journal[-1].time
    for trade in journal.of(Trade):
        books.setdefault((book_name(trade.symbol, trade.venue), trade.symbol), []).append(trade)
    rows = [
        (
            period(candle.start, end, length), name, symbol, candle.trades, candle.volume,
            candle.open, candle.high, candle.low, candle.close,
        )
        for (name, symbol), trades in books.items()
        for candle in candles(trades, length)
    ]  # fmt: skip
    return Sheet(
        "market",
        f"Prices by {unit}",
        f"The first, highest, lowest and last price of each {unit} in which a book traded.",
        (
            Head(unit, "count", "counted from 1"),
            Head("book", "text", "what is traded, and on which venue where there are several"),
            Head("symbol", "text", "the instrument"),
            Head("trades", "count", "how many"),
            Head("volume", "size", "the quantity traded"),
            *(Head(name, "price", f"the {name} price") for name in ("open", "high", "low", "close")),
        ),
        rows,
    )


def _activity(journal: Journal, unit: str, length: int) -> Sheet:
    counts: Counter[tuple[int, type]] = Counter()
    end = journal[-1].time
    for event in journal:
        if type(event) in (OrderAccepted, OrderRejected, Trade):
            counts[period(event.time, end, length), type(event)] += 1
    rows = [
        (number, *(counts[number, kind] for kind in (OrderAccepted, OrderRejected, Trade)))
        for number in range(1, period(end, end, length) + 1)
    ]
    said = [f"{one.count:,} for {one.reason}" for one in refusals(journal) if one.by == "exchange"]
    why = f"Refused: {', '.join(said)}." if said else "The exchange refused nothing."
    heads = (
        Head(unit, "count", "counted from 1"),
        Head("accepted", "count", "orders that the exchange accepted"),
        Head("refused", "count", "intents that it refused"),
        Head("trades", "count", "how many"),
    )
    return Sheet("activity", f"Orders by {unit}", why, heads, rows)


def _gains(parts: list[Part], unit: str) -> Iterator[Sheet]:
    heads = (
        Head("account", "text", "whose"),
        Head("strategy", "text", "what decides for it"),
        Head("currency", "text", "of the amounts"),
        Head("trading", "money", "by trading, before fees"),
        Head("from_prices", "money", "what holding what was brought in gained"),
        Head("dividends", "money", "received less paid"),
        Head("fees", "money", "paid less rebates"),
        Head("gain", "money", "trading + from prices + dividends - fees"),
    )
    whole: dict[tuple[str, str, str], list[int]] = {}
    for part in parts:
        sums = whole.setdefault((part.account, part.strategy, part.currency), [0, 0, 0, 0, 0])
        for place, amount in enumerate((part.trading, part.from_prices, part.dividends, part.fees, part.gain)):
            sums[place] += amount
    ranked = sorted(whole.items(), key=lambda one: (one[0][2], -one[1][-1], one[0]))
    rows: list[tuple[Value, ...]] = [(*key, *sums) for key, sums in ranked]
    said = "gain = trading + from prices + dividends - fees, to the smallest unit"
    yield Sheet("attribution", "Where the gains came from", f"{said.capitalize()}.", heads, rows)
    by_period: list[tuple[Value, ...]] = [
        (part.period, part.account, part.strategy, part.currency, part.trading, part.from_prices, part.dividends,
         part.fees, part.gain)
        for part in parts
    ]  # fmt: skip
    yield Sheet(
        f"attribution_by_{unit}",
        f"The same by {unit}",
        f"The rows of an account sum to its gain in the whole run; each {unit} ends at its own marks.",
        (Head(unit, "count", "counted from 1"), *heads),
        by_period,
    )


def _regulatory(journal: Journal, trades: int) -> Iterator[Sheet]:
    found = Microscope(journal) if trades else None
    book = Head("book", "text", "what is traded, and on which venue where there are several")
    symbol = Head("symbol", "text", "the instrument")
    yield Sheet(
        "orders_by_type_and_size",
        "Orders by type and size, after Rule 605",
        "Times from acceptance to a trade; spreads of orders that took, weighted by quantity; realised a day later.",
        (
            book, symbol,
            Head("type", "text", "market, marketable limit (it took), or resting limit"),
            Head("size", "text", "the class of the order's quantity"),
            Head("covered_orders", "count", "how many were accepted"),
            Head("shares", "size", "their quantity"),
            Head("executed", "size", "how much of it traded"),
            Head("cancelled", "size", "how much of it was withdrawn"),
            Head("average_time", "ms", "to a trade, weighted by quantity, in nanoseconds"),
            Head("median_time", "ms", "of their trades"),
            Head("time_of_99_percent", "ms", "of their trades"),
            Head("quoted_spread", "price", "before the trade"),
            Head("effective_spread", "price", "twice what was paid beyond the midpoint"),
            Head("realised_spread", "price", "the same beside the midpoint a day later"),
            Head("better_than_quote", "size", "how much traded inside the quote"),
            Head("at_quote", "size", "how much traded at it"),
            Head("outside_quote", "size", "how much traded beyond it"),
            Head("effective_over_quoted", "ratio", "below 1 where takers did better than the quote"),
        ),
        orders_by_type_and_size(found, journal) if found else [],
    )  # fmt: skip
    yield Sheet(
        "venues_by_day",
        "Venues by day, after RTS 27",
        "How a venue traded on each day: prices, depth, and how likely and how fast an order was executed.",
        (
            Head("day", "count", "counted from 1"), book, symbol,
            Head("halts", "count", "how often trading was halted"),
            Head("trades", "count", "how many"),
            Head("volume", "size", "the quantity traded"),
            Head("first", "price", "the first price"),
            Head("average", "price", "weighted by quantity"),
            Head("highest", "price", "the highest price"),
            Head("lowest", "price", "the lowest price"),
            Head("last", "price", "the last price"),
            Head("spread", "price", "of the quotes, on average of their changes"),
            Head("depth", "size", "at the best bid and ask together, on average of their changes"),
            Head("orders", "count", "accepted that day"),
            Head("executed", "count", "how many of them traded at all"),
            Head("likelihood", "percent", "the share that traded"),
            Head("cancelled", "count", "how many were withdrawn, in whole or in part"),
            Head("median_time", "ms", "from acceptance to the first trade, in nanoseconds"),
        ),
        venues_by_day(found, journal, TRADING_DAY_NS) if found else [],
    )  # fmt: skip
    yield Sheet(
        "venues_by_clients",
        "The first venues of each class of clients, after RTS 28",
        "Where each strategy traded most; passive is the volume of orders that waited.",
        (
            Head("clients", "text", "the strategy"),
            Head("venue", "text", "where"),
            Head("trades", "count", "sides of trades"),
            Head("volume", "count", "the quantity, in smallest units"),
            Head("share", "percent", "of the volume of this class"),
            Head("passive", "percent", "of it, by orders that waited"),
            Head("aggressive", "percent", "of it, by orders that took"),
        ),
        venues_by_clients(journal),
    )
