"""The order-book timeline: best prices, resting quantity, and liquidity-taking orders.

Above, the resting quantity at each price over time, the best bid and ask, and one triangle for each liquidity-taking
order at its average price (one for each fill would hide the best prices). Below, the volume bought and sold by takers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median

from market_sim.analysis.history.book_history import Market, Taker
from market_sim.analysis.history.lifespan import END, until_next
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import MOST_MARKS, OPENING_EPOCHS, TimeAxis, seconds
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.depth_grid import DepthGrid, depth_grid
from market_sim.analysis.visualization.palette import LIGHT, NOTHING
from market_sim.analysis.visualization.traces import HELD, bars, line, marks
from market_sim.core.english import counted

LEGEND = (
    LegendEntry("bids", "bid-deep", "waiting buyers (stronger: more)"),
    LegendEntry("asks", "ask-deep", "waiting sellers"),
    LegendEntry("line", "bid-line", "best bid"),
    LegendEntry("line", "ask-line", "best ask"),
    LegendEntry("up", "buy", "aggressive buy, area by size"),
    LegendEntry("down", "sell", "aggressive sell"),
)
ANSWER = LegendEntry("diamond", "act", "a trade that your answer gives")
HEAD = ("epoch", "from (s)", "best bid", "best ask", "trades", "bought", "sold", "lowest", "highest")


def order_book_charts(run: RunHistory) -> Iterator[Chart]:
    """The order book of every instrument."""
    for market in run.markets:
        symbol = market.name
        yield Chart(
            "order-book",
            f"Order book of {symbol}",
            order_book_sentence(market),
            "market",
            market.axis,
            partial(order_book_panels, market),
            (*LEGEND, *([ANSWER] if any(event.trades for _, event in market.answers) else ())),
            Table(f"{symbol}: prices and trades by epoch", HEAD, list(order_book_rows(market))),
            shared=True,
            symbol=symbol,
        )


def order_book_panels(market: Market) -> list[Panel]:
    """The two panels of one instrument."""
    grid = depth_grid(market.samples, market.listed.tick, market.trades)
    symbol, quote = market.name, market.listed.quote
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
        [_depth(market, grid), *_best(market), *_takers(market), *_answers(market)],
        covered=True,
    )
    drawn = _volume(market)
    volume = Panel(
        f"{symbol}: aggressively bought (up), sold (down)",
        64,
        # The same range at every place, as in the panel above.
        {
            "nticks": 4,
            "tickformat": f",.{market.listed.quantity_decimals}f" if market.listed.quantity_decimals else ",d",
            "zeroline": True,
            "range": _range(drawn, least=market.quantity(1)),
        },
        drawn,
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
    # The sizes are whole numbers in few bytes; where they count parts of a unit, the hover text says which part.
    each = "" if market.quantity(1) == 1 else f" times {market.size(1)}"
    return {
        "type": "heatmap",
        "name": "resting quantity",
        "z": grid.shades,
        "customdata": grid.sizes,
        "born": [sample.number for sample in market.samples],
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
        "hovertemplate": f"%{{customdata:,}}{each} waiting at %{{y:,.{decimals}f}}<br>%{{x:.2f}} s<extra></extra>",
    }


def _best(market: Market) -> list[Part]:
    # The lines end with the book as it is after the last event.
    samples = [*market.samples, market.ended]
    times = [seconds(sample.time) for sample in samples]
    born = [sample.number for sample in samples]
    lines = []
    for name, role, values in (
        ("best ask", "ask-line", [sample.ask for sample in samples]),
        ("best bid", "bid-line", [sample.bid for sample in samples]),
    ):
        prices = [None if value is None else market.price(value) for value in values]
        hover = f"{name} %{{y:,.{market.listed.price_decimals}f}}<br>%{{x:.2f}} s"
        lines.append({**line(name, times, prices, role, hover, HELD), "born": born, "connectgaps": False})
    return lines


def taker_marks(market: Market) -> Iterator[tuple[Taker, int]]:
    """The marks of liquidity-taking orders, in versions as they grow."""
    if len(market.takers) > MOST_MARKS:
        yield from ((mark, END) for mark in joined_takers(market.takers, market.axis))
        return
    for versions in market.growing():
        yield from until_next(versions, lambda taker: taker.number)


def _takers(market: Market) -> Iterator[Part]:
    drawn = list(taker_marks(market))
    largest = max((taker.quantity for taker, _ in drawn), default=1)
    smallest = 7 if market.axis.crowd < OPENING_EPOCHS else 4.5
    for name, side, symbol, role in (("buy", 1, "triangle-up", "buy"), ("sell", -1, "triangle-down", "sell")):
        mine = [(taker, gone) for taker, gone in drawn if taker.side == side]
        marker = {
            "symbol": symbol,
            "color": LIGHT[role],
            # The smallest can still be pointed at; the area above that grows with the size.
            "size": [round(smallest * (1 + 1.4 * (taker.quantity / largest) ** 0.5), 1) for taker, _ in mine],
            "line": {"color": LIGHT["paper"], "width": 0.4 if market.axis.is_long else 1},
            "opacity": 0.95,
        }
        trace = marks(
            f"aggressive {name}",
            [seconds(taker.time) for taker, _ in mine],
            [market.price(taker.average) for taker, _ in mine],
            [_taker_text(market, taker, name) for taker, _ in mine],
            marker,
            born=[taker.number for taker, _ in mine],
            gone=[gone for _, gone in mine],
        )
        yield {**trace, "ids": [str(taker.order) for taker, _ in mine]}


def _answers(market: Market) -> Iterator[Part]:
    """In the replay of a check: the answer's trades, as hollow marks beside those of the exchange."""
    given = [(place, event, trade) for place, event in market.answers for trade in event.trades]
    if given:
        yield marks(
            "your answer",
            [seconds(event.time) for _, event, _ in given],
            [market.price(price) for _, _, (_, price, _) in given],
            [
                f"your answer: {market.size(size)} at {market.text(price)} against order {order}"
                for _, _, (order, price, size) in given
            ],
            {"symbol": "diamond-open", "size": 13, "color": LIGHT["act"], "line": {"width": 2}},
            born=[place for place, _, _ in given],
        )


def joined_takers(takers: list[Taker], axis: TimeAxis) -> list[Taker]:
    """Marks for very many orders: one for each side of a short interval, drawn at its end."""
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
    """The number of marks with intervals of this length."""
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
        mine = list(_bars(market, side, step))
        trace = bars(
            name,
            [seconds(bar.place * step + step // 2) for bar in mine],
            [side * market.quantity(bar.quantity) for bar in mine],
            role,
            [market.size(bar.quantity) for bar in mine],
            born=[bar.born for bar in mine],
            gone=[bar.gone for bar in mine],
            width=seconds(step) * 0.86,
        )
        traces.append({**trace, "hovertemplate": f"{name} %{{customdata}}<br>around %{{x:.2f}} s<extra></extra>"})
    return traces


def _range(traces: list[Part], least: float) -> list[float]:
    heights = [height for trace in traces for height in trace["y"]]
    return [1.15 * min(-least, *heights, 0), 1.15 * max(least, *heights, 0)]


@dataclass(frozen=True)
class Bar:
    """The volume of an interval, in versions as it grows."""

    place: int
    quantity: int
    born: int
    gone: int


def _bars(market: Market, side: int, step: int) -> Iterator[Bar]:
    sums: dict[int, list[tuple[int, int]]] = {}
    for trade, number in zip(market.trades, market.numbers, strict=True):
        if trade.side == side:
            grown = sums.setdefault(trade.time // step, [(0, 0)])
            grown.append((grown[-1][0] + trade.quantity, number))
    for place, grown in sums.items():
        for (quantity, born), gone in until_next(grown[1:], lambda one: one[1]):
            yield Bar(place, quantity, born, gone)


def order_book_sentence(market: Market) -> str:
    """The finding: the volume, the change of the price, and the spread."""
    symbol = market.name
    spreads = [s.ask - s.bid for s in market.samples if s.bid is not None and s.ask is not None]
    width = f"; the median spread was {market.text(int(median(spreads)))}" if spreads else ""
    where = "" if market.axis.shows_all else f" in the last {len(market.axis.epochs)} epochs"
    trades = market.trades
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
    """The table: for each epoch the best prices at its start, and its volume."""
    samples, trades = iter(market.samples), iter(market.trades)
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
