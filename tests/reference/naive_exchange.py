"""The reference model: the rules of docs/exchange.md once more, as naively as they can be written down.

One flat list of orders, searched from one end to the other for every question; what is reserved is never stored but
added up again; nothing is cached and nothing is fast. It shares no code and no data structure with the exchange that
it judges: it imports nothing at all from the package (tests/reference/test_independence.py reads its syntax tree).

What happens is told as tuples in `events`, in the form that tests/reference/duel.py gives to the exchange's events.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from fractions import Fraction

from tests.reference.naive_auction import auction_price

LARGEST = 2**63 - 1
BAND_PERCENT = 5
TIMES_IN_FORCE = ("gtc", "day", "gtd", "ioc", "fok", "auction")
SELF_TRADE_MODES = ("cancel_newest", "cancel_oldest", "cancel_both", "decrement_and_cancel")


class Refused(Exception):
    """A rule says no; the argument is the code."""


class NotNow(Exception):
    """The operator asks for something that this phase does not allow."""


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
    outlier: tuple[int, int, int, int] | None = None
    """How many standard deviations, of how many trades, from how many on, and the least deviation in basis points."""
    phase: str = "continuous"
    reference: int | None = None
    indicative: tuple = (None, 0, 0)
    prices: list[int] = field(default_factory=list)
    """Of all trades so far."""

    @property
    def last(self) -> int | None:
        return self.prices[-1] if self.prices else None

    @property
    def free(self) -> bool:
        return self.maker == 0 and self.taker == 0 and self.minimum == 0


@dataclass
class NaiveAccount:
    """Who it is and what was brought in, bought and sold."""

    name: str
    owner: str
    totals: dict[str, int] = field(default_factory=dict)
    client_ids: dict[str, tuple[object, int]] = field(default_factory=dict)


@dataclass(eq=False)
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
    market: bool
    where: str = "book"
    """book, stop (for its trigger), asleep (a peg without a middle), call (a market order in an auction)."""
    filled: int = 0
    stamp: int = 0
    display: int = 0
    slice: int = 0
    hidden: bool = False
    post_only: str = ""
    cap: int = 0
    stop: int = 0
    expires: int | None = None
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

    def list(self, symbol, tick, lot, quote, multiplier, maker, taker, minimum, outlier=None) -> None:
        self.terms[symbol] = Terms(symbol, tick, lot, quote, multiplier, maker, taker, minimum, outlier)

    def open_account(self, name: str, owner: str) -> None:
        self.accounts[name] = NaiveAccount(name, owner)

    def deposit(self, name: str, asset: str, amount: int) -> None:
        totals = self.accounts[name].totals
        totals[asset] = totals.get(asset, 0) + amount

    def halt(self, symbol: str) -> None:
        self.expire()
        self.change(self.terms[symbol], "halted")

    def close(self, symbol: str) -> None:
        self.expire()
        self.change(self.terms[symbol], "closed")

    def resume(self, symbol: str) -> None:
        self.expire()
        if self.terms[symbol].phase == "call":
            raise NotNow
        self.change(self.terms[symbol], "continuous")

    def call(self, symbol: str, reference: int | None) -> None:
        self.expire()
        terms = self.terms[symbol]
        terms.reference = terms.last if reference is None else reference
        terms.indicative = (None, 0, 0)
        self.change(terms, "call")

    def uncross(self, symbol: str) -> None:
        self.expire()
        terms = self.terms[symbol]
        if terms.phase != "call":
            raise NotNow
        self.auction(terms)
        self.change(terms, "continuous")

    def close_day(self) -> None:
        self.end([order for order in self.oldest_first(self.open) if order.tif == "day"])

    def change(self, terms: Terms, phase: str) -> None:
        if phase == "continuous":
            crossed = [
                (buy, sell)
                for buy in self.resting(terms.symbol, 1)
                for sell in self.resting(terms.symbol, -1)
                if buy.limit >= sell.limit
            ]
            if crossed or any(order.where == "call" and order.symbol == terms.symbol for order in self.open):
                raise NotNow
        terms.phase = phase
        self.events.append(("phase", terms.symbol, phase))
        if phase != "continuous":
            for order in self.open:
                if order.cap and order.symbol == terms.symbol:
                    order.where = "asleep"
        self.settle([terms.symbol])

    # --- questions

    def total(self, name: str, asset: str) -> int:
        return self.accounts[name].totals.get(asset, 0)

    def reserve(self, order: NaiveOrder) -> tuple[str, int]:
        """What one open order holds back: of which asset, and how much."""
        terms = self.terms[order.symbol]
        if order.side < 0:
            return order.symbol, order.remaining
        cash = (order.cap or order.limit) * order.remaining * terms.multiplier
        if order.cap or order.where == "stop":
            return terms.quote, cash + self.worst_fees(terms, cash)
        fees = fee_total(order.made + cash, terms.maker, terms.minimum) - fee_total(
            order.made, terms.maker, terms.minimum
        )
        return terms.quote, cash + max(0, fees)

    def worst_fees(self, terms: Terms, cash: int) -> int:
        """What an order that trades this much may have to pay at most."""
        if terms.free:
            return 0
        return 1 + 2 * terms.minimum + millionths(cash, max(terms.maker, terms.taker))

    def reserved(self, name: str, asset: str) -> int:
        amount = 0
        for order in self.open:
            if order.account == name:
                of, held = self.reserve(order)
                if of == asset:
                    amount += held
        return amount

    def resting(self, symbol: str, side: int) -> list[NaiveOrder]:
        """The orders of one side that wait in the book, seen and unseen."""
        return [order for order in self.open if order.symbol == symbol and order.side == side and order.where == "book"]

    def best(self, symbol: str, side: int) -> int | None:
        """The best price that somebody shows."""
        prices = [order.limit for order in self.resting(symbol, side) if not order.hidden and not order.cap]
        if not prices:
            return None
        return max(prices) if side > 0 else min(prices)

    def depth(self, symbol: str, side: int) -> list[tuple[int, int]]:
        """What each price level shows, best first."""
        shown: dict[int, int] = {}
        for order in self.resting(symbol, side):
            if not order.hidden and not order.cap:
                shown[order.limit] = shown.get(order.limit, 0) + (order.slice if order.display else order.remaining)
        return sorted(shown.items(), reverse=side > 0)

    def oldest_first(self, orders: list[NaiveOrder]) -> list[NaiveOrder]:
        return sorted(orders, key=lambda order: order.id)

    # --- what a participant does

    def submit(self, name: object, intent: object) -> None:
        self.expire()
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
                self.settle([order.symbol])
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
        self.check_conditions(terms, intent)
        conditions = intent.conditions
        if conditions is not None and conditions.stop is not None:
            self.check_price(terms, conditions.stop)
        if intent.limit is not None:
            self.check_price(terms, intent.limit)
            self.check_notional(terms, intent.limit, intent.quantity)
        if intent.client_id in account.client_ids:
            payload, number = account.client_ids[intent.client_id]
            if payload != intent:
                raise Refused("DUPLICATE_CLIENT_ID")
            self.events.append(("repeated", number, account.name, intent.client_id))
            return
        self.check_phase(terms, intent.time_in_force)
        limit = intent.limit
        if limit is None:
            limit = self.protection(terms, intent)
            self.check_notional(terms, limit, intent.quantity)
        else:
            self.check_finger(terms, intent.side, limit)
        self.check_funds(account, terms, intent.side, limit, intent.quantity, 0)
        order = NaiveOrder(
            id=len(self.ever) + 1,
            account=account.name,
            owner=account.owner,
            symbol=terms.symbol,
            side=intent.side,
            limit=limit,
            quantity=intent.quantity,
            remaining=intent.quantity,
            tif=intent.time_in_force,
            stp="cancel_newest",
            market=intent.limit is None,
        )
        if conditions is not None:
            order.stp = conditions.self_trade
            order.display = conditions.display or 0
            order.hidden = conditions.hidden
            order.post_only = conditions.post_only
            order.cap = limit if conditions.peg else 0
            order.stop = conditions.stop or 0
            order.expires = conditions.expires
        if order.stop:
            order.where = "stop"
        elif order.cap:
            order.where = "asleep"
        elif order.market and terms.phase == "call":
            order.where = "call"
        elif terms.phase == "continuous":
            self.check_book(terms, order)
        self.ever.append(order)
        self.events.append(("accepted", order.id, account.name, intent))
        if order.limit != limit:
            self.events.append(("amended", order.id, order.quantity, order.limit, False))
        if intent.client_id is not None:
            account.client_ids[intent.client_id] = (intent, order.id)
        self.arrive(order)
        self.settle([order.symbol])

    def check_quantity(self, terms: Terms, quantity: object) -> None:
        if not is_integer(quantity) or quantity < 1 or quantity > LARGEST:
            raise Refused("BAD_QUANTITY")
        if quantity % terms.lot != 0:
            raise Refused("BAD_LOT")

    def check_conditions(self, terms: Terms, intent) -> None:
        """The rarer terms must be meant, each by itself and all together."""
        tif, name, conditions = intent.time_in_force, intent.client_id, intent.conditions
        if name is not None and not (isinstance(name, str) and 1 <= len(name) <= 64 and name.isprintable()):
            raise Refused("BAD_CONDITIONS")
        if conditions is None:
            if tif == "gtd":
                raise Refused("BAD_CONDITIONS")
            return
        if type(conditions).__name__ != "Conditions":
            raise Refused("BAD_CONDITIONS")
        display, expires = conditions.display, conditions.expires
        unseen = display is not None or conditions.hidden
        at_once = tif in ("ioc", "fok")
        wrong = [
            conditions.self_trade not in SELF_TRADE_MODES,
            conditions.hidden not in (True, False) or is_integer(conditions.hidden),
            conditions.post_only not in ("", "reject", "slide"),
            conditions.peg not in ("", "mid"),
            display is not None and (not is_integer(display) or not 1 <= display <= intent.quantity),
            is_integer(display) and display % terms.lot != 0,
            tif == "gtd" and (not is_integer(expires) or not self.now < expires <= LARGEST),
            tif != "gtd" and expires is not None,
            intent.limit is None and (unseen or conditions.post_only or conditions.peg),
            conditions.hidden is True and display is not None,
            bool(conditions.post_only) and (at_once or tif == "auction"),
            bool(conditions.peg) and (unseen or conditions.post_only or at_once or tif == "auction"),
            conditions.stop is not None
            and (conditions.peg or conditions.post_only or tif == "fok" or tif == "auction"),
        ]
        if any(wrong):
            raise Refused("BAD_CONDITIONS")

    def check_price(self, terms: Terms, price: object) -> None:
        if not is_integer(price) or price < 1 or price > LARGEST:
            raise Refused("BAD_PRICE")
        if price % terms.tick != 0:
            raise Refused("BAD_TICK")

    def check_notional(self, terms: Terms, price: int, quantity: int) -> None:
        if price * quantity * terms.multiplier > LARGEST:
            raise Refused("NOTIONAL_TOO_LARGE")

    def check_phase(self, terms: Terms, tif: str) -> None:
        if terms.phase in ("halted", "closed"):
            raise Refused(terms.phase.upper())
        if tif in ("ioc", "fok") and terms.phase != "continuous":
            raise Refused("WRONG_PHASE")
        if tif == "auction" and terms.phase != "call":
            raise Refused("WRONG_PHASE")

    def check_finger(self, terms: Terms, side: int, limit: int) -> None:
        """A buy far above recent trades, or a sell far below, is a slip."""
        if terms.outlier is None:
            return
        most, window, at_least, floor = terms.outlier
        prices = terms.prices[-window:]
        if len(prices) < at_least:
            return
        mean = Fraction(sum(prices), len(prices))
        variance = sum((price - mean) ** 2 for price in prices) / len(prices)
        variance = max(variance, (mean * floor / 10_000) ** 2)
        if side * (limit - mean) > 0 and (limit - mean) ** 2 > most**2 * variance:
            raise Refused("FAT_FINGER")

    def check_funds(
        self, account: NaiveAccount, terms: Terms, side: int, limit: int, quantity: int, freed: int
    ) -> None:
        """A buyer has the cash for everything at the limit and the worst fees, a seller the holdings."""
        if side > 0:
            cash = limit * quantity * terms.multiplier
            cash += self.worst_fees(terms, cash)
            available = self.total(account.name, terms.quote) - self.reserved(account.name, terms.quote)
            if available + freed < cash:
                raise Refused("INSUFFICIENT_CASH")
        else:
            available = self.total(account.name, terms.symbol) - self.reserved(account.name, terms.symbol)
            if available + freed < quantity:
                raise Refused("INSUFFICIENT_HOLDINGS")

    def protection(self, terms: Terms, intent) -> int:
        """The worst price of an order without a limit."""
        if intent.conditions is not None and intent.conditions.stop is not None:
            best = intent.conditions.stop
        elif terms.phase == "call":
            best = terms.reference
        else:
            best = self.best(terms.symbol, -intent.side)
        if best is None:
            raise Refused("NO_LIQUIDITY")
        band = best * BAND_PERCENT // 100
        band -= band % terms.tick
        return max(terms.tick, best + intent.side * band)

    def check_book(self, terms: Terms, order: NaiveOrder) -> None:
        """What only the book can tell; a sliding order gets its new limit here."""
        if order.tif == "fok" and not self.fills_wholly(order):
            raise Refused("FOK_UNFILLABLE")
        opponent = self.opponent(order)
        if order.post_only and opponent is not None:
            beside = opponent.limit - order.side * terms.tick
            if order.post_only == "reject" or beside <= 0:
                raise Refused("POST_ONLY_WOULD_TAKE")
            order.limit = beside

    # --- matching

    def rank(self, order: NaiveOrder) -> tuple:
        """Price, then shown before hidden before pegged, then time; the smallest is served first."""
        return (-order.side * order.limit, 2 if order.cap else 1 if order.hidden else 0, order.stamp)

    def opponent(self, taker: NaiveOrder) -> NaiveOrder | None:
        """The order that is next to trade with the taker."""
        found = None
        for order in self.open:
            if order.symbol != taker.symbol or order.side == taker.side or order.where != "book":
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
        rehearsal.accounts = {
            name: NaiveAccount(name, account.owner, dict(account.totals)) for name, account in self.accounts.items()
        }
        rehearsal.terms = {order.symbol: copy.copy(self.terms[order.symbol])}
        rehearsal.terms[order.symbol].prices = []
        rehearsal.events = []
        attempt = copy.copy(order)
        rehearsal.match(attempt)
        return attempt.filled == order.quantity

    def arrive(self, order: NaiveOrder) -> None:
        """Match an order; what is left waits, or is cancelled when it may not wait."""
        if order.where == "book" and self.terms[order.symbol].phase == "continuous":
            self.match(order)
        if not order.remaining:
            return
        if order.where == "book" and (order.market or order.tif == "ioc"):
            self.events.append(("cancelled", order.id, order.remaining, "REMAINDER"))
            return
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
        cash = maker.limit * quantity * terms.multiplier
        maker_fee = fee_total(maker.made + cash, terms.maker, terms.minimum)
        maker_fee -= fee_total(maker.made, terms.maker, terms.minimum)
        taker_fee = fee_total(taker.took + cash, terms.taker, terms.minimum)
        taker_fee -= fee_total(taker.took, terms.taker, terms.minimum)
        maker.made += cash
        taker.took += cash
        self.exchange(terms, maker, taker, quantity, maker.limit, maker_fee, taker_fee)

    def exchange(self, terms, maker, taker, quantity, price, maker_fee, taker_fee) -> None:
        """Cash one way, the instrument the other, and the fees to the house."""
        cash = price * quantity * terms.multiplier
        for order, fee in ((maker, maker_fee), (taker, taker_fee)):
            order.remaining -= quantity
            order.filled += quantity
            self.deposit(order.account, terms.symbol, order.side * quantity)
            self.deposit(order.account, terms.quote, -order.side * cash - fee)
            self.deposit("fees", terms.quote, fee)
        terms.prices.append(price)
        self.trades += 1
        self.events.append(
            ("trade", self.trades, terms.symbol, price, quantity, taker.side, maker.id, taker.id,
             maker.account, taker.account, maker_fee, taker_fee)
        )  # fmt: skip

    # --- what follows a message

    def settle(self, symbols: list[str]) -> None:
        """Pegs move and stops trigger until nothing stirs; in a call the price is worked out that it would give."""
        for symbol in dict.fromkeys(symbols):
            terms = self.terms[symbol]
            if terms.phase == "call":
                found = self.equilibrium(terms)
                if found != terms.indicative:
                    terms.indicative = found
                    self.events.append(("indicative", symbol, *found))
            while terms.phase == "continuous":
                self.move_pegs(terms)
                due = self.due(terms)
                if not due:
                    break
                for order in due:
                    self.open.remove(order)
                    order.where = "book"
                    self.events.append(("triggered", order.id, terms.last))
                    self.arrive(order)
                    self.move_pegs(terms)

    def due(self, terms: Terms) -> list[NaiveOrder]:
        """The stops that the last trade triggers: sells by descending stop, then buys by ascending stop."""
        if terms.last is None:
            return []
        stops = [order for order in self.open if order.where == "stop" and order.symbol == terms.symbol]
        sells = [order for order in stops if order.side < 0 and terms.last <= order.stop]
        buys = [order for order in stops if order.side > 0 and terms.last >= order.stop]
        return sorted(sells, key=lambda order: (-order.stop, order.id)) + sorted(
            buys, key=lambda order: (order.stop, order.id)
        )

    def move_pegs(self, terms: Terms) -> None:
        """Pegged orders go where the middle is: all leave their place before the first takes its new one."""
        pegs = self.oldest_first([order for order in self.open if order.cap and order.symbol == terms.symbol])
        if not pegs:
            return
        bid, ask = self.best(terms.symbol, 1), self.best(terms.symbol, -1)
        moving = []
        for order in pegs:
            if bid is None or ask is None:
                order.where = "asleep"
                continue
            middle = Fraction(bid + ask, 2) / terms.tick
            if order.side > 0:
                price = min(order.cap, int(middle // 1) * terms.tick)
            else:
                price = max(order.cap, int(-(-middle // 1)) * terms.tick)
            if order.where == "asleep" or price != order.limit:
                moving.append((order, price))
        for order, _ in moving:
            self.open.remove(order)
        for order, price in moving:
            order.limit = price
            order.where = "book"
            self.arrive(order)

    def expire(self) -> None:
        """Orders whose time has come are gone before anything else happens."""
        due = [order for order in self.open if order.expires is not None and order.expires <= self.now]
        self.end(sorted(due, key=lambda order: (order.expires, order.id)))

    def end(self, orders: list[NaiveOrder]) -> None:
        for order in orders:
            self.cancel(order, "EXPIRED")
        self.settle([order.symbol for order in orders])

    # --- the auction

    def equilibrium(self, terms: Terms) -> tuple:
        waiting = {
            side: [
                (order.limit, order.remaining, order.where == "call")
                for order in self.open
                if order.symbol == terms.symbol and order.side == side and order.where in ("book", "call")
            ]
            for side in (1, -1)
        }
        return auction_price(waiting[1], waiting[-1], terms.tick, terms.reference)

    def auction(self, terms: Terms) -> None:
        """Everybody who can trades at one price; what was for the auction only is gone.

        When two orders of one owner would meet, the later one is gone and everything is worked out again.
        """
        price, volume, surplus = self.equilibrium(terms)
        pairs = self.pairs(terms, price)
        own = [(buy, sell) for buy, sell, _ in pairs if buy.owner == sell.owner]
        if own:
            self.cancel(max(own[0], key=lambda order: order.id), "SELF_TRADE")
            self.auction(terms)
            return
        self.events.append(("auction", terms.symbol, price, volume, surplus))
        for buy, sell, quantity in pairs:
            maker, taker = (buy, sell) if buy.id < sell.id else (sell, buy)
            fees = []
            for order in (maker, taker):
                # Nobody takes, so both pay as makers; and nobody is paid for making.
                if terms.maker < 0:
                    fees.append(0)
                    continue
                made = order.made + price * quantity * terms.multiplier
                fees.append(
                    fee_total(made, terms.maker, terms.minimum) - fee_total(order.made, terms.maker, terms.minimum)
                )
                order.made = made
            self.exchange(terms, maker, taker, quantity, price, *fees)
            for order in (buy, sell):
                order.slice = min(order.slice, order.remaining)
                if not order.remaining:
                    self.open.remove(order)
        for order in self.oldest_first(self.open):
            if order.symbol == terms.symbol and (order.where == "call" or order.tif == "auction"):
                self.cancel(order, "REMAINDER")

    def pairs(self, terms: Terms, price: int | None) -> list[tuple[NaiveOrder, NaiveOrder, int]]:
        """Who trades with whom at this price, and how much: single lots of both queues, side by side."""
        if price is None:
            return []
        queues = [
            [order for order in self.in_auction(terms, side, price) for _ in range(order.remaining // terms.lot)]
            for side in (1, -1)
        ]
        found: list[tuple[NaiveOrder, NaiveOrder, int]] = []
        for buy, sell in zip(*queues, strict=False):
            if found and found[-1][0] is buy and found[-1][1] is sell:
                found[-1] = (buy, sell, found[-1][2] + terms.lot)
            else:
                found.append((buy, sell, terms.lot))
        return found

    def in_auction(self, terms: Terms, side: int, price: int) -> list[NaiveOrder]:
        """Better limits first, at one limit market orders, then shown before hidden, then time."""
        eligible = [
            order
            for order in self.open
            if order.symbol == terms.symbol
            and order.side == side
            and order.where in ("book", "call")
            and side * order.limit >= side * price
        ]
        return sorted(
            eligible, key=lambda order: (-side * order.limit, order.where != "call", order.hidden, order.stamp)
        )

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

    def cancel_all(self, account: NaiveAccount, symbol: object) -> None:
        if symbol is not None and (not isinstance(symbol, str) or symbol not in self.terms):
            raise Refused("UNKNOWN_INSTRUMENT")
        mine = [
            order
            for order in self.oldest_first(self.open)
            if order.account == account.name and symbol in (None, order.symbol)
        ]
        for order in mine:
            self.cancel(order, "CANCELLED")
        self.settle([order.symbol for order in mine])

    def amend(self, account: NaiveAccount, intent) -> None:
        order = self.find(account, intent.order)
        terms = self.terms[order.symbol]
        if intent.quantity is None and intent.limit is None:
            raise Refused("NOTHING_TO_AMEND")
        before = order.cap or order.limit
        quantity = order.quantity if intent.quantity is None else intent.quantity
        limit = before if intent.limit is None else intent.limit
        self.check_quantity(terms, quantity)
        self.check_price(terms, limit)
        if order.market and intent.limit is not None:
            raise Refused("BAD_CONDITIONS")
        self.check_notional(terms, limit, quantity)
        if terms.phase in ("halted", "closed"):
            raise Refused(terms.phase.upper())
        if limit != before:
            self.check_finger(terms, order.side, limit)
        remaining = quantity - order.filled
        if remaining <= 0:
            self.cancel(order, "AMENDED_BELOW_FILLED")
        elif limit == before and remaining <= order.remaining:
            order.quantity = quantity
            order.remaining = remaining
            order.slice = min(order.slice, remaining)
            self.events.append(("amended", order.id, quantity, limit, True))
        else:
            self.check_funds(account, terms, order.side, limit, remaining, self.reserve(order)[1])
            changed = copy.copy(order)
            changed.limit = limit
            if order.post_only and terms.phase == "continuous" and self.opponent(changed) is not None:
                raise Refused("POST_ONLY_WOULD_TAKE")
            self.open.remove(order)
            order.quantity, order.remaining, order.limit = quantity, remaining, limit
            if order.cap:
                order.cap, order.where = limit, "asleep"
            self.events.append(("amended", order.id, quantity, limit, False))
            self.arrive(order)
        self.settle([order.symbol])
