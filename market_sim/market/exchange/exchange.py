"""The exchange: accepts or refuses, matches, pays, and tells the journal. The only writer of books and accounts.

An order that is accepted can always be paid for: its cash or its shares are held back until it trades or leaves
(finance rule 2, profile without credit). `submit` is the only door for participants. It is written in one piece where
thousands of orders a second pass, because each further layer of calls costs a quarter of the speed.
"""

from __future__ import annotations

from typing import Protocol

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.intents import BUY, SELL, Amend, Cancel, CancelAll, Intent, PlaceOrder
from market_sim.core.models.market_events import (
    AccountOpened,
    Deposited,
    InstrumentListed,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    Trade,
)
from market_sim.market.exchange.account import Account, Balance
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.gates import admit, check_notional, check_order, check_price, check_quantity, shown
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.order_book import Fill

FEES = "fees"
"""The account that every fee is paid to, and every rebate out of."""


class Timepiece(Protocol):
    """Whatever tells the simulated time."""

    now: int


class Exchange:
    """Several books, the accounts that trade in them, and the journal of what happened."""

    def __init__(self, clock: Timepiece, journal: Journal) -> None:
        self.clock = clock
        self.listings: dict[str, Listing] = {}
        self.accounts: dict[str, Account] = {}
        self.orders: dict[int, Order] = {}
        self._record = journal.record
        self._last_order = 0
        self._last_trade = 0
        self.open_account(FEES)

    # What the operator of the exchange does

    def list(self, instrument: Instrument, fees: FeeSchedule | None = None) -> Listing:
        """Let an instrument be traded from now on."""
        symbol = instrument.symbol
        if symbol in self.listings:
            raise InputError(f"{symbol} is already listed")
        listing = self.listings[symbol] = Listing(instrument, fees or FeeSchedule(), self.orders)
        for account in self.accounts.values():
            self._hold(account, listing)
        self._record(
            InstrumentListed(
                self.clock.now,
                symbol,
                instrument.kind,
                instrument.tick,
                instrument.lot,
                instrument.quote,
                instrument.multiplier,
                instrument.price_decimals,
                instrument.quantity_decimals,
            )
        )
        return listing

    def open_account(self, name: str, owner: str | None = None) -> Account:
        """Give a participant an account; accounts of one owner never trade with each other."""
        if name in self.accounts:
            raise InputError(f"there is already an account named {name!r}")
        account = self.accounts[name] = Account(name, len(self.accounts) + 1, owner or name)
        for listing in self.listings.values():
            self._hold(account, listing)
        self._record(AccountOpened(self.clock.now, name, account.number, account.owner))
        return account

    def deposit(self, name: str, asset: str, amount: int) -> None:
        """Bring cash or holdings in from outside."""
        if type(amount) is not int or amount <= 0:
            raise InputError(f"a deposit is a positive whole number of the smallest unit, found {amount!r}")
        self.accounts[name].balance(asset).total += amount
        self._record(Deposited(self.clock.now, name, asset, amount))

    def _hold(self, account: Account, listing: Listing) -> None:
        # Every account has a balance of everything listed, so that a trade never has to ask.
        account.balance(listing.symbol)
        account.balance(listing.quote)

    # What a participant does

    def submit(self, name: str, intent: Intent) -> Order | OrderRejected:
        """Accept an intent and return its order, or record the refusal and return it."""
        try:
            account = self.accounts.get(name) if type(name) is str else None
            if account is None:
                raise RuleViolation("UNKNOWN_ACCOUNT", account=shown(name))
            if type(intent) is PlaceOrder:
                return self._place(account, intent)
            if type(intent) is Cancel:
                order = self._open_order(account, intent.order)
                self._withdraw(account, order, "CANCELLED")
                return order
            if type(intent) is Amend:
                return self._amend(account, intent)
            raise RuleViolation("BAD_INTENT", found=type(intent).__name__)
        except RuleViolation as broken:
            refusal = OrderRejected(self.clock.now, shown(name), shown(intent), broken.reason, dict(broken.numbers))
            self._record(refusal)
            return refusal

    def cancel_all(self, name: str, intent: CancelAll) -> list[Order]:
        """Take back all open orders of an account, oldest first."""
        account = self.accounts[name]
        symbol = intent.symbol
        found = [order for order in account.open.values() if symbol is None or order.intent.symbol == symbol]
        for order in found:
            self._withdraw(account, order, "CANCELLED")
        return found

    def _place(self, account: Account, intent: PlaceOrder) -> Order:
        listing = self.listings.get(intent.symbol) if type(intent.symbol) is str else None
        if listing is None:
            raise RuleViolation("UNKNOWN_INSTRUMENT", symbol=shown(intent.symbol), listed=", ".join(self.listings))
        side, quantity, limit = intent.side, intent.quantity, intent.limit
        ordinary = (
            type(quantity) is int
            and type(limit) is int
            and type(side) is int
            and quantity > 0
            and limit > 0
            and (side == 1 or side == -1)
            and not quantity % listing.lot
            and not limit % listing.tick
            and limit * quantity * listing.multiplier <= listing.most_cash
            and intent.time_in_force == "gtc"
            and intent.conditions is None
        )
        if not ordinary:
            limit = check_order(listing, intent)
        balance = self._afford(listing, account, side, limit, quantity)
        number, key = self._last_order + 1, side * limit
        order = Order(number, account.name, account.owner, side, limit, key, quantity, quantity, intent)
        if not ordinary:
            admit(listing, order)
        self._last_order = number
        self._record(OrderAccepted(self.clock.now, number, account.name, intent))
        book = listing.book
        others = book.asks.keys if side == BUY else book.bids.keys
        if others and others[-1] >= -key:
            self._trade(listing, account, order)
        left = order.remaining
        if left:
            if not ordinary and (intent.limit is None or intent.time_in_force == "ioc"):
                self._record(OrderCancelled(self.clock.now, number, left, "REMAINDER"))
                order.remaining = 0
                return order
            self._rest(listing, account, order, balance)
        return order

    def _afford(
        self, listing: Listing, account: Account, side: int, limit: int, quantity: int, held: int = 0
    ) -> Balance:
        """The balance that an order draws on, if it is enough for the whole order and its fees."""
        if side == BUY:
            balance = account.balances[listing.quote]
            needed = limit * quantity * listing.multiplier
            if not listing.free:
                needed += listing.fees.most(needed)
        else:
            balance = account.balances[listing.symbol]
            needed = quantity
        if balance.total - balance.reserved + held < needed:
            reason = "INSUFFICIENT_CASH" if side == BUY else "INSUFFICIENT_HOLDINGS"
            raise RuleViolation(reason, needed=needed, available=balance.available + held)
        return balance

    def _rest(self, listing: Listing, account: Account, order: Order, balance: Balance) -> None:
        """Let what is left of an order wait, and hold back what it may still need."""
        left = order.remaining
        if order.side == BUY:
            held = order.limit * left * listing.multiplier
            if not listing.free:
                held += listing.fees.maker_reserve(order.maker_cash, held)
            order.reserved = held
            balance.reserved += held
        else:
            balance.reserved += left
        listing.book.rest(order)
        account.open[order.id] = order

    def _trade(self, listing: Listing, account: Account, order: Order) -> None:
        """Match an arriving order and pay the fills; its owner's own orders are never traded with."""
        book = listing.book
        while True:
            self._pay(listing, account, order, book.take(order))
            if not order.remaining or not book.crosses(order):
                return
            # `take` stopped before its limit: the next order in the queue has the same owner (finance rule 1.4).
            if not self._prevent_self_trade(listing, order):
                return

    def _pay(self, listing: Listing, taker: Account, order: Order, fills: list[Fill]) -> None:
        """Move cash, holdings and fees for these fills."""
        symbol, multiplier, fees = listing.symbol, listing.multiplier, listing.fees
        taker_cash, taker_shares = taker.balances[listing.quote], taker.balances[symbol]
        accounts, record, now = self.accounts, self._record, self.clock.now
        house = accounts[FEES].balances[listing.quote]
        maker_fee = taker_fee = 0
        for resting, quantity in fills:
            price = resting.limit
            cash = price * quantity * multiplier
            if not listing.free:
                maker_fee, taker_fee = fees.charge(resting.maker_cash, order.taker_cash, cash)
                resting.maker_cash += cash
                order.taker_cash += cash
                house.total += maker_fee + taker_fee
            maker = accounts[resting.account]
            maker_cash, maker_shares = maker.balances[listing.quote], maker.balances[symbol]
            if order.side == BUY:
                taker_cash.total -= cash + taker_fee
                taker_shares.total += quantity
                maker_cash.total += cash - maker_fee
                maker_shares.total -= quantity
                maker_shares.reserved -= quantity
            else:
                taker_cash.total += cash - taker_fee
                taker_shares.total -= quantity
                maker_cash.total -= cash + maker_fee
                maker_shares.total += quantity
                # Exact, because what was held back is the same function of the value traded so far.
                release = cash + maker_fee if maker_fee > 0 else cash
                maker_cash.reserved -= release
                resting.reserved -= release
            if not resting.remaining:
                # Not `del`: an iceberg that was used up has one fill for each of its slices.
                maker.open.pop(resting.id, None)
            self._last_trade = trade = self._last_trade + 1
            record(
                Trade(now, trade, symbol, price, quantity, order.side, resting.id, order.id,
                      resting.account, order.account, maker_fee, taker_fee)
            )  # fmt: skip
            listing.last = price

    def _prevent_self_trade(self, listing: Listing, order: Order) -> bool:
        """Resolve the meeting of two orders of one owner by the arriving order's mode; whether it goes on matching."""
        conditions = order.intent.conditions
        mode = conditions.self_trade if conditions else "cancel_newest"
        resting = listing.book.front(order)
        both = min(order.remaining, resting.remaining)
        if mode == "decrement_and_cancel":
            self._shrink(listing, resting, both)
            lost = both
        else:
            if mode != "cancel_newest":
                self._withdraw(self.accounts[resting.account], resting, "SELF_TRADE")
            lost = 0 if mode == "cancel_oldest" else order.remaining
        if lost:
            order.remaining -= lost
            order.quantity -= lost
            self._record(OrderCancelled(self.clock.now, order.id, lost, "SELF_TRADE"))
        return order.remaining > 0 and listing.book.crosses(order)

    def _shrink(self, listing: Listing, resting: Order, quantity: int) -> None:
        """Take away part of a waiting order, or all of it."""
        account = self.accounts[resting.account]
        if quantity == resting.remaining:
            self._withdraw(account, resting, "SELF_TRADE")
            return
        listing.book.reduce(resting, quantity)
        resting.quantity -= quantity
        self._release(listing, account, resting, quantity)
        self._record(OrderCancelled(self.clock.now, resting.id, quantity, "SELF_TRADE"))

    # What happens to an order that waits

    def _open_order(self, account: Account, number: object) -> Order:
        """The account's open order of this number, or the reason why it can do nothing with it."""
        if type(number) is not int or number not in self.orders:
            raise RuleViolation("UNKNOWN_ORDER", order=shown(number))
        order = account.open.get(number)
        if order is None:
            raise RuleViolation("NOT_YOUR_ORDER", order=number)
        return order

    def _amend(self, account: Account, intent: Amend) -> Order:
        """Change an open order: smaller keeps its place in the queue, anything else loses it (finance rule 1.3)."""
        order = self._open_order(account, intent.order)
        listing = self.listings[order.intent.symbol]
        if intent.quantity is None and intent.limit is None:
            raise RuleViolation("NOTHING_TO_AMEND", order=order.id)
        quantity = order.quantity if intent.quantity is None else intent.quantity
        limit = order.limit if intent.limit is None else intent.limit
        check_quantity(listing, quantity)
        check_price(listing, limit)
        check_notional(listing, limit, quantity)
        remaining = quantity - order.filled
        if remaining <= 0:
            self._withdraw(account, order, "AMENDED_BELOW_FILLED")
        elif limit == order.limit and remaining <= order.remaining:
            less = order.remaining - remaining
            listing.book.reduce(order, less)
            order.quantity = quantity
            self._release(listing, account, order, less)
            self._record(OrderAmended(self.clock.now, order.id, quantity, limit, True))
        else:
            self._replace(listing, account, order, quantity, limit, remaining)
        return order

    def _replace(
        self, listing: Listing, account: Account, order: Order, quantity: int, limit: int, remaining: int
    ) -> None:
        """Give a waiting order new terms at the back of the queue, where it may trade like a new one."""
        held = order.reserved if order.side == BUY else order.remaining
        balance = self._afford(listing, account, order.side, limit, remaining, held)
        listing.book.remove(order)
        del account.open[order.id]
        balance.reserved -= held
        order.quantity, order.remaining = quantity, remaining
        order.limit, order.key = limit, order.side * limit
        self._record(OrderAmended(self.clock.now, order.id, quantity, limit, False))
        if listing.book.crosses(order):
            self._trade(listing, account, order)
        if order.remaining:
            self._rest(listing, account, order, balance)

    def _withdraw(self, account: Account, order: Order, reason: str) -> None:
        """Take an order out of its book and give back what was held for it."""
        listing = self.listings[order.intent.symbol]
        listing.book.remove(order)
        del account.open[order.id]
        if order.side == BUY:
            account.balances[listing.quote].reserved -= order.reserved
        else:
            account.balances[listing.symbol].reserved -= order.remaining
        self._record(OrderCancelled(self.clock.now, order.id, order.remaining, reason))

    def _release(self, listing: Listing, account: Account, order: Order, quantity: int) -> None:
        """Give back what was held for a part of a waiting order that it just lost."""
        if order.side == SELL:
            account.balances[listing.symbol].reserved -= quantity
            return
        cash = order.limit * order.remaining * listing.multiplier
        reserve = cash + listing.fees.maker_reserve(order.maker_cash, cash)
        account.balances[listing.quote].reserved -= order.reserved - reserve
        order.reserved = reserve
