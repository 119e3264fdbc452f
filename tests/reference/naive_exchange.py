"""The reference model: the rules of docs/exchange.md once more, as naively as they can be written down.

One flat list of orders, searched from one end to the other for every question; what is reserved is never stored but
added up again; nothing is cached and nothing is fast. It shares no code and no data structure with the exchange that
it judges: it imports nothing at all from the package (tests/reference/test_independence.py reads its syntax tree).

What happens is told as tuples in `events`, in the form that tests/reference/duel.py gives to the exchange's events.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

LARGEST = 2**63 - 1
BAND_PERCENT = 5
TIMES_IN_FORCE = ("gtc", "day", "gtd", "ioc", "fok", "auction")
SELF_TRADE_MODES = ("cancel_newest", "cancel_oldest", "cancel_both", "decrement_and_cancel")


class Refused(Exception):
    """A rule says no; the argument is the code."""


@dataclass
class Terms:
    """One listed instrument and what is known about its market."""

    symbol: str
    tick: int
    lot: int
    quote: str
    multiplier: int
    maker: int
    taker: int
    minimum: int
    last: int | None = None
    phase: str = "continuous"


@dataclass
class NaiveAccount:
    """Who it is and what was brought in, bought and sold."""

    name: str
    owner: str
    totals: dict[str, int] = field(default_factory=dict)
    client_ids: dict[str, tuple[object, int]] = field(default_factory=dict)


@dataclass
class NaiveOrder:
    """An accepted order and what is left of it."""

    id: int
    account: str
    owner: str
    symbol: str
    side: int
    limit: int
    quantity: int
    remaining: int
    tif: str
    stp: str
    filled: int = 0
    stamp: int = 0
    display: int = 0
    slice: int = 0
    hidden: bool = False
    made: int = 0
    took: int = 0


def is_integer(value: object) -> bool:
    """Whether this is a whole number; a bool is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def millionths(amount: int, rate: int) -> int:
    """This rate of the amount, rounded up."""
    whole, rest = divmod(amount * rate, 1_000_000)
    return whole + 1 if rest else whole


def fee_total(value: int, rate: int, minimum: int) -> int:
    """What one order owes in one role for all it has traded in it."""
    if rate < 0:
        return millionths(value, rate)
    return max(millionths(value, rate), min(value, minimum))


class NaiveExchange:
    """Accounts, one list of open orders, and the rules."""

    def __init__(self) -> None:
        self.now = 0
        self.terms: dict[str, Terms] = {}
        self.accounts: dict[str, NaiveAccount] = {}
        self.open: list[NaiveOrder] = []
        self.ever: list[NaiveOrder] = []
        self.events: list[tuple] = []
        self.trades = 0
        self.stamps = 0
        self.open_account("fees", "fees")

    # --- what the operator does

    def list(self, symbol, tick, lot, quote, multiplier, maker, taker, minimum) -> None:
        self.terms[symbol] = Terms(symbol, tick, lot, quote, multiplier, maker, taker, minimum)

    def open_account(self, name: str, owner: str) -> None:
        self.accounts[name] = NaiveAccount(name, owner)

    def deposit(self, name: str, asset: str, amount: int) -> None:
        totals = self.accounts[name].totals
        totals[asset] = totals.get(asset, 0) + amount

    # --- questions

    def total(self, name: str, asset: str) -> int:
        return self.accounts[name].totals.get(asset, 0)

    def reserve(self, order: NaiveOrder) -> tuple[str, int]:
        """What one open order holds back: of which asset, and how much."""
        terms = self.terms[order.symbol]
        if order.side < 0:
            return order.symbol, order.remaining
        cash = order.limit * order.remaining * terms.multiplier
        fees = fee_total(order.made + cash, terms.maker, terms.minimum) - fee_total(
            order.made, terms.maker, terms.minimum
        )
        return terms.quote, cash + max(0, fees)

    def reserved(self, name: str, asset: str) -> int:
        amount = 0
        for order in self.open:
            if order.account == name:
                of, held = self.reserve(order)
                if of == asset:
                    amount += held
        return amount

    def best(self, symbol: str, side: int) -> int | None:
        """The best price that somebody shows."""
        prices = [
            order.limit for order in self.open if order.symbol == symbol and order.side == side and not order.hidden
        ]
        if not prices:
            return None
        return max(prices) if side > 0 else min(prices)

    def depth(self, symbol: str, side: int) -> list[tuple[int, int]]:
        """What each price level shows, best first."""
        shown: dict[int, int] = {}
        for order in self.open:
            if order.symbol == symbol and order.side == side and not order.hidden:
                shown[order.limit] = shown.get(order.limit, 0) + (order.slice if order.display else order.remaining)
        return sorted(shown.items(), reverse=side > 0)

    # --- what a participant does

    def submit(self, name: object, intent: object) -> None:
        try:
            if not isinstance(name, str) or name not in self.accounts:
                raise Refused("UNKNOWN_ACCOUNT")
            account = self.accounts[name]
            kind = type(intent).__name__
            if kind == "PlaceOrder":
                self.place(account, intent)
            elif kind == "Cancel":
                order = self.find(account, intent.order)
                self.cancel(order, "CANCELLED")
            elif kind == "CancelAll":
                self.cancel_all(account, intent.symbol)
            elif kind == "Amend":
                self.amend(account, intent)
            else:
                raise Refused("BAD_INTENT")
        except Refused as refusal:
            self.events.append(("rejected", str(name), refusal.args[0]))

    def place(self, account: NaiveAccount, intent) -> None:
        if not isinstance(intent.symbol, str) or intent.symbol not in self.terms:
            raise Refused("UNKNOWN_INSTRUMENT")
        terms = self.terms[intent.symbol]
        if not is_integer(intent.side) or intent.side not in (1, -1):
            raise Refused("BAD_SIDE")
        self.check_quantity(terms, intent.quantity)
        if intent.time_in_force not in TIMES_IN_FORCE:
            raise Refused("BAD_TIME_IN_FORCE")
        limit = intent.limit
        if limit is None:
            limit = self.protection(terms, intent.side)
        self.check_price(terms, limit)
        self.check_notional(terms, limit, intent.quantity)
        self.check_funds(account, terms, intent.side, limit, intent.quantity, 0)
        conditions = intent.conditions
        order = NaiveOrder(
            id=len(self.ever) + 1,
            account=account.name,
            owner=account.owner,
            symbol=terms.symbol,
            side=intent.side,
            limit=limit,
            quantity=intent.quantity,
            remaining=intent.quantity,
            tif="ioc" if intent.limit is None and intent.time_in_force != "fok" else intent.time_in_force,
            stp=conditions.self_trade if conditions else "cancel_newest",
            display=(conditions.display or 0) if conditions else 0,
            hidden=conditions.hidden if conditions else False,
        )
        if order.tif == "fok" and not self.fills_wholly(order):
            raise Refused("FOK_UNFILLABLE")
        self.ever.append(order)
        self.events.append(("accepted", order.id, account.name, intent))
        self.arrive(order)

    def check_quantity(self, terms: Terms, quantity: object) -> None:
        if not is_integer(quantity) or quantity < 1 or quantity > LARGEST:
            raise Refused("BAD_QUANTITY")
        if quantity % terms.lot != 0:
            raise Refused("BAD_LOT")

    def check_price(self, terms: Terms, price: object) -> None:
        if not is_integer(price) or price < 1 or price > LARGEST:
            raise Refused("BAD_PRICE")
        if price % terms.tick != 0:
            raise Refused("BAD_TICK")

    def check_notional(self, terms: Terms, price: int, quantity: int) -> None:
        if price * quantity * terms.multiplier > LARGEST:
            raise Refused("NOTIONAL_TOO_LARGE")

    def check_funds(
        self, account: NaiveAccount, terms: Terms, side: int, limit: int, quantity: int, freed: int
    ) -> None:
        """A buyer has the cash for everything at the limit and the worst fees, a seller the holdings."""
        if side > 0:
            cash = limit * quantity * terms.multiplier
            if terms.maker or terms.taker or terms.minimum:
                cash += 1 + 2 * terms.minimum + millionths(cash, max(terms.maker, terms.taker))
            available = self.total(account.name, terms.quote) - self.reserved(account.name, terms.quote)
            if available + freed < cash:
                raise Refused("INSUFFICIENT_CASH")
        else:
            available = self.total(account.name, terms.symbol) - self.reserved(account.name, terms.symbol)
            if available + freed < quantity:
                raise Refused("INSUFFICIENT_HOLDINGS")

    def protection(self, terms: Terms, side: int) -> int:
        """The worst price of a market order."""
        best = self.best(terms.symbol, -side)
        if best is None:
            raise Refused("NO_LIQUIDITY")
        band = best * BAND_PERCENT // 100
        band -= band % terms.tick
        return max(terms.tick, best + side * band)

    # --- matching

    def rank(self, order: NaiveOrder) -> tuple:
        """Price, then shown before hidden, then time; the smallest is served first."""
        return (-order.side * order.limit, order.hidden, order.stamp)

    def opponent(self, taker: NaiveOrder) -> NaiveOrder | None:
        """The order that is next to trade with the taker."""
        found = None
        for order in self.open:
            if order.symbol != taker.symbol or order.side == taker.side:
                continue
            if taker.side * order.limit > taker.side * taker.limit:
                continue
            if found is None or self.rank(order) < self.rank(found):
                found = order
        return found

    def fills_wholly(self, order: NaiveOrder) -> bool:
        """Whether all of it would trade now: tried out on a copy of this exchange."""
        rehearsal = copy.copy(self)
        rehearsal.open = [copy.copy(each) for each in self.open if each.symbol == order.symbol]
        rehearsal.accounts = copy.deepcopy(self.accounts)
        rehearsal.events = []
        attempt = copy.copy(order)
        rehearsal.match(attempt)
        return attempt.filled == order.quantity

    def arrive(self, order: NaiveOrder) -> None:
        """Match an order; what is left waits, or is cancelled when it may not wait."""
        self.match(order)
        if order.remaining and order.tif in ("ioc", "fok"):
            self.events.append(("cancelled", order.id, order.remaining, "REMAINDER"))
        elif order.remaining:
            self.rest(order)

    def rest(self, order: NaiveOrder) -> None:
        self.stamps += 1
        order.stamp = self.stamps
        order.slice = min(order.display, order.remaining)
        self.open.append(order)

    def match(self, taker: NaiveOrder) -> None:
        while taker.remaining:
            maker = self.opponent(taker)
            if maker is None:
                return
            if maker.owner == taker.owner:
                self.prevent(taker, maker)
                continue
            quantity = min(taker.remaining, maker.slice if maker.display else maker.remaining)
            self.trade(taker, maker, quantity)
            if not maker.remaining:
                self.open.remove(maker)
            elif maker.display:
                maker.slice -= quantity
                if not maker.slice:
                    self.stamps += 1
                    maker.stamp = self.stamps
                    maker.slice = min(maker.display, maker.remaining)

    def prevent(self, taker: NaiveOrder, maker: NaiveOrder) -> None:
        """Two orders of one owner meet: the taker's mode says who loses what; nothing trades."""
        if taker.stp == "decrement_and_cancel":
            both = min(taker.remaining, maker.remaining)
            self.lose(maker, both)
            self.lose(taker, both)
            return
        if taker.stp in ("cancel_oldest", "cancel_both"):
            self.cancel(maker, "SELF_TRADE")
        if taker.stp in ("cancel_newest", "cancel_both"):
            self.lose(taker, taker.remaining)

    def lose(self, order: NaiveOrder, quantity: int) -> None:
        """Take part of an order away, or all of it."""
        order.quantity -= quantity
        order.remaining -= quantity
        order.slice = min(order.slice, order.remaining)
        if not order.remaining and order in self.open:
            self.open.remove(order)
        self.events.append(("cancelled", order.id, quantity, "SELF_TRADE"))

    def trade(self, taker: NaiveOrder, maker: NaiveOrder, quantity: int) -> None:
        terms = self.terms[taker.symbol]
        price = maker.limit
        cash = price * quantity * terms.multiplier
        maker_fee = fee_total(maker.made + cash, terms.maker, terms.minimum)
        maker_fee -= fee_total(maker.made, terms.maker, terms.minimum)
        taker_fee = fee_total(taker.took + cash, terms.taker, terms.minimum)
        taker_fee -= fee_total(taker.took, terms.taker, terms.minimum)
        maker.made += cash
        taker.took += cash
        for order, fee in ((maker, maker_fee), (taker, taker_fee)):
            order.remaining -= quantity
            order.filled += quantity
            self.deposit(order.account, terms.symbol, order.side * quantity)
            self.deposit(order.account, terms.quote, -order.side * cash - fee)
            self.deposit("fees", terms.quote, fee)
        terms.last = price
        self.trades += 1
        self.events.append(
            ("trade", self.trades, terms.symbol, price, quantity, taker.side, maker.id, taker.id,
             maker.account, taker.account, maker_fee, taker_fee)
        )  # fmt: skip

    # --- what happens to an open order

    def find(self, account: NaiveAccount, number: object) -> NaiveOrder:
        for order in self.open:
            if is_integer(number) and order.id == number:
                if order.account != account.name:
                    raise Refused("NOT_YOUR_ORDER")
                return order
        raise Refused("UNKNOWN_ORDER")

    def cancel(self, order: NaiveOrder, reason: str) -> None:
        self.open.remove(order)
        self.events.append(("cancelled", order.id, order.remaining, reason))

    def cancel_all(self, account: NaiveAccount, symbol: str | None) -> None:
        if symbol is not None and (not isinstance(symbol, str) or symbol not in self.terms):
            raise Refused("UNKNOWN_INSTRUMENT")
        for order in sorted(self.open, key=lambda order: order.id):
            if order.account == account.name and symbol in (None, order.symbol):
                self.cancel(order, "CANCELLED")

    def amend(self, account: NaiveAccount, intent) -> None:
        order = self.find(account, intent.order)
        terms = self.terms[order.symbol]
        if intent.quantity is None and intent.limit is None:
            raise Refused("NOTHING_TO_AMEND")
        quantity = order.quantity if intent.quantity is None else intent.quantity
        limit = order.limit if intent.limit is None else intent.limit
        self.check_quantity(terms, quantity)
        self.check_price(terms, limit)
        self.check_notional(terms, limit, quantity)
        remaining = quantity - order.filled
        if remaining <= 0:
            self.cancel(order, "AMENDED_BELOW_FILLED")
        elif limit == order.limit and remaining <= order.remaining:
            order.quantity = quantity
            order.remaining = remaining
            order.slice = min(order.slice, remaining)
            self.events.append(("amended", order.id, quantity, limit, True))
        else:
            self.check_funds(account, terms, order.side, limit, remaining, self.reserve(order)[1])
            self.open.remove(order)
            order.quantity, order.remaining, order.limit = quantity, remaining, limit
            self.events.append(("amended", order.id, quantity, limit, False))
            self.arrive(order)
