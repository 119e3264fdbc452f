"""The picture of execution plans: cost over risk, and below it the time, of those that no other plan dominates."""

from __future__ import annotations

from functools import partial

from market_sim.analysis.microstructure.execution_plans import URGENCIES, Plan, Plans
from market_sim.analysis.results.table import Column, Value
from market_sim.analysis.results.table import Table as File
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, PlainAxis, Table
from market_sim.analysis.visualization.inventory_picture import STYLES
from market_sim.analysis.visualization.traces import filled, marks
from market_sim.core.english import counted

SYMBOLS = (("circle", "circle"), ("diamond", "diamond"), ("square", "square"), ("triangle-up", "up"))
"""The mark of each urgency beside its colour, in the picture and in its legend."""
HEAD = ("plan", "candles", "urgency", "cost, bps", "risk, bps", "done in candle")
COLUMNS = (
    Column("candles", "the number of slices, one in each candle"),
    Column("urgency", "0 for even slices; the larger, the more is done early"),
    Column("cost_bps", "average slippage"),
    Column("risk_bps", "the standard deviation of what prices do to what is left"),
    Column("done", "the candle in which the last lot is filled, counted from 1"),
)


def plans_chart(found: Plans) -> Chart | None:
    """The picture of the plans of one order; None where no plan fills it."""
    kept = found.worth_choosing
    if not kept:
        return None
    roles = [role for role, _ in STYLES]
    legend = tuple(
        LegendEntry(mark, role, f"urgency {urgency}" if urgency else "even slices")
        for urgency, (_, mark), role in zip(URGENCIES, SYMBOLS, roles, strict=False)
        if any(one.urgency == urgency for one in kept)
    )
    furthest = max(one.risk_bps for one in kept) or 1.0
    axis = PlainAxis("risk of the part that waits, bps", -0.04 * furthest, 1.06 * furthest)
    rows = [
        (one.words, f"{one.candles}", f"{one.urgency}", f"{one.cost_bps:.2f}", f"{one.risk_bps:.2f}", f"{one.done}")
        for one in kept
    ]
    table = Table("Plans that no other one dominates", HEAD, rows)
    return Chart(
        "plans", "Cost, risk and speed", plans_sentence(found), "market", axis, partial(plans_panels, kept), legend,
        table,
    )  # fmt: skip


def plans_file(found: Plans) -> File:
    """The same plans with all digits, for a file."""
    rows: list[tuple[Value, ...]] = [tuple(one) for one in found.worth_choosing]
    return File("plans", COLUMNS, rows)


def plans_sentence(found: Plans) -> str:
    """The cheapest and the fastest plan, and how many are left out."""
    kept = found.worth_choosing
    if not kept:
        over, most = counted(found.order.slices, "candle"), found.held * found.order.lot
        return f"No plan fills the whole order in {over}: all their books together hold {most:,f}."
    cheap = min(kept, key=lambda one: (one.cost_bps, one.risk_bps))
    fast = min(kept, key=lambda one: (one.done, one.cost_bps))
    without = f"; {counted(found.unfinished, 'plan')} more cannot be finished" if found.unfinished else ""
    if cheap == fast:
        told = f"one is both the cheapest and the fastest ({_told(cheap)})"
    else:
        told = f"the cheapest is {_told(cheap)}, the fastest {_told(fast)}"
    return (
        f"Of {counted(len(found.finished), 'plan')} for the same order, {len(kept)} "
        f"{'is' if len(kept) == 1 else 'are'} not dominated in cost, risk and time: {told}{without}."
    )


def plans_panels(kept: list[Plan]) -> list[Panel]:
    """Cost over risk, and the candle in which a plan is done over the same risk."""
    cost = Panel("Cost, bps", 230, {"nticks": 6, "tickformat": ",~r", "showgrid": True, "rangemode": "tozero"})
    time = Panel("Done in candle", 150, {"nticks": 5, "tickformat": ",~r", "showgrid": True, "rangemode": "tozero"})
    for urgency, (symbol, _), (role, _) in zip(URGENCIES, SYMBOLS, STYLES, strict=False):
        mine = [one for one in kept if one.urgency == urgency]
        xs, said = [one.risk_bps for one in mine], [_told(one) for one in mine]
        for panel, ys in ((cost, [one.cost_bps for one in mine]), (time, [float(one.done) for one in mine])):
            panel.traces.append(marks(f"urgency {urgency}", xs, ys, said, filled(symbol, 10, role)))
    return [cost, time]


def _told(one: Plan) -> str:
    return f"{one.words}: {one.cost_bps:.2f} bps, risk {one.risk_bps:.2f}, done in candle {one.done}"
