"""The spread chart: the quoted spread of a book, and the spread that each maker who follows the market asks for.

Beside the line of the book a stepped line for each of these makers, with a mark at each change; the table has the
reason of every change, as the maker gave it. A maker that never changed its spread has a level line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median
from typing import NamedTuple

from market_sim.analysis.history.book_history import Market
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.traces import HELD, filled, line, marks
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.run_events import AgentJoined, ParameterChanged

FOLLOWERS = ("AdaptiveMaker", "VolatilityMaker")
"""The strategies whose spread follows the market."""
PARAMETER = "spread_bps"
STYLES = (("leader", "solid"), ("flow-pair", "dash"), ("flow-loss", "dot"), ("flow-gain", "dashdot"))
"""Colour and dash of each maker's line; further makers are in the table only."""
MOST_STRIPS = 6
HEAD = ("from (s)", "before (bps)", "after (bps)", "maker", "why")


class Step(NamedTuple):
    """The spread of one maker from one event on."""

    event: int
    time: int
    before: float | None
    after: float
    why: str


class Follower(NamedTuple):
    """A maker whose spread follows the market."""

    name: str
    symbol: str
    steps: list[Step]


def spread_charts(run: RunHistory) -> Iterator[Chart]:
    """The spreads of a run with makers that follow the market."""
    makers = followers(run.journal)
    books = [market for market in run.markets if any(maker.symbol == market.listed.symbol for maker in makers)]
    if not makers or not books:
        return
    named = list(dict.fromkeys(maker.name for maker in makers))
    styles = dict(zip(named, STYLES, strict=False))
    legend = (
        LegendEntry("line-solid", "muted", "the quoted spread: best ask less best bid"),
        *(LegendEntry(f"line-{dash}", role, f"what {name} asks for") for name, (role, dash) in styles.items()),
        LegendEntry("diamond", "act", "a change; the table has the reason"),
    )
    draw = partial(_panels, books[:MOST_STRIPS], makers, styles, run.axis, len(run.journal) - 1)
    table = Table("Spreads that follow the market", HEAD, list(_rows(makers)), worded=True)
    yield Chart("spread", "Spread and conditions", _sentence(books, makers), "market", run.axis, draw, legend, table)


def followers(journal: Journal) -> list[Follower]:
    """The makers whose spread follows the market, each with its spread from the beginning on."""
    found: dict[str, Follower] = {}
    for number, event in enumerate(journal):
        if type(event) is AgentJoined and event.strategy in FOLLOWERS:
            begun = event.parameters.get(PARAMETER)
            if isinstance(begun, int | float):
                first = Step(number, event.time, None, begun, "the spread that it joined with")
                found[event.agent] = Follower(event.agent, str(event.parameters.get("symbol")), [first])
        elif type(event) is ParameterChanged and event.parameter == PARAMETER and event.agent in found:
            step = Step(number, event.time, event.before, event.after, event.reason)
            found[event.agent].steps.append(step)
    return list(found.values())


def _panels(
    books: Sequence[Market], makers: Sequence[Follower], styles: dict[str, tuple[str, str]], axis: TimeAxis, last: int
) -> list[Panel]:
    return [_strip(book, makers, styles, axis, last) for book in books]


def _strip(
    book: Market, makers: Sequence[Follower], styles: dict[str, tuple[str, str]], axis: TimeAxis, last: int
) -> Panel:
    vertical: Part = {"nticks": 5, "tickformat": ",~r", "showgrid": True, "rangemode": "tozero"}
    panel = Panel(f"{book.name}: full spread, bps of the middle", 190, vertical)
    points = list(_changes(book))
    times, spreads = [seconds(time) for time, *_ in points], [spread for _, spread, _ in points]
    hover = f"{book.name}: quoted spread %{{y:.1f}} bps<br>%{{x:.2f}} s"
    quoted = line("quoted spread", times, spreads, "muted", hover, HELD)
    panel.traces.append({**quoted, "born": [born for *_, born in points], "connectgaps": False})
    for maker in makers:
        if maker.symbol == book.listed.symbol and maker.name in styles:
            panel.traces += _asked(maker, styles[maker.name], axis, last)
    return panel


def _asked(maker: Follower, style: tuple[str, str], axis: TimeAxis, last: int) -> list[Part]:
    """The line of one maker and its marks, both within the drawn part of the run."""
    role, dash = style
    before = [step for step in maker.steps if step.time <= axis.first]
    changes = [step for step in maker.steps if step.time > axis.first]
    begun = before[-1] if before else maker.steps[0]
    points = [(axis.first, begun.after, begun.event), *((step.time, step.after, step.event) for step in changes)]
    points.append((axis.last, maker.steps[-1].after, last))
    hover = f"{maker.name} asks for %{{y:g}} bps<br>%{{x:.2f}} s"
    xs, ys = [seconds(time) for time, _, _ in points], [float(bps) for _, bps, _ in points]
    drawn = {**line(maker.name, xs, ys, role, hover, {"dash": dash, **HELD}), "born": [born for *_, born in points]}
    if not changes:
        return [drawn]
    told = [f"{maker.name}: {step.before:g} to {step.after:g} bps<br>{step.why}" for step in changes]
    places = [seconds(step.time) for step in changes], [step.after for step in changes]
    return [drawn, marks(f"{maker.name} changes", *places, told, filled("diamond", 8, "act"),
                         born=[step.event for step in changes])]  # fmt: skip


def _changes(book: Market) -> Iterator[tuple[int, float | None, int]]:
    """The quoted spread wherever a sample differs from the one before, and at the end, with the event behind it."""
    known: float | None = None
    for place, sample in enumerate((*book.samples, book.ended)):
        spread = _quoted(sample.bid, sample.ask)
        if place in (0, len(book.samples)) or spread != known:
            yield sample.time, spread, sample.number
        known = spread


def _quoted(bid: int | None, ask: int | None) -> float | None:
    return None if bid is None or ask is None or ask <= bid else round((ask - bid) * 20_000 / (ask + bid), 2)


def _sentence(books: Sequence[Market], makers: Sequence[Follower]) -> str:
    """The usual and the largest quoted spread of the first book, and the changes of the makers."""
    book = books[0]
    spreads = [one for one in (_quoted(sample.bid, sample.ask) for sample in book.samples) if one is not None]
    changes = sorted((step.time, step, maker.name) for maker in makers for step in maker.steps[1:])
    said = f"{book.name} was never quoted on both sides"
    if spreads:
        most = max(spreads)
        said = f"{book.name}: the quoted spread was {median(spreads):.1f} bps at the median and {most:.1f} at most"
    if not changes:
        others = "its spread" if len(makers) == 1 else "their spread"
        return f"{said}; {counted(len(makers), 'maker')} had no reason to change {others}."
    widest = max(changes, key=lambda one: (one[1].after, -one[0]))
    return (
        f"{said}; makers changed their spread {counted(len(changes), 'time')}, the widest to {widest[1].after:g} bps "
        f"({widest[2]} at {seconds(widest[0]):.2f} s, because {widest[1].why})."
    )


def _rows(makers: Sequence[Follower]) -> Iterator[tuple[str, ...]]:
    """Every change in the order of time, after what each maker joined with."""
    steps = sorted((step.event, maker.name, step) for maker in makers for step in maker.steps)
    for _, name, step in steps:
        before = "" if step.before is None else f"{step.before:g}"
        yield f"{seconds(step.time):g}", before, f"{step.after:g}", name, step.why
