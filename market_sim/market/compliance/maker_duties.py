"""The obligations of market makers: whether each of them quotes both sides, and for how much of the time it has.

A maker quotes while it has a bid and an ask, not too far apart, in each instrument in which it has any order. Its
presence is measured in the trailing window and judged from the end of its first window on. It owes no quotes in an
instrument that trades nowhere: a halt is not its absence, and while all its instruments are halted, no time passes
for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from market_sim.core.models.event import Event
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    PhaseChanged,
    Trade,
)
from market_sim.market.compliance.presence import Presence, within
from market_sim.market.compliance.profile import MakerDuties
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CONTINUOUS
from market_sim.market.exchange.order import BOOK


class Duties:
    """The presence of each market maker."""

    def __init__(self, rule: MakerDuties | None, span: int, venues: Sequence[Exchange], makers: Iterable[str]) -> None:
        self._rule = rule
        self._span = span
        self._venues = venues
        self.makers = frozenset(makers) if rule is not None else frozenset()
        self._presence: dict[str, Presence] = {}
        self._orders: dict[int, str] = {}
        """The makers of open orders, because a cancel names only its order."""
        self._instruments: dict[str, dict[str, None]] = {account: {} for account in makers}
        """The instruments in which each maker has had an order."""
        self._phases: dict[tuple[str, str], str] = {
            (symbol, venue.name): listing.phase for venue in venues for symbol, listing in venue.listings.items()
        }
        self._shut: dict[str, None] = {
            symbol: None for symbol in {symbol: None for symbol, _ in self._phases} if not self._trades(symbol)
        }
        """The instruments that trade nowhere."""
        self.touched: dict[str, None] = {}
        self._told: dict[str, bool] = {}

    def read(self, event: Event) -> None:
        """Note whose orders came, traded, or went; a refusal is a moment at which a maker is judged, too."""
        if type(event) is OrderAccepted:
            if event.account in self.makers:
                self._orders[event.order] = event.account
                self._instruments[event.account][event.terms.symbol] = None
                self._excuse(event.account, event.time)
                self.touched[event.account] = None
        elif type(event) is OrderCancelled or type(event) is OrderAmended:
            self._changed(event.order)
        elif type(event) is Trade:
            self._changed(event.maker_order)
            self._changed(event.taker_order)
        elif type(event) is OrderRejected and event.account in self.makers:
            self.touched[event.account] = None
        elif type(event) is PhaseChanged:
            self._phase_changed(event)

    def _changed(self, order: int) -> None:
        account = self._orders.get(order)
        if account is not None:
            self.touched[account] = None
            if not any(order in venue.accounts[account].open for venue in self._venues):
                del self._orders[order]

    def _phase_changed(self, event: PhaseChanged) -> None:
        self._phases[event.symbol, event.venue] = event.phase
        self._shut.pop(event.symbol, None)
        if not self._trades(event.symbol):
            self._shut[event.symbol] = None
        for account in self._presence:
            if event.symbol in self._instruments[account]:
                self._excuse(account, event.time)
                self.touched[account] = None

    def _excuse(self, account: str, now: int) -> None:
        """Let the clock of a maker stand still while none of its instruments trades."""
        if account in self._presence:
            self._presence[account].excuse(now, all(symbol in self._shut for symbol in self._instruments[account]))

    def _trades(self, symbol: str) -> bool:
        """Whether an instrument trades continuously on any venue."""
        return any(self._phases.get((symbol, venue.name)) == CONTINUOUS for venue in self._venues)

    def look(self, now: int) -> list[tuple[str, bool, int]]:
        """Measure the makers whose orders changed; the first verdicts and the changed ones, with the presence."""
        news: list[tuple[str, bool, int]] = []
        for account in self.touched:
            presence = self._presence.get(account)
            if presence is None:
                presence = self._presence[account] = Presence(now)
                self._excuse(account, now)
            presence.change(now, self._quotes(account))
            share = presence.share_bps(now, self._span)
            if share is None or self._rule is None:
                continue
            meets = share >= self._rule.presence
            if meets != self._told.get(account):
                news.append((account, meets, share))
            self._told[account] = meets
        self.touched.clear()
        return news

    def meet(self, account: str, now: int) -> bool:
        """Whether a maker meets its obligations now; it does before the first window is over."""
        presence = self._presence.get(account)
        share = None if presence is None else presence.share_bps(now, self._span)
        return self._rule is None or share is None or share >= self._rule.presence

    def _quotes(self, account: str) -> bool:
        bids: dict[str, int] = {}
        asks: dict[str, int] = {}
        for venue in self._venues:
            for order in venue.accounts[account].open.values():
                symbol, limit = order.symbol, order.limit
                if order.where != BOOK or symbol in self._shut:
                    continue
                if order.side == BUY:
                    if limit > bids.get(symbol, 0):
                        bids[symbol] = limit
                elif symbol not in asks or limit < asks[symbol]:
                    asks[symbol] = limit
        spread = 0 if self._rule is None else self._rule.spread
        return bool(bids) and bids.keys() == asks.keys() and all(within(bids[one], asks[one], spread) for one in bids)
