"""The history of a run: the data of charts, steps and traces, each part computed at its first use."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from market_sim.analysis.alerts import ListedAlert, alerts
from market_sim.analysis.history.book_history import Market, markets_of
from market_sim.analysis.history.books import Books
from market_sim.analysis.history.chain_history import ChainHistory, chain_history
from market_sim.analysis.history.mechanism_history import MechanismHistory, mechanism_history
from market_sim.analysis.history.settlement_history import SettlementHistory, settlement_history
from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.core.data.journal import Journal
from market_sim.market.exchange.book_replay import BookReplay


@dataclass(frozen=True)
class RunHistory:
    """The history of one run."""

    journal: Journal

    @cached_property
    def axis(self) -> TimeAxis:
        """The common time axis."""
        return TimeAxis.of(self.journal)

    @cached_property
    def _moments(self) -> list[float]:
        return [seconds(event.time) for event in self.journal]

    def known_at(self, moment: float) -> int:
        """The number of the last event up to this moment, which is in seconds."""
        return max(0, bisect_right(self._moments, moment) - 1)

    @cached_property
    def _replayed(self) -> tuple[list[Market], BookReplay]:
        return markets_of(self.journal, self.axis)

    @property
    def markets(self) -> list[Market]:
        """Every instrument, the most traded first."""
        return self._replayed[0]

    @cached_property
    def books(self) -> Books:
        """The books as of any event."""
        return Books(self.journal, self._replayed[1])

    @cached_property
    def alerts(self) -> list[ListedAlert]:
        """What surveillance found, halts, margin calls and liquidations, failed transactions."""
        return alerts(self.journal)

    @cached_property
    def mechanisms(self) -> MechanismHistory:
        """The history of mechanisms: options, loans, margin."""
        return mechanism_history(self.journal)

    @cached_property
    def chain(self) -> ChainHistory | None:
        """The history of the chain; None without a committee."""
        return chain_history(self.journal)

    @cached_property
    def settlement(self) -> SettlementHistory | None:
        """The history of settlement; None without settlement."""
        return settlement_history(self.journal)
