"""Stepping: an event of the journal, its sentence, and the state of book and chain just after it.

The position is the number of an event, so a URL with it shows the same state again. A step goes to the next event of a
kind, of an account, or both.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from market_sim.analysis.event_sentences import EventSentences
from market_sim.analysis.history.books import Books
from market_sim.analysis.history.time_axis import seconds
from market_sim.analysis.mechanism_words import BOOKKEEPING, SENTENCES
from market_sim.core.data.codec import EVENT_KINDS
from market_sim.core.data.journal import Journal
from market_sim.core.models import consensus_events as consensus
from market_sim.core.models import market_events as market
from market_sim.core.models import run_events as run
from market_sim.core.models import settlement_events as settlement
from market_sim.core.models.event import Event

LEVELS_SHOWN = 8
"""The number of price levels shown on each side of the book."""

KINDS: dict[str, frozenset[type[Event]] | None] = {
    "everything": None,
    "epochs": frozenset({consensus.EpochStarted}),
    "orders": frozenset(
        {
            market.OrderAccepted,
            market.OrderRejected,
            market.OrderCancelled,
            market.OrderAmended,
            market.OrderRepeated,
            market.OrderTriggered,
        }
    ),
    "trades": frozenset({market.Trade}),
    "blocks": frozenset({consensus.BlockProposed, consensus.BlockNotarized, consensus.BlockFinalized}),
    "votes": frozenset({consensus.VoteCast, consensus.ProposalJudged}),
    "settlement": frozenset(
        {
            settlement.SettlementOpened,
            settlement.BatchCertified,
            settlement.BlockSettled,
            settlement.SettlementReverted,
            settlement.DoubleSigned,
            settlement.BatchDelayed,
            settlement.VaultShort,
            settlement.ReorgSeen,
        }
    ),
    "mechanisms": frozenset({market.Transferred, *SENTENCES, *BOOKKEEPING}),
    "refusals": frozenset(
        {
            market.OrderRejected,
            consensus.ProposalJudged,
            consensus.MessageRefused,
            consensus.FloodDropped,
            settlement.TradeRefused,
            settlement.SettlementReverted,
        }
    ),
    "incidents": frozenset(
        {
            run.ShockHappened,
            run.WarningGiven,
            run.StrategyFailed,
            run.ParameterChanged,
            run.AnswerCompared,
            market.PhaseChanged,
            consensus.NetworkFault,
            consensus.ByzantineAct,
            consensus.EquivocationSeen,
            consensus.SafetyViolated,
            consensus.MonitorHit,
        }
    ),
}
"""The kinds of events for stepping, by the word on the page."""


@dataclass(frozen=True)
class Moment:
    """One event as the pages show it."""

    number: int
    time: float
    epoch: int
    area: str
    kind: str
    sentence: str
    order: int | None
    trade: int | None


@dataclass(frozen=True)
class ShownLevel:
    """One price level of the book: its quantity, also in percent of the largest level shown."""

    price: str
    quantity: str
    percent: int


@dataclass(frozen=True)
class Instant:
    """The state just after an event."""

    moment: Moment
    symbol: str
    bids: tuple[ShownLevel, ...]
    asks: tuple[ShownLevel, ...]
    matched: int
    final: int
    settled: int
    """The number of entries so far that are matched, final, and settled."""


_NAMES = "account agent maker taker source target payer holder issuer lender counterparty".split()
_CONCERNED = {kind: [name for name in _NAMES if name in kind.__struct_fields__] for kind in EVENT_KINDS}
"""The fields with an account, for each kind of event."""


class Stepper:
    """Steps through one journal, for any number of concurrent readers."""

    def __init__(self, journal: Journal, books: Books) -> None:
        self.journal = journal
        self._books = books
        self.sentences = EventSentences(journal)
        self._epochs = [(event.time, event.epoch) for event in journal.of(consensus.EpochStarted)]
        self.names = [event.account for event in journal.of(market.AccountOpened)]
        """The accounts, in the order of opening."""
        self._owner = {event.order: event.account for event in journal.of(market.OrderAccepted)}
        self._final, self._settled = _landmarks(journal)

    @property
    def last(self) -> int:
        """The number of the last event."""
        return len(self.journal) - 1

    @cached_property
    def kinds(self) -> list[str]:
        """The kinds of steps that this journal has."""
        there = self.journal.of
        return [
            name
            for name, kinds in KINDS.items()
            if kinds is None or any(next(there(kind), None) is not None for kind in kinds)
        ]

    def moment(self, number: int) -> Moment:
        """One event with its sentence."""
        event = self.journal[number]
        return Moment(
            number,
            seconds(event.time),
            self._epoch(event),
            event.area,
            type(event).__name__,
            self.sentences.sentence(event),
            getattr(event, "order", None),
            event.trade if isinstance(event, market.Trade) else None,
        )

    def step(self, number: int, forward: bool, kind: str = "everything", account: str = "") -> int | None:
        """The number of the next matching event, or of the previous one; None at the end."""
        places = range(number + 1, len(self.journal)) if forward else range(min(number, len(self.journal)) - 1, -1, -1)
        return next((place for place in places if self.fits(self.journal[place], kind, account)), None)

    def listed(self, first: int, most: int, kind: str = "everything", account: str = "") -> list[Moment]:
        """Up to `most` matching events from this number on."""
        return [self.moment(place) for place in self._fitting(first, most, kind, account)]

    def _fitting(self, first: int, most: int, kind: str, account: str) -> Iterator[int]:
        for place in range(first, len(self.journal)):
            if most <= 0:
                return
            if self.fits(self.journal[place], kind, account):
                most -= 1
                yield place

    def fits(self, event: Event, kind: str, account: str = "") -> bool:
        """Whether an event is of this kind and, when one is named, concerns this account."""
        kinds = KINDS[kind]
        return (kinds is None or type(event) in kinds) and (not account or account in self.accounts(event))

    def accounts(self, event: Event) -> tuple[str, ...]:
        """The accounts that an event concerns."""
        named = tuple(getattr(event, field) for field in _CONCERNED[type(event)])
        return named or (self._owner.get(getattr(event, "order", 0), ""),)

    def instant(self, number: int, symbol: str) -> Instant:
        """The book of an instrument and the three counts just after this event."""
        book = self._books.at(number, symbol)
        bids, asks = sorted(book.bids.items(), reverse=True)[:LEVELS_SHOWN], sorted(book.asks.items())[:LEVELS_SHOWN]
        largest = max((quantity for _, quantity in (*bids, *asks)), default=1)
        words = self.sentences.words

        def shown(levels: list[tuple[int, int]]) -> tuple[ShownLevel, ...]:
            return tuple(
                ShownLevel(words.price(symbol, price), words.size(symbol, quantity), max(2, 100 * quantity // largest))
                for price, quantity in levels
            )

        matched, final, settled = self._trades_until(number)
        return Instant(self.moment(number), symbol, shown(bids), shown(asks), matched, final, settled)

    def _trades_until(self, number: int) -> tuple[int, int, int]:
        matched = self._matched_until(number)
        final = next((trades for place, trades in reversed(self._final) if place <= number), 0)
        settled = max((trades for place, trades in self._settled if place <= number), default=0)
        return matched, final, settled

    def _matched_until(self, number: int) -> int:
        for place in range(number, -1, -1):
            trade = market.entry_number(self.journal[place])
            if trade:
                return trade
        return 0

    def _epoch(self, event: Event) -> int:
        own = getattr(event, "epoch", None)
        if event.area == "consensus" and own is not None:
            return own
        place = bisect_right(self._epochs, (event.time, 1 << 62))
        return self._epochs[place - 1][1] if place else 0


_LANDMARKS = frozenset({consensus.BlockProposed, consensus.BlockFinalized, settlement.BlockSettled})


def _landmarks(journal: Journal) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The numbers of final and of settled entries, each with the event that changes it.

    Where two blocks of one height are final, only what lies below them is final for all.
    """
    upto: dict[str, int] = {}
    at_height: dict[int, int] = {}
    names: dict[int, str] = {}
    final: list[tuple[int, int]] = [(0, 0)]
    settled: list[tuple[int, int]] = []
    forked: int | None = None
    for number, event in [(number, event) for number, event in enumerate(journal) if type(event) in _LANDMARKS]:
        if type(event) is consensus.BlockProposed:
            upto[event.block] = upto.get(event.parent, 0) + event.trades
        elif type(event) is consensus.BlockFinalized and event.block in upto:
            at_height[event.height] = upto[event.block]
            if names.setdefault(event.height, event.block) != event.block and (forked is None or event.height < forked):
                forked = event.height
                final.append((number, at_height.get(forked - 1, 0)))
            elif forked is None:
                final.append((number, max(upto[event.block], final[-1][1])))
        elif type(event) is settlement.BlockSettled:
            settled.append((number, at_height.get(event.last, 0)))
    return final, settled
