"""The picture of efficiency: from second to second, could the next return have been foreseen from the last ones?

Each point looks back on twelve seconds. Outside its band an autocorrelation or a variance ratio is one that returns
which cannot be foreseen have only once in twenty times (rulebook F-8.10).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.microstructure.efficiency import Band
from market_sim.analysis.microstructure.microscope import BookMicroscope
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Table
from market_sim.analysis.visualization.traces import line
from market_sim.core.english import counted

LEGEND = (
    LegendEntry("line-solid", "act", "measured over the last twelve seconds, at first over fewer"),
    LegendEntry("line-dot", "stray", "the band of returns that cannot be foreseen"),
)
NAMES = ("Autocorrelation of neighbouring returns", "Variance ratio over five returns")
HEAD = ("at, s", "acf(1)", "from", "to", "VR(5)", "from", "to")


def efficiency_monitor(book: BookMicroscope, axis: TimeAxis) -> Chart:
    """The chart of one book."""
    rows = [
        (f"{time:.1f}", *(f"{part:.3f}" for band in bands for part in (band.measured, band.low, band.high)))
        for time, *bands in zip(_times(book), *_bands(book), strict=True)
    ]
    return Chart(
        "efficiency", "Whether returns could be foreseen", efficiency_sentence(book), "market", axis,
        partial(_panels, book), LEGEND, Table("From second to second", HEAD, rows),
    )  # fmt: skip


def efficiency_sentence(book: BookMicroscope) -> str:
    """How often each statistic was outside its band."""
    outside = [sum(not band.inside for band in some) for some in _bands(book)]
    moments = counted(len(book.efficiency), "moment")
    return (
        f"{book.name}: of {moments} the autocorrelation lay outside its band at {outside[0]:,} and the variance ratio "
        f"at {outside[1]:,}; of returns that cannot be foreseen, about one in twenty does."
    )


def _bands(book: BookMicroscope) -> tuple[list[Band], list[Band]]:
    return [one.correlation for one in book.efficiency], [one.ratio for one in book.efficiency]


def _times(book: BookMicroscope) -> list[float]:
    """The end of the last return of each moment."""
    return [seconds(book.intervals[one.returns].end) for one in book.efficiency]


def _panels(book: BookMicroscope) -> list[Panel]:
    return [_panel(name, _times(book), some) for name, some in zip(NAMES, _bands(book), strict=True)]


def _panel(name: str, xs: Sequence[float], bands: Sequence[Band]) -> Panel:
    panel = Panel(name, 130, {"nticks": 5, "tickformat": ",~r", "showgrid": True})
    for said, role, dash, ys in (
        ("measured", "act", "solid", [one.measured for one in bands]),
        ("lower end of the band", "stray", "dot", [one.low for one in bands]),
        ("upper end of the band", "stray", "dot", [one.high for one in bands]),
    ):
        panel.traces.append(line(said, xs, ys, role, f"{said}: %{{y:.3f}}<br>%{{x:.1f}} s", {"dash": dash}))
    return panel
