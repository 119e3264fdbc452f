"""The dashboard of a run as one HTML file: overview, candles, depth, recent trades, metrics; it needs no server.

    dashboard = Dashboard(simulate("arena", epochs=60))
    text = dashboard.generate_html_dashboard()

The file loads nothing from other hosts, and its content policy forbids it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape

from market_sim.analysis.results import performance_table
from market_sim.analysis.results.market_tables import book_names
from market_sim.analysis.results.result import Result
from market_sim.analysis.three_clocks import CLOCKS, last_entry
from market_sim.analysis.visualization.as_of import finished
from market_sim.analysis.visualization.chart import LegendEntry, Part, Table
from market_sim.analysis.visualization.document import document, header
from market_sim.analysis.visualization.figure import CONFIG
from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.market_picture import (
    CANDLE_LEGEND,
    DEPTH_LEGEND,
    Level,
    candle_picture,
    candle_table,
    candles_told,
    depth_picture,
    depth_table,
    depth_told,
    interval_name,
    levels,
)
from market_sim.analysis.visualization.page import conclusion, table_text
from market_sim.analysis.visualization.palette import dark_changes
from market_sim.analysis.words import Words
from market_sim.core.english import seconds
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.intents import SIDE_NAMES
from market_sim.core.models.market_events import InstrumentListed, OrderAccepted, OrderRejected, Trade, book_name
from market_sim.core.money import written
from market_sim.core.units import SECOND
from market_sim.market.exchange.book_replay import BookReplay
from market_sim.market.exchange.market_data import candles, statistics, trades_of

INTERVALS = (60, 300, 1)
"""The candles that a dashboard shows, in seconds; those of one second, a trading day, are for short runs."""
MOST_BOOKS = 4
"""The most books with pictures, the most traded first; the overview has all of them."""
RECENT = 30
WIDTH = 620
OVERVIEW_HEAD = ("book", "last", "bid", "ask", "high", "low", "volume", "trades", "volatility")
TRADES_HEAD = ("trade", "time", "book", "price", "quantity", "buyer took", "taker", "maker")
METRICS_HEAD = ("figure", "value")


@dataclass(frozen=True)
class BookState:
    """One book at the end of a run."""

    name: str
    listed: InstrumentListed
    trades: list[Trade]
    bids: list[Level]
    asks: list[Level]


class Dashboard:
    """The dashboard of one run, finished or interrupted."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self._journal = result.journal

    @cached_property
    def books(self) -> list[BookState]:
        """Every book at the end of the run, the most traded first."""
        replay = BookReplay()
        for event in self._journal:
            effect = replay.effects.get(type(event))
            if effect is not None:
                effect(event)
        listed = {event.symbol: event for event in self._journal.of(InstrumentListed)}
        traded: dict[str, list[Trade]] = {name: [] for name in book_names(self._journal)}
        for trade in trades_of(self._journal):
            traded[book_name(trade.symbol, trade.venue)].append(trade)
        found = [
            BookState(
                name,
                listed[name.partition(" on ")[0]],
                traded[name],
                levels(replay.book(name).bids, buys=True),
                levels(replay.book(name).asks, buys=False),
            )
            for name in traded
        ]
        return sorted(found, key=lambda one: -len(one.trades))

    @cached_property
    def overview(self) -> Table:
        """One row for each book: prices, volume, trades and volatility."""
        now = self._journal[len(self._journal) - 1].time
        return Table("Market overview", OVERVIEW_HEAD, [_overview_row(one, now) for one in self.books])

    @cached_property
    def recent_trades(self) -> Table:
        """The last trades, the newest first."""
        names = Words(self._journal)
        last = list(trades_of(self._journal))[-RECENT:]
        rows = [
            (
                f"{one.trade:,}", seconds(one.time), book_name(one.symbol, one.venue),
                names.price(one.symbol, one.price), names.size(one.symbol, one.quantity),
                "yes" if SIDE_NAMES[one.side] == "buy" else "no", one.taker, one.maker,
            )
            for one in reversed(last)
        ]  # fmt: skip
        return Table("Recent trades", TRADES_HEAD, rows, worded=True)

    @cached_property
    def metrics(self) -> Table:
        """The figures of the whole run."""
        trades = sum(len(one.trades) for one in self.books)
        counts = {clock: last_entry(self._journal, clock) for clock in CLOCKS}
        epochs = max((event.epoch for event in self._journal.of(EpochStarted)), default=0)
        rows = [
            ("trades", f"{trades:,}"),
            ("orders accepted", f"{sum(1 for _ in self._journal.of(OrderAccepted)):,}"),
            ("orders refused", f"{sum(1 for _ in self._journal.of(OrderRejected)):,}"),
            *((f"entries {clock}", f"{count:,}") for clock, count in counts.items()),
            ("epochs", f"{min(epochs, self.result.epochs):,} of {self.result.epochs:,}"),
            ("events", f"{len(self._journal):,}"),
            ("fingerprint", self.result.fingerprint[:16]),
        ]
        return Table("Metrics", METRICS_HEAD, rows)

    def generate_html_dashboard(self) -> str:
        """The whole page as text."""
        figures: list[Part] = []
        drawn = "".join(self._drawn(figures))
        data = [{"figure": one, "dark": dark_changes(one), "config": CONFIG} for one in map(finished, figures)]
        title = f"{self.result.scenario}, seed {self.result.seed}: dashboard"
        body = (
            header(title),
            conclusion(self.result),
            f'<main id="dashboard">{_section(self.overview)}{drawn}{_section(self.recent_trades)}',
            f"{_section(self.metrics)}{self._made()}</main>",
        )
        return document(title, ("dashboard", "dashboard"), body, {"figures": data}, ("dashboard.js",))

    def _drawn(self, figures: list[Part]) -> Iterator[str]:
        """The pictures of the most traded books; their figures are added to the list."""
        for one in self.books[:MOST_BOOKS]:
            yield f"<section><h2>{escape(one.name)}</h2>"
            for interval in INTERVALS:
                found = candles(one.trades, interval * SECOND)
                title = f"Candles of {interval_name(interval)}"
                said, table = candles_told(found, one.listed, interval), candle_table(found, one.listed, interval)
                figures.append(candle_picture(found, one.listed, interval))
                yield _framed(title, said, CANDLE_LEGEND, figures, table)
            figures.append(depth_picture(one.bids, one.asks, one.listed))
            said, table = depth_told(one.bids, one.asks, one.listed), depth_table(one.bids, one.asks, one.listed)
            yield _framed("Depth at the end", said, DEPTH_LEGEND, figures, table)
            yield "</section>"
        left_out = ", ".join(one.name for one in self.books[MOST_BOOKS:])
        yield f"<p>In the overview only: {escape(left_out)}.</p>" if left_out else ""

    def _made(self) -> str:
        """The performance of every account."""
        tables = performance_table.performance_tables(self.result.performances, Words(self._journal))
        boards = [
            table_text(Table(f"Performance in {currency}", performance_table.HEAD, rows))
            for currency, rows in tables.items()
        ]
        return f"<section><h2>Performance</h2>{''.join(boards)}</section>" if boards else ""


def _overview_row(one: BookState, now: int) -> tuple[str, ...]:
    day, listed = statistics(one.trades, now), one.listed

    def price(value: int | None) -> str:
        return "–" if value is None else written(value, listed.price_decimals)

    return (
        one.name,
        price(day.last),
        price(one.bids[0][0] if one.bids else None),
        price(one.asks[0][0] if one.asks else None),
        price(day.high),
        price(day.low),
        written(day.volume, listed.quantity_decimals),
        f"{day.trades:,}",
        f"{100 * day.volatility:.3f} %",
    )


def _section(table: Table) -> str:
    return f"<section><h2>{escape(table.title)}</h2>{table_text(table)}</section>"


def _framed(title: str, said: str, legend: tuple[LegendEntry, ...], figures: list[Part], table: Table) -> str:
    """The frame of the picture that was added last: its words, its legend and its table."""
    number, height = len(figures) - 1, figures[-1]["layout"]["height"]
    details = f"<details><summary>Table: {escape(table.title)}</summary>{table_text(table)}</details>"
    return (
        f'<figure role="group" aria-roledescription="chart" aria-label="{escape(said)}"><h3>{escape(title)}</h3>'
        f'<div class="legends">{legend_list(title, legend)}</div>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}, {escape(table.title)}">'
        f'<div class="chart" id="chart-{number}" style="min-width: {WIDTH}px; height: {height}px"></div></div>'
        f"<noscript><p>The picture needs JavaScript; the sentence and the table say the same.</p></noscript>"
        f"<figcaption><p>{escape(said)}</p>{details}</figcaption></figure>"
    )
