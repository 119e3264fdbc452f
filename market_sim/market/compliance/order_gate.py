"""The pre-trade gate of a rules profile: order rate, price bands, fat finger, best price, position limit.

One gate for all rules, because it runs for each order. What `Exchange.check` asks beforehand is this same function, so
the answer is the refusal that the order itself would meet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from market_sim.core.data.journal import Journal
from market_sim.core.errors import RuleViolation
from market_sim.core.models.event import Event
from market_sim.core.models.intents import BUY, Amend, PlaceOrder
from market_sim.core.models.market_events import OrderAccepted, OrderAmended, OrderCancelled
from market_sim.core.units import BPS
from market_sim.market.compliance.corridor import OF_CEILING, Corridor
from market_sim.market.compliance.exposure import Exposures, Worst
from market_sim.market.compliance.market_clock import MarketClock, written_up
from market_sim.market.compliance.order_rate import Quota, time_to_wait
from market_sim.market.compliance.profile import OrderRate, PositionLimit, Profile
from market_sim.market.exchange.allowance import NO_ORDER, Allowance
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.outlier import Outlier, OutlierRule

PARTICIPANT, MARKET_MAKER, HIGH_FREQUENCY = "participant", "market_maker", "high_frequency"
ROLES = (PARTICIPANT, MARKET_MAKER, HIGH_FREQUENCY)

AMENDED_AWAY = "AMENDED_BELOW_FILLED"
UNLIMITED = 10**18
"""The headroom of an account without a position limit; if it ever is used up, it gets as much again."""
MANY = 1_000
"""How many orders an account without an order rate may send at once before they are allowed anew."""
PARTS, AMPLE = 64, 4
"""A whole allowance sets apart a share of the headroom, or more: four times the worth of this order for each."""

Bands = tuple[int, int]


def most_messages(rule: OrderRate, role: str, meets_duties: bool) -> int:
    """The order rate of a role; a market maker below its obligations has that of a participant.

    >>> most_messages(OrderRate(), MARKET_MAKER, True), most_messages(OrderRate(), MARKET_MAKER, False)
    (1500, 60)
    """
    if role == MARKET_MAKER:
        return rule.market_maker if meets_duties else rule.participant
    return rule.high_frequency if role == HIGH_FREQUENCY else rule.participant


def most_exposure(rule: PositionLimit, role: str, own: int | None) -> int:
    """The position limit of an account in cents: its own, or that of its role; 0 for none."""
    if own is not None:
        return own
    return rule.market_maker if role == MARKET_MAKER else rule.most


def check_better_price(
    listing: Listing, side: int, limit: int, others: Sequence[Exchange], most_bps: int, reaches: Callable[[str], bool]
) -> None:
    """Refuse an order that would trade here at a price that a venue within reach beats by more than this."""
    here = listing.book.best_ask if side == BUY else listing.book.best_bid
    if here is None or side * (limit - here) < 0:
        return
    for venue in others:
        there = venue.listings.get(listing.symbol)
        if there is None or there is listing or there.phase != CONTINUOUS or not reaches(venue.name):
            continue
        better = there.book.best_ask if side == BUY else there.book.best_bid
        if better is not None and side * (here - better) * BPS > most_bps * better:
            raise RuleViolation(
                "BETTER_PRICE_ELSEWHERE", symbol=listing.symbol, price=here, better=better, venue=venue.name
            )


class Trader(Allowance):
    """What the gate knows of one account: its allowance, its last messages, and since when it has this allowance."""

    __slots__ = ("certain", "half", "headroom", "of_maker", "part", "share", "since", "span", "times")

    def __init__(self, certain: int, span: int) -> None:
        super().__init__()
        self.certain, self.half, self.span = certain, certain // 2, span
        """The order rate that it always has, half of it, and its window."""
        self.headroom = -1
        """What orders beyond the allowance may be worth; below 0 if that is not known."""
        self.share = self.part = 0
        """What is taken from it for each order of an allowance, and for half of the rate."""
        self.since: int | None = None
        self.of_maker = Quota()
        """What passes uncounted beyond a participant's rate, if it is a market maker that meets its obligations."""
        self.times: deque[int] = deque()
        """The times of its messages, as far as the journal was read."""

    def renew(self, now: int, worth: int = 0) -> int:
        """Allow half of the rate if the last allowance has lasted for a window; the number of orders of this worth.

        Then the window holds no other messages, so that another half is allowed without counting.
        """
        since, self.since = self.since, now
        if since is None or now - since >= self.span:
            # `allow`, inlined, because everybody comes here once in thirty orders.
            self.orders, self.most = self.half, 0
            if self.headroom >= self.part:
                self.headroom -= self.part
                self.most = self.share
        return self.orders if worth <= self.most else 0

    def allow(self, orders: int) -> None:
        """Allow so many orders, and set apart what they may be worth; if there is too little, each is looked at."""
        self.orders, self.most = orders, 0
        if orders > 0 and self.headroom >= self.share * orders:
            self.headroom -= self.share * orders
            self.most = self.share

    def have(self, headroom: int, worth: int) -> None:
        """Have this headroom after an order of this worth."""
        self.headroom = headroom
        self.share = max(headroom // (PARTS * max(1, self.half)), AMPLE * worth)
        self.part = self.share * self.half
        self.allow(self.orders)

    def charge(self, worth: int) -> None:
        """An order of this worth has passed beyond the allowance."""
        self.headroom -= worth
        if self.headroom < 0:
            self.forget()

    def forget(self) -> None:
        """Know no headroom."""
        self.headroom, self.most = -1, 0


class OrderGate:
    """Checks each order and amendment of a participant against the rules of a profile.

    Almost every order is far from every limit: its price lies within the corridor of its instrument, its account has
    headroom and has sent few orders. The exchange itself sees that by the allowance of the account; only other orders
    come here.
    """

    def __init__(
        self,
        profile: Profile,
        clock: MarketClock,
        venues: Sequence[Exchange],
        roles: Mapping[str, str],
        limits: Mapping[str, int],
        meets: Callable[[str, int], bool],
        bands_of: Callable[[Listing], Bands | None],
        mark: Callable[[Listing], int | None],
        journal: Journal,
    ) -> None:
        self._journal = journal
        self._profile = profile
        self._clock = clock
        self._time = venues[0].clock
        self._venues = venues
        self._roles = roles
        self._limits = limits
        self._meets = meets
        self._bands_of = bands_of
        self._exposures = Exposures(venues, mark)
        self._span = clock.span(profile.order_rate.window) if profile.order_rate else 0
        self._traders: dict[str, Trader] = {}
        self._read = len(journal)
        """The next event whose message has not been counted."""
        self._amends: tuple[str, int] | None = None
        """Whose amendment has passed and is on its way, and the length of the journal at that time."""
        self.outliers: dict[str, Outlier] = {}
        """The recent trade prices of each instrument, for the fat-finger check."""
        self._best_price = profile.best_price if len(venues) > 1 else None
        self.reaches: Callable[[str], bool] = lambda venue: True
        """Whether a venue answers orders now: what one shows that does not is no better price."""
        self.catch_up: Callable[[], object] = lambda: None
        """Reads the trades that were not looked at, before something exact is asked."""
        self.ask_for_call: Callable[[], object] = lambda: None
        """Asks to be told of the end of this message by `amended`."""
        self.corridors: Mapping[str, Corridor] = {}
        self.is_compared = self._best_price is not None or profile.price_bands is not None
        """Whether each order is compared with bands, or with the prices of other venues."""
        self.is_stale = False
        """Whether something else than trades has happened that was not read yet."""

    def allowance(self, account: str) -> Allowance:
        """The orders of an account that no rule has to look at."""
        return NO_ORDER if self.is_compared else self._trader(account)

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Refuse the order, or let it pass; what is within the allowance of its account passes at once."""
        if self.is_stale:
            self.catch_up()
        trader, corridor, is_forced = self._trader(account.name), self.corridors.get(listing.symbol), self._is_forced
        if (
            corridor is not None
            and corridor.least_typed <= limit <= corridor.buy_most
            and trader.headroom >= (worth := max(limit, corridor.worth) * quantity * listing.multiplier)
            and type(intent) is PlaceOrder
        ):
            if trader.orders <= 0 and not is_forced:
                self._check_rate(account.name, trader)
            if self.is_compared:
                self._compare(listing, intent.side, limit)
            trader.charge(worth)
        else:
            worst, most = self._checked(account, listing, intent, limit, quantity)
            trader.have(self._headroom(worst, most), limit * quantity * listing.multiplier)
            if isinstance(intent, Amend):
                self._amends = account.name, len(self._journal)
                self.ask_for_call()
        if trader.orders > 0:
            trader.orders -= 1
        else:
            trader.since = self._time.now
        if is_forced:  # uncounted so far
            trader.of_maker.left, trader.of_maker.since = 0, self._time.now

    def ask(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> int:
        """Refuse as `check` does; a rule covers nothing that an order lacks, so the answer is 0."""
        if self.is_stale:
            self.catch_up()
        self._checked(account, listing, intent, limit, quantity)
        return 0

    def _checked(
        self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int
    ) -> tuple[Worst | None, int]:
        """Refuse, or give the account's worst case with this order, as far as it was asked, and its position limit."""
        if self._is_forced:
            return None, 1
        profile, name = self._profile, account.name
        role = self._roles.get(name, PARTICIPANT)
        if self._trader(name).orders <= 0:
            self._check_rate(name, self._trader(name))
        side = account.open[intent.order].side if isinstance(intent, Amend) else intent.side
        if profile.price_bands is not None:
            self._check_bands(listing, side, limit)
        corridor = self.corridors.get(listing.symbol)
        if intent.limit is not None and (corridor is None or not corridor.least_typed <= limit <= corridor.buy_most):
            self.catch_up()
            outlier = self.outliers.get(listing.symbol)
            refusal = None if outlier is None else outlier.refusal(side, limit)
            if refusal is not None:
                raise RuleViolation("FAT_FINGER", **refusal)
        if self._best_price is not None and listing.phase == CONTINUOUS:
            check_better_price(listing, side, limit, self._venues, self._best_price.most, self.reaches)
        if profile.position_limit is None:
            return None, 0
        most = most_exposure(profile.position_limit, role, self._limits.get(name))
        if not most:
            return None, 0
        self.catch_up()
        return self._exposures.check(most, account, listing, intent, side, limit, quantity), most

    @property
    def _is_forced(self) -> bool:
        """Whether a mechanism places this order: a liquidation is not the account's own wish."""
        for venue in self._venues:  # noqa: SIM110 (for each order that is looked at)
            if venue.is_forced:
                return True
        return False

    def _headroom(self, worst: Worst | None, most: int) -> int:
        """What further orders of an account with this worst case may be worth at their limits; a limit of 0 is none."""
        if not most:
            return UNLIMITED
        if worst is None or not all(symbol in self.corridors for symbol, (quantity, _) in worst.items() if quantity):
            return -1
        left = most - sum(
            quantity * self.corridors[symbol].ceiling * listing.multiplier
            for symbol, (quantity, listing) in worst.items()
            if quantity
        )
        of, share = OF_CEILING
        return left * share // of

    def _check_rate(self, name: str, trader: Trader) -> None:
        """Refuse a message above the order rate, or renew the allowance of the account."""
        rule, role = self._profile.order_rate, self._roles.get(name, PARTICIPANT)
        if rule is None:
            trader.allow(MANY)
            return
        now, certain = self._time.now, trader.certain
        if trader.renew(now) <= 0:
            meets = role == MARKET_MAKER and self._meets(name, now)
            further = rule.market_maker - certain
            if meets and trader.of_maker.take(now, self._span, further):
                return
            self._read_messages()
            times, most = trader.times, most_messages(rule, role, meets)
            wait = time_to_wait(times, self._span, now, most)
            if wait:
                told = written_up(wait * self._clock.pace)
                raise RuleViolation(
                    "RATE_LIMIT", account=name, sent=len(times), window=rule.window, most=most, wait=told
                )
            trader.allow(min(certain - len(times), trader.half))
            if meets:
                trader.of_maker.counted(now, len(times), further)

    def _read_messages(self) -> None:
        """Count the orders since the last time, or since a whole window ago."""
        journal, gone = self._journal, self._time.now - self._span
        begin = bisect_right(range(len(journal)), gone, self._read, key=lambda number: journal[number].time)
        for event in journal.since(begin):
            if type(event) is OrderAccepted:
                self._trader(event.account).times.append(event.time)
        self._read = len(journal)

    def _compare(self, listing: Listing, side: int, limit: int) -> None:
        if self._is_forced:
            return
        if self._profile.price_bands is not None:
            self._check_bands(listing, side, limit)
        if self._best_price is not None and listing.phase == CONTINUOUS:
            check_better_price(listing, side, limit, self._venues, self._best_price.most, self.reaches)

    def _check_bands(self, listing: Listing, side: int, limit: int) -> None:
        bands = self._bands_of(listing)
        if bands is None or listing.phase != CONTINUOUS:
            return
        lower, upper = bands
        if side == BUY and limit > upper:
            raise RuleViolation("LIMIT_UP", symbol=listing.symbol, limit=limit, upper=upper)
        if side != BUY and limit < lower:
            raise RuleViolation("LIMIT_DOWN", symbol=listing.symbol, limit=limit, lower=lower)

    def traded(self, symbol: str, prices: Sequence[int]) -> None:
        """Note trade prices."""
        outlier = self.outliers.get(symbol)
        if outlier is None:
            rule = self._profile.fat_finger
            if rule is None:
                return
            outlier = self.outliers[symbol] = Outlier(OutlierRule(rule.most, rule.window, rule.at_least, rule.floor))
        outlier.extend(prices)

    def _trader(self, name: str) -> Trader:
        trader = self._traders.get(name)
        if trader is None:
            rule, role = self._profile.order_rate, self._roles.get(name, PARTICIPANT)
            certain = 2 * MANY if rule is None else most_messages(rule, role, False)
            trader = self._traders[name] = Trader(certain, self._span)
        return trader

    def amended(self) -> None:
        """After a message: an amendment that was made counts like an order."""
        if self._amends is None:
            return
        (account, length), self._amends = self._amends, None
        if self._profile.order_rate is not None and any(map(is_amendment, self._journal.since(length))):
            self._read_messages()
            self._trader(account).times.append(self._time.now)

    def forget(self, account: str) -> None:
        """What came in or went out otherwise than by a trade is in no headroom."""
        if account in self._traders:
            self._traders[account].forget()

    def forget_all(self) -> None:
        """A ceiling has risen: every account is added up again."""
        for trader in self._traders.values():
            trader.forget()


def is_amendment(event: Event) -> bool:
    """Whether an event is an amendment, or the end of an order that was amended to less than it had traded."""
    return type(event) is OrderAmended or (type(event) is OrderCancelled and event.reason == AMENDED_AWAY)
