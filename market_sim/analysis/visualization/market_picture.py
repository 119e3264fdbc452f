"""The pictures of a market: candles with their volume, and the depth of a book; for a live market and a stored run.

A hollow candle rose and a filled one fell, so that colour is not the only sign. The depth at a price is the quantity
that an order with this limit would find.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.analysis.visualization.chart import LegendEntry, Panel, Part, PlainAxis, Table
from market_sim.analysis.visualization.figure import layered
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import bars, line
from market_sim.core.english import counted
from market_sim.core.models.market_events import InstrumentListed
from market_sim.core.money import written
from market_sim.core.units import SECOND
from market_sim.market.exchange.market_data import Candle

SHOWN = 60
"""The most candles in a picture, and the fewest whose room it has."""
FEWEST = 12
NEAR = 0.03
"""How far from the best prices a depth picture opens, as a part of them; the rest is reached by its buttons."""
BODY = 0.7
"""The part of its interval that a candle is wide."""
CANDLE_HEAD = ("from second", "open", "high", "low", "close", "volume", "trades")
DEPTH_HEAD = ("side", "price", "quantity", "with all better prices")
CANDLE_LEGEND = (
    LegendEntry("frame", "buy", "the price rose or stayed"),
    LegendEntry("square", "sell", "it fell"),
)
DEPTH_LEGEND = (
    LegendEntry("line-solid", "bid-line", "buyers wait for this price or a lower one"),
    LegendEntry("line-dash", "ask-line", "sellers wait for this price or a higher one"),
)

Level = tuple[int, int, int]
"""A price, the quantity that waits there, and the quantity there and at all better prices."""


def levels(side: dict[int, int], buys: bool) -> list[Level]:
    """The levels of one side of a book, the best first.

    >>> levels({100: 5, 99: 2}, buys=True), levels({101: 5, 103: 2}, buys=False)
    ([(100, 5, 5), (99, 2, 7)], [(101, 5, 5), (103, 2, 7)])
    """
    found: list[Level] = []
    for price in sorted(side, reverse=buys):
        before = found[-1][2] if found else 0
        found.append((price, side[price], before + side[price]))
    return found


def interval_name(seconds: int) -> str:
    """The length of a candle in words.

    >>> interval_name(1), interval_name(60), interval_name(300)
    ('1 second', '1 minute', '5 minutes')
    """
    return counted(seconds // 60, "minute") if seconds >= 60 else counted(seconds, "second")


def candle_picture(candles: Sequence[Candle], listed: InstrumentListed, seconds: int) -> Part:
    """The last candles of an instrument, and the volume of each below."""
    shown = list(candles)[-SHOWN:]
    scale = 10**listed.price_decimals
    prices = Panel(
        f"{listed.symbol}: candles of {interval_name(seconds)}",
        250,
        {"nticks": 6, "tickformat": ",~r", "showgrid": True},
    )
    volume = Panel("Volume", 70, {"nticks": 3, "tickformat": ",~r", "showgrid": True, "rangemode": "tozero"})
    for name, role, chosen in (
        ("rose", "buy", [one for one in shown if one.close >= one.open]),
        ("fell", "sell", [one for one in shown if one.close < one.open]),
    ):
        xs = [_middle(one, seconds) for one in chosen]
        said = [candle_sentence(one, listed) for one in chosen]
        prices.traces += [_wicks(name, chosen, xs, role, scale), _bodies(name, chosen, xs, role, scale, seconds, said)]
        volume.traces.append(
            bars(
                name,
                xs,
                [one.volume / 10**listed.quantity_decimals for one in chosen],
                role,
                said,
                width=[seconds * BODY] * len(xs),
            )
        )
    begin = shown[0].start // SECOND if shown else 0
    end = shown[-1].start // SECOND + seconds if shown else seconds
    axis = PlainAxis("simulated seconds", begin, max(end, begin + FEWEST * seconds))
    return layered([prices, volume], axis)


def candle_sentence(one: Candle, listed: InstrumentListed) -> str:
    """One candle in words."""
    prices = (written(price, listed.price_decimals) for price in (one.open, one.high, one.low, one.close))
    opened, high, low, close = prices
    return (
        f"from second {one.start // SECOND:,}<br>open {opened}<br>high {high}<br>low {low}<br>close {close}<br>"
        f"volume {written(one.volume, listed.quantity_decimals)} in {counted(one.trades, 'trade')}"
    )


def candles_told(candles: Sequence[Candle], listed: InstrumentListed, seconds: int) -> str:
    """What the candles show, in a sentence."""
    shown = list(candles)[-SHOWN:]
    if not shown:
        return f"{listed.symbol} has not traded yet."
    first, last = (written(price, listed.price_decimals) for price in (shown[0].open, shown[-1].close))
    high = written(max(one.high for one in shown), listed.price_decimals)
    low = written(min(one.low for one in shown), listed.price_decimals)
    return (
        f"{listed.symbol} opens at {first}, trades between {low} and {high} and closes at {last} {listed.quote}: "
        f"{counted(len(shown), 'candle')} of {interval_name(seconds)}."
    )


def candle_table(candles: Sequence[Candle], listed: InstrumentListed, seconds: int) -> Table:
    """The candles as rows, the newest first."""
    rows = [
        (
            f"{one.start // SECOND:,}",
            *(written(price, listed.price_decimals) for price in (one.open, one.high, one.low, one.close)),
            written(one.volume, listed.quantity_decimals),
            f"{one.trades:,}",
        )
        for one in reversed(list(candles)[-SHOWN:])
    ]
    return Table(f"{listed.symbol}: candles of {interval_name(seconds)}", CANDLE_HEAD, rows)


def depth_picture(bids: Sequence[Level], asks: Sequence[Level], listed: InstrumentListed) -> Part:
    """The depth of a book: how much waits at each price or a better one."""
    scale, unit = 10**listed.price_decimals, 10**listed.quantity_decimals
    panel = Panel(
        f"{listed.symbol}: depth", 250, {"nticks": 6, "tickformat": ",~r", "showgrid": True, "rangemode": "tozero"}
    )
    for name, side, role, shade, style in (
        ("bids", list(reversed(bids)), "bid-line", "bid-thin", {"shape": "vh"}),
        ("asks", list(asks), "ask-line", "ask-thin", {"shape": "hv", "dash": "dash"}),
    ):
        xs = [price / scale for price, _, _ in side]
        ys = [total / unit for _, _, total in side]
        hover = f"{name}: %{{y:,}} at %{{x:,}} or better"
        panel.traces.append({**line(name, xs, ys, role, hover, style), "fill": "tozeroy", "fillcolor": LIGHT[shade]})
    low, high = _in_sight(bids, asks)
    margin = max((high - low) * 0.02, 1)
    axis = PlainAxis(f"price in {listed.quote}", (low - margin) / scale, (high + margin) / scale)
    return layered([panel], axis)


def _in_sight(bids: Sequence[Level], asks: Sequence[Level]) -> tuple[float, float]:
    """The prices that a depth picture opens on: those near the best ones, because one far order would hide the rest.

    >>> _in_sight([(10_000, 5, 5), (9_900, 5, 10), (100, 5, 15)], [(10_010, 5, 5)])
    (9700.0, 10010)
    """
    if not bids and not asks:
        return 0, 1
    best = (bids or asks)[0][0], (asks or bids)[0][0]
    prices = [price for price, _, _ in (*bids, *asks)]
    return max(min(prices), best[0] * (1 - NEAR)), min(max(prices), best[1] * (1 + NEAR))


def depth_told(bids: Sequence[Level], asks: Sequence[Level], listed: InstrumentListed) -> str:
    """What the depth shows, in a sentence."""
    said = []
    for side, word in ((bids, "bid"), (asks, "ask")):
        if side:
            price, quantity, _ = side[0]
            best = f"{written(quantity, listed.quantity_decimals)} at {written(price, listed.price_decimals)}"
            said.append(f"the best {word} is {best} and {written(side[-1][2], listed.quantity_decimals)} wait in all")
        else:
            said.append(f"there is no {word}")
    return f"{listed.symbol}: {'; '.join(said)}."


def depth_table(bids: Sequence[Level], asks: Sequence[Level], listed: InstrumentListed) -> Table:
    """The levels as rows: the asks from the highest down, then the bids, as in an order book."""
    rows = [
        (side, written(price, listed.price_decimals), *(written(one, listed.quantity_decimals) for one in sizes))
        for side, part in (("ask", list(reversed(asks))), ("bid", list(bids)))
        for price, *sizes in part
    ]
    return Table(f"{listed.symbol}: depth", DEPTH_HEAD, rows)


def _middle(one: Candle, seconds: int) -> float:
    return one.start / SECOND + seconds / 2


def _wicks(name: str, chosen: Sequence[Candle], xs: Sequence[float], role: str, scale: int) -> Part:
    """The lines from low to high."""
    places = [place for x in xs for place in (x, x, x)]
    ends = [end for one in chosen for end in (one.low / scale, one.high / scale, None)]
    drawn = line(name, places, ends, role, "", {"width": 1.4})
    return {**drawn, "hoverinfo": "skip", "hovertemplate": None}


def _bodies(
    name: str, chosen: Sequence[Candle], xs: Sequence[float], role: str, scale: int, seconds: int, said: Sequence[str]
) -> Part:
    """The boxes from open to close."""
    heights = [abs(one.close - one.open) / scale for one in chosen]
    made = bars(name, xs, heights, role, said, width=[seconds * BODY] * len(xs))
    edge = {"color": LIGHT[role], "width": 1.4}
    fill = LIGHT["paper"] if name == "rose" else LIGHT[role]
    return {
        **made,
        "base": [min(one.open, one.close) / scale for one in chosen],
        "marker": {"color": fill, "line": edge},
    }
