"""The picture of a trajectory: what of an order is left after each slice, for one aversion to risk (rulebook F-4.3).

The line is the formula of Almgren and Chriss, the marks on it are dynamic programming, which knows no formula, and the
dotted line is even slices, which are best for somebody without fear. Money is in cents.
"""

from __future__ import annotations

from functools import partial
from itertools import accumulate, pairwise
from typing import NamedTuple

from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, PlainAxis, Table
from market_sim.analysis.visualization.traces import HELD, filled, line, marks
from market_sim.core.english import counted
from market_sim.pricing.execution import Impact, expected_cost, in_lots, programmed, trajectory, urgency, variance

EXACT = 1e-9
"""As a share of the order: what the two ways may differ by rounding."""
NAME = "trajectory"
HEAD = ("slice", "begins, s", "to trade", "left, by the formula", "left, by programming", "left, by even slices")
LEGEND = (
    LegendEntry("line-solid", "act", "left, by the formula"),
    LegendEntry("circle", "leader", "left, by dynamic programming"),
    LegendEntry("line-dot", "stray", "left, by even slices"),
)


class Sale(NamedTuple):
    """An order that is to be sold: how much, in how many slices and how long, and what that costs."""

    quantity: int
    slices: int
    seconds: float
    impact: Impact
    risk_aversion: float

    @property
    def held(self) -> list[float]:
        """What is left at the beginning, and after each slice."""
        return trajectory(self.quantity, self.slices, self.seconds, self.impact, self.risk_aversion)

    @property
    def programmed(self) -> list[float]:
        """The same, by dynamic programming."""
        return programmed(self.quantity, self.slices, self.seconds, self.impact, self.risk_aversion)

    @property
    def even(self) -> list[float]:
        """The same, without fear."""
        return self._replace(risk_aversion=0.0).held

    @property
    def children(self) -> list[int]:
        """The quantity of each slice, in whole shares."""
        return in_lots([before - after for before, after in pairwise(self.held)], self.quantity)

    @property
    def apart(self) -> float:
        """The largest distance between the formula and dynamic programming, in shares."""
        return max(abs(one - other) for one, other in zip(self.held, self.programmed, strict=True))

    def costs(self, held: list[float]) -> str:
        """What it costs to follow a path, and how uncertain that is."""
        cost, deviation = (
            expected_cost(held, self.seconds, self.impact),
            variance(held, self.seconds, self.impact) ** 0.5,
        )
        return f"{cost / 100:,.2f} USD on average, with a standard deviation of {deviation / 100:,.2f} USD"


def trajectory_sentence(sale: Sale) -> str:
    """When half of it is sold, what it costs beside even slices, and whether both ways agree."""
    sold = [*accumulate(sale.children)]
    half = sum(2 * done < sale.quantity for done in sold) + 1
    kappa = urgency(sale.impact, sale.seconds / sale.slices, sale.risk_aversion)
    life = f"; the half-life 1/κ is {1 / kappa:.3g} s" if kappa else ""
    agree = (
        "Dynamic programming gives the same schedule as the formula."
        if sale.apart <= EXACT * sale.quantity
        else f"Dynamic programming and the formula are {sale.apart:.2g} shares apart."
    )
    return (
        f"With an aversion to risk of {sale.risk_aversion:.4g} half of the {counted(sale.quantity, 'share')} is sold "
        f"after slice {half} of {sale.slices}{life}. It costs {sale.costs(sale.held)}; even slices cost "
        f"{sale.costs(sale.even)}. {agree}"
    )


def trajectory_chart(sale: Sale) -> Chart:
    """The chart of one sale."""
    axis = PlainAxis("seconds", 0.0, sale.seconds)
    table = Table("Each slice", HEAD, trajectory_rows(sale))
    return Chart(
        NAME, "What is left", trajectory_sentence(sale), "market", axis, partial(trajectory_panels, sale), LEGEND, table
    )


def trajectory_rows(sale: Sale) -> list[tuple[str, ...]]:
    """A row for each slice."""
    paths = zip(sale.children, sale.held[1:], sale.programmed[1:], sale.even[1:], strict=True)
    return [
        (f"{number:,}", f"{(number - 1) * sale.seconds / sale.slices:,.2f}", f"{child:,}",
         *(f"{left:,.2f}" for left in lefts))
        for number, (child, *lefts) in enumerate(paths, start=1)
    ]  # fmt: skip


def trajectory_panels(sale: Sale) -> list[Panel]:
    """What is left over time: a slice is sold when its part of the time begins."""
    # The axis keeps its range, so that one sees the curve move, and not the numbers beside it.
    panel = Panel(
        "Shares left", 260, {"nticks": 6, "tickformat": ",~r", "showgrid": True, "range": [0, 1.03 * sale.quantity]}
    )
    step = sale.seconds / sale.slices
    times = [number * step for number in range(sale.slices)]
    for name, role, dash, held in (
        ("even slices", "stray", "dot", sale.even),
        ("formula", "act", "solid", sale.held),
    ):
        lefts = [*held[1:], held[-1]]
        hover = f"{name}: %{{y:,.1f}} left<br>%{{x:.2f}} s"
        panel.traces.append(line(name, [*times, sale.seconds], lefts, role, hover, {"dash": dash, **HELD}))
    lefts = sale.programmed[1:]
    said = [f"slice {number}: {left:,.1f} left by dynamic programming" for number, left in enumerate(lefts, start=1)]
    panel.traces.append(marks("programming", times, lefts, said, filled("circle", 6, "leader")))
    return [panel]
