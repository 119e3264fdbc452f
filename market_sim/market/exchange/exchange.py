"""The exchange, a venue: it accepts or refuses intents, matches orders, pays trades and records events.

Accounts and balances belong to the ledger. An exchange is composed of parts; a part uses only those below it:

    placing             orders that are not ordinary    amending       new terms for open orders
    phases              halts, calls, the close; what follows a message
    conditional_orders  expiry, stops, pegs             call_auction   auctions at the end of a call
    matching            trades in the book, and resting orders
    clearing            reservations, and the payment of trades
    venue_state         shared by all parts: listings, members, the ledger, the clock, the journal

`submit` is the only entry point for participants. Almost every order is an ordinary limit order, so `_place` first
tests for one in a single expression and then does all the work inline, because each further layer of calls would cost a
tenth of the speed. Other orders go through `placing` and its named rules.

>>> from market_sim.core.models.instruments import Stock
>>> from market_sim.core.models.intents import Buy, Sell
>>> from market_sim.simulation.engine.clock import Clock
>>> exchange = Exchange(Clock(), Journal())
>>> listing = exchange.list(Stock("ACME"))
>>> for name in ("ann", "bob"):
...     account = exchange.ledger.open_account(name)
...     _ = exchange.ledger.deposit(name, "USD", 100_000)
...     _ = exchange.ledger.deposit(name, "ACME", 100)
>>> exchange.submit("ann", Sell("ACME", 10, 1_000)).status
'open'
>>> exchange.submit("bob", Buy("ACME", 4, 1_001)).status, listing.last
('filled', 1000)
>>> exchange.submit("bob", Buy("ACME", 4, 99_000)).reason
'INSUFFICIENT_CASH'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import overload

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.intents import (
    BUY,
    SELL,
    Amend,
    CallContract,
    Cancel,
    CancelAll,
    Claim,
    Deposit,
    Intent,
    MechanismIntent,
    PlaceOrder,
    WalletIntent,
    Withdraw,
)
from market_sim.core.models.market_events import BookOpened, FeesSet, OrderAccepted, OrderCancelled, OrderRejected
from market_sim.core.units import MILLION
from market_sim.market.exchange.allowance import UNWATCHED, SafeRange
from market_sim.market.exchange.amending import Amending
from market_sim.market.exchange.call_auction import CallAuction
from market_sim.market.exchange.clearing import Clearing
from market_sim.market.exchange.conditional_orders import ConditionalOrders, TriggerRule
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.gates import CalledFollower, Follower, Gate, Gates
from market_sim.market.exchange.handlers import Handler, Handlers
from market_sim.market.exchange.listing import Listing, MidpointSource
from market_sim.market.exchange.matching import Matching
from market_sim.market.exchange.member import Member, Membership
from market_sim.market.exchange.order import BOOK, Order
from market_sim.market.exchange.outlier import OutlierRule
from market_sim.market.exchange.phases import Phases
from market_sim.market.exchange.placing import Placing
from market_sim.market.exchange.terms import shown
from market_sim.market.exchange.venue_state import VenueState
from market_sim.market.exchange.wallet_intents import WalletIntents
from market_sim.market.ledger.account import Account
from market_sim.market.ledger.ledger import Ledger, TimeSource

Orders = list[Order]
"""Several orders, oldest first; `Exchange` has a verb named `list`."""


class Exchange:
    """One venue: its listings with their books, its members, and the mechanisms attached to it."""

    def __init__(
        self,
        clock: TimeSource,
        journal: Journal,
        fees: Mapping[str, FeeSchedule] | None = None,
        ledger: Ledger | None = None,
        name: str = "",
        other_fees: FeeSchedule | None = None,
    ) -> None:
        self.clock = clock
        self.name = name
        self.ledger = ledger = Ledger(clock, journal) if ledger is None else ledger  # one for all venues of a world
        self.instruments: dict[str, Instrument] = {}  # the present terms of what is listed here, by symbol
        self._fees_by_kind = dict(fees or {})
        self._other_fees = other_fees or FeeSchedule()
        self.midpoint_of: MidpointSource | None = None
        """Where pegged orders find the midpoint, if it is not that of the own books."""
        self._state = state = VenueState(name, ledger, clock, journal)
        self._members, self._record = state.members, state.record
        self._all_gates = Gates(self._members)
        self._gates, self._strict = self._all_gates.all, self._all_gates.strict
        self._followers: list[Follower] = []
        self._calls = self._followers  # whom to call after this message: all, or a lone one when it asks for it
        self._safe = UNWATCHED
        self._handlers: dict[type, Handlers] = {}
        self.is_forced = False  # whether a mechanism is placing an order for an account
        self._clearing = Clearing(state)
        self._matching = Matching(state, self._clearing)
        self._conditional = ConditionalOrders(state, self._matching)
        self._expiring = self._conditional.expiring
        auctions = CallAuction(state, self._clearing, self._matching)
        self.phases = Phases(state, self._matching, self._conditional, auctions)
        """Halts, calls and closes, for the operator and for mechanisms that halt a market by rule."""
        self._placing = Placing(state, self._clearing, self._matching, self._conditional, self.phases, self._gates)
        self._amending = Amending(state, self._clearing, self._matching, self.phases, self._gates)
        self.wallet_intents = WalletIntents(ledger)
        """Executes withdrawals, and deposits, claims and contract calls if the run has a chain."""
        ledger.on_account(self._welcome)

    # State

    @property
    def listings(self) -> Mapping[str, Listing]:
        """The listings of this venue by symbol."""
        return self._state.listings

    @property
    def accounts(self) -> Mapping[str, Member]:
        """The members of this venue, one for each account, in the order of account numbers."""
        return self._members

    @property
    def orders(self) -> dict[int, Order]:
        """Every open order by its number, oldest first."""
        return self._state.orders

    @property
    def followers(self) -> Sequence[Follower]:
        """The mechanisms that act after each message, in their order."""
        return tuple(self._followers)

    # Operations of the operator and of mechanisms

    def list(
        self, instrument: Instrument, fees: FeeSchedule | None = None, outlier: OutlierRule | None = None
    ) -> Listing:
        """List an instrument, with these fees or those of its kind."""
        symbol, now = instrument.symbol, self.clock.now
        if symbol in self.listings:
            raise InputError(f"{symbol} is already listed")
        self.ledger.admit(instrument)
        schedule = fees or self._fees_by_kind.get(instrument.kind) or self._other_fees
        listing = self._state.listings[symbol] = Listing(instrument, schedule, outlier=outlier)
        listing.midpoint_of, listing.safe = self.midpoint_of, self._safe
        self.instruments[symbol] = instrument
        for member in self._members.values():
            member.take_seat(listing)
        if self.name:
            self._record(BookOpened(now, symbol, self.name))
        if not schedule.free:
            self._record(FeesSet(now, symbol, schedule.maker, schedule.taker, schedule.minimum, self.name))
        return listing

    def _welcome(self, account: Account) -> None:
        """Make an account of the ledger a member of this venue; every account is."""
        member = self._members[account.name] = Membership(account, self.name)
        for listing in self.listings.values():
            member.take_seat(listing)
        self._all_gates.welcome(member)

    def adjust(self, instrument: Instrument) -> None:
        """Replace the terms of a listed instrument, after a corporate action for example."""
        self.listings[instrument.symbol].instrument = self.instruments[instrument.symbol] = instrument
        self.ledger.adjust(instrument)

    def restate(self, symbol: str, restated: Callable[[int], int], mark: int | None = None) -> None:
        """Restate every remembered price of an instrument, on the tick and at least one tick.

        A mark replaces the last trade price, because the orders behind that trade are gone.
        """
        self.listings[symbol].restate(restated, mark)
        self.ledger.note_change()

    def add_gate(self, gate: Gate) -> None:
        """Add a pre-trade check for each new order and each amendment, after the earlier ones."""
        self._all_gates.add(gate)

    def spare(self, safe: SafeRange, symbol: str = "") -> None:
        """Set the safe limits of a listing, which notice its trades, too; or those of all, present and future."""
        if not symbol:
            self._safe = safe
        for each in [symbol] if symbol else self.listings:
            self.listings[each].safe = safe

    def add_follower(self, follower: Follower, first: bool = False) -> None:
        """Let a mechanism act after each message, after the earlier ones or before all of them."""
        self._followers.insert(0 if first else len(self._followers), follower)
        self._calls = self._followers
        if len(self._followers) == 1 and isinstance(follower, CalledFollower):
            self._calls = follower.calls

    def add_trigger_rule(self, rule: TriggerRule) -> None:
        """Add a check for triggered stop orders; a RuleViolation ends the order."""
        self._conditional.trigger_rules.append(rule)

    def add_handler(self, kind: type, symbols: Iterable[str], handler: Handler, otherwise: str) -> None:
        """Let a mechanism handle a type of intent for these symbols; for others it is refused as `otherwise`."""
        self._handlers.setdefault(kind, Handlers(otherwise)).add(symbols, handler)

    def cancel_all(self, name: str, intent: CancelAll, reason: str = "CANCELLED") -> Orders:
        """Cancel all open orders of an account, on behalf of the operator or a mechanism."""
        return self._amending.cancel_all(self._members[name], intent.symbol, reason)

    def withdraw(self, order: Order, reason: str) -> None:
        """Withdraw one open order, on behalf of a mechanism."""
        self._matching.withdraw(order, reason)
        self.phases.finish(self.listings[order.symbol])

    def force(self, name: str, intent: PlaceOrder) -> Order | OrderRejected:
        """Submit an order that a mechanism places for an account: limits of what the account itself may do are off."""
        before, self.is_forced = self.is_forced, True
        try:
            return self.submit(name, intent)
        finally:
            self.is_forced = before

    # Intents of participants

    @overload
    def submit(self, name: str, intent: CancelAll) -> Orders | OrderRejected: ...
    @overload
    def submit(self, name: str, intent: PlaceOrder | Cancel | Amend) -> Order | OrderRejected: ...
    @overload
    def submit(self, name: str, intent: MechanismIntent | WalletIntent) -> OrderRejected | None: ...
    @overload
    def submit(self, name: str, intent: Intent) -> Order | Orders | OrderRejected | None: ...

    def submit(self, name: str, intent: Intent) -> Order | Orders | OrderRejected | None:
        """Accept an intent and return its order, or record the refusal and return it."""
        if self._expiring:
            self.phases.expire()
        try:
            try:
                member = self._members[name]
            except (KeyError, TypeError):
                raise RuleViolation("UNKNOWN_ACCOUNT", account=shown(name)) from None
            if type(intent) is PlaceOrder:
                return self._place(member, intent)
            if type(intent) is Cancel:
                return self._cancel(member, intent)
            if type(intent) is Amend:
                return self._amending.amend(member, intent)
            if type(intent) is CancelAll:
                return self._amending.cancel_all(member, intent.symbol)
            if type(intent) in self._handlers:
                self._handlers[type(intent)].handle(member, intent)
                return None
            if isinstance(intent, Withdraw | Deposit | Claim | CallContract):
                self.wallet_intents.serve(member, intent)
                return None
            raise RuleViolation("BAD_INTENT", found=type(intent).__name__)
        except RuleViolation as broken:
            refusal = OrderRejected(self.clock.now, shown(name), shown(intent), broken.reason, dict(broken.numbers))
            self._record(refusal)
            return refusal
        finally:
            if self._calls:
                for follower in self._calls:
                    follower.follow()

    def check(self, name: str, intent: PlaceOrder) -> RuleViolation | None:
        """The refusal that this order would meet now, or None; nothing is placed, recorded or reserved.

        The margin of a margin account is computed only with its order, so for one this is an InputError.
        """
        try:
            member = self._members.get(name)
            if member is None:
                raise RuleViolation("UNKNOWN_ACCOUNT", account=shown(name))
            if intent.symbol not in member.seats:
                raise self._not_listed(intent.symbol)
            if member.on_margin:
                raise InputError(f"{name} trades on margin: its orders are weighed when they are placed")
            self._placing.check(member.seats[intent.symbol][0], member, intent)
        except RuleViolation as broken:
            return broken
        return None

    def _place(self, member: Membership, intent: PlaceOrder) -> Order:
        """The hot path: an ordinary limit order on a listing without special state."""
        try:
            listing, cash_balance, holdings = member.seats[intent.symbol]
        except (KeyError, TypeError):
            raise self._not_listed(intent.symbol) from None
        side, quantity, limit = intent.side, intent.quantity, intent.limit
        # `is`, because True and 1.0 equal BUY and are no side; CPython has one object for each small whole number.
        if not (
            type(quantity) is int
            and type(limit) is int
            and (side is BUY or side is SELL)
            and quantity > 0
            and limit > 0
            and (listing.finest or not (quantity % listing.lot or limit % listing.tick))
            and (cash := limit * quantity * listing.multiplier) <= listing.most_cash
            and intent.time_in_force == "gtc"
            and intent.conditions is None
            and intent.client_id is None
            and intent.venue == self.name
            and not listing.busy
        ):
            return self._placing.place(listing, member, intent)
        if gates := self._gates:
            safe, allowance = listing.safe, member.allowance
            if (
                cash <= allowance.most
                and safe.sell_least <= limit <= safe.buy_most
                and (orders := allowance.orders or allowance.renew(self.clock.now, cash)) > 0
            ):
                allowance.orders = orders - 1
                gates = self._strict
            if gates:
                for gate in gates:
                    gate.check(member, listing, intent, limit, quantity)
        # `afford`, `enter`, `wait` and `rest`, inlined. As no fee is larger than the value, twice that is enough.
        book = listing.book
        if side == BUY:
            balance, others, own, key, worst = cash_balance, book.asks.keys, book.bids, limit, -limit
            if balance.total - balance.reserved < cash + cash + listing.most_fixed:
                self._clearing.afford(listing, member, side, limit, quantity)
            if listing.minimum:
                held = cash + listing.fees.maker_reserve(0, cash)
            else:
                held = cash - cash * listing.reserve_rate // MILLION
        else:
            balance, others, own, key, worst = holdings, book.bids.keys, book.asks, -limit, limit
            if balance.total - balance.reserved < quantity:
                self._clearing.afford(listing, member, side, limit, quantity)
            held = 0
        ledger = self.ledger
        ledger.orders = number = ledger.orders + 1
        order = Order(
            number, member.name, member.owner, side, limit, key, quantity, quantity, intent, listing.symbol, held
        )
        self._record(OrderAccepted(self.clock.now, number, member.name, intent))
        if others and others[-1] >= worst:
            order.held = 0
            self._clearing.pay(listing, member, order, book.take(order))
            if order.remaining:
                self._matching.enter(listing, member, order)  # the next order is its owner's, or none is left
            return order
        balance.reserved += held or quantity
        member.open[number] = order
        level = own.levels.get(key) or own.begin(key)
        level.orders[number] = order
        level.volume += quantity
        return order

    def _not_listed(self, symbol: object) -> RuleViolation:
        return RuleViolation("UNKNOWN_INSTRUMENT", symbol=shown(symbol), listed=", ".join(self.listings))

    def _cancel(self, member: Membership, intent: Cancel) -> Order:
        """Cancel the rest of one order."""
        number = intent.order
        order = member.open.get(number) if type(number) is int else None
        if order is None:
            order = self._amending.open_order(member, number)
        listing, cash_balance, holdings = member.seats[order.symbol]
        if order.rare or order.where != BOOK:
            self._matching.withdraw(order, "CANCELLED")
        else:
            # `withdraw` and `remove`, inlined.
            del member.open[number]
            remaining, key = order.remaining, order.key
            if order.side == BUY:
                own = listing.book.bids
                cash_balance.reserved -= order.held
            else:
                own = listing.book.asks
                holdings.reserved -= remaining
            level = own.levels[key]
            del level.orders[number]
            level.volume -= remaining
            if not (level.orders or level.hidden or level.pegged):
                own.drop(key)
            order.ended = "CANCELLED"
            record = self._record
            record(OrderCancelled(self.clock.now, number, remaining, "CANCELLED"))
        if listing.busy:
            self.phases.finish(listing)
        return order
