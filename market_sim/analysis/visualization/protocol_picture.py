"""Protocols side by side as one picture: a row of blocks for each of them, and how many are final, on one time axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from market_sim.analysis.history.time_axis import Column, TimeAxis, seconds
from market_sim.analysis.protocol_figures import called, final_chains, reverted_blocks
from market_sim.analysis.visualization.chart import EventLine, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.figure import layered
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import HELD, line, marks
from market_sim.core.models.consensus_events import BlockProposed
from market_sim.core.protocols.events import BlockFinal, BlocksReverted
from market_sim.core.protocols.play import Play

Fate = Literal["final", "pending", "reverted", "undone", "unused"]
LOOK: Final[dict[Fate, tuple[str, str, str]]] = {
    "final": ("final", "square", "final at the end"),
    "pending": ("notarized", "square", "on the chain, not final yet"),
    "reverted": ("orphan", "square", "reverted: it left a validator's chain"),
    "undone": ("bad", "square", "reverted after it had been final"),
    "unused": ("proposed", "square", "on no validator's chain"),
}
"""The colour, the mark and the meaning of each fate."""
LINES: Final = ("buy", "act", "sell")
"""The colours of the protocols in the last panel."""
FARTHEST_LANE: Final = 3
LANE_PIXELS: Final = 34
BETWEEN_BLOCKS: Final = 0.45
"""The least distance of two blocks of one side lane, in epochs."""


@dataclass(frozen=True)
class Placed:
    """A block with its place in the picture."""

    proposed: BlockProposed
    lane: int
    fate: Fate


def axis_of(play: Play) -> TimeAxis:
    """The time axis that all plays of one comparison share."""
    epoch = play.rules.epoch_ns
    starts = [play.first_epoch_at + number * epoch for number in range(play.epochs)]
    columns = tuple(Column(number, start, start + epoch) for number, start in enumerate(starts, 1))
    return TimeAxis(columns, starts[0], starts[-1] + epoch, play.epochs)


def fates(play: Play) -> dict[str, Fate]:
    """What became of each block."""
    chain = max(final_chains(play).values(), key=len)
    final = {block for block, _ in chain.values()}
    left, left_final = reverted_blocks(play)
    parents = {event.block: event.parent for event in play.journal.of(BlockProposed)}
    heights = {event.block: event.height for event in play.journal.of(BlockProposed)}
    top = chain[max(chain)][0] if chain else ""

    def follows(block: str) -> bool:
        """Whether the block stands on top of the final chain."""
        while heights.get(block, 0) > len(chain):
            block = parents[block]
        return block == top or not chain

    found: dict[str, Fate] = {}
    for block in parents:
        if block in final:
            found[block] = "final"
        elif block in left:
            found[block] = "undone" if block in left_final else "reverted"
        else:
            found[block] = "pending" if heights[block] > len(chain) and follows(block) else "unused"
    return found


def placed(play: Play) -> list[Placed]:
    """Every block on its lane: the final chain and what follows it in the middle, other branches beside it."""
    fate_of = fates(play)
    lanes: dict[str, int] = {}
    taken: dict[int, int] = {}
    room = int(BETWEEN_BLOCKS * play.rules.epoch_ns)
    found: list[Placed] = []
    for event in play.journal.of(BlockProposed):
        if event.block in lanes:
            continue
        fate, home = fate_of[event.block], lanes.get(event.parent, 0)
        choices = [lane for step in range(1, FARTHEST_LANE + 1) for lane in (step, -step)]
        choices = [*([home] if home else []), *choices]
        free = [lane for lane in choices if event.time - taken.get(lane, -room) >= room]
        lane = lanes[event.block] = 0 if fate in ("final", "pending") else free[0] if free else choices[-1]
        taken[lane] = event.time
        found.append(Placed(event, lane, fate))
    return found


def panel_of(play: Play, axis: TimeAxis) -> Panel:
    """The row of one protocol."""
    blocks = placed(play)
    used = [block.lane for block in blocks] or [0]
    top, floor = max(used) + 0.7, min(used) - 0.7
    panel = Panel(
        play.protocol if play.confirmations is None else f"{play.protocol}, {play.confirmations} confirmations",
        max(64, int(LANE_PIXELS * (top - floor))),
        {"range": [floor, top], "showticklabels": False},
    )
    panel.shapes += bands(play)
    places = {one.proposed.block: (seconds(one.proposed.time), one.lane) for one in blocks}
    edges = [
        (places[one.proposed.block], places[one.proposed.parent]) for one in blocks if one.proposed.parent in places
    ]
    panel.traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "name": "parents",
            "x": [x for child, parent in edges for x in (child[0], parent[0], None)],
            "y": [y for child, parent in edges for y in (child[1], parent[1], None)],
            "line": {"color": LIGHT["edge"], "width": 1.6},
            "hoverinfo": "skip",
        }
    )
    # Where blocks come at any time, two may come close to each other.
    size = max(5, min(18, int((620 if play.confirmations is None else 340) / (axis.crowd + 1))))
    for fate, (role, _, means) in LOOK.items():
        mine = [one for one in blocks if one.fate == fate]
        edge = LIGHT[f"{role}-edge"] if role in ("final", "notarized", "orphan", "proposed") else LIGHT["paper"]
        marker = {
            "symbol": "square",
            "size": size,
            "color": LIGHT[role],
            "opacity": 1,
            "line": {"color": edge, "width": 1},
        }
        xs = [seconds(one.proposed.time) for one in mine]
        panel.traces.append(marks(means, xs, [one.lane for one in mine], [said(play, one) for one in mine], marker))
    return panel


def said(play: Play, block: Placed) -> str:
    """What a block tells when it is pointed at."""
    event = block.proposed
    return (
        f"{play.protocol}: block {event.block[:6]} on {event.parent[:6]}, height {event.height}<br>"
        f"proposed by n{event.proposer} in epoch {event.epoch}, {event.trades} trades<br>{LOOK[block.fate][2]}"
    )


def bands(play: Play) -> list[Part]:
    """The partitions and the crashes, as bands behind the blocks."""
    cuts = [(cut.first, cut.last) for cut in play.conditions.partitions]
    cuts += [(outage.first, outage.last) for outage in play.conditions.outages]
    return [
        {
            "type": "rect",
            "yref": "domain",
            "x0": seconds(_start(play, first)),
            "x1": seconds(_start(play, min(last, play.epochs) + 1)),
            "y0": 0,
            "y1": 1,
            "layer": "below",
            "fillcolor": LIGHT["fault"],
            "line": {"width": 0},
        }
        for first, last in cuts
        if first <= play.epochs
    ]


def faults(play: Play) -> Iterator[EventLine]:
    """Where a partition or a crash begins, named above the picture."""
    for cut in play.conditions.partitions:
        yield EventLine(seconds(_start(play, cut.first)), f"split, epochs {cut.first} to {cut.last}", "bad")
    for outage in play.conditions.outages:
        yield EventLine(seconds(_start(play, outage.first)), f"n{outage.validator} is down", "bad")


def _start(play: Play, epoch: int) -> int:
    return play.first_epoch_at + (epoch - 1) * play.rules.epoch_ns


def finality_panel(plays: Sequence[Play]) -> Panel:
    """How many blocks are final for the honest validator that has most of them, over time."""
    panel = Panel("Final blocks", 130, {"rangemode": "tozero", "tickformat": ",d", "nticks": 6})
    panel.shapes += bands(plays[0])
    for play, role in zip(plays, LINES, strict=False):
        times, counts = final_counts(play)
        hover = f"{play.protocol}: %{{y}} final blocks at %{{x:.3f}} s"
        panel.traces.append(line(play.protocol, list(map(seconds, times)), counts, role, hover, HELD))
    return panel


def final_counts(play: Play) -> tuple[list[int], list[int]]:
    """When the number of final blocks changes, and what it is from then on."""
    heights = dict.fromkeys(play.honest, 0)
    times, counts = [play.first_epoch_at], [0]
    for event in play.journal:
        if isinstance(event, BlockFinal):
            heights[event.validator] = event.height
        elif isinstance(event, BlocksReverted):
            heights[event.validator] -= event.final
        else:
            continue
        most = max(heights.values())
        if most != counts[-1]:
            times.append(event.time)
            counts.append(most)
    end = _start(play, play.epochs + 1)
    return [*times, end], [*counts, counts[-1]]


def picture(plays: Sequence[Play]) -> Part:
    """The figure, as plotly's own dictionary."""
    axis = axis_of(plays[0])
    return layered([*(panel_of(play, axis) for play in plays), finality_panel(plays)], axis, faults(plays[0]))


def legend(plays: Sequence[Play]) -> Iterator[LegendEntry]:
    """The marks that occur, and the lines of the last panel."""
    occur = {one.fate for play in plays for one in placed(play)}
    for fate, (role, mark, means) in LOOK.items():
        if fate in occur:
            yield LegendEntry(mark, role, means)
    for play, role in zip(plays, LINES, strict=False):
        yield LegendEntry("line", role, f"final blocks: {play.protocol}")


def block_table(play: Play) -> Table:
    """Every block of one protocol in rows."""
    since = {block: time for chain in final_chains(play).values() for block, time in chain.values()}
    rows = [
        (
            one.proposed.block[:6],
            one.proposed.parent[:6],
            str(one.proposed.height),
            f"n{one.proposed.proposer}",
            str(one.proposed.trades),
            f"{seconds(one.proposed.time):.3f}",
            f"{seconds(since[one.proposed.block]):.3f}" if one.proposed.block in since else "",
            LOOK[one.fate][2],
        )
        for one in placed(play)
    ]
    head = ("block", "parent", "height", "proposer", "trades", "proposed at (s)", "final for the last at (s)", "fate")
    return Table(f"Blocks of {called(play)}", head, rows)
