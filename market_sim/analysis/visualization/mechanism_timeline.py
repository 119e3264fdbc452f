"""The mechanism timeline: the decisions of mechanisms (options, loans, margin), and their transfers in each epoch.

Above, a row of marks for each family of events. Below, for each epoch the cash that moved, a piece for each reason;
what comes back (a pledge, a loan) points down when it is more than what was given in the same epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from market_sim.analysis.history.lifespan import gathered
from market_sim.analysis.history.mechanism_history import (
    BACK,
    PASSES_THROUGH,
    Decision,
    MechanismHistory,
    net_by_column,
)
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.mechanism_marks import FAMILIES, GROUPS, MARKS, Mark, flow
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import bars, filled, marks

ROW = 20
"""The height of a row of marks in pixels."""
IN_ONE_HOVER = 6
EVENT_HEAD = ("at (s)", "epoch", "event", "what happened")
MOST_ROWS = 400
"""The most rows of the table; a last row gives the number of events left out."""


def mechanism_charts(run: RunHistory) -> Iterator[Chart]:
    """The charts of decisions and of transfers, if the run has any."""
    history, axis = run.mechanisms, run.axis
    if history.decisions:
        kinds = {each.kind for each in _drawn(history, axis)}
        yield Chart(
            "decisions",
            "What happened",
            decision_sentence(history),
            "mechanisms",
            axis,
            partial(decision_panels, history, axis),
            tuple(LegendEntry(mark.legend, mark.role, mark.plural) for kind, mark in MARKS.items() if kind in kinds),
            Table("What mechanisms did, event by event", EVENT_HEAD, list(event_rows(history, axis)), worded=True),
            shared=True,
        )
    if history.transfers:
        used = {flow(event.reason).group for event in history.counted()}
        head = ("reason", "transfers", f"{history.quote} moved", "from", "to", "other assets moved")
        yield Chart(
            "transfers",
            "What was moved",
            moved_sentence(history),
            "mechanisms",
            axis,
            partial(moved_panels, history, axis),
            tuple(LegendEntry("square", group.role, group.words) for name, group in GROUPS.items() if name in used),
            Table("Transfers by reason", head, list(reason_rows(history))),
            shared=True,
        )


def decision_panels(history: MechanismHistory, axis: TimeAxis) -> list[Panel]:
    """The rows of marks."""
    rows = [name for name in FAMILIES if any(MARKS[each.kind].family == name for each in _drawn(history, axis))]
    places = {name: len(rows) - 1 - number for number, name in enumerate(rows)}
    vertical = {
        "range": [-0.7, len(rows) - 0.3],
        "tickmode": "array",
        "tickvals": list(places.values()),
        "ticktext": rows,
        "showgrid": True,
    }
    drawn = list(_marks(history, axis, places))
    return [Panel("Mechanisms: what happened", ROW * len(rows) + 8, vertical, drawn)] if rows else []


def moved_panels(history: MechanismHistory, axis: TimeAxis) -> list[Panel]:
    """The panel with the bars of cash, if any was transferred."""
    vertical = {"nticks": 5, "tickformat": ",~r", "zeroline": True, "showgrid": True}
    drawn = list(_bars(history, axis))
    return [Panel(f"Mechanisms: {history.quote} moved, by epoch", 110, vertical, drawn)] if drawn else []


def _drawn(history: MechanismHistory, axis: TimeAxis) -> list[Decision]:
    return [each for each in history.decisions if each.kind in MARKS and each.event.time >= axis.first]


def _marks(history: MechanismHistory, axis: TimeAxis, places: dict[str, int]) -> Iterator[Part]:
    """One trace for each kind of event; events close together share one mark."""
    step = max(1, axis.epoch_ns // 8)
    for kind, mark in MARKS.items():
        groups: dict[int, list[Decision]] = {}
        for each in _drawn(history, axis):
            if each.kind == kind:
                groups.setdefault(each.event.time // step, []).append(each)
        if groups:
            yield _trace(mark, list(groups.values()), places[mark.family])


def _trace(mark: Mark, together: list[list[Decision]], row: int) -> Part:
    versions = [
        (mine[:count], born, gone)
        for mine in together
        for count, born, gone in gathered([each.number for each in mine])
    ]
    groups = [group for group, _, _ in versions]
    sizes = [11 + min(3, len(group) // 4) for group in groups]
    return marks(
        mark.plural,
        [seconds(group[0].event.time) for group in groups],
        [row + mark.lift] * len(groups),
        [_hover(group) for group in groups],
        filled(mark.symbol, sizes, mark.role, opacity=1),
        born=[born for _, born, _ in versions],
        gone=[gone for *_, gone in versions],
    )


def _hover(group: list[Decision]) -> str:
    lines = [each.said for each in group[:IN_ONE_HOVER]]
    if len(group) > IN_ONE_HOVER:
        lines.append(f"and {len(group) - IN_ONE_HOVER} more")
    return "<br>".join([f"<b>{seconds(group[0].event.time):.3f} s</b>", *lines])


def _bars(history: MechanismHistory, axis: TimeAxis) -> Iterator[Part]:
    columns = axis.columns
    sums = net_by_column(history, [column.start for column in columns])
    middles = [seconds((column.start + column.end) // 2) for column in columns]
    widths = [seconds(column.end - column.start) * 0.8 for column in columns]
    for reason in sorted(sums, key=lambda one: (list(GROUPS).index(flow(one).group), one)):
        known = flow(reason)
        edge = {"color": LIGHT[GROUPS[known.group].role], "line": {"color": LIGHT["paper"], "width": 0.6}}
        said = [
            f"{known.words}: {history.words.amount(history.quote, amount)}<br>"
            f"{f'epoch {column.number}' if column.number else 'before the first epoch'}"
            for amount, column in zip(sums[reason], columns, strict=True)
        ]
        heights = [amount / history.unit for amount in sums[reason]]
        # The bar of an epoch is drawn when the epoch is over.
        overs = [column.over for column in columns]
        yield bars(known.words, middles, heights, "stray", said, born=overs, width=widths, marker=edge)


def decision_sentence(history: MechanismHistory) -> str:
    """The number of events of each kind, in one sentence."""
    counts: dict[str, int] = {}
    for each in history.decisions:
        counts[each.kind] = counts.get(each.kind, 0) + 1
    parts = [
        f"{counts[kind]:,} {mark.plural if counts[kind] != 1 else mark.single}"
        for kind, mark in MARKS.items()
        if kind in counts
    ]
    return f"Mechanisms decided: {', '.join(parts)}."


def moved_sentence(history: MechanismHistory) -> str:
    """The sum of cash transferred, and the largest reasons, in one sentence."""
    sums: dict[str, int] = {}
    for event in history.counted():
        sums[event.reason] = sums.get(event.reason, 0) + event.amount
    most = sorted(sums, key=lambda reason: (-sums[reason], reason))
    named = [f"{flow(reason).words} {history.words.amount(history.quote, sums[reason])}" for reason in most[:5]]
    rest = sum(sums[reason] for reason in most[5:])
    named += [f"{len(most) - 5} further reasons {history.words.amount(history.quote, rest)}"] if rest else []
    number = len(history.transfers)
    transfers = f"{number:,} transfers" if number != 1 else "One transfer"
    if not sums:
        return f"{transfers}, none of {history.quote}."
    total = history.words.amount(history.quote, sum(sums.values()))
    once = ", each cent that passes through clearing counted once" if set(sums) & set(PASSES_THROUGH) else ""
    return f"{transfers} moved {total}{once}: {', '.join(named)}."


def event_rows(history: MechanismHistory, axis: TimeAxis) -> Iterator[tuple[str, ...]]:
    """The table of events, in their order."""
    for each in history.decisions[:MOST_ROWS]:
        moment = each.event.time
        yield f"{seconds(moment):.3f}", str(axis.epoch_at(moment)), MARKS[each.kind].single, each.said
    left = len(history.decisions) - MOST_ROWS
    if left > 0:
        yield "later", "", "", f"{left:,} more events, which the journal tells"


def reason_rows(history: MechanismHistory) -> Iterator[tuple[str, ...]]:
    """The table of reasons: how often, how much cash, and how much of anything else."""
    groups: dict[str, list[Any]] = {}
    for event in history.transfers:
        groups.setdefault(event.reason, []).append(event)
    for reason in sorted(
        groups, key=lambda one: (list(GROUPS).index(flow(one).group), BACK.get(one, one), one in BACK)
    ):
        events, paid = groups[reason], history.paid(reason)
        others: dict[str, int] = {}
        for event in events:
            if event.asset != history.quote:
                others[event.asset] = others.get(event.asset, 0) + event.amount
        yield (
            flow(reason).words,
            f"{len(events):,}",
            history.words.amount(history.quote, paid).removesuffix(f" {history.quote}") if paid else "",
            _who({event.source for event in events}),
            _who({event.target for event in events}),
            ", ".join(history.words.amount(asset, amount) for asset, amount in sorted(others.items())),
        )


def _who(names: set[str]) -> str:
    return next(iter(names)) if len(names) == 1 else f"{len(names)} accounts"
