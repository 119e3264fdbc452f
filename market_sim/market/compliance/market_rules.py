"""The rules of a market at work: one mechanism that follows every trade, declares halts and checks each order.

It is the first follower of each venue, so that a halt stands directly after the message that caused it, before any
other mechanism acts on its trades.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.compliance_events import MakerJudged, RulesInForce
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import (
    AuctionHeld,
    Deposited,
    PhaseChanged,
    Trade,
    Transferred,
    Withdrawn,
)
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.market.compliance.band_keeper import BandKeeper
from market_sim.market.compliance.corridor import Corridor, Corridors
from market_sim.market.compliance.halts import Halt, Halts
from market_sim.market.compliance.maker_duties import Duties
from market_sim.market.compliance.market_clock import MarketClock
from market_sim.market.compliance.market_watch import Breach, MarketWatch
from market_sim.market.compliance.order_gate import MARKET_MAKER, ROLES, OrderGate
from market_sim.market.compliance.profile import SECTIONS, Profile, numbers
from market_sim.market.exchange.allowance import NO_LIMIT
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.mechanism import Mechanism

SPOT = ("stock", "spot")
"""The kinds of instruments that make the index, and that halts and bands are about; a derivative follows its own."""

READ = frozenset((Trade, AuctionHeld, PhaseChanged, Transferred, Deposited, Withdrawn, CorporateActionTaken))
"""The events that its rules read."""

CLOSELY = -1
"""Differs from every number of changes."""
PATIENCE = 10
"""Market seconds until a corridor is looked for again where there was none."""


class MarketRules(Mechanism):
    """Puts a rules profile on every venue of a market."""

    name: ClassVar[str] = "rules"
    follows: ClassVar[bool] = False  # it adds itself to each venue, in front of the others

    def __init__(
        self,
        profile: Profile,
        roles: Mapping[str, str] | None = None,
        limits: Mapping[str, int] | None = None,
        index: Sequence[str] = (),
        closes: Mapping[str, int] | None = None,
    ) -> None:
        """`limits` are position limits of single accounts in cents, `closes` the last closes before the first day."""
        super().__init__()
        self.profile = profile
        self.roles, self.limits = dict(roles or {}), dict(limits or {})
        self._index, self._closes = tuple(index), dict(closes or {})
        for account, role in self.roles.items():
            if role not in ROLES:
                raise InputError(f"the role of {account} is one of {', '.join(ROLES)}, found {role!r}")
        self.clock = MarketClock(profile.day)
        self._in_auction: dict[tuple[str, str], None] = {}
        self._spot: dict[str, bool] = {}
        self._breaches: list[Breach] = []

    def begin(self) -> None:
        """Record the rules, and take the first place at every venue."""
        for symbol in (*self._index, *self._closes):
            if not self._is_spot(symbol):
                raise InputError(f"the index and the last closes are of spot instruments, and {symbol} is none here")
        for account in (*self.roles, *self.limits):
            if account not in self.ledger.accounts:
                raise InputError(f"the rules name {account}, and there is no such account")
        clock, profile, now = self.clock, self.profile, self.exchange.clock.now
        told = {
            f"{name}.{key}": value
            for name in SECTIONS
            if (rule := getattr(profile, name)) is not None
            for key, value in numbers(rule).items()
        }
        self.journal.record(RulesInForce(now, profile.name, told, dict(self.roles)))
        self.watch = MarketWatch(profile, clock, self._is_spot, self._index, self._closes)
        self.halts = Halts(self.venues, self._wake)
        rule = profile.maker_duties
        makers = [account for account, role in self.roles.items() if role == MARKET_MAKER]
        self.duties = Duties(rule, clock.span(rule.window) if rule else 0, self.venues, makers)
        self.gate = OrderGate(
            profile,
            clock,
            self.venues,
            self.roles,
            self.limits,
            self.duties.meet,
            self._bands,
            self._mark,
            self.journal,
        )
        self.bands: BandKeeper | None = None
        if profile.price_bands is not None:
            self.bands = BandKeeper(
                profile.price_bands, clock, self.venues, self.watch.closes, self.journal.record, self._wake
            )
            self.bands.begin(now)
        self.corridors = Corridors(
            self._lay, self.watch.floors, self.gate.forget_all, self._laid, self.clock.span(PATIENCE)
        )
        self._corridor_of = self.corridors.of
        self.gate.corridors, self.gate.catch_up = self.corridors.of, self._catch_up
        self.gate.watch_closely = self._watch_closely
        self._read = self._judged = len(self.journal)
        self.entries, self._known = self.ledger.entries, self.ledger.changes
        self._is_close = self.bands is not None or bool(self.duties.makers)
        self.changes = CLOSELY if self._is_close else self._known
        """What `follow` compares the number of changes with: it differs while a closer look is asked for."""
        for venue in self.venues:
            venue.add_gate(self.gate)
            venue.add_follower(self, first=True)

    def _wake(self, time: int) -> None:
        self.plan(time)

    def _is_spot(self, symbol: str) -> bool:
        known = self._spot.get(symbol)
        if known is None:
            listings = (venue.listings[symbol] for venue in self.venues if symbol in venue.listings)
            known = self._spot[symbol] = any(listing.instrument.kind in SPOT for listing in listings)
        return known

    def _mark(self, listing: Listing) -> int | None:
        """The price at which a position counts: the last trade anywhere, or the mid price before the first."""
        last = self.watch.prices.get(listing.symbol)
        if last is not None:
            return last
        bid, ask = listing.book.best_bid, listing.book.best_ask
        return (bid + ask) // 2 if bid is not None and ask is not None else bid if ask is None else ask

    def _bands(self, listing: Listing) -> tuple[int, int] | None:
        return None if self.bands is None else self.bands.now.get(listing.symbol)

    def _lay(self, symbol: str) -> Corridor | None:
        """The corridor of an instrument, with what it means for orders."""
        corridor = self.watch.lay(symbol)
        if corridor is not None:
            multipliers = [venue.listings[symbol].multiplier for venue in self.venues if symbol in venue.listings]
            corridor.ceiling = corridor.high * max(multipliers)
            if symbol in self.gate.outliers:
                accepted = self.gate.outliers[symbol].accepted(corridor.low, corridor.high)
                corridor.sell_least, corridor.buy_most = accepted
        return corridor

    def _laid(self, symbol: str, corridor: Corridor | None) -> None:
        """Tell the venues, unless each order is compared with something else, too."""
        if not self.gate.is_compared:
            for venue in self.venues:
                if symbol in venue.listings:
                    venue.spare(symbol, corridor or NO_LIMIT)

    # What happened

    def follow(self) -> None:
        """Follow each message: most need a comparison and no more, and most trades that with their corridor."""
        ledger, is_exact = self.ledger, False
        if ledger.changes == self.changes:
            entries = ledger.entries
            count = entries - self.entries
            if not count:
                return
            journal = self.journal
            first = last = journal[-1]
            if count > 1:
                first = journal[-count]
            if type(last) is Trade and type(first) is Trade and first.trade == entries - count + 1:
                # So all events between them are entries.
                corridor = self._corridor_of.get(last.symbol)
                if corridor is not None and corridor.keeps(first.price, last.price, last.time, count):
                    self.entries = entries
                    return
                is_exact = True
        self._follow_closely(is_exact)

    def _follow_closely(self, is_exact: bool) -> None:
        if self._acting:
            return
        self._acting = True
        try:
            self.gate.amended()
            self._take_trades(is_exact)
            self._judge_makers()
        finally:
            self._acting = False
        self.changes = CLOSELY if self._is_close else self._known

    def _watch_closely(self) -> None:
        """Look closely at the end of this message."""
        self.changes = CLOSELY

    def _take_trades(self, is_exact: bool) -> None:
        """Look at the new trades: exactly, with all before them, if one may have left its corridor."""
        ledger, journal = self.ledger, self.journal
        count = ledger.entries - self.entries
        if not is_exact and self.bands is None and ledger.changes == self._known and not self._breaches:
            trades = self._newest(count)
            if trades is not None and all(self._keeps(trade) for trade in trades):
                self.entries += count
                return
        now, known = self.exchange.clock.now, -1
        while known < len(journal):  # what follows from a halt is read in the same call
            self._catch_up()
            known = len(journal)
            breaches, self._breaches = self._breaches, []
            if breaches:
                self._declare(breaches, now)
            if self.bands is not None:
                self._declare(self.bands.look(now), now)

    def _catch_up(self) -> None:
        """Read all events: those before this message at once, as they breach nothing, its trades one by one."""
        ledger, before, fresh = self.ledger, self.entries, self.journal.since(self._read)
        trades = self._newest(ledger.entries - before) if ledger.changes == self._known and self.bands is None else None
        self._read = len(self.journal)
        self.entries, self._known = ledger.entries, ledger.changes
        if trades is None:
            exact = self._read_all(fresh, before)
        else:  # nothing but trades has happened
            known = [event for event in fresh if type(event) is Trade]
            self._pass_over(known[: len(known) - len(trades)])
            exact = trades
            for trade in exact:
                self._traded(trade)
        self.corridors.renew(exact)
        if self._breaches:
            self._watch_closely()  # whoever has asked for this, the end of the message declares them

    def _read_all(self, fresh: Sequence[Event], before: int) -> list[Trade]:
        """Read these events one by one, but trades before this entry at once; the others."""
        passed: list[Trade] = []
        exact: list[Trade] = []
        for event in [event for event in fresh if type(event) in READ]:
            if type(event) is Trade and event.trade <= before and self.bands is None:
                passed.append(event)
                continue
            self._pass_over(passed)
            passed.clear()
            if type(event) is Trade:
                exact.append(event)
            self.read(event)
        self._pass_over(passed)
        return exact

    def _newest(self, count: int) -> list[Trade] | None:
        """The last entries, if all of them are trades of one message; its rest may have been cancelled after them."""
        if not count:
            return []
        trades = [event for event in self.journal.since(len(self.journal) - count - 1) if type(event) is Trade][-count:]
        return trades if len(trades) == count and trades[0].trade == self.entries + 1 else None

    def _keeps(self, trade: Trade) -> bool:
        corridor = self._corridor_of.get(trade.symbol)
        return corridor is not None and corridor.keeps(trade.price, trade.price, trade.time, 1)

    def _pass_over(self, passed: Sequence[Trade]) -> None:
        """Take in trades that breach nothing, those of each instrument at once."""
        symbols = {trade.symbol: None for trade in passed}
        for symbol in symbols:
            trades = [trade for trade in passed if trade.symbol == symbol] if len(symbols) > 1 else passed
            prices = [trade.price for trade in trades]
            self.watch.pass_over(symbol, [trade.time for trade in trades], prices)
            self.gate.traded(symbol, prices)

    def read(self, event: Event) -> None:
        """Follow trades and phases; the most frequent first."""
        if type(event) is Trade:
            self._traded(event)
        elif type(event) is AuctionHeld:
            self._in_auction[event.symbol, event.venue] = None
        elif type(event) is PhaseChanged:
            self._in_auction.pop((event.symbol, event.venue), None)
        elif type(event) is Transferred:
            self.gate.forget(event.source)
            self.gate.forget(event.target)
        elif type(event) is Deposited or type(event) is Withdrawn:
            self.gate.forget(event.account)
        elif type(event) is CorporateActionTaken:
            self.corridors.forget()
            self.watch.restate(event)
            if event.symbol in self.gate.outliers:
                self.gate.outliers[event.symbol].restate(event.restated)

    def _traded(self, trade: Trade) -> None:
        self.gate.traded(trade.symbol, (trade.price,))
        continuous = not self._in_auction or (trade.symbol, trade.venue) not in self._in_auction
        self._breaches += self.watch.traded(trade, continuous)
        if self.bands is not None and self._is_spot(trade.symbol):
            self.bands.traded(trade.symbol, trade.price, trade.time)

    def _judge_makers(self) -> None:
        """Judge the makers whose orders have changed."""
        if not self.duties.makers:
            return
        for event in self.journal.since(self._judged):
            self.duties.read(event)
        now = self.exchange.clock.now
        for account, meets, presence in self.duties.look(now):
            owed = 0 if self.profile.maker_duties is None else self.profile.maker_duties.presence
            self.journal.record(MakerJudged(now, account, meets, presence, owed))
        self._judged = len(self.journal)

    def act(self, now: int) -> None:
        """Go on with the halts that are due, and follow what that causes before anybody else does."""
        self.halts.act(now)
        self.follow()
        if self.bands is not None:
            self._declare(self.bands.look(now), now)

    # Halts

    def _declare(self, breaches: Sequence[Breach], now: int) -> None:
        """Halt: the whole market first, at the highest level of one message; then single instruments."""
        wide = [breach for breach in breaches if not breach.symbol]
        if wide:
            for symbol in dict.fromkeys(symbol for venue in self.venues for symbol in venue.listings):
                self._halt(symbol, wide[-1], now)
        for breach in breaches:
            if breach.symbol and self._trades(breach.symbol):
                self._halt(breach.symbol, breach, now)

    def _trades(self, symbol: str) -> bool:
        listings = (venue.listings[symbol] for venue in self.venues if symbol in venue.listings)
        return any(listing.phase == CONTINUOUS for listing in listings)

    def _halt(self, symbol: str, breach: Breach, now: int) -> None:
        if breach.halt:
            ends = now + self.clock.span(breach.halt)
            calls = ends - self.clock.span(breach.call)
        else:
            calls = self.clock.closes(now)
            ends = calls + self.clock.span(breach.call)
        told = {"symbol": symbol, "until": self.clock.written(ends), **breach.numbers}
        if self.halts.halt(symbol, Halt(breach.code, calls, ends, told)):
            self.watch.restart(symbol)
            self.corridors.forget(symbol)
            if self.bands is not None:
                self.bands.halted(symbol)
