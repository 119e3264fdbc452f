"""The block tree: the lane of each block, and the panel that draws the tree.

The finalized chain and its best continuation stand on the middle lane, every other block on a side lane, where it
cannot be mistaken for part of the chain. Branches take the free lane nearest to the middle in the order of their first
appearance, above before below, so the same journal gives the same picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from market_sim.analysis.history.block_versions import Version, block_versions, by_fate
from market_sim.analysis.history.chain_history import ChainHistory, Fate
from market_sim.analysis.history.lifespan import END, as_they_come, gathered, until_next
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.visualization.chart import Panel, Part
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import marks
from market_sim.core.english import counted

LOOK: dict[Fate, tuple[str, str]] = {
    "finalized": ("final", "✔"),
    "notarized": ("notarized", "◐"),
    "orphaned": ("orphan", "✖"),
    "proposed": ("proposed", "○"),
    "stray": ("stray", "·"),
}
"""The colour and the glyph of each fate."""
ROOM_FOR_NUMBER, ROOM_FOR_GLYPH = 26, 15
"""The pixels that a square needs for two lines of text, and for one."""
EDGES = (("orphan", 1.4, 9), ("notarized", 1.4, 9), ("final", 3.4, 13))
"""The kinds of lines in drawing order: the width and the length of the head of each, in pixels."""
FARTHEST_LANE = 3
"""The outermost lane, for the many blocks of a flood; the table lists all blocks."""


def lanes(history: ChainHistory) -> dict[str, int]:
    """The lane of each block: 0 for the chain, 1 above it, -1 below it, and so on outwards."""
    placed: dict[str, int] = {history.genesis: 0}
    taken: dict[int, int] = {}  # the last epoch in which a block stands on the lane
    for name, block in history.story.blocks.items():
        # Two final blocks of one epoch, possible with too many byzantine validators, do not hide each other.
        if name in history.main and taken.get(0, -1) < block.epoch:
            placed[name], taken[0] = 0, block.epoch
            continue
        if history.fates[name] == "stray":
            continue
        home = placed.get(block.parent, 0)
        choices = [lane for step in range(1, FARTHEST_LANE + 1) for lane in (step, -step)]
        if home and block.parent not in history.main:
            choices.insert(0, home)
        free = [lane for lane in choices if taken.get(lane, -1) < block.epoch]
        lane = free[0] if free else choices[-1]
        placed[name], taken[lane] = lane, block.epoch
    return placed


def tree_panel(history: ChainHistory, axis: TimeAxis) -> Panel:
    """The panel of the block tree."""
    lane_of = lanes(history)
    drawn = [name for name in lane_of if name in history.proposals and history.proposals[name].time >= axis.first]
    used = [lane_of[name] for name in drawn] or [0]
    top, bottom = max(max(used), 0), min(min(used), 0)
    size = _square(axis)
    places = {name: (seconds(history.proposals[name].time), lane_of[name]) for name in drawn}
    if axis.shows_all and axis.epochs:
        places[history.genesis] = (seconds(axis.epochs[0].start - axis.epoch_ns), 0)
    lies = [] if axis.is_long else history.equivocations()
    are_several = len(lies) > len({epoch for epoch, _ in lies})
    floor = bottom - (1.2 if are_several else 0.95 if lies else 0.7)
    panel = Panel(
        "Block tree: " + ("a line" if axis.is_long else "an arrow") + " leads to the parent",
        int(50 * (top + 0.72 - floor)),
        {"range": [floor, top + 0.72], "showticklabels": False, "zeroline": False},
    )
    versions = block_versions(history)
    panel.shapes += _ground(history, axis, places)
    edges = list(_edges(history, versions, places))
    # Thousands of arrows would make panning slow.
    panel.traces += _edge_traces(edges, size, arrows=not axis.is_long)
    panel.traces += _squares(history, versions, axis, places, size)
    panel.traces.append(_strays(history, axis, floor))
    if places and axis.epochs:
        panel.annotations += _notes(history, axis, places, top + 0.72, floor)
        panel.annotations += _lies(history, places, lies, floor)
    return panel


def _square(axis: TimeAxis) -> int:
    """The width of a block in pixels, so that neighbours do not touch on a page of usual width."""
    return max(12, min(34, int(1_050 / (axis.crowd + 1) * 0.58)))


Place = tuple[float, int]
Versions = dict[str, list[Version]]


@dataclass(frozen=True)
class Edge:
    """A line from a block to its parent while it has one kind."""

    child: Place
    parent: Place
    kind: str
    born: int
    gone: int


def _edges(history: ChainHistory, versions: Versions, places: dict[str, Place]) -> Iterator[Edge]:
    for name, place in places.items():
        block = history.story.blocks.get(name)
        if block is None or block.parent not in places:
            continue
        for version in by_fate(versions[name]):
            kind = {"finalized": "final", "orphaned": "orphan"}.get(version.fate, "notarized")
            yield Edge(place, places[block.parent], kind, version.born, version.gone)


def _edge_traces(edges: list[Edge], size: int, *, arrows: bool) -> Iterator[Part]:
    """A line from each block to its parent, one trace for each kind; an arrow would be an annotation, which costs more.

    A line begins under the square of the child. Its head ends at the edge of the parent's square: half of it away from
    the middle, and a little more on a slope, where the way out is longer.
    """
    for kind, width, head in EDGES:
        mine = [edge for edge in edges if edge.kind == kind]
        colour = LIGHT[f"{kind}-edge"]
        line: Part = {
            "type": "scatter",
            "mode": "lines",
            "name": f"{kind} path",
            "x": [x for edge in mine for x in (edge.child[0], edge.parent[0], None)],
            "y": [y for edge in mine for y in (edge.child[1], edge.parent[1], None)],
            "born": [edge.born for edge in mine for _ in range(3)],
            "gone": [edge.gone for edge in mine for _ in range(3)],
            "line": {"color": colour, "width": width},
            "hoverinfo": "skip",
        }
        reaches = [size / 2 * (1 if edge.child[1] == edge.parent[1] else 1.3) + 1 for edge in mine]
        heads: Part = {
            "symbol": "arrow",
            "angleref": "previous",
            "size": [0, head, 0] * len(mine),
            "standoff": [end for reach in reaches for end in (0, reach, 0)],
            "color": colour,
            "opacity": 1,
            "line": {"width": 0},
        }
        yield {**line, "mode": "lines+markers", "marker": heads} if arrows else line


def _squares(
    history: ChainHistory, versions: Versions, axis: TimeAxis, places: dict[str, Place], size: int
) -> Iterator[Part]:
    always = {history.genesis: [Version(0, END, "finalized")]}
    drawn = [(name, one) for name in places for one in (versions.get(name) or always[name])]
    for fate, (role, glyph) in LOOK.items():
        if fate == "stray":
            continue
        mine = [(name, one) for name, one in drawn if one.fate == fate]
        names = [name for name, _ in mine]
        # In a small square only the glyph fits; the number is that of the epoch below.
        texts = [f"{history.label(name)}<br>{glyph}" if size >= ROOM_FOR_NUMBER else glyph for name in names]
        wordless = axis.is_long or size < ROOM_FOR_GLYPH
        squares = marks(
            fate,
            [places[name][0] for name in names],
            [places[name][1] for name in names],
            [block_text(history, name, one) for name, one in mine],
            {
                "symbol": "square",
                "size": size,
                "color": LIGHT[role],
                "line": {"color": LIGHT[f"{role}-edge"], "width": 1.6},
            },
            born=[one.born for _, one in mine],
            gone=[one.gone for _, one in mine],
        )
        font = {"size": 11 if size >= 28 else 9, "color": LIGHT.get(f"{role}-text", LIGHT["ink"])}
        yield squares if wordless else {**squares, "mode": "markers+text", "text": texts, "textfont": font}


def _strays(history: ChainHistory, axis: TimeAxis, floor: float) -> Part:
    """One small mark for all blocks of an epoch that were proposed out of turn; there can be dozens."""
    sums: dict[tuple[int, int], list[int]] = {}
    for name, fate in history.fates.items():
        block = history.proposals[name]
        if fate == "stray" and block.time >= axis.first:
            sums.setdefault((block.epoch, block.proposer), []).append(history.number(block))
    drawn = [(key, *each) for key, numbers in sums.items() for each in gathered(numbers)]
    return marks(
        "out of turn",
        [seconds(history.epochs[epoch].time + axis.epoch_ns // 3) for (epoch, _), *_ in drawn],
        [floor + 0.2] * len(drawn),
        [
            f"{count} blocks of validator {proposer} in epoch {epoch},<br>which it does not lead"
            for (epoch, proposer), count, _, _ in drawn
        ],
        {"symbol": "hexagon2", "size": 9, "color": LIGHT["stray"], "line": {"width": 0}},
        born=[born for _, _, born, _ in drawn],
        gone=[gone for *_, gone in drawn],
    )


def block_text(history: ChainHistory, name: str, version: Version) -> str:
    """The hover text of a block at a time."""
    if name == history.genesis:
        return f"genesis {name[:6]}<br>final from the start, by definition"
    block = history.story.blocks[name]
    voters = ", ".join(map(str, sorted(version.voters)))
    signed = f"{len(version.voters)} of {history.committee.validators} signed it" + (f": {voters}" if voters else "")
    lines = [
        f"block {history.label(name)}, hash {name[:6]}, height {block.height}",
        f"proposed by validator {block.proposer} in epoch {block.epoch}, with {counted(block.trades, *history.noun)}",
        signed,
    ]
    if version.fate == "finalized":
        final = history.finalized[name]
        three = ", ".join(_epoch_name(history, one) for one in final.because)
        lines.append(f"final at {seconds(final.time):.3f} s, because {three} are adjacent and notarized")
    else:
        lines.append(f"{version.fate}, not final")
    return "<br>".join(lines)


def _epoch_name(history: ChainHistory, block: str) -> str:
    return "genesis" if block == history.genesis else history.label(block)


def _ground(history: ChainHistory, axis: TimeAxis, places: dict[str, Place]) -> Iterator[Part]:
    half = seconds(int(axis.epoch_ns * 0.4))
    for tip, born, gone in _tips(history, places):
        yield {
            "type": "rect",
            "born": born,
            "gone": gone,
            "x0": axis.whole[0],
            "x1": places[tip][0] + half,
            "yref": "domain",
            "y0": 0,
            "y1": 1,
            "layer": "below",
            "fillcolor": LIGHT["ground"],
            "line": {"width": 0},
        }


def _tips(history: ChainHistory, places: dict[str, Place]) -> Iterator[tuple[str, int, int]]:
    """The last final block over time, with the events from and to which it is the last; genesis at first."""
    tips = [(history.genesis, 0, 0)]
    for name, final in sorted(history.finalized.items(), key=lambda one: history.number(one[1])):
        if final.height > tips[-1][1]:
            tips.append((name, final.height, history.number(final)))
    for (name, _, born), gone in until_next(tips, lambda tip: tip[2]):
        if name in places:
            yield name, born, gone


def _notes(
    history: ChainHistory, axis: TimeAxis, places: dict[str, Place], ceiling: float, floor: float
) -> Iterator[Part]:
    left, right = axis.opens_on
    for tip, born, gone in _tips(history, places):
        edge = places[tip][0] + seconds(int(axis.epoch_ns * 0.4))
        # Near the left the title stands where this note would.
        above = edge - left > 0.45 * (right - left)
        yield {
            "born": born,
            "gone": gone,
            "text": "final up to here ▸",
            "x": edge,
            "y": ceiling if above else floor,
            "xanchor": "right",
            "yanchor": "bottom",
            "yshift": 2,
            "showarrow": False,
            "font": {"size": 11, "color": LIGHT["good"]},
        }


def _lies(history: ChainHistory, places: dict[str, Place], lies: list[tuple[int, int]], floor: float) -> Iterator[Part]:
    born: dict[int, list[tuple[int, str]]] = {}
    for epoch, culprit in lies:
        blocks = [block for name, block in history.proposals.items() if name in places and block.epoch == epoch]
        told = [
            history.number(seen) for seen in history.evidence if (seen.signed_epoch, seen.culprit) == (epoch, culprit)
        ]
        second = [history.number(block) for block in blocks if block.proposer == culprit][1:2]
        if blocks:
            born.setdefault(epoch, []).append((min(second + told), f"n{culprit}"))
    for epoch, known in born.items():
        for together, first, gone in as_they_come(sorted(known)):
            names = " and ".join(name for _, name in together)
            yield {
                "born": first,
                "gone": gone,
                "text": f"{names} equivocates" if len(together) == 1 else f"{names}<br>equivocate",
                "x": seconds(history.epochs[epoch].time),
                "y": floor,
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 11, "color": LIGHT["bad"]},
            }
