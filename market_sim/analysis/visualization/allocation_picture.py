"""The frontier of a maker's capital: what the best division over the books gains, over its risk, and its weights.

Each aversion to risk is one point of the frontier; every book by itself is a mark, so that one sees what dividing the
capital is good for. Below, the weights of the books along the same axis.
"""

from __future__ import annotations

from functools import partial

from market_sim.analysis.microstructure.allocation_of_books import Allocation
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, PlainAxis, Table
from market_sim.analysis.visualization.inventory_picture import STYLES
from market_sim.analysis.visualization.traces import filled, line, marks
from market_sim.core.english import counted
from market_sim.pricing.allocation import Choice

ROOM = 1.3
"""How much farther than the frontier the axis goes; a book farther out is in the table only."""
LEAST_WEIGHT = 0.0005
"""Smaller weights are told as none."""


def allocation_chart(found: Allocation) -> Chart:
    """The frontier of one run."""
    legend = (
        LegendEntry("line-solid", "ink", "the frontier: the best division of the capital"),
        LegendEntry("circle", "act", "an aversion to risk of the table"),
        LegendEntry("diamond", "stray", "all capital in one book"),
        *(LegendEntry(f"line-{dash}", role, f"the weight of {book}")
          for book, (role, dash) in zip(found.books, STYLES, strict=False)),
    )  # fmt: skip
    shown = [one.deviation for one in found.curve] + [one.deviation for one in found.alone if _has_room(found, one)]
    margin = 0.05 * (max(shown) - min(shown)) or 0.05 * max(shown) or 1.0
    axis = PlainAxis("risk: standard deviation of the gain, bps", min(shown) - margin, max(shown) + margin)
    return Chart(
        "frontier", "How a maker's capital divides", frontier_sentence(found), "market", axis,
        partial(frontier_panels, found), legend, frontier_table(found),
    )  # fmt: skip


def _has_room(found: Allocation, one: Choice) -> bool:
    """Whether a book by itself is near enough to the frontier for the axis."""
    return one.deviation <= ROOM * max(each.deviation for each in found.curve)


def frontier_table(found: Allocation) -> Table:
    """A row for each aversion, and one for each book by itself: gain, risk and weights."""
    named = [(f"{one.aversion:g}", one) for one in found.choices]
    named += [(f"all in {book}", one) for book, one in zip(found.books, found.alone, strict=True)]
    rows = [
        (name, f"{one.gain:.3f}", f"{one.deviation:.3f}", *(f"{weight:.1%}" for weight in one.weights))
        for name, one in named
    ]
    return Table(
        "Weights by aversion to risk, and each book by itself", ("aversion", "gain", "risk", *found.books), rows
    )


def frontier_sentence(found: Allocation) -> str:
    """The two ends of the frontier in one sentence."""
    bold, careful = found.choices[0], found.choices[-1]
    if len(found.books) == 1:
        return f"There is one book, {found.books[0]}, so all capital is in it."
    return (
        f"Without aversion to risk, {_divided(found, bold)}, for a gain of {bold.gain:.3f} bps in a tenth of a day and "
        f"a risk of {bold.deviation:.3f}; with an aversion of {careful.aversion:g}, {_divided(found, careful)}, for "
        f"{careful.gain:.3f} and {careful.deviation:.3f}."
    )


def _divided(found: Allocation, one: Choice) -> str:
    used = [place for place, weight in enumerate(one.weights) if weight >= LEAST_WEIGHT]
    most = max(used, key=lambda place: one.weights[place])
    share = f"{one.weights[most]:.1%} of the capital is in {found.books[most]}"
    return f"{share}, and {counted(len(used), 'book')} of {len(found.books)} have any"


def frontier_panels(found: Allocation) -> list[Panel]:
    """Gain over risk, and the weights over the same risk."""
    curve = found.curve[::-1]
    xs = [one.deviation for one in curve]
    gains = Panel("Gain, bps", 230, {"nticks": 6, "tickformat": ",~r", "showgrid": True})
    hover = "gain %{y:.3f} bps<br>risk %{x:.3f} bps"
    gains.traces.append(line("frontier", xs, [one.gain for one in curve], "ink", hover))
    places = [one.deviation for one in found.choices], [one.gain for one in found.choices]
    told = [f"aversion {one.aversion:g}: {_weights(found, one)}" for one in found.choices]
    gains.traces.append(marks("aversions", *places, told, filled("circle", 9, "act")))
    single = [
        (one.deviation, one.gain, f"all in {book}: gain {one.gain:.3f}, risk {one.deviation:.3f}")
        for book, one in zip(found.books, found.alone, strict=True)
        if _has_room(found, one)
    ]
    risks, alone = [risk for risk, *_ in single], [gain for _, gain, _ in single]
    said = [text for *_, text in single]
    gains.traces.append(marks("one book", risks, alone, said, filled("diamond", 10, "stray")))
    weights = Panel("Weight of each book, %", 170, {"nticks": 5, "showgrid": True, "range": [-3, 103]})
    for place, (book, (role, dash)) in enumerate(zip(found.books, STYLES, strict=False)):
        ys = [100 * one.weights[place] for one in curve]
        weights.traces.append(line(book, xs, ys, role, f"{book}: %{{y:.1f}} %<br>risk %{{x:.3f}} bps", {"dash": dash}))
    return [gains, weights]


def _weights(found: Allocation, one: Choice) -> str:
    return ", ".join(
        f"{book} {weight:.1%}" for book, weight in zip(found.books, one.weights, strict=True) if weight >= LEAST_WEIGHT
    )
