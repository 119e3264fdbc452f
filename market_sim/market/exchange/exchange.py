"""The exchange: accepts or refuses, matches, pays, and tells the journal. The only writer of books and accounts.

It is built in layers, one idea each, and each knows only those before it: clearing (who owns what), matching (who
trades with whom), waiting (expiry, stops, pegs), phases (halts and auctions), amending. This module is the door.
`submit` is the only way in for participants. Almost every order is an ordinary limit order, so `_place` first asks
"is it ordinary?" in one expression and then does all it takes in one piece, because each further layer of calls would
cost a tenth of the speed; whatever is rare goes through `_place_with_care` and its named rules.

>>> from market_sim.core.models.instruments import Stock
>>> from market_sim.core.models.intents import Buy, Sell
>>> from market_sim.simulation.engine.clock import Clock
>>> journal = Journal()
>>> exchange = Exchange(Clock(), journal)
>>> listing = exchange.list(Stock("ACME"))
>>> for name in ("ann", "bob"):
...     account = exchange.open_account(name)
...     exchange.deposit(name, "USD", 100_000)
...     exchange.deposit(name, "ACME", 100)
>>> exchange.submit("ann", Sell("ACME", 10, 1_000)).status
'open'
>>> exchange.submit("bob", Buy("ACME", 4, 1_001)).status, listing.last
('filled', 1000)
>>> exchange.submit("bob", Buy("ACME", 4, 99_000)).reason
'INSUFFICIENT_CASH'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, overload

from market_sim.core.data.fold import FEES
from market_sim.core.data.journal import Journal
from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import BUY, SELL, Amend, Cancel, CancelAll, Intent, MechanismIntent, PlaceOrder
from market_sim.core.models.market_events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderRepeated,
)
from market_sim.market.exchange.account import Account
from market_sim.market.exchange.amending import Amending
from market_sim.market.exchange.clearing import Timepiece
from market_sim.market.exchange.fees import MILLION, FeeSchedule
from market_sim.market.exchange.gates import (
    Follower,
    Gate,
    check_book,
    check_notional,
    check_order,
    check_outlier,
    check_phase,
    give_conditions,
    protected_limit,
)
from market_sim.market.exchange.listing import IN_CALL, Listing
from market_sim.market.exchange.order import ASLEEP, BOOK, CALL, STOP, Order
from market_sim.market.exchange.terms import shown

__all__ = ["FEES", "Exchange", "Timepiece"]


class Exchange(Amending):
    """Several books, the accounts that trade in them, and the journal of what happened."""

    def __init__(self, clock: Timepiece, journal: Journal, fees: Mapping[str, FeeSchedule] | None = None) -> None:
        super().__init__(clock, journal, fees)
        self.gates: list[Gate] = []
        """Further rules, asked in their order for each new order and each amendment."""
        self.followers: list[Follower] = []
        """Mechanisms that act on what has just happened, in their order."""
        self.doors: dict[type, Callable[[Account, Any], None]] = {}
        """What mechanisms let participants ask for beside orders: by the type of the intent, who deals with it."""

    @overload
    def submit(self, name: str, intent: CancelAll) -> list[Order] | OrderRejected: ...
    @overload
    def submit(self, name: str, intent: PlaceOrder | Cancel | Amend) -> Order | OrderRejected: ...
    @overload
    def submit(self, name: str, intent: MechanismIntent) -> OrderRejected | None: ...

    def submit(self, name: str, intent: Intent) -> Order | list[Order] | OrderRejected | None:
        """Accept an intent and return its order, or record the refusal and return it."""
        if self._expiring:
            self.expire()
        try:
            try:
                account = self.accounts[name]
            except (KeyError, TypeError):
                raise RuleViolation("UNKNOWN_ACCOUNT", account=shown(name)) from None
            if type(intent) is PlaceOrder:
                return self._place(account, intent)
            if type(intent) is Cancel:
                return self._cancel(account, intent)
            if type(intent) is Amend:
                return self._amend(account, intent)
            if type(intent) is CancelAll:
                return self._cancel_all(account, intent.symbol)
            if type(intent) in self.doors:
                return self.doors[type(intent)](account, intent)
            raise RuleViolation("BAD_INTENT", found=type(intent).__name__)
        except RuleViolation as broken:
            refusal = OrderRejected(self.clock.now, shown(name), shown(intent), broken.reason, dict(broken.numbers))
            self._record(refusal)
            return refusal
        finally:
            if self.followers:
                for follower in self.followers:
                    follower.follow()

    def _place(self, account: Account, intent: PlaceOrder) -> Order:
        """The hot path: an ordinary limit order on a listing where nothing rare is going on."""
        try:
            listing, cash_balance, holdings = account.seats[intent.symbol]
        except (KeyError, TypeError):
            raise self._not_listed(intent.symbol) from None
        side, quantity, limit = intent.side, intent.quantity, intent.limit
        # `is`, because True and 1.0 equal BUY and are no side. CPython has one object for each small whole number; had
        # it more, an order would only take the careful way.
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
            and not listing.busy
        ):
            return self._place_with_care(listing, account, intent)
        if self.gates:
            for gate in self.gates:
                gate.check(account, listing, intent, limit, quantity)
        # What `_afford` says, `_enter`, `_wait` and `rest` do, in one piece. No fee is larger than the value it is
        # charged on, so whoever has twice the value has enough; only who has less is asked exactly.
        book = listing.book
        if side == BUY:
            balance, others, own, key, worst = cash_balance, book.asks.keys, book.bids, limit, -limit
            if balance.total - balance.reserved < cash + cash + listing.most_fixed:
                self._afford(listing, account, side, limit, quantity)
            if listing.minimum:
                held = cash + listing.fees.maker_reserve(0, cash)
            else:
                held = cash - cash * listing.reserve_rate // MILLION
        else:
            balance, others, own, key, worst = holdings, book.bids.keys, book.asks, -limit, limit
            if balance.total - balance.reserved < quantity:
                self._afford(listing, account, side, limit, quantity)
            held = 0
        self._last_order = number = self._last_order + 1
        order = Order(
            number, account.name, account.owner, side, limit, key, quantity, quantity, intent, listing.symbol, held
        )
        record = self._record
        record(OrderAccepted(self.clock.now, number, account.name, intent))
        if others and others[-1] >= worst:
            order.reserved = 0
            self._pay(listing, account, order, book.take(order))
            if order.remaining:
                self._enter(listing, account, order)  # the next in the queue is its owner's, or nobody is left
            return order
        balance.reserved += held or quantity
        account.open[number] = order
        level = own.levels.get(key)
        if level is None:
            level = own.begin(key)
        level.orders[number] = order
        level.volume += quantity
        return order

    def _place_with_care(self, listing: Listing, account: Account, intent: PlaceOrder) -> Order:
        """Every other order: each rule in its turn, in the order of docs/exchange.md."""
        check_order(listing, intent, self.clock.now)
        known = account.client_ids.get(intent.client_id) if intent.client_id is not None else None
        if known is not None:
            return self._repeat(account, known, intent)
        check_phase(listing, intent)
        if listing.on_margin and not account.on_margin:
            raise RuleViolation("MARGIN_ACCOUNT_NEEDED", symbol=listing.symbol, account=account.name)
        side, quantity, limit = intent.side, intent.quantity, intent.limit
        if limit is None:
            limit = protected_limit(listing, intent)
            check_notional(listing, limit, quantity)
        else:
            check_outlier(listing, side, limit)
        for gate in self.gates:
            gate.check(account, listing, intent, limit, quantity)
        self._afford(listing, account, side, limit, quantity)
        number = self._last_order + 1
        order = Order(
            number, account.name, account.owner, side, limit, side * limit, quantity, quantity, intent, listing.symbol
        )
        give_conditions(order)
        order.where = where = _first_place(listing, order)
        if where == BOOK:
            order.limit = check_book(listing, order)
            order.key = side * order.limit
        self._last_order = number
        self._record(OrderAccepted(self.clock.now, number, account.name, intent))
        if order.limit != limit:
            self._record(OrderAmended(self.clock.now, number, quantity, order.limit, False))
        if intent.client_id is not None:
            account.client_ids[intent.client_id] = order
        if where == BOOK:
            self._enter(listing, account, order)
        else:
            self._wait(listing, account, order, where)
        if intent.conditions is not None and intent.conditions.expires is not None:
            self._expires_at(order, intent.conditions.expires)
        if listing.busy:
            self._finish(listing)
        return order

    def _repeat(self, account: Account, known: Order, intent: PlaceOrder) -> Order:
        """The same order again is acknowledged again and not placed again; another one under its name is refused."""
        client_id = intent.client_id or ""
        if known.intent != intent:
            raise RuleViolation("DUPLICATE_CLIENT_ID", client_id=shown(client_id), order=known.id)
        self._record(OrderRepeated(self.clock.now, known.id, account.name, client_id))
        return known

    def _cancel(self, account: Account, intent: Cancel) -> Order:
        """Take back what is left of one order."""
        number = intent.order
        order = account.open.get(number) if type(number) is int else None
        if order is None:
            order = self._open_order(account, number)
        listing, cash_balance, holdings = account.seats[order.symbol]
        if order.rare or order.where != BOOK:
            self._withdraw(account, order, "CANCELLED")
        else:
            # What `_withdraw` and `remove` do, in one piece.
            del account.open[number]
            remaining, key = order.remaining, order.key
            if order.side == BUY:
                own = listing.book.bids
                cash_balance.reserved -= order.reserved
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
            self._finish(listing)
        return order


def _first_place(listing: Listing, order: Order) -> str:
    """Where a new order waits before anything else: a stop for its trigger, a market order in a call for its end."""
    conditions = order.intent.conditions
    if conditions is not None and conditions.stop is not None:
        return STOP
    if order.cap:
        return ASLEEP
    if listing.phase == IN_CALL and order.intent.limit is None:
        return CALL
    return BOOK
