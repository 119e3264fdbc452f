"""The microscope: one run, measured in every way of this folder, from one replay of its journal.

Each measurement is made at its first use and once. Its tables (`report_tables.py`) are what the command, the page and
the files show.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations, pairwise

from market_sim.analysis.microstructure.belief_correction import Correction, correction
from market_sim.analysis.microstructure.beliefs import Moment, consensus
from market_sim.analysis.microstructure.benchmarks import Comparison, comparisons, volume_weighted
from market_sim.analysis.microstructure.best_quotes import WholeTape, whole_tapes
from market_sim.analysis.microstructure.efficiency import Watch, watched
from market_sim.analysis.microstructure.intervals import Interval, intervals
from market_sim.analysis.microstructure.liquidity_alerts import Alert, liquidity_alerts
from market_sim.analysis.microstructure.order_flow import (
    Bucket,
    bucket_size,
    bulk_classified,
    toxicity,
    true_imbalances,
    volume_buckets,
)
from market_sim.analysis.microstructure.price_discovery import Discovery, error_correction, shares
from market_sim.analysis.microstructure.quote_cards import Card, quote_cards
from market_sim.analysis.microstructure.regimes import Fitted, fitted
from market_sim.analysis.microstructure.schedule import Progress, progress
from market_sim.analysis.microstructure.shortfall import (
    ParentOrder,
    Recommendation,
    parent_orders,
    recommendations,
    stated_order,
)
from market_sim.analysis.microstructure.spreads import Averages, Spread, averages, spreads, spreads_in_the_dark
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import BookOpened, InstrumentListed
from market_sim.core.models.run_events import AgentJoined
from market_sim.market.exchange.markouts import Markout, markouts
from market_sim.market.exchange.quotes import BookTape, tapes

DISCOVERY_STEP_NS = 50_000_000
"""Prices of two venues are compared this often: a slower venue is some wake-ups late, not some seconds."""


class BookMicroscope:
    """One book of a run."""

    def __init__(self, journal: Journal, name: str, listed: InstrumentListed, tape: BookTape) -> None:
        self._journal = journal
        self.name, self.listed, self.tape = name, listed, tape
        self.end = journal[-1].time

    @cached_property
    def spreads(self) -> list[Spread]:
        """The spreads of every trade."""
        return spreads(self.tape.trades, self.tape.quotes, self.end)

    @cached_property
    def averages(self) -> Averages | None:
        """Their averages; None where no trade had quotes before it."""
        return averages(self.spreads)

    @cached_property
    def markouts(self) -> list[Markout]:
        """The markouts of everybody."""
        return markouts(self.tape.trades, self.tape.quotes, self.end)

    @cached_property
    def intervals(self) -> list[Interval]:
        """The book at equal steps of time."""
        return intervals(self.tape, self.end)

    @cached_property
    def returns(self) -> list[float]:
        """The returns of the midpoint from step to step."""
        return [after.middle / before.middle - 1 for before, after in pairwise(self.intervals)]

    @cached_property
    def bucket_size(self) -> int:
        """The volume of a bucket."""
        return bucket_size(self.tape.trades)

    @cached_property
    def buckets(self) -> list[Bucket]:
        """The buckets of equal volume."""
        return volume_buckets(self.tape.trades, self.bucket_size)

    @cached_property
    def toxicity(self) -> list[tuple[Bucket, float, float]]:
        """After each bucket: VPIN, and the same from who really took."""
        guessed = toxicity(bulk_classified(self.buckets, self.bucket_size), self.bucket_size)
        true = toxicity(true_imbalances(self.buckets, self.bucket_size), self.bucket_size)
        return list(zip(self.buckets[len(self.buckets) - len(true) :], guessed, true, strict=True))

    @cached_property
    def moments(self) -> list[Moment]:
        """What participants believed together."""
        return consensus(self._journal, self.name, self.tape.quotes)

    @cached_property
    def correction(self) -> Correction | None:
        """The second half of the run, with beliefs corrected for an anchor and for the crowd."""
        return correction(self._journal, self.name, self.tape.quotes, self.moments)

    @cached_property
    def regimes(self) -> Fitted | None:
        """Calm and wild times, from the returns of the midpoint; None where there are too few."""
        return fitted(self.returns)

    @cached_property
    def efficiency(self) -> list[Watch]:
        """Whether returns could be foreseen, from second to second."""
        return watched(self.returns)

    @cached_property
    def alerts(self) -> list[tuple[int, Alert]]:
        """The liquidity alerts with their times."""
        steps = self.intervals
        found = liquidity_alerts([step.depth for step in steps], [step.middle for step in steps])
        return [(steps[one.bar].end, one) for one in found]


class DarkBook(BookMicroscope):
    """A book that shows nothing: its trades are held against the best quotes of the venues that show theirs."""

    def __init__(self, journal: Journal, name: str, listed: InstrumentListed, tape: BookTape, whole: WholeTape) -> None:
        super().__init__(journal, name, listed, BookTape(whole.tape.quotes, tape.trades))
        self._whole = whole

    @cached_property
    def spreads(self) -> list[Spread]:
        """The spreads of every trade."""
        return spreads_in_the_dark(self.tape.trades, self._whole.in_the_dark, self.tape.quotes, self.end)


class Microscope:
    """A run under the microscope; with a participant, its orders, otherwise those that a strategy states."""

    def __init__(self, journal: Journal, agent: str | None = None) -> None:
        joined = {event.agent: event for event in journal.of(AgentJoined)}
        if agent is not None and agent not in joined:
            raise InputError(f"there is no participant {agent!r} in this run; there are {', '.join(joined) or 'none'}")
        self._journal = journal
        self.agent = agent
        self.agents = list(joined)
        self.tapes = tapes(journal)
        if not any(tape.trades for tape in self.tapes.values()):
            raise InputError("there is nothing to measure: nothing was traded in this run")
        listed = self._listed = {event.symbol: event for event in journal.of(InstrumentListed)}
        self.books = [
            BookMicroscope(journal, name, listed[name.partition(" on ")[0]], tape)
            for name, tape in self.tapes.items()
            if tape.trades and tape.quotes.times
        ]
        self._joined = joined
        self._stated = [name for name, event in joined.items() if stated_order(event) is not None]

    @cached_property
    def whole(self) -> dict[str, WholeTape]:
        """Each instrument with several venues over all of them, by its symbol."""
        opened = [event.symbol for event in self._journal.of(BookOpened)]
        return whole_tapes(self._journal) if len(opened) > len(set(opened)) else {}

    @cached_property
    def dark(self) -> list[DarkBook]:
        """The books that traded and show nothing, while others show theirs."""
        names = [name for name, tape in self.tapes.items() if tape.trades and not tape.quotes.times]
        found = [(name, self.whole.get(name.partition(" on ")[0])) for name in names]
        return [
            DarkBook(self._journal, name, self._listed[name.partition(" on ")[0]], self.tapes[name], whole)
            for name, whole in found
            if whole is not None and whole.tape.quotes.times
        ]

    @property
    def traded(self) -> list[BookMicroscope]:
        """Every book whose trades can be held against quotes, its own or those of others."""
        return [*self.books, *self.dark]

    @cached_property
    def orders(self) -> list[ParentOrder]:
        """The orders whose shortfall is told."""
        chosen = [self.agent] if self.agent is not None else self._stated
        known = self._order_tapes if chosen else {}
        return [order for name in chosen for order in parent_orders(self._journal, known, name)]

    @cached_property
    def _order_tapes(self) -> dict[str, BookTape]:
        """The tapes that an order can be held against: of each book, and of each instrument over its venues."""
        return {**self.tapes, **{symbol: one.tape for symbol, one in self.whole.items()}}

    def benchmarks(self, order: ParentOrder) -> list[Comparison]:
        """An order beside its benchmarks."""
        return comparisons(order, self._order_tapes[order.book])

    def advice(self, order: ParentOrder) -> list[Recommendation]:
        """What would have been cheaper."""
        return recommendations(order, volume_weighted(order, self._order_tapes[order.book]))

    @cached_property
    def progresses(self) -> list[Progress]:
        """Each order that follows a known schedule, beside it."""
        told = [progress(order, self._joined[order.agent], self._order_tapes[order.book]) for order in self.orders]
        return [one for one in told if one is not None]

    @cached_property
    def cards(self) -> list[Card]:
        """What each maker quotes at the end, and the terms it comes from."""
        return quote_cards(self._journal, {symbol: one.tick for symbol, one in self._listed.items()})

    @cached_property
    def discoveries(self) -> list[tuple[str, str, Discovery | str]]:
        """Each two venues that show prices of one instrument: the shares of the first, or why there are none."""
        venues: dict[str, list[str]] = {}
        for event in self._journal.of(BookOpened):
            venues.setdefault(event.symbol, []).append(f"{event.symbol} on {event.venue}")
        return [
            (one, other, self._discovery(one, other))
            for books in venues.values()
            for one, other in combinations(books, 2)
            if all(name in self.tapes and self.tapes[name].quotes.times for name in (one, other))
        ]

    def _discovery(self, one: str, other: str) -> Discovery | str:
        end = self._journal[-1].time
        first, second = (self._sampled(name, end) for name in (one, other))
        count = min(len(first), len(second))
        try:
            return shares(error_correction(first[-count:], second[-count:]))
        except InputError as refused:
            return str(refused)

    def _sampled(self, name: str, end: int) -> Sequence[float]:
        return [step.middle for step in intervals(self.tapes[name], end, DISCOVERY_STEP_NS)]
