"""The order-book timeline: where the best prices were, where orders waited, who pushed.

Above, the resting quantity at each price over time, the best bid and ask, and one triangle for each aggressive order
at its average price (one for each fill would hide the best prices). Below, what was bought and sold aggressively.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from statistics import median

from market_sim.analysis.history.book_history import BookHistory, Sample, Taker, book_history
from market_sim.analysis.history.time_axis import MOST_MARKS, OPENING_EPOCHS, TimeAxis, seconds
from market_sim.analysis.visualization.as_of import END
from market_sim.analysis.visualization.depth_grid import DepthGrid, depth_grid
from market_sim.analysis.visualization.palette import LIGHT, NOTHING
from market_sim.analysis.visualization.panels import Account, LegendEntry, Panel, Part, Table
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.market_events import InstrumentListed, OrderAccepted, Trade
from market_sim.core.money import written

LEGEND = (
    LegendEntry("bids", "bid-deep", "waiting buyers (stronger: more)"),
    LegendEntry("asks", "ask-deep", "waiting sellers"),
    LegendEntry("line", "bid-line", "best bid"),
    LegendEntry("line", "ask-line", "best ask"),
    LegendEntry("up", "buy", "aggressive buy, area by size"),
    LegendEntry("down", "sell", "aggressive sell"),
)
HEAD = ("epoch", "from (s)", "best bid", "best ask", "trades", "bought", "sold", "lowest", "highest")


@dataclass(frozen=True)
class Market:
    """One instrument over the whole axis: its terms and its replayed book."""

    listed: InstrumentListed
    axis: TimeAxis
    history: BookHistory

    @cached_property
    def marks(self) -> list[tuple[Taker, int]]:
        """The aggressive orders as they are drawn, each up to the event after which it is drawn otherwise."""
        if len(self.history.takers) > MOST_MARKS:
            return [(mark, END) for mark in joined_takers(self.history.takers, self.axis)]
        return [
            (taker, following.number if following else END)
            for versions in self.history.growing()
            for taker, following in zip_longest(versions, versions[1:])
        ]

    def price(self, units: float) -> float:
        """A price as people read it, for plotly."""
        return round(units / 10**self.listed.price_decimals, self.listed.price_decimals + 2)

    def text(self, units: int | None) -> str:
        """A price as people read it, for a table."""
        return "none" if units is None else written(units, self.listed.price_decimals)

    def size(self, lots: int) -> str:
        """A quantity as people read it."""
        return written(lots, self.listed.quantity_decimals)


def instruments(journal: Journal) -> list[InstrumentListed]:
    """Everything that somebody ordered, the most traded first; when nobody ordered anything, all that was listed."""
    trades = Counter(trade.symbol for trade in journal.of(Trade))
    ordered = {event.terms.symbol for event in journal.of(OrderAccepted)}
    listed = list(journal.of(InstrumentListed))
    wanted = [one for one in listed if one.symbol in ordered] or listed
    return sorted(wanted, key=lambda one: -trades[one.symbol])


def market_of(journal: Journal, listed: InstrumentListed, axis: TimeAxis) -> Market:
    """Replay one instrument; up to forty samples an epoch, and at most some three thousand in all."""
    per_epoch = max(4, min(40, 3_000 // max(1, len(axis.columns))))
    return Market(listed, axis, book_history(journal, listed.symbol, axis.moments(per_epoch)))


def order_book_panels(market: Market) -> list[Panel]:
    """The two panels of one instrument."""
    grid = depth_grid(market.history.samples, market.listed.tick, market.history.trades)
    symbol, quote = market.listed.symbol, market.listed.quote
    prices = Panel(
        f"{symbol}: order book, {quote}",
        340,
        {
            "tickformat": f",.{market.listed.price_decimals}f",
            "nticks": 8,
            "range": [market.price(grid.low - grid.step / 2), market.price(grid.high + grid.step / 2)],
            "showgrid": True,
            "fixedrange": False,
        },
        [_depth(market, grid), *_best(market), *_takers(market)],
        covered=True,
    )
    volume = Panel(
        f"{symbol}: aggressively bought (up), sold (down)",
        64,
        {"nticks": 4, "tickformat": ",d", "zeroline": True},
        _volume(market),
    )
    return [prices, volume]


def _depth(market: Market, grid: DepthGrid) -> Part:
    thin = 0.5 / 127 / 2
    scale = [
        [0, LIGHT["ask-deep"]], [0.28, LIGHT["ask-some"]], [0.5 - thin, LIGHT["ask-thin"]],
        [0.5 - thin, NOTHING], [0.5 + thin, NOTHING],
        [0.5 + thin, LIGHT["bid-thin"]], [0.72, LIGHT["bid-some"]], [1, LIGHT["bid-deep"]],
    ]  # fmt: skip
    step = seconds(market.axis.epoch_ns) if len(grid.times) < 2 else seconds(grid.times[1] - grid.times[0])
    decimals = market.listed.price_decimals
    return {
        "type": "heatmap",
        "name": "resting quantity",
        "z": grid.shades,
        "customdata": grid.sizes,
        "born": [sample.number for sample in market.history.samples],
        "x0": seconds(grid.times[0]) + step / 2 if grid.times else 0,
        "dx": step,
        "y0": market.price(grid.low),
        "dy": market.price(grid.step),
        "zmin": -127,
        "zmax": 127,
        "colorscale": scale,
        "showscale": False,
        "zsmooth": False,
        "hoverongaps": False,
        "hovertemplate": f"%{{customdata:,}} waiting at %{{y:,.{decimals}f}}<br>%{{x:.2f}} s<extra></extra>",
    }


def _best(market: Market) -> list[Part]:
    history = market.history
    # The lines end with the book as it is after the last event.
    samples = [*history.samples, Sample(market.axis.last, history.end.bids, history.end.asks, history.last)]
    times = [seconds(sample.time) for sample in samples]
    born = [sample.number for sample in samples]
    lines = []
    for name, role, values in (
        ("best ask", "ask-line", [sample.ask for sample in samples]),
        ("best bid", "bid-line", [sample.bid for sample in samples]),
    ):
        prices = [None if value is None else market.price(value) for value in values]
        line = {"color": LIGHT[role], "width": 2, "shape": "hv"}
        text = f"{name} %{{y:,.{market.listed.price_decimals}f}}<br>%{{x:.2f}} s<extra></extra>"
        lines.append(
            {"type": "scatter", "mode": "lines", "name": name, "x": times, "y": prices, "born": born, "line": line,
             "connectgaps": False, "hovertemplate": text}
        )  # fmt: skip
    return lines


def _takers(market: Market) -> Iterator[Part]:
    marks = market.marks
    largest = max((taker.quantity for taker, _ in marks), default=1)
    smallest = 7 if market.axis.crowd < OPENING_EPOCHS else 4.5
    for name, side, symbol, role in (("buy", 1, "triangle-up", "buy"), ("sell", -1, "triangle-down", "sell")):
        here = [(taker, gone) for taker, gone in marks if taker.side == side]
        mine = [taker for taker, _ in here]
        yield {
            "type": "scatter",
            "mode": "markers",
            "name": f"aggressive {name}",
            "born": [taker.number for taker in mine],
            "gone": [gone for _, gone in here],
            "ids": [str(taker.order) for taker in mine],
            "x": [seconds(taker.time) for taker in mine],
            "y": [market.price(taker.average) for taker in mine],
            "customdata": [_taker_text(market, taker, name) for taker in mine],
            "hovertemplate": "%{customdata}<extra></extra>",
            "marker": {
                "symbol": symbol,
                "color": LIGHT[role],
                # The smallest can still be pointed at; the area above that grows with the size.
                "size": [round(smallest * (1 + 1.4 * (taker.quantity / largest) ** 0.5), 1) for taker in mine],
                "line": {"color": LIGHT["paper"], "width": 0.4 if market.axis.is_long else 1},
                "opacity": 0.95,
            },
        }


def joined_takers(takers: list[Taker], axis: TimeAxis) -> list[Taker]:
    """Too many aggressive orders: one mark for each side of a short interval, drawn when all of it is known."""
    steps = [max(1, axis.epoch_ns // parts) for parts in (64, 32, 16, 8, 4, 2, 1)]
    step = next((step for step in steps if _marks_with(takers, step) <= MOST_MARKS), steps[-1])
    joined: dict[int, Taker] = {}
    for taker in takers:
        key = taker.side * (taker.time // step + 1)
        if key not in joined:
            joined[key] = Taker(0, taker.time, taker.side, "several")
        mark = joined[key]
        mark.quantity += taker.quantity
        mark.value += taker.value
        mark.fills += taker.fills
        mark.number = taker.number
    return list(joined.values())


def _marks_with(takers: list[Taker], step: int) -> int:
    """How many marks there would be with intervals of this length."""
    return len({taker.side * (taker.time // step + 1) for taker in takers})


def _taker_text(market: Market, taker: Taker, name: str) -> str:
    price = f"{market.price(taker.average):,.{market.listed.price_decimals}f}"
    fills = f"{taker.fills} fill" + ("s" if taker.fills > 1 else "")
    what = f"{taker.account}: {name} {market.size(taker.quantity)} at {price} on average, {fills}"
    return f"{what}<br>{seconds(taker.time):.3f} s"


def _volume(market: Market) -> list[Part]:
    axis = market.axis
    step = max(1, axis.epoch_ns // (16 if len(axis.epochs) <= 20 else 8 if len(axis.epochs) <= 60 else 4))
    traces = []
    for name, side, role in (("bought", 1, "buy"), ("sold", -1, "sell")):
        bars = list(_bars(market.history, side, step))
        traces.append(
            {
                "type": "bar",
                "name": name,
                "x": [seconds(bar.place * step + step // 2) for bar in bars],
                "y": [side * bar.quantity for bar in bars],
                "born": [bar.born for bar in bars],
                "gone": [bar.gone for bar in bars],
                "width": seconds(step) * 0.86,
                "marker": {"color": LIGHT[role], "line": {"width": 0}},
                "customdata": [market.size(bar.quantity) for bar in bars],
                "hovertemplate": f"{name} %{{customdata}}<br>around %{{x:.2f}} s<extra></extra>",
            }
        )
    return traces


@dataclass(frozen=True)
class Bar:
    """What was traded in an interval, from one of its trades to the next."""

    place: int
    quantity: int
    born: int
    gone: int


def _bars(history: BookHistory, side: int, step: int) -> Iterator[Bar]:
    sums: dict[int, list[tuple[int, int]]] = {}
    for trade, number in zip(history.trades, history.numbers, strict=True):
        if trade.side == side:
            grown = sums.setdefault(trade.time // step, [(0, 0)])
            grown.append((grown[-1][0] + trade.quantity, number))
    for place, grown in sums.items():
        for (quantity, born), following in zip_longest(grown[1:], grown[2:]):
            yield Bar(place, quantity, born, following[1] if following else END)


def order_book_account(market: Market) -> Account:
    """What the chart of one instrument says in words."""
    rows = list(order_book_rows(market))
    table = Table(f"{market.listed.symbol}: prices and trades by epoch", HEAD, rows)
    return Account(f"Order book of {market.listed.symbol}", order_book_sentence(market), LEGEND, table)


def order_book_sentence(market: Market) -> str:
    """The finding of the chart: how much was traded, from where to where the price went, how wide the market was."""
    history, symbol = market.history, market.listed.symbol
    spreads = [s.ask - s.bid for s in history.samples if s.bid is not None and s.ask is not None]
    width = f"; the median spread was {market.text(int(median(spreads)))}" if spreads else ""
    where = "" if market.axis.shows_all else f" in the last {len(market.axis.epochs)} epochs"
    trades = history.trades
    if not trades:
        return f"{symbol}: nothing was traded{where}{width}."
    prices = [trade.price for trade in trades]
    bought = sum(trade.quantity for trade in trades if trade.side > 0)
    sold = sum(trade.quantity for trade in trades if trade.side < 0)
    return (
        f"{symbol}: {counted(len(trades), 'trade')}{where} between {market.text(min(prices))} and "
        f"{market.text(max(prices))} {market.listed.quote}, "
        f"the first at {market.text(prices[0])}, the last at {market.text(prices[-1])}; "
        f"aggressive orders bought {market.size(bought)} and sold {market.size(sold)}{width}."
    )


def order_book_rows(market: Market) -> Iterator[tuple[str, ...]]:
    """The table: for each epoch the best prices at its start, and what was traded in it."""
    samples, trades = iter(market.history.samples), iter(market.history.trades)
    trade = next(trades, None)
    sample = next(samples, None)
    for column in market.axis.columns:
        while sample is not None and sample.time < column.start:
            sample = next(samples, None)
        inside = []
        while trade is not None and (trade.time < column.end or column is market.axis.columns[-1]):
            inside.append(trade)
            trade = next(trades, None)
        prices = [one.price for one in inside]
        yield (
            str(column.number) if market.axis.epochs else "all",
            f"{seconds(column.start):g}",
            market.text(sample.bid if sample else None),
            market.text(sample.ask if sample else None),
            f"{len(inside):,}",
            market.size(sum(one.quantity for one in inside if one.side > 0)),
            market.size(sum(one.quantity for one in inside if one.side < 0)),
            market.text(min(prices, default=None)),
            market.text(max(prices, default=None)),
        )
