"""The rules of a market at work: one mechanism that follows every trade, declares halts and checks each order.

It is the first follower of each venue, so that a halt stands directly after the message that caused it, before any
other mechanism acts on its trades.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from market_sim.market.exchange.allowance import SafeRange
from market_sim.market.exchange.gates import Follower
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.mechanism import Mechanism

SPOT = ("stock", "spot")
"""The kinds of instruments that make the index, and that halts and bands are about; a derivative follows its own."""

READ = frozenset((Trade, AuctionHeld, PhaseChanged, Transferred, Deposited, Withdrawn, CorporateActionTaken))
"""The events that its rules read."""

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
        reaches: Callable[[str], bool] = lambda venue: True,
    ) -> None:
        """`limits` are position limits of single accounts in cents, `closes` the last closes before the first day.

        `reaches` tells whether a venue answers orders now.
        """
        super().__init__()
        self.profile = profile
        self.roles, self.limits = dict(roles or {}), dict(limits or {})
        self._index, self._closes = tuple(index), dict(closes or {})
        self._reaches = reaches
        for account, role in self.roles.items():
            if role not in ROLES:
                raise InputError(f"the role of {account} is one of {', '.join(ROLES)}, found {role!r}")
        self.clock = MarketClock(profile.day)
        self._in_auction: dict[tuple[str, str], None] = {}
        self._spot: dict[str, bool] = {}
        self._breaches: list[Breach] = []
        self.calls: list[Follower] = []
        """Itself after each message that is to be followed: a trade has left its corridor, or another event."""
        self._inside: int | None = None
        """The last entry before something asked for an exact look; None if nothing has since the last look."""
        self._no_corridor = SafeRange(self._look_closely)

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
        listed = dict.fromkeys(symbol for venue in self.venues for symbol in venue.listings)
        index = self._index or filter(self._is_spot, listed)
        self.watch = MarketWatch(profile, clock, self._is_spot, index, self._closes)
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
                profile.price_bands, clock, self.venues, self.watch, self.journal.record, self._wake
            )
            self.bands.begin(now)
        self.corridors = Corridors(
            self._lay,
            self.watch.ends,
            self.watch.room,
            self.watch.floors,
            self._pass_over,
            self.gate.forget_all,
            self._laid,
            self.clock.span(PATIENCE),
        )
        self.gate.corridors, self.gate.catch_up = self.corridors.of, self._catch_up
        self.gate.ask_for_call, self.gate.reaches = self._ask_for_call, self._reaches
        self._read = self._judged = len(self.journal)
        self._is_close = self.bands is not None or bool(self.duties.makers)
        if self._is_close:
            self.calls.append(self)
        self.ledger.on_change(self._change)
        for venue in self.venues:
            venue.spare(self._no_corridor)
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
        corridor = self.watch.lay(symbol, self._look_closely)
        if corridor is not None and symbol in self.gate.outliers:
            accepted = self.gate.outliers[symbol].accepted(corridor.lowest, corridor.highest)
            corridor.least_typed, corridor.buy_most = accepted
        return corridor

    def _pass_over(self, symbol: str, times: Sequence[int], prices: Sequence[int]) -> None:
        """Take in trades of an instrument that breach nothing."""
        self.watch.pass_over(symbol, times, prices)
        self.gate.traded(symbol, prices)

    def _laid(self, symbol: str, corridor: Corridor | None) -> None:
        """Tell the venues; bands are moved by each trade, so that they look at all."""
        safe = self._no_corridor if corridor is None or self.bands is not None else corridor
        for venue in self.venues:
            if symbol in venue.listings:
                venue.spare(safe, symbol)

    # What happened

    def follow(self) -> None:
        """Follow a message, if anything in it asked for it."""
        if not self.calls or self._acting:
            return
        self._acting = True
        try:
            self.gate.amended()
            if self._inside is not None or self._breaches or self.bands is not None:
                self._take_in()
            self._judge_makers()
        finally:
            self._acting = False
        if not self._is_close:
            self.calls.clear()

    def _ask_for_call(self) -> None:
        """Look at the end of this message."""
        if not self.calls:
            self.calls.append(self)

    def _look_closely(self) -> None:
        """From here on each order and trade is looked at, until the end of this message at least."""
        if self._inside is None:
            self._inside = self.ledger.entries
            self.corridors.suspend()
            self._ask_for_call()

    def _change(self) -> None:
        """Something else than a trade has happened."""
        self._look_closely()
        self.gate.is_stale = True

    def _take_in(self) -> None:
        """Read what has happened and declare what follows from it."""
        now, known = self.exchange.clock.now, -1
        while known < len(self.journal):  # what follows from a halt is read in the same call
            self._catch_up()
            known = len(self.journal)
            breaches, self._breaches = self._breaches, []
            if breaches:
                self._declare(breaches, now)
            if self.bands is not None:
                self._declare(self.bands.look(now), now)

    def _catch_up(self) -> None:
        """Take in the trades in their corridors at once, as they breach nothing; then read all others one by one."""
        if not self.corridors.fill_windows() and self._inside is None and self.bands is None:
            return
        inside = self.ledger.entries if self._inside is None else self._inside
        fresh = self._since(inside)
        self._read, self._inside, self.gate.is_stale = len(self.journal), None, False
        for event in fresh:
            self.read(event)
        self.corridors.renew([event for event in fresh if type(event) is Trade])
        if self._breaches:
            self._ask_for_call()  # breaches are declared at the end of the message, not amid it

    def _since(self, inside: int) -> list[Event]:
        """The events to read: all that are of interest, but no trade up to this entry."""
        if self.gate.is_stale:
            fresh = [event for event in self.journal.since(self._read) if type(event) in READ]
            return [event for event in fresh if type(event) is not Trade or event.trade > inside]
        trades: list[Event] = []
        count, place = self.ledger.entries - inside, len(self.journal)
        while len(trades) < count:  # all entries since then are trades, and they are not far from the end
            place -= 1
            if type(self.journal[place]) is Trade:
                trades.append(self.journal[place])
        return trades[::-1]

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
