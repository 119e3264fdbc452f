"""Enforcement: follows a run with the detectors, and answers each accusation with the next step of the ladder.

A first offence is a warning, then a fine, then a throttle, then a suspension. A fine goes through the ledger to a named
account, a throttle and a suspension are gates of all venues, and a suspension withdraws the open orders. An alert that
accuses nobody has no consequence. The instructor may grant an appeal: the measure ends as if it had not been taken.
"""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.event import Event
from market_sim.core.models.figures import Figures
from market_sim.core.models.intents import Amend, CancelAll, PlaceOrder
from market_sim.core.models.market_events import OrderAccepted, OrderAmended
from market_sim.core.models.surveillance_events import AlertRaised, AppealGranted, MeasureTaken
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.thresholds import Thresholds
from market_sim.market.compliance.detectors.watch import Watch
from market_sim.market.compliance.ladder import FINE, SUSPEND, THROTTLE, Ladder
from market_sim.market.compliance.market_clock import MarketClock, written_up
from market_sim.market.compliance.profile import Penalties
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.exchange.member import Member

FINED, RETURNED = "FINE", "FINE_RETURNED"
FINES = "fines"
LASTING = (THROTTLE, SUSPEND)


class Enforcement(Mechanism):
    """Raises alerts while the market trades, takes measures, and keeps the ledger of measures."""

    name: ClassVar[str] = "enforcement"

    def __init__(self, ladder: Ladder | None = None, thresholds: Thresholds | None = None, fines: str = FINES) -> None:
        super().__init__()
        self.ladder = ladder or Ladder()
        self.measures: dict[int, MeasureTaken] = {}
        """The ledger of measures by their numbers; a measure whose appeal was granted is taken out."""
        self._taken = 0
        self._watch = Watch(thresholds)
        self._fines = fines
        self._alerts: deque[Alert] = deque()
        self._paid: dict[int, tuple[str, str]] = {}
        """The currency of each fine that was paid, and the instrument that it was for."""
        self._ends: dict[tuple[str, str], int] = {}
        """The end of the last throttle and the last suspension of each account."""
        self._last_order: dict[str, int] = {}
        """The time of the last order or amendment of each account."""
        self._amends = ""
        """Whose amendment was let through last: the event of an amendment does not name its account."""

    def begin(self) -> None:
        """Open the account of the fines, add the gates, and read what happened before."""
        self.account(self._fines)
        for venue in self.venues:
            venue.add_gate(self)
            if venue is not self.exchange:
                venue.add_follower(self)
        for event in self.journal:
            self._watch.feed(event)
        self._read = len(self.journal)

    def read(self, event: Event) -> None:
        """Feed the detectors."""
        self._alerts.extend(self._watch.feed(event))
        if type(event) is OrderAccepted:
            self._last_order[event.account] = event.time
        elif type(event) is OrderAmended:
            self._last_order[self._amends] = event.time

    def react(self) -> None:
        """Record each alert, and answer each accusation."""
        now = self.exchange.clock.now
        while self._alerts:
            alert = self._alerts.popleft()
            figures = Figures(listing.instrument for venue in self.venues for listing in venue.listings.values())
            raised = AlertRaised(now, alert.kind, alert.accounts, alert.symbol, alert.told(figures), alert.event)
            self.journal.record(raised)
            for name in alert.accounts if alert.accuses else ():
                self._answer(name, alert, now)

    def _answer(self, name: str, alert: Alert, now: int) -> None:
        """Take the next measure against an account."""
        offence = 1 + sum(measure.account == name for measure in self.measures.values())
        step, ladder = self.ladder.step(offence), self.ladder
        self._taken += 1
        amount = self._fined(name, alert) if step == FINE else 0
        until = now + {THROTTLE: ladder.throttle_ns, SUSPEND: ladder.suspend_ns}[step] if step in LASTING else 0
        measure = MeasureTaken(now, self._taken, name, step, offence, alert.event, amount, until)
        self.measures[self._taken] = measure
        self.journal.record(measure)
        self._note_end(name, step)
        if step == SUSPEND:
            for venue in self.venues:
                venue.cancel_all(name, CancelAll(), "SUSPENSION")

    def _note_end(self, name: str, step: str) -> None:
        """Note how long the measures of this kind against an account last."""
        ends = [measure.until for measure in self.measures.values() if measure.account == name and measure.step == step]
        self._ends[name, step] = max(ends, default=0)

    def _fined(self, name: str, alert: Alert) -> int:
        """Let an account pay the fine, or what it has free, in the currency of the instrument; returns what it paid."""
        symbol = alert.symbol.partition(" on ")[0]
        quote = self.ledger.assets[symbol].quote
        amount = min(self.ladder.fine_cents, self.exchange.accounts[name].balance(quote).available)
        if amount > 0:
            self.ledger.transfer(name, self._fines, quote, amount, FINED, symbol)
            self._paid[self._taken] = quote, symbol
        return max(amount, 0)

    # ---- gates

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Refuse what a throttled or a suspended account may not place now."""
        now = self.exchange.clock.now
        if isinstance(intent, Amend):
            self._amends = account.name
        until = self._ends.get((account.name, SUSPEND), 0)
        if now < until:
            if _closes(account, listing, intent, quantity):
                return
            raise RuleViolation("SUSPENDED", account=account.name, until=_said(until))
        until = self._ends.get((account.name, THROTTLE), 0)
        if now >= until:
            return
        free = self._last_order.get(account.name, -self.ladder.throttle_interval_ns) + self.ladder.throttle_interval_ns
        if now < free:
            raise RuleViolation("THROTTLED", account=account.name, next=_said(free), until=_said(until))

    # ---- appeals

    def check_appeal(self, measure: int) -> None:
        """Raise InputError, in one sentence, for an appeal that cannot be granted."""
        if measure not in self.measures:
            known = ", ".join(map(str, self.measures)) or "none"
            raise InputError(f"there is no measure {measure} that an appeal could lift; in force are {known}")

    def grant_appeal(self, measure: int) -> None:
        """Lift a measure: return its fine, end its effect, and forget the offence."""
        self.check_appeal(measure)
        taken = self.measures.pop(measure)
        if measure in self._paid:
            quote, symbol = self._paid.pop(measure)
            self.ledger.transfer(self._fines, taken.account, quote, taken.amount, RETURNED, symbol)
        self._note_end(taken.account, taken.step)
        now = self.exchange.clock.now
        self.journal.record(AppealGranted(now, measure, taken.account, taken.step, taken.amount))


def ladder_of(rule: Penalties, clock: MarketClock) -> Ladder:
    """The ladder of a rules profile, whose durations are market time."""
    return Ladder(
        fine_cents=rule.fine,
        throttle_ns=clock.span(rule.throttle),
        throttle_interval_ns=clock.span(rule.interval),
        suspend_ns=clock.span(rule.suspension),
    )


def _closes(account: Member, listing: Listing, intent: PlaceOrder | Amend, quantity: int) -> bool:
    """Whether an order only makes a position smaller, and at once."""
    if not isinstance(intent, PlaceOrder) or intent.time_in_force not in ("ioc", "fok"):
        return False
    held = account.balance(listing.symbol).total
    return held * intent.side < 0 and quantity <= abs(held)


def _said(time: int) -> str:
    return f"{written_up(time)} s"
