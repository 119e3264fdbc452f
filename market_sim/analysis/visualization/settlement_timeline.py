"""The settlement timeline: the time of settlement of each batch of final blocks, and its gas.

Each batch is a square at the moment of its transaction; a line leads to it from the blocks it pays for, so its slope
is the time from proposal to payment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from msgspec import structs

from market_sim.analysis.history.lifespan import END
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.settlement_history import Batch, SettlementHistory
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.traces import marks
from market_sim.core.english import counted
from market_sim.core.models.settlement_events import BatchDelayed, SettlementReverted

BLOCK = LegendEntry("circle", "final", "final block, when it was proposed")
TROUBLE = LegendEntry("cross", "bad", "refused by the contract, or forgotten by the chain")
AFTER = ("refused", "balances changed", "gas", "transaction", "after (s)")


def settlement_charts(run: RunHistory) -> Iterator[Chart]:
    """The settlement of a run that has one."""
    if run.settlement is None:
        return
    history, (_, entries) = run.settlement, run.settlement.noun
    batch = LegendEntry("square", "leader", f"batch that pays for it: heights (h), {entries}, transaction")
    yield Chart(
        "settlement",
        "Settlement",
        settlement_sentence(history),
        "settlement",
        run.axis,
        lambda: [settlement_panel(history, run.axis)],
        (BLOCK, batch, *([TROUBLE] if history.troubles else ())),
        Table("Batches", ("heights", "settled at (s)", entries, *AFTER), list(settlement_rows(history, run.axis))),
        shared=True,
    )


def settlement_panel(history: SettlementHistory, axis: TimeAxis) -> Panel:
    """The row of batches."""
    batches = [batch for batch in history.batches if batch.settled.time >= axis.first]
    wordy, terse = axis.crowd <= 15, axis.crowd <= OPEN_TEXT
    panel = Panel(
        f"Settlement ({history.opened.backend}): from block to batch",
        118 if wordy else 70,
        {
            "range": [-1.83 if wordy else -0.7, 1.35],
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
"""The most epochs on a screen with room for the number of entries under a batch."""


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
    said = [f"final block of height {block.height}, proposed at {seconds(block.proposed):.3f} s" for block in blocks]
    marker = {"symbol": "circle", "size": 7, "color": LIGHT["final"], "line": {"width": 0}}
    xs = [seconds(block.proposed) for block in blocks]
    return marks("final block", xs, [1] * len(blocks), said, marker, born=[block.number for block in blocks])


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
    xs, marker = [seconds(batch.settled.time) for batch in batches], {"symbol": "square", "size": 11}
    marker |= {"color": LIGHT["leader"], "line": {"width": 0}}
    said = [_hover(history, batch) for batch in batches]
    yield marks("batch", xs, [0] * len(batches), said, marker, born=[batch.number for batch in batches])
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
            "text": [_words(history, one.batches, wordy) for one in told],
            "textposition": "bottom center",
            "textfont": {"size": 10, "color": LIGHT["ink"], "shadow": LIGHT["halo"]},
            "hoverinfo": "skip",
        }


def _words(history: SettlementHistory, together: tuple[Batch, ...], wordy: bool) -> str:
    events = [batch.settled for batch in together]
    entries, spent = sum(event.trades for event in events), sum(event.gas for event in events)
    if not wordy:
        return str(entries)
    names = Batch(structs.replace(events[-1], first=events[0].first), ()).name
    gas = f"<br>{spent / 1_000:,.0f}k gas" if spent else ""
    more = f" +{len(events) - 1}" if len(events) > 1 else ""
    return f"<b>h {names}</b><br>{counted(entries, *history.noun)}{gas}<br>{short(events[-1].transaction)}{more}"


def _hover(history: SettlementHistory, batch: Batch) -> str:
    settled = batch.settled
    return (
        f"heights {batch.name} settled at {seconds(settled.time):.3f} s ({history.opened.backend})<br>"
        f"{counted(settled.trades, *history.noun)} paid, {settled.refused} refused, "
        f"{counted(settled.rows, 'balance')} changed<br>"
        f"{settled.gas:,} gas, transaction {short(settled.transaction)}"
    )


def short(transaction: str) -> str:
    """The first digits of a transaction's hash, with 0x."""
    digits = transaction.removeprefix("0x")
    return f"0x{digits[:6]}…" if digits else "none"


def _troubles(history: SettlementHistory, axis: TimeAxis) -> Part:
    placed = [(number, event) for number, event in history.troubles if event.time >= axis.first]
    seen = [event for _, event in placed]
    texts = [
        f"blocks {event.first} to {event.last}: the contract said {event.error}"
        if isinstance(event, SettlementReverted | BatchDelayed)
        else f"the chain forgot {counted(event.depth, 'block')} and with them blocks "
        f"{event.first} to {event.last}; sent again"
        for event in seen
    ]
    marker = {"symbol": "x-thin", "size": 12, "line": {"color": LIGHT["bad"], "width": 2.4}}
    xs = [seconds(event.time) for event in seen]
    return marks("trouble", xs, [0] * len(seen), texts, marker, born=[number for number, _ in placed])


def settlement_sentence(history: SettlementHistory) -> str:
    """The finding of the chart: how many final blocks are paid, at what cost, and whether both sides agree."""
    events = [batch.settled for batch in history.batches]
    if not events and not history.troubles:
        final = f"{counted(history.final, 'block')} {'is' if history.final == 1 else 'are'} final"
        return f"Nothing was settled ({history.opened.backend}); {final}."
    blocks = sum(event.last - event.first + 1 for event in events)
    entries, refused = sum(event.trades for event in events), sum(event.refused for event in events)
    gas = sum(event.gas for event in events)
    cost = f" for {gas:,} gas" if gas else ""
    times = f"{history.reconciled} times" if history.reconciled != 1 else "once"
    agreed = f"; all balances were compared with the journal {times} and agreed" if history.reconciled else ""
    troubles = f"; {len(history.troubles)} reverts or reorganisations of the chain" if history.troubles else ""
    return (
        f"{blocks} of {history.final} final blocks are settled ({history.opened.backend}) in "
        f"{counted(len(events), 'batch', 'batches')}: "
        f"{counted(entries, *history.noun)} paid{cost}, {refused} refused{troubles}{agreed}."
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
