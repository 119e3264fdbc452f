"""The picture of an execution in the past: the price with its fills, and the slippage with its stretches shaded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from market_sim.analysis.microstructure.past_execution import (
    HIGH_RISK,
    HIGH_RISK_BPS,
    OPTIMAL,
    OPTIMAL_BPS,
    ImpactPoint,
    PastExecution,
    Slice,
)
from market_sim.analysis.results.table import Table as File
from market_sim.analysis.results.table import Value, columns
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, PlainAxis, Table
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import filled, line, marks
from market_sim.core.english import counted
from market_sim.pricing.synthetic_book import BUYING

SHADES = {HIGH_RISK: "fault", OPTIMAL: "ground"}
COLUMNS = columns(
    time="that of its candle",
    middle="of the book that the slice meets",
    atr_bps="the average true range of the candles before",
    percentile="the percentage of the average true ranges until then that were not larger",
    spread_bps="of the same book",
    asked="the quantity that it sought",
    filled="the quantity that it found",
    price="the average price; the middle where nothing was found",
    slippage_bps="against the middle",
    kind="high risk above 200 bps, optimal below 50, normal between; empty where nothing was found",
)
LEGEND = (
    LegendEntry("line-solid", "ink", "the middle when the slice is executed"),
    LegendEntry("circle", "act", "the average price of a slice, and its slippage"),
    LegendEntry("square", "fault", f"slippage above {HIGH_RISK_BPS:g} bps"),
    LegendEntry("square", "ground", f"slippage below {OPTIMAL_BPS:g} bps"),
)


def past_chart(found: PastExecution) -> Chart:
    """The chart of one execution."""
    count = len(found.slices)
    axis = PlainAxis("slice", 0.5, count + 0.5)
    money = found.order.currency
    head = (
        "time", f"middle, {money}", "ATR, bps", "percentile", "spread, bps", "asked", "filled", f"price, {money}",
        "slippage, bps", "kind",
    )  # fmt: skip
    return Chart(
        "past", "Execution in the past", past_sentence(found), "market", axis, partial(past_panels, found), LEGEND,
        Table("Each slice: the book that it met, and what it took", head, [_cells(found, one) for one in found.slices]),
    )  # fmt: skip


def priced(price: float) -> str:
    """A price with four decimals, below 1 with six digits.

    >>> priced(1234.5), priced(0.00001234567)
    ('1,234.5000', '1.23457e-05')
    """
    return f"{price:,.4f}" if price >= 1 else f"{price:.6g}"


def past_figures(found: PastExecution) -> list[tuple[str, str]]:
    """The five figures, the slippage and the two counts, each with its name; all follow from the table."""
    money = found.order.currency
    risky, optimal = found.stretches(HIGH_RISK), found.stretches(OPTIMAL)
    return [
        ("average fill price", f"{priced(found.average_price)} {money}"),
        ("theoretical total cost", f"{found.cost:,.2f} {money}"),
        ("average spread", f"{found.average_spread:.2f} bps"),
        ("widest spread", f"{found.widest_spread:.2f} bps"),
        ("volatility percentile", f"{found.percentile:.1f}"),
        ("average slippage", f"{found.average_slippage:.2f} bps"),
        ("least slippage", f"{found.least_slippage:.2f} bps"),
        ("most slippage", f"{found.most_slippage:.2f} bps"),
        (f"periods above {HIGH_RISK_BPS:g} bps", str(len(risky))),
        (f"windows below {OPTIMAL_BPS:g} bps", str(len(optimal))),
    ]


def past_file(found: PastExecution) -> File:
    """The same slices with all digits, for a file."""
    lot = found.order.lot
    rows: list[tuple[Value, ...]] = [
        (
            one.time, one.middle, one.atr_bps, one.percentile, one.spread_bps, f"{one.asked * lot:f}",
            f"{one.filled * lot:f}", one.price, one.slippage_bps, one.kind,
        )
        for one in found.slices
    ]  # fmt: skip
    return File("slices", COLUMNS, rows)


def past_sentence(found: PastExecution) -> str:
    """What became of the order, in one sentence."""
    lot, order = found.order.lot, found.order
    done = f"filled {found.filled * lot:,f} at {priced(found.average_price)} {order.currency} on average"
    missed = order.lots - found.filled
    rest = f"; {missed * lot:,f} found no depth in time" if missed else ""
    return (
        f"To {order.words} in {counted(len(found.slices), 'slice')} {done}, {found.average_slippage:.2f} bps worse "
        f"than the middles ({found.least_slippage:.2f} to {found.most_slippage:.2f}){rest}."
    )


def curve_sentence(curve: Sequence[ImpactPoint]) -> str:
    """How the mean slippage of a slice grows with the order, and from which size on the books do not hold it."""
    told = ", ".join(f"{one.times} times {one.slippage_bps:.2f}" for one in curve[1:])
    said = f"Mean slippage of a slice on its own: {curve[0].slippage_bps:.2f} bps; if the order were larger, {told}."
    short = next((one for one in curve if one.held < 1), None)
    if short is None:
        return said
    size = "The order itself is" if short.times == 1 else f"From {short.times} times on it is"
    largest = curve[-1]
    return (
        f"{said} {size} more than the books hold, and what they do not hold has no slippage: of {largest.times} times "
        f"the order they hold {largest.held:.1%}."
    )


def past_panels(found: PastExecution) -> list[Panel]:
    """The price with its fills, and the slippage."""
    places = list(range(1, len(found.slices) + 1))
    price = Panel(f"Price, {found.order.currency}", 190, {"nticks": 6, "tickformat": ",~r", "showgrid": True})
    middles = [one.middle for one in found.slices]
    price.traces.append(
        line("middle", places, middles, "ink", f"slice %{{x}}: the middle at %{{y}} {found.order.currency}")
    )
    traded = [(place, one) for place, one in zip(places, found.slices, strict=True) if one.filled]
    xs, said = [place for place, _ in traded], [_said(found, one) for _, one in traded]
    symbol = "triangle-up" if found.order.sign == BUYING else "triangle-down"
    price.traces.append(marks("fills", xs, [one.price for _, one in traded], said, filled(symbol, 8, "act")))
    slippage = Panel("Slippage, bps", 190, {"nticks": 6, "showgrid": True, "rangemode": "tozero"})
    slippage.traces.append(
        marks("slippage", xs, [one.slippage_bps for _, one in traded], said, filled("circle", 6, "act"))
    )
    for kind, role in SHADES.items():
        slippage.shapes += [_band(first + 0.5, last + 1.5, role) for first, last in found.stretches(kind)]
    return [price, slippage]


def _band(start: float, end: float, role: str) -> Part:
    return {
        "type": "rect", "x0": start, "x1": end, "yref": "domain", "y0": 0, "y1": 1, "layer": "below",
        "fillcolor": LIGHT[role], "line": {"width": 0},
    }  # fmt: skip


def _said(found: PastExecution, one: Slice) -> str:
    return f"{one.time}: {priced(one.price)} {found.order.currency}, {one.slippage_bps:.2f} bps from the middle"


def _cells(found: PastExecution, one: Slice) -> tuple[str, ...]:
    lot = found.order.lot
    nothing = not one.filled
    return (
        one.time, priced(one.middle), f"{one.atr_bps:.2f}", f"{one.percentile:.1f}", f"{one.spread_bps:.2f}",
        f"{one.asked * lot:f}", f"{one.filled * lot:f}", "" if nothing else priced(one.price),
        "" if nothing else f"{one.slippage_bps:.2f}", one.kind,
    )  # fmt: skip
