"""The timeline: prices and trades, mechanisms, blocks and votes, settlement batches, above each other on one time axis.

`timeline_figure` is the whole picture; `order_book_figure`, `streamlet_figure` and `settlement_figure` are its parts
alone. All of them read the journal and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from market_sim.analysis.history.chain_history import ChainHistory, chain_history
from market_sim.analysis.history.mechanism_history import MechanismHistory, mechanism_history
from market_sim.analysis.history.time_axis import OPENING_EPOCHS, TimeAxis, seconds
from market_sim.analysis.visualization.as_of import END
from market_sim.analysis.visualization.mechanism_timeline import mechanism_accounts, mechanism_panels
from market_sim.analysis.visualization.order_book_timeline import (
    Market,
    instruments,
    market_of,
    order_book_account,
    order_book_panels,
)
from market_sim.analysis.visualization.panels import Account, EventLine, Panel, stacked
from market_sim.analysis.visualization.settlement_timeline import (
    SettlementHistory,
    settlement_account,
    settlement_history,
    settlement_panel,
)
from market_sim.analysis.visualization.streamlet_timeline import streamlet_account, streamlet_panels
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import PhaseChanged
from market_sim.core.models.run_events import ShockHappened
from market_sim.simulation.engine.result import Result

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

E = TypeVar("E", bound=Event)
T = TypeVar("T")
NOTHING = "Nothing is listed and nobody is seated, so there is nothing to draw"


@dataclass(frozen=True)
class Timeline:
    """What the charts of one run are drawn from; each history is read from the journal once."""

    journal: Journal

    @cached_property
    def axis(self) -> TimeAxis:
        """The common time axis."""
        return TimeAxis.of(self.journal)

    @cached_property
    def markets(self) -> list[Market]:
        """Every instrument, the most traded first."""
        return [market_of(self.journal, listed, self.axis) for listed in instruments(self.journal)]

    @cached_property
    def mechanisms(self) -> MechanismHistory | None:
        """What options, loans, margin and the like did; None when there is nothing of the kind."""
        return mechanism_history(self.journal)

    @cached_property
    def chain(self) -> ChainHistory | None:
        """What the validators did; None without a committee."""
        return chain_history(self.journal)

    @cached_property
    def settlement(self) -> SettlementHistory | None:
        """What was paid out; None without a settlement."""
        return settlement_history(self.journal)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.markets and self.chain is None and self.settlement is None

    def panels(self) -> Iterator[Panel]:
        """All panels from top to bottom; of several instruments the most traded one."""
        if self.markets:
            yield from order_book_panels(self.markets[0])
        if self.mechanisms is not None:
            yield from mechanism_panels(self.mechanisms, self.axis)
        if self.chain is not None:
            yield from streamlet_panels(self.chain, self.axis)
        if self.settlement is not None:
            yield settlement_panel(self.settlement, self.axis)
        if self.is_empty:
            yield Panel(NOTHING, 40, {"showticklabels": False})

    def accounts(self) -> Iterator[Account]:
        """What the panels say in words, in the same order."""
        if self.markets:
            yield order_book_account(self.markets[0])
        if self.mechanisms is not None:
            yield from mechanism_accounts(self.mechanisms, self.axis)
        if self.chain is not None:
            yield streamlet_account(self.chain, self.axis)
        if self.settlement is not None:
            yield settlement_account(self.settlement, self.axis)
        if self.is_empty:
            yield Account("This run", f"{NOTHING}.", (), None)

    def lines(self) -> Iterator[EventLine]:
        """The moments that are marked through all panels: blocks that become final, shocks, halts and auctions."""
        if self.chain is not None and not self.axis.is_long:
            yield from self._finality(self.chain)
        for number, shock in self._numbered(ShockHappened):
            if shock.time >= self.axis.first:
                numbers = ", ".join(f"{name} {value}" for name, value in shock.numbers.items())
                said = f"shock: {shock.what} ({numbers})"
                yield EventLine(seconds(shock.time), f"shock: {shock.what}", "ink", True, said, number)
        yield from self._phases()

    def _finality(self, chain: ChainHistory) -> Iterator[EventLine]:
        moments: dict[int, list[tuple[int, str]]] = {}
        for name, final in chain.finalized.items():
            if final.time >= self.axis.first:
                moments.setdefault(final.time, []).append((chain.number(final), chain.label(name)))
        for time, blocks in moments.items():
            for together, born, gone in _as_they_come(blocks):
                names = [name for _, name in together]
                short = ", ".join(names) if len(names) <= 3 and self.axis.crowd <= 16 else f"… {names[-1]}"
                short = names[0] if len(names) == 1 else short
                label = f"✔ {short}" if self.axis.crowd <= OPENING_EPOCHS + 1 else ""
                said = f"final for the first validator: {', '.join(names)}"
                yield EventLine(seconds(time), label, "good", False, said, born, gone)

    def _phases(self) -> Iterator[EventLine]:
        moments: dict[tuple[int, str], list[tuple[int, PhaseChanged]]] = {}
        for number, change in self._numbered(PhaseChanged):
            # Before the first epoch a day opens; that is no event of the day.
            if change.time > self.axis.first:
                moments.setdefault((change.time, change.phase), []).append((number, change))
        for (time, phase), changes in moments.items():
            # A whole chain of options ends at one moment: one label, or they would be printed over each other.
            for together, born, gone in _as_they_come(changes):
                said = "<br>".join(f"{change.symbol} is {phase}: {change.reason}" for _, change in together)
                what = together[0][1].symbol if len(together) == 1 else f"{len(together)} instruments"
                yield EventLine(seconds(time), f"{what} {phase}", "ink", True, said, born, gone)

    def _numbered(self, kind: type[E]) -> Iterator[tuple[int, E]]:
        return ((number, event) for number, event in enumerate(self.journal) if type(event) is kind)


def _as_they_come(events: list[tuple[int, T]]) -> Iterator[tuple[list[tuple[int, T]], int, int]]:
    """Events that share a mark, in the order of their numbers: those that are there from which event to which."""
    for count, (born, _) in enumerate(events, 1):
        yield events[:count], born, events[count][0] if count < len(events) else END


def timeline_figure(result: Result) -> Figure:
    """The whole run as one figure."""
    timeline = Timeline(result.journal)
    return stacked(list(timeline.panels()), timeline.axis, timeline.lines())


def order_book_figure(result: Result, symbol: str | None = None) -> Figure:
    """The order book of one instrument, without a symbol of the most traded one."""
    timeline = Timeline(result.journal)
    listed = instruments(result.journal)
    known = [one for one in listed if symbol in (None, one.symbol)]
    if not known:
        names = ", ".join(one.symbol for one in listed) or "nothing"
        raise InputError(f"there is no instrument {symbol!r} in this run, it lists {names}")
    market = market_of(result.journal, known[0], timeline.axis)
    return stacked(order_book_panels(market), timeline.axis, timeline.lines())


def streamlet_figure(result: Result) -> Figure:
    """The block tree and the validators' lanes."""
    timeline = Timeline(result.journal)
    if timeline.chain is None:
        raise InputError("this run has no validators, so there is no chain to draw")
    return stacked(streamlet_panels(timeline.chain, timeline.axis), timeline.axis)


def settlement_figure(result: Result) -> Figure:
    """The row of settlement batches."""
    timeline = Timeline(result.journal)
    if timeline.settlement is None:
        raise InputError("this run settles nothing, so there is no settlement to draw")
    return stacked([settlement_panel(timeline.settlement, timeline.axis)], timeline.axis)
