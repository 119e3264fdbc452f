"""The settlement timeline: when each batch of final blocks was paid out, and what it took.

Each batch is a square at the moment of its transaction; a line leads to it from the blocks it pays for, so its slope
is the time from proposal to payment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from msgspec import structs

from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.visualization.as_of import END
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.panels import Account, LegendEntry, Panel, Part, Table
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed
from market_sim.core.models.settlement_events import (
    BlockSettled,
    Reconciled,
    ReorgSeen,
    SettlementOpened,
    SettlementReverted,
)

LEGEND = (
    LegendEntry("circle", "final", "final block, when it was proposed"),
    LegendEntry("square", "leader", "batch that pays for it: heights (h), trades, transaction"),
)
TROUBLE = LegendEntry("cross", "bad", "refused by the contract, or forgotten by the chain")
HEAD = ("heights", "settled at (s)", "trades", "refused", "balances changed", "gas", "transaction", "after (s)")


@dataclass(frozen=True)
class Batch:
    """A settled batch and the moments at which its blocks were proposed."""

    settled: BlockSettled
    proposed: tuple[int, ...]
    number: int = 0
    """The place of its settlement in the journal."""

    @property
    def name(self) -> str:
        """The heights it pays for."""
        first, last = self.settled.first, self.settled.last
        return str(first) if first == last else f"{first}–{last}"


@dataclass(frozen=True)
class FinalBlock:
    """A block that is final for somebody, and may be paid for."""

    height: int
    proposed: int
    number: int
    """The place of its finality in the journal."""


@dataclass(frozen=True)
class SettlementHistory:
    """All that happened on the way to the chain."""

    opened: SettlementOpened
    batches: tuple[Batch, ...]
    troubles: tuple[tuple[int, SettlementReverted | ReorgSeen], ...]
    """With their places in the journal."""
    reconciled: int
    blocks: tuple[FinalBlock, ...]
    """One for each final height."""

    @property
    def final(self) -> int:
        """The height of the last block that is final for anybody."""
        return max((block.height for block in self.blocks), default=0)


def settlement_history(journal: Journal) -> SettlementHistory | None:
    """The settlement of a run; None when it has none."""
    opened = next(journal.of(SettlementOpened), None)
    if opened is None:
        return None
    proposed: dict[str, int] = {}
    blocks: dict[int, FinalBlock] = {}
    batches, troubles, compared = [], [], 0
    for number, event in enumerate(journal):
        if isinstance(event, BlockProposed):
            proposed[event.block] = event.time
        elif isinstance(event, BlockFinalized) and event.block in proposed:
            blocks.setdefault(event.height, FinalBlock(event.height, proposed[event.block], number))
        elif isinstance(event, BlockSettled):
            heights = [height for height in range(event.first, event.last + 1) if height in blocks]
            batches.append(Batch(event, tuple(blocks[height].proposed for height in heights), number))
        elif isinstance(event, (SettlementReverted, ReorgSeen)):
            troubles.append((number, event))
        elif isinstance(event, Reconciled):
            compared += 1
    return SettlementHistory(opened, tuple(batches), tuple(troubles), compared, tuple(blocks.values()))


def settlement_panel(history: SettlementHistory, axis: TimeAxis) -> Panel:
    """The row of batches."""
    batches = [batch for batch in history.batches if batch.settled.time >= axis.first]
    wordy, terse = axis.crowd <= 15, axis.crowd <= OPEN_TEXT
    panel = Panel(
        f"Settlement ({history.opened.backend}): from block to batch",
        104 if wordy else 70,
        {
            "range": [-1.45 if wordy else -0.7, 1.35],
            "tickmode": "array",
            "tickvals": [1, 0],
            "ticktext": ["blocks", "batches"],
        },
    )
    panel.traces += [
        _ways(batches),
        _blocks(history, axis),
        *_squares(history, axis, batches, wordy, terse),
        _troubles(history, axis),
    ]
    return panel


OPEN_TEXT = 31
"""Up to so many epochs side by side, the number of trades fits under a batch."""


def _ways(batches: list[Batch]) -> Part:
    xs: list[float | None] = []
    ys: list[float | None] = []
    born: list[int] = []
    for batch in batches:
        if batch.proposed:
            born += [batch.number] * (len(batch.proposed) + 2)
            xs += [*map(seconds, batch.proposed), seconds(batch.settled.time), None]
            ys += [1.0] * len(batch.proposed) + [0.0, None]
    line = {"color": LIGHT["muted"], "width": 1.4}
    way: Part = {"type": "scatter", "mode": "lines", "name": "way", "x": xs, "y": ys, "born": born}
    return {**way, "line": line, "hoverinfo": "skip"}


def _blocks(history: SettlementHistory, axis: TimeAxis) -> Part:
    blocks = [block for block in history.blocks if block.proposed >= axis.first]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "final block",
        "x": [seconds(block.proposed) for block in blocks],
        "y": [1] * len(blocks),
        "born": [block.number for block in blocks],
        "customdata": [
            f"final block of height {block.height}, proposed at {seconds(block.proposed):.3f} s" for block in blocks
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {"symbol": "circle", "size": 7, "color": LIGHT["final"], "line": {"width": 0}},
    }


@dataclass(frozen=True)
class Caption:
    """The batches whose text stands under the last of them, from one event to another."""

    batches: tuple[Batch, ...]
    born: int
    gone: int


def captions(batches: list[Batch], near: int) -> Iterator[Caption]:
    """Batches close together share one text, which moves on with every further one."""
    waiting: tuple[Batch, ...] = ()
    for batch, following in zip_longest(batches, batches[1:]):
        waiting = (*waiting, batch)
        joins = following is not None and following.settled.time - batch.settled.time < near
        yield Caption(waiting, batch.number, following.number if joins and following else END)
        waiting = waiting if joins else ()


def _squares(
    history: SettlementHistory, axis: TimeAxis, batches: list[Batch], wordy: bool, terse: bool
) -> Iterator[Part]:
    squares: Part = {
        "type": "scatter",
        "mode": "markers",
        "name": "batch",
        "x": [seconds(batch.settled.time) for batch in batches],
        "y": [0] * len(batches),
        "born": [batch.number for batch in batches],
        "customdata": [_hover(history, batch) for batch in batches],
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {"symbol": "square", "size": 11, "color": LIGHT["leader"], "line": {"width": 0}},
    }
    yield squares
    if wordy or terse:
        told = list(captions(batches, axis.epoch_ns * 2 // 5))
        yield {
            "type": "scatter",
            "mode": "text",
            "name": "batch text",
            "x": [seconds(one.batches[-1].settled.time) for one in told],
            "y": [-0.2] * len(told),
            "born": [one.born for one in told],
            "gone": [one.gone for one in told],
            "text": [_words(one.batches, wordy) for one in told],
            "textposition": "bottom center",
            "textfont": {"size": 10, "color": LIGHT["ink"], "shadow": LIGHT["halo"]},
            "hoverinfo": "skip",
        }


def _words(together: tuple[Batch, ...], wordy: bool) -> str:
    events = [batch.settled for batch in together]
    trades, spent = sum(event.trades for event in events), sum(event.gas for event in events)
    if not wordy:
        return str(trades)
    names = Batch(structs.replace(events[-1], first=events[0].first), ()).name
    gas = f"<br>{spent / 1_000:,.0f}k gas" if spent else ""
    more = f" +{len(events) - 1}" if len(events) > 1 else ""
    return f"<b>h {names}</b>: {trades} tr.{gas}<br>{short(events[-1].transaction)}{more}"


def _hover(history: SettlementHistory, batch: Batch) -> str:
    settled = batch.settled
    return (
        f"heights {batch.name} settled at {seconds(settled.time):.3f} s ({history.opened.backend})<br>"
        f"{counted(settled.trades, 'trade')} paid, {settled.refused} refused, "
        f"{counted(settled.rows, 'balance')} changed<br>"
        f"{settled.gas:,} gas, transaction {short(settled.transaction)}"
    )


def short(transaction: str) -> str:
    """The first digits of a transaction's hash, with the 0x that people look for."""
    digits = transaction.removeprefix("0x")
    return f"0x{digits[:6]}…" if digits else "none"


def _troubles(history: SettlementHistory, axis: TimeAxis) -> Part:
    placed = [(number, event) for number, event in history.troubles if event.time >= axis.first]
    seen = [event for _, event in placed]
    texts = [
        f"blocks {event.first} to {event.last}: the contract said {event.error}"
        if isinstance(event, SettlementReverted)
        else f"the chain forgot {counted(event.depth, 'block')} and with them blocks "
        f"{event.first} to {event.last}; sent again"
        for event in seen
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "trouble",
        "born": [number for number, _ in placed],
        "x": [seconds(event.time) for event in seen],
        "y": [0] * len(seen),
        "customdata": texts,
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {"symbol": "x-thin", "size": 12, "line": {"color": LIGHT["bad"], "width": 2.4}},
    }


def settlement_account(history: SettlementHistory, axis: TimeAxis) -> Account:
    """What the chart says in words."""
    legend = (*LEGEND, TROUBLE) if history.troubles else LEGEND
    table = Table("Batches", HEAD, list(settlement_rows(history, axis)))
    return Account("Settlement", settlement_sentence(history), legend, table)


def settlement_sentence(history: SettlementHistory) -> str:
    """The finding of the chart: how many final blocks are paid, at what cost, and whether both sides agree."""
    events = [batch.settled for batch in history.batches]
    if not events and not history.troubles:
        return f"Nothing was settled ({history.opened.backend}); {history.final} blocks are final."
    blocks = sum(event.last - event.first + 1 for event in events)
    trades, refused = sum(event.trades for event in events), sum(event.refused for event in events)
    gas = sum(event.gas for event in events)
    cost = f" for {gas:,} gas" if gas else ""
    times = f"{history.reconciled} times" if history.reconciled != 1 else "once"
    agreed = f"; all balances were compared with the journal {times} and agreed" if history.reconciled else ""
    troubles = f"; {len(history.troubles)} times the chain said no or forgot" if history.troubles else ""
    return (
        f"{blocks} of {history.final} final blocks are settled ({history.opened.backend}) in "
        f"{counted(len(events), 'batch', 'batches')}: "
        f"{counted(trades, 'trade')} paid{cost}, {refused} refused{troubles}{agreed}."
    )


def settlement_rows(history: SettlementHistory, axis: TimeAxis) -> Iterator[tuple[str, ...]]:
    """The table: one row for each batch that is drawn."""
    for batch in history.batches:
        settled = batch.settled
        if settled.time >= axis.first:
            waited = f"{seconds(settled.time - batch.proposed[0]):.3f}" if batch.proposed else ""
            yield (
                batch.name,
                f"{seconds(settled.time):.3f}",
                str(settled.trades),
                str(settled.refused),
                str(settled.rows),
                f"{settled.gas:,}",
                short(settled.transaction),
                waited,
            )
