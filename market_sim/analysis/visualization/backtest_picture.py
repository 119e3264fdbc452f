"""The picture of a backtest: the recorded middle with the strategy's trades on it, its inventory, and its gain.

The gain is that by trading: what it received less what it paid, fees included, and its inventory at the middle of the
record. It is drawn for the book in which the strategy traded most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from market_sim.analysis.history.book_history import Market
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import seconds
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.traces import HELD, filled, line, marks
from market_sim.analysis.words import signed
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.market_events import Trade, book_name
from market_sim.core.money import written

LEGEND = (
    LegendEntry("line", "stray", "the recorded middle of bid and ask"),
    LegendEntry("up", "buy", "it bought"),
    LegendEntry("down", "sell", "it sold"),
    LegendEntry("line", "leader", "its inventory, and its gain by trading"),
)
HEAD = ("time (s)", "side", "quantity", "price", "fee", "inventory", "gain so far")


class Fill(NamedTuple):
    """A trade of the strategy, and where it stood after it."""

    time: int
    change: int
    price: int
    fee: int
    inventory: int
    spent: int
    """What it has paid so far less what it has received, fees included."""


def backtest_charts(record: Journal, journal: Journal, name: str) -> Iterator[Chart]:
    """The chart of the book that the strategy traded most; none if it never traded."""
    run = RunHistory(record)
    counts = Counter(book_name(trade.symbol, trade.venue) for trade in journal.of(Trade) if name in _sides(trade))
    if not counts:
        return
    book, _ = counts.most_common(1)[0]
    market = next(one for one in run.markets if one.name == book)
    fills = list(_fills(journal, name, market))
    table = Table(f"Its trades in {book}", HEAD, [_row(market, fill) for fill in fills])
    sentence = _sentence(market, name, fills)
    draw = partial(_panels, market, fills)
    yield Chart("backtest", f"{name} on the record", sentence, "market", run.axis, draw, LEGEND, table)


def _sides(trade: Trade) -> tuple[str, str]:
    return trade.maker, trade.taker


def _fills(journal: Journal, name: str, market: Market) -> Iterator[Fill]:
    inventory = spent = 0
    for trade in journal.of(Trade):
        if name in _sides(trade) and book_name(trade.symbol, trade.venue) == market.name:
            took = trade.taker == name
            change = (trade.side if took else -trade.side) * trade.quantity
            fee = trade.taker_fee if took else trade.maker_fee
            inventory, spent = inventory + change, spent + change * trade.price + fee
            yield Fill(trade.time, change, trade.price, fee, inventory, spent)


def _middles(market: Market) -> list[tuple[int, float]]:
    """The middle of the record wherever both sides were quoted."""
    samples = [*market.samples, market.ended]
    return [(one.time, (one.bid + one.ask) / 2) for one in samples if one.bid is not None and one.ask is not None]


def _worth(market: Market, fills: Sequence[Fill]) -> Iterator[tuple[int, float]]:
    """The gain by trading at each middle of the record."""
    place, now = 0, Fill(0, 0, 0, 0, 0, 0)
    for time, middle in _middles(market):
        while place < len(fills) and fills[place].time <= time:
            now, place = fills[place], place + 1
        yield time, now.inventory * middle - now.spent


def _panels(market: Market, fills: Sequence[Fill]) -> list[Panel]:
    decimals, quote = market.listed.price_decimals, market.listed.quote
    middles = _middles(market)
    vertical: Part = {"nticks": 6, "tickformat": f",.{decimals}f", "showgrid": True}
    prices = Panel(f"{market.name}: middle of the record, {quote}", 220, vertical)
    xs, ys = [seconds(time) for time, _ in middles], [market.price(middle) for _, middle in middles]
    prices.traces.append(line("middle", xs, ys, "stray", "middle %{y:,}<br>%{x:.2f} s", HELD))
    for side, name, symbol, role in ((1, "bought", "triangle-up", "buy"), (-1, "sold", "triangle-down", "sell")):
        mine = [fill for fill in fills if fill.change * side > 0]
        told = [f"{name} {market.size(abs(fill.change))} at {market.text(fill.price)}" for fill in mine]
        places = [seconds(fill.time) for fill in mine], [market.price(fill.price) for fill in mine]
        prices.traces.append(marks(f"it {name}", *places, told, filled(symbol, 9, role)))
    plain: Part = {"nticks": 4, "tickformat": ",~r", "showgrid": True, "zeroline": True}
    held = Panel("Inventory beyond what it brought in", 110, dict(plain))
    start, end = market.axis.first, market.axis.last
    steps = [(start, 0), *((fill.time, fill.inventory) for fill in fills), (end, fills[-1].inventory)]
    unit = 10**market.listed.quantity_decimals
    ys = [amount / unit for _, amount in steps]
    held.traces.append(line("inventory", [seconds(time) for time, _ in steps], ys, "leader", "%{y:+,} held", HELD))
    gain = Panel(f"Gain by trading, {quote}", 150, dict(plain))
    worth = list(_worth(market, fills))
    ys = [round(value / 10**market.listed.cash_decimals, market.listed.cash_decimals + 2) for _, value in worth]
    gain.traces.append(line("gain", [seconds(time) for time, _ in worth], ys, "leader", "gain %{y:+,}", HELD))
    return [prices, held, gain]


def _row(market: Market, fill: Fill) -> tuple[str, ...]:
    decimals = market.listed.cash_decimals
    gain = fill.inventory * fill.price - fill.spent
    return (
        f"{seconds(fill.time):.3f}", "buy" if fill.change > 0 else "sell", market.size(abs(fill.change)),
        market.text(fill.price), written(fill.fee, decimals), market.size(fill.inventory),
        signed(written(gain, decimals)),
    )  # fmt: skip


def _sentence(market: Market, name: str, fills: Sequence[Fill]) -> str:
    bought = sum(fill.change for fill in fills if fill.change > 0)
    sold = sum(-fill.change for fill in fills if fill.change < 0)
    farthest = max(fills, key=lambda fill: abs(fill.inventory)).inventory
    return (
        f"In {market.name}, {name} bought {market.size(bought)} and sold {market.size(sold)} in "
        f"{counted(len(fills), 'trade')}; its inventory went to {signed(market.size(farthest))} at most."
    )
