"""The picture of regimes: the midpoint, and under it the strip of how probably times were wild."""

from __future__ import annotations

from functools import partial

from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.microstructure.microscope import BookMicroscope
from market_sim.analysis.microstructure.regimes import LEAST_LENGTH, LEAST_RATIO, WILD, Fitted
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import HELD, line
from market_sim.core.english import counted
from market_sim.core.units import BPS


def regimes(book: BookMicroscope, fit: Fitted, axis: TimeAxis, price: Panel) -> Chart:
    """The chart of one book, with the panel of its price; where there is one regime, none is drawn as a probability."""
    midpoint = LegendEntry("line-solid", "leader", "the midpoint")
    legend = (
        (midpoint,)
        if fit.is_one
        else (
            midpoint,
            LegendEntry("line-solid", "flow-loss", "the probability that times are wild"),
            LegendEntry("square", "fault", "labelled wild"),
        )
    )
    return Chart(
        "regimes", "Calm and wild times under the price", regime_sentence(book, fit), "market", axis,
        partial(_panels, book, fit, price), legend,
    )  # fmt: skip


def regime_sentence(book: BookMicroscope, fit: Fitted) -> str:
    """How volatile both states are, and how much of the time is wild."""
    calm, wild = fit.calm * BPS, fit.wild * BPS
    if fit.is_one:
        why = (
            f"is less than {LEAST_RATIO:g} times as much" if fit.is_close
            else f"take turns: a stretch lasts less than {LEAST_LENGTH} steps on average"
        )  # fmt: skip
        return (
            f"{book.name}: one regime. The two that fit best move by {calm:.1f} and {wild:.1f} bps in a fifth of a "
            f"second, which {why}."
        )
    labels = fit.labels
    stretches = [one for one in fit.stretches if one.regime == WILD]
    told = counted(len(stretches), "stretch", "stretches")
    return (
        f"{book.name}: wild in {told}, {sum(labels) / len(labels):.0%} of the time, with {wild:.1f} bps in a fifth of "
        f"a second; calm otherwise, with {calm:.1f}."
    )


def _panels(book: BookMicroscope, fit: Fitted, price: Panel) -> list[Panel]:
    if fit.is_one:
        return [price]
    ends = [step.end for step in book.intervals]
    grid = {"nticks": 3, "range": [0, 1.02], "tickformat": ".0%", "showgrid": True}
    strip = Panel("Probability that times are wild", 110, grid)
    xs = [seconds(end) for end in ends[:-1]]
    hover = "wild with %{y:.0%}<br>from %{x:.1f} s"
    strip.traces.append(line("wild", xs, list(fit.probabilities), "flow-loss", hover, HELD))
    strip.shapes += [
        {
            "type": "rect", "x0": seconds(ends[one.first]), "x1": seconds(ends[one.end]), "yref": "domain", "y0": 0,
            "y1": 1, "layer": "below", "fillcolor": LIGHT["fault"], "line": {"width": 0},
        }
        for one in fit.stretches if one.regime == WILD
    ]  # fmt: skip
    return [price, strip]
