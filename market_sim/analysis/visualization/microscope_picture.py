"""The pictures of the microscope: shortfall by cause, schedule and fills, toxicity, markouts, beliefs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.microstructure.belief_correction import Correction
from market_sim.analysis.microstructure.beliefs import errors
from market_sim.analysis.microstructure.microscope import BookMicroscope, Microscope
from market_sim.analysis.microstructure.schedule import Progress
from market_sim.analysis.microstructure.shortfall import CAUSES, ParentOrder, shortfall
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, PlainAxis
from market_sim.analysis.visualization.efficiency_picture import efficiency_monitor
from market_sim.analysis.visualization.inventory_picture import STYLES
from market_sim.analysis.visualization.regime_picture import regimes
from market_sim.analysis.visualization.traces import HELD, bars, line
from market_sim.core.money import written
from market_sim.core.units import MILLISECOND
from market_sim.market.exchange.markouts import HORIZONS_NS, RANKED_NS, Markout, ranked

GRID: Part = {"nticks": 5, "tickformat": ",~r", "showgrid": True, "zeroline": True}
MOST_POINTS = 1_500
"""A line with more points is thinned: a page of a long run stays light."""
RANKED_PLACE = HORIZONS_NS.index(RANKED_NS)


def microscope_charts(found: Microscope, axis: TimeAxis) -> Iterator[Chart]:
    """The pictures that this run has; those of one book are of the most traded one."""
    if found.orders:
        yield waterfall(found.orders)
    yield from (schedule(one, number, axis) for number, one in enumerate(found.progresses))
    book = max(found.books, key=lambda one: len(one.tape.trades), default=None)
    if book is not None:
        yield from _of_a_book(book, axis)


def _of_a_book(book: BookMicroscope, axis: TimeAxis) -> Iterator[Chart]:
    if book.toxicity:
        yield toxicity(book, axis)
    if book.regimes is not None:
        yield regimes(book, book.regimes, axis, _price(book))
    if book.efficiency:
        yield efficiency_monitor(book, axis)
    order = ranked(book.markouts)
    if order:
        yield curves(book, order)
    if book.moments:
        yield beliefs(book, axis)
    if book.correction is not None:
        yield corrected(book, book.correction, axis)


def waterfall(orders: Sequence[ParentOrder]) -> Chart:
    """The shortfall of the first order by cause: each bar begins where the last one ended."""
    order = max(orders, key=lambda one: abs(shortfall(one).total))
    cost = shortfall(order)
    parts = [getattr(cost, cause) for cause in CAUSES]
    amounts = [_amount(order, half) for half in (*parts, cost.total)]
    told = ", ".join(f"{cause} {amount}" for cause, amount in zip(CAUSES, amounts, strict=False))
    sentence = (
        f"The order of {order.agent}, {order.name}: the implementation shortfall is {amounts[-1]} "
        f"{order.listed.quote}, {cost.total / 2 / order.value * 10_000:.1f} bps of the order on paper: {told}."
    )
    legend = (LegendEntry("square", "flow-loss", "a cost"), LegendEntry("square", "flow-gain", "a gain"),
              LegendEntry("square", "ink", "in all"))  # fmt: skip
    axis = PlainAxis("cause", -0.6, len(parts) + 0.6, (*CAUSES, "total"))
    return Chart("shortfall", "Shortfall by cause", sentence, "market", axis, partial(_falls, order, amounts), legend)


def _falls(order: ParentOrder, amounts: Sequence[str]) -> list[Panel]:
    cost, scale = shortfall(order), 2 * 10**order.listed.cash_decimals
    panel = Panel(f"{order.agent}, {order.name}, in {order.listed.quote}", 240, {**GRID, "rangemode": "tozero"})
    reached = 0
    for place, cause in enumerate((*CAUSES, "total")):
        half = getattr(cost, cause)
        base = 0 if cause == "total" else reached
        reached += half
        role = "ink" if cause == "total" else "flow-loss" if half > 0 else "flow-gain"
        said = [f"{cause}: {amounts[place]}"]
        panel.traces.append(bars(cause, [place], [half / scale], role, said, base=[base / scale], width=[0.7]))
    return [panel]


def schedule(one: Progress, number: int, axis: TimeAxis) -> Chart:
    """What of an order is left: by its schedule, by even slices, in fact."""
    order = one.order
    at_once = "an even schedule" if one.planned == one.even else "its schedule"
    when = "at the end of a slice" if one.even else "before each trade of others"
    sentence = (
        f"The order of {order.agent}, {order.name}: {order.filled:,} of {order.quantity:,} traded; {when} at most "
        f"{one.furthest:,.1f} more or less than {at_once} says were left."
    )
    legend = (
        LegendEntry("line-solid", "act", "left, in fact"),
        LegendEntry("line-dash", "ink", "left, by the schedule"),
        *([LegendEntry("line-dot", "stray", "left, by even slices")] if one.even else []),
    )
    return Chart(
        f"schedule-{number}", f"Schedule and fills: {order.agent}", sentence, "market", axis,
        partial(_lefts, one, axis), legend,
    )  # fmt: skip


def _lefts(one: Progress, axis: TimeAxis) -> list[Panel]:
    panel = Panel(f"{one.order.agent}, {one.order.name}: what is left", 220, {**GRID, "rangemode": "tozero"})
    unit = 10**one.order.listed.quantity_decimals
    for name, steps, role, dash in (
        ("even slices", one.even, "stray", "dot"),
        ("schedule", one.planned, "ink", "dash"),
        ("in fact", one.done, "act", "solid"),
    ):
        if not steps:
            continue
        begun = [(min(one.order.decided_at, steps[0][0]), one.order.quantity), *steps, (axis.last, steps[-1][1])]
        xs, ys = [seconds(time) for time, _ in begun], [left / unit for _, left in begun]
        panel.traces.append(line(name, xs, ys, role, f"{name}: %{{y:,.1f}}<br>%{{x:.2f}} s", {"dash": dash, **HELD}))
    return [panel]


def toxicity(book: BookMicroscope, axis: TimeAxis) -> Chart:
    """The midpoint, and under it the strip of toxicity."""
    _, guessed, true = max(book.toxicity, key=lambda one: one[1])
    sentence = (
        f"{book.name}: classified by price changes, at most {guessed:.0%} of the volume of 50 buckets of "
        f"{book.bucket_size:,} was one-sided (VPIN); by the side of the takers it was {true:.0%} then."
    )
    legend = (LegendEntry("line-solid", "leader", "the midpoint"), LegendEntry("line-solid", "flow-loss", "VPIN"),
              LegendEntry("line-dot", "stray", "by the takers"))  # fmt: skip
    return Chart(
        "toxicity", "Toxicity under the price", sentence, "market", axis, partial(_strip, book), legend
    )  # fmt: skip


def _strip(book: BookMicroscope) -> list[Panel]:
    strip = Panel("One-sided share of the volume", 120, {**GRID, "range": [0, 1.02], "tickformat": ".0%"})
    xs = [seconds(bucket.time) for bucket, _, _ in book.toxicity]
    _, guessed, true = zip(*book.toxicity, strict=True)
    for name, ys, role, dash in (("VPIN", guessed, "flow-loss", "solid"), ("by the takers", true, "stray", "dot")):
        strip.traces.append(line(name, xs, ys, role, f"{name}: %{{y:.1%}}<br>%{{x:.2f}} s", {"dash": dash, **HELD}))
    return [_price(book), strip]


def _price(book: BookMicroscope) -> Panel:
    quotes = book.tape.quotes
    thin = max(1, len(quotes.times) // MOST_POINTS)
    xs = [seconds(time) for time in quotes.times[::thin]]
    ys = [twice / 2 / 10**book.listed.price_decimals for twice in quotes.twice[::thin]]
    panel = Panel(
        f"{book.name}: midpoint, {book.listed.quote}", 200, {"nticks": 6, "tickformat": ",~r", "showgrid": True}
    )
    panel.traces.append(
        line("midpoint", xs, ys, "leader", f"midpoint %{{y:,}} {book.listed.quote}<br>%{{x:.2f}} s", HELD)
    )
    return panel


def curves(book: BookMicroscope, order: Sequence[Markout]) -> Chart:
    """The markouts of the first and the last takers over their horizons."""
    first, last = order[0], order[-1]
    sentence = (
        f"{book.name}: one second after its trades {first.account} had made {_mean(book, first)} for each unit, "
        f"the most of {len(order)} ranked; {last.account} {_mean(book, last)}, the least."
    )
    shown = [*order[:3], *order[3:][-3:]]
    legend = tuple(
        LegendEntry(f"line-{dash}", role, one.account) for one, (role, dash) in zip(shown, STYLES, strict=False)
    )
    names = [f"{horizon // MILLISECOND:,}" for horizon in HORIZONS_NS]
    axis = PlainAxis("ms after a trade", -0.3, len(names) - 0.7, names)
    return Chart("markouts", "Markouts of takers", sentence, "market", axis, partial(_curve, book, shown), legend)


def _curve(book: BookMicroscope, shown: Sequence[Markout]) -> list[Panel]:
    scale = 10**book.listed.price_decimals
    panel = Panel(f"{book.name}: gain for each unit, in {book.listed.quote}", 240, GRID)
    for one, (role, dash) in zip(shown, STYLES, strict=False):
        ys = [None if mean is None else mean / scale for mean in one.means]
        hover = f"{one.account}: %{{y:+.4f}}"
        panel.traces.append(line(one.account, list(range(len(ys))), ys, role, hover, {"dash": dash}))
    return [panel]


def beliefs(book: BookMicroscope, axis: TimeAxis) -> Chart:
    """What participants believe together, the price, and the value."""
    wrong = errors(book.moments)
    scale = 10**book.listed.price_decimals
    said = (
        f"against the value the consensus was wrong by {wrong[0] / scale:.4f} {book.listed.quote} (root mean square), "
        f"the midpoint by {wrong[1] / scale:.4f} {book.listed.quote}"
        if wrong
        else "no value is known in this run"
    )
    legend = (LegendEntry("line-solid", "act", "consensus of beliefs"), LegendEntry("line-dash", "leader", "midpoint"),
              LegendEntry("line-dot", "ink", "value"))  # fmt: skip
    return Chart(
        "beliefs", "Beliefs, price and value", f"{book.name}: {said}.", "market", axis, partial(_believed, book), legend
    )


def corrected(book: BookMicroscope, found: Correction, axis: TimeAxis) -> Chart:
    """The second half of a run: the consensus corrected for an anchor and for the crowd, beside the plain one."""
    scale = 10**book.listed.price_decimals
    consensus, price, fixed = (error / scale for error in found.errors)
    sentence = (
        f"{book.name}: of what participants show {found.anchor:.0%} is an anchor and {found.crowd:.0%} the midpoint, "
        f"fitted in the first half. Corrected for both, the consensus of the second half was wrong by {fixed:.4f} "
        f"{book.listed.quote} (root mean square), uncorrected by {consensus:.4f}, the midpoint by {price:.4f}."
    )
    legend = (LegendEntry("line-solid", "flow-gain", "corrected consensus"),
              LegendEntry("line-dash", "act", "consensus of beliefs"),
              LegendEntry("line-dash", "leader", "midpoint"), LegendEntry("line-dot", "ink", "value"))  # fmt: skip
    return Chart(
        "corrected", "Beliefs corrected for an anchor and the crowd", sentence, "market", axis,
        partial(_corrected, book, found), legend,
    )  # fmt: skip


def _corrected(book: BookMicroscope, found: Correction) -> list[Panel]:
    scale = 10**book.listed.price_decimals
    panel = Panel(
        f"{book.name}: what it is worth, {book.listed.quote}", 220, {"nticks": 6, "tickformat": ",~r", "showgrid": True}
    )
    shown = found.moments[:: max(1, len(found.moments) // MOST_POINTS)]
    xs = [seconds(one.time) for one, _ in shown]
    for name, role, dash, levels in (
        ("corrected", "flow-gain", "solid", [fixed for _, fixed in shown]),
        ("consensus", "act", "dash", [one.consensus for one, _ in shown]),
        ("price", "leader", "dash", [one.price for one, _ in shown]),
        ("value", "ink", "dot", [float(one.value or 0) for one, _ in shown]),
    ):
        ys = [level / scale for level in levels]
        panel.traces.append(line(name, xs, ys, role, f"{name}: %{{y:,.3f}}<br>%{{x:.1f}} s", {"dash": dash}))
    return [panel]


def _believed(book: BookMicroscope) -> list[Panel]:
    scale = 10**book.listed.price_decimals
    panel = Panel(
        f"{book.name}: what it is worth, {book.listed.quote}", 220, {"nticks": 6, "tickformat": ",~r", "showgrid": True}
    )
    thin = max(1, len(book.moments) // MOST_POINTS)
    shown = book.moments[::thin]
    xs = [seconds(one.time) for one in shown]
    for name, role, dash in (("consensus", "act", "solid"), ("price", "leader", "dash"), ("value", "ink", "dot")):
        ys = [None if (level := getattr(one, name)) is None else level / scale for one in shown]
        panel.traces.append(line(name, xs, ys, role, f"{name}: %{{y:,.3f}}<br>%{{x:.1f}} s", {"dash": dash}))
    return [panel]


def _amount(order: ParentOrder, half: int) -> str:
    return written(5 * half, order.listed.cash_decimals + 1)


def _mean(book: BookMicroscope, one: Markout) -> str:
    return f"{(one.means[RANKED_PLACE] or 0.0) / 10**book.listed.price_decimals:+.4f} {book.listed.quote}"
