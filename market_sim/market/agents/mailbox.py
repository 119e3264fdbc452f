"""Mailboxes: reports from the journal to the participants that they concern, each once and in order.

A mailbox is filled from its owner's first look on, and the journal is read only on demand. So a market without readers
of reports pays nothing for them, and otherwise each event is read once for all mailboxes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.figures import Figures, symbol_in
from market_sim.core.models.market_events import (
    Deposited,
    InstrumentListed,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderTriggered,
    Trade,
    Transferred,
    Withdrawn,
)
from market_sim.core.models.mechanism_events import LiquidationStarted, MarginCalled
from market_sim.core.models.reasons import explain
from market_sim.core.models.settlement_events import CallExecuted
from market_sim.market.agents.reports import (
    Accepted,
    Amended,
    CallDone,
    Cancelled,
    Filled,
    Liquidation,
    MarginCall,
    Moved,
    Refused,
    Report,
    Triggered,
)
from market_sim.market.ledger.ledger import TimeSource

ACCOUNT, SYMBOL, TOTAL, TRADED = range(4)
"""The indices in the list that represents an order."""


class Mail:
    """Reads the journal and distributes reports to the mailboxes of the accounts."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._read = 0
        self._figures = Figures(())
        self._boxes: dict[str, deque[Report]] = {}
        self._owners: dict[int, list[Any]] = {}
        """Every order with quantity left: its account, symbol, total quantity and traded quantity."""

    def box(self, account: str) -> deque[Report]:
        """The unread reports for this account since the run began."""
        if account not in self._boxes:
            # The first look also gets the reports from before it.
            past = Mail(self._journal)
            past._boxes[account] = deque()
            past._catch_up(self._read)
            self._boxes[account] = past._boxes[account]
        self._catch_up(len(self._journal))
        return self._boxes[account]

    def newest(self, account: str) -> Report | None:
        """The last unread report for this account."""
        box = self.box(account)
        return box[-1] if box else None

    def _catch_up(self, until: int) -> None:
        if self._read >= until:
            return
        sorts = _SORTS
        for event in self._journal.since(self._read)[: until - self._read]:
            sort = sorts.get(type(event))
            if sort is not None:
                sort(self, event)
        self._read = until

    def _tell(self, account: str, report: Callable[[], Report]) -> None:
        box = self._boxes.get(account)
        if box is not None:
            box.append(report())

    def _listed(self, event: InstrumentListed) -> None:
        self._figures.add(event)

    def _accepted(self, event: OrderAccepted) -> None:
        terms = event.terms
        self._owners[event.order] = [event.account, terms.symbol, terms.quantity, 0]
        self._tell(
            event.account,
            lambda: Accepted(
                event.time, event.order, terms.symbol, terms.side, terms.quantity, terms.limit, terms.venue
            ),
        )

    def _rejected(self, event: OrderRejected) -> None:
        self._tell(
            event.account,
            lambda: Refused(event.time, event.intent, event.reason, self._why(event)),
        )

    def _why(self, event: OrderRejected) -> str:
        return explain(event.reason, event.numbers, self._figures, symbol_in(event.intent))

    def _traded(self, event: Trade) -> None:
        for account, order, side, fee, took in (
            (event.maker, event.maker_order, -event.side, event.maker_fee, False),
            (event.taker, event.taker_order, event.side, event.taker_fee, True),
        ):
            self._less(order, 0, event.quantity)
            box = self._boxes.get(account)
            if box is not None:
                filled = (event.time, order, event.symbol, side, event.price, event.quantity, fee, took, event.venue)
                box.append(Filled(*filled))

    def _cancelled(self, event: OrderCancelled) -> None:
        known = self._owners.get(event.order)
        if known is not None:
            account, symbol = known[ACCOUNT], known[SYMBOL]
            self._less(event.order, event.quantity, 0)
            self._tell(account, lambda: Cancelled(event.time, event.order, symbol, event.quantity, event.reason))

    def _amended(self, event: OrderAmended) -> None:
        known = self._owners.get(event.order)
        if known is not None:
            account, symbol = known[ACCOUNT], known[SYMBOL]
            self._tell(
                account,
                lambda: Amended(event.time, event.order, symbol, event.quantity, event.limit, event.kept_place),
            )
            known[TOTAL] = event.quantity

    def _triggered(self, event: OrderTriggered) -> None:
        known = self._owners.get(event.order)
        if known is not None:
            symbol = known[SYMBOL]
            self._tell(known[ACCOUNT], lambda: Triggered(event.time, event.order, symbol, event.price))

    def _moved(self, event: Transferred) -> None:
        for account, amount in ((event.source, -event.amount), (event.target, event.amount)):
            box = self._boxes.get(account)
            if box is not None:
                box.append(Moved(event.time, event.asset, amount, event.reason, event.symbol))

    def _brought(self, event: Deposited) -> None:
        self._tell(event.account, lambda: Moved(event.time, event.asset, event.amount, "DEPOSIT", ""))

    def _taken(self, event: Withdrawn) -> None:
        self._tell(event.account, lambda: Moved(event.time, event.asset, -event.amount, "WITHDRAWAL", ""))

    def _called(self, event: MarginCalled) -> None:
        self._tell(event.account, lambda: MarginCall(event.time, event.amount, event.due))

    def _liquidated(self, event: LiquidationStarted) -> None:
        self._tell(event.account, lambda: Liquidation(event.time, event.equity, event.requirement))

    def _executed(self, event: CallExecuted) -> None:
        done = event.time, event.contract, event.function, event.succeeded
        self._tell(event.account, lambda: CallDone(*done, dict(event.numbers), event.reason))

    def _less(self, order: int, gone: int, traded: int) -> None:
        known = self._owners.get(order)
        if known is not None:
            known[TOTAL] -= gone
            known[TRADED] += traded
            if known[TRADED] >= known[TOTAL]:
                del self._owners[order]


_SORTS: dict[type[Event], Callable[[Mail, Any], None]] = {
    InstrumentListed: Mail._listed,
    OrderAccepted: Mail._accepted,
    OrderRejected: Mail._rejected,
    Trade: Mail._traded,
    OrderCancelled: Mail._cancelled,
    OrderAmended: Mail._amended,
    OrderTriggered: Mail._triggered,
    Transferred: Mail._moved,
    Deposited: Mail._brought,
    Withdrawn: Mail._taken,
    MarginCalled: Mail._called,
    LiquidationStarted: Mail._liquidated,
    CallExecuted: Mail._executed,
}


class Steps(TimeSource, Protocol):
    """A source of the simulated time that counts what has happened."""

    steps: int


class Mailbox:
    """One participant's mailbox: the reports that it gets at one wake-up, after its data latency."""

    __slots__ = ("_account", "_clock", "_delay", "_mail", "_opened", "_shown")

    def __init__(self, mail: Mail, account: str, clock: Steps, delay: int) -> None:
        self._mail, self._account = mail, account
        self._clock, self._delay = clock, delay
        self._opened = -1
        """The step of the run at which the reports were read last: a wake-up is one step."""
        self._shown: tuple[Report, ...] = ()

    @property
    def reports(self) -> tuple[Report, ...]:
        """The reports since the last wake-up that read them; the same during one wake-up."""
        if self._opened != self._clock.steps:
            self._opened = self._clock.steps
            box, until = self._mail.box(self._account), self._clock.now - self._delay
            new: list[Report] = []
            while box and box[0].time <= until:
                new.append(box.popleft())
            self._shown = tuple(new)
        return self._shown
