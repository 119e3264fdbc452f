"""The event lines, which mark a time in all panels: final blocks, shocks, halts and auctions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from market_sim.analysis.event_sentences import shock_sentence
from market_sim.analysis.history.chain_history import ChainHistory
from market_sim.analysis.history.lifespan import as_they_come
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import OPENING_EPOCHS, seconds
from market_sim.analysis.visualization.chart import EventLine
from market_sim.analysis.words import Words
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import PhaseChanged
from market_sim.core.models.run_events import ShockHappened

E = TypeVar("E", bound=Event)

MOST_PHASES = 24
"""With more changes of phase, as in a run of batch auctions, lines are thin and without labels: they would hide all."""

MOST_ACCUSATIONS = 24
"""With more alerts the lines would hide the prices; the page of alerts has all of them."""


ROWS = 3
"""Labels that would be printed over each other go into further rows; what fits into none is left out."""

CHARACTER = 1 / 120
"""The width of a character of a label, as a part of the narrowest chart that is drawn."""


def event_lines(run: RunHistory) -> list[EventLine]:
    """The event lines of a run, with labels that can be read."""
    first, last = run.axis.opens_on
    return in_rows(list(_event_lines(run)), (last - first) * CHARACTER)


def in_rows(lines: Sequence[EventLine], character: float) -> list[EventLine]:
    """The same lines, each label of a strong one in a row where it covers no other; its line and table stay without.

    >>> close = [EventLine(time, "halted", "ink", True) for time in (1.0, 1.1, 1.2, 1.3)]
    >>> [(line.label, line.row) for line in in_rows(close, 0.1)]
    [('halted', 0), ('halted', 1), ('halted', 2), ('', 0)]
    """
    ends = [float("-inf")] * ROWS
    placed: dict[int, EventLine] = {}
    labelled = [number for number, line in enumerate(lines) if line.strong and line.label]
    for number in sorted(labelled, key=lambda number: lines[number].time):
        line = lines[number]
        half = len(line.label) * character / 2
        before = placed.get(number - 1)
        if before is not None and before.time == line.time and before.gone == line.born:  # the same line, as it was
            placed[number] = replace(line, row=before.row, label=line.label if before.label else "")
            continue
        row = next((row for row, end in enumerate(ends) if line.time - half >= end), None)
        if row is None:
            placed[number] = replace(line, label="")
        else:
            ends[row] = line.time + half + character
            placed[number] = replace(line, row=row)
    return [placed.get(number, line) for number, line in enumerate(lines)]


def _event_lines(run: RunHistory) -> Iterator[EventLine]:
    if run.chain is not None and not run.axis.is_long:
        yield from _finality(run, run.chain)
    words = Words(run.journal)
    for number, shock in _numbered(run, ShockHappened):
        if shock.time >= run.axis.first:
            said = shock_sentence(words, shock)
            yield EventLine(seconds(shock.time), f"shock: {shock.what}", "ink", True, said, number)
    yield from _phases(run)
    if not run.axis.is_long:
        yield from _accusations(run)


def _finality(run: RunHistory, chain: ChainHistory) -> Iterator[EventLine]:
    moments: dict[int, list[tuple[int, str]]] = {}
    for name, final in chain.finalized.items():
        if final.time >= run.axis.first:
            # What becomes final a few milliseconds apart has one label, or they would be printed over each other.
            near = next((time for time in moments if abs(final.time - time) < run.axis.epoch_ns // 8), final.time)
            moments.setdefault(near, []).append((chain.number(final), chain.label(name)))
    for time, blocks in moments.items():
        for together, born, gone in as_they_come(blocks):
            names = [name for _, name in together]
            short = ", ".join(names) if len(names) <= 3 and run.axis.crowd <= 16 else f"… {names[-1]}"
            short = names[0] if len(names) == 1 else short
            label = f"✔ {short}" if run.axis.crowd <= OPENING_EPOCHS + 1 else ""
            said = f"final for the first validator: {', '.join(names)}"
            yield EventLine(seconds(time), label, "good", False, said, born, gone)


def _accusations(run: RunHistory) -> Iterator[EventLine]:
    """The alerts that accuse an account of misconduct; a long run has them on their page only."""
    found = [one for one in run.alerts if one.accuses and one.time >= run.axis.first]
    for one in found[:MOST_ACCUSATIONS]:
        said = f"{one.code.replace('_', ' ').lower()}: {one.sentence}"
        yield EventLine(seconds(one.time), f"⚑ {', '.join(one.accounts)}", "bad", True, said, one.event)


def _phases(run: RunHistory) -> Iterator[EventLine]:
    moments: dict[tuple[int, str], list[tuple[int, PhaseChanged]]] = {}
    for number, change in _numbered(run, PhaseChanged):
        # Before the first epoch a day opens; that is no event of the day.
        if change.time > run.axis.first:
            moments.setdefault((change.time, change.phase), []).append((number, change))
    is_crowded = len(moments) > MOST_PHASES
    for (time, phase), changes in moments.items():
        # A whole chain of options ends at one moment: one label, or they would be printed over each other.
        for together, born, gone in as_they_come(changes):
            said = "<br>".join(f"{change.symbol} is {phase}: {change.reason}" for _, change in together)
            what = together[0][1].symbol if len(together) == 1 else f"{len(together)} instruments"
            label, role = ("", "edge") if is_crowded else (f"{what} {phase}", "ink")
            yield EventLine(seconds(time), label, role, not is_crowded, said, born, gone)


def _numbered(run: RunHistory, kind: type[E]) -> Iterator[tuple[int, E]]:
    return ((number, event) for number, event in enumerate(run.journal) if type(event) is kind)
