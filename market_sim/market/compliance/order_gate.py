"""The pre-trade gate of a rules profile: order rate, price bands, fat finger, best price, position limit.

One gate for all rules, because it runs for each order. What `Exchange.check` asks beforehand is this same function, so
the answer is the refusal that the order itself would meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import BUY, Amend, PlaceOrder
from market_sim.market.compliance.exposure import Exposures
from market_sim.market.compliance.market_clock import MarketClock
from market_sim.market.compliance.order_rate import SlidingRate
from market_sim.market.compliance.profile import OrderRate, PositionLimit, Profile
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.outlier import Outlier, OutlierRule

BPS = 10_000
PARTICIPANT, MARKET_MAKER, HIGH_FREQUENCY = "participant", "market_maker", "high_frequency"
ROLES = (PARTICIPANT, MARKET_MAKER, HIGH_FREQUENCY)

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


def check_better_price(listing: Listing, side: int, limit: int, others: Sequence[Exchange], most_bps: int) -> None:
    """Refuse an order that would trade here at a price that another venue beats by more than this."""
    here = listing.book.best_ask if side == BUY else listing.book.best_bid
    if here is None or side * (limit - here) < 0:
        return
    for venue in others:
        there = venue.listings.get(listing.symbol)
        if there is None or there is listing or there.phase != CONTINUOUS:
            continue
        better = there.book.best_ask if side == BUY else there.book.best_bid
        if better is not None and side * (here - better) * BPS > most_bps * better:
            raise RuleViolation(
                "BETTER_PRICE_ELSEWHERE", symbol=listing.symbol, price=here, better=better, venue=venue.name
            )


class OrderGate:
    """Checks each order and amendment of a participant against the rules of a profile."""

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
    ) -> None:
        self._profile = profile
        self._clock = clock
        self._time = venues[0].clock
        self._venues = venues
        self._has_others = len(venues) > 1
        self._roles = roles
        self._limits = limits
        self._meets = meets
        self._bands_of = bands_of
        self.exposures = Exposures(venues, mark)
        self._span = clock.span(profile.order_rate.window) if profile.order_rate else 0
        rates = profile.order_rate
        self._fewest = 0 if rates is None else min(rates.participant, rates.market_maker, rates.high_frequency)
        """With fewer messages than this, old ones included, no rate is exceeded."""
        self._rates: dict[str, SlidingRate] = {}
        self._amending = ""
        self.outliers: dict[str, Outlier] = {}
        """The recent trade prices of each instrument, for the fat-finger check."""

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Refuse the order, or let it pass and remember whose amendment it is."""
        self.ask(account, listing, intent, limit, quantity)
        if type(intent) is Amend:
            self._amending = account.name

    def ask(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> int:
        """Refuse as `check` does; a rule covers nothing that an order lacks, so the answer is 0."""
        for venue in self._venues:
            if venue.is_forced:
                self.exposures.forget(account.name)
                return 0  # a liquidation is not the account's own wish
        profile, name = self._profile, account.name
        rate = self._rates.get(name)
        if rate is not None and profile.order_rate is not None and len(rate.times) >= self._fewest:
            self._check_rate(name, rate, profile.order_rate)
        side = account.open[intent.order].side if isinstance(intent, Amend) else intent.side
        if profile.price_bands is not None:
            self._check_bands(listing, side, limit)
        if intent.limit is not None:
            outlier = self.outliers.get(listing.symbol)
            refusal = None if outlier is None else outlier.refusal(side, limit)
            if refusal is not None:
                raise RuleViolation("FAT_FINGER", **refusal)
        if self._has_others and profile.best_price is not None and listing.phase == CONTINUOUS:
            check_better_price(listing, side, limit, self._venues, profile.best_price.most)
        if profile.position_limit is not None:
            role = self._roles.get(name, PARTICIPANT)
            most = most_exposure(profile.position_limit, role, self._limits.get(name))
            if most:
                self.exposures.check(most, account, listing, intent, side, limit, quantity)
        return 0

    def _check_rate(self, name: str, rate: SlidingRate, rule: OrderRate) -> None:
        now = self._time.now
        role = self._roles.get(name, PARTICIPANT)
        most = most_messages(rule, role, role != MARKET_MAKER or self._meets(name, now))
        wait = rate.wait(now, most)
        if wait:
            seconds = f"{wait * self._clock.pace / 1e9:.3f}"
            raise RuleViolation(
                "RATE_LIMIT", account=name, sent=len(rate.times), window=rule.window, most=most, wait=seconds
            )

    def _check_bands(self, listing: Listing, side: int, limit: int) -> None:
        bands = self._bands_of(listing)
        if bands is None or listing.phase != CONTINUOUS:
            return
        lower, upper = bands
        if side == BUY and limit > upper:
            raise RuleViolation("LIMIT_UP", symbol=listing.symbol, limit=limit, upper=upper)
        if side != BUY and limit < lower:
            raise RuleViolation("LIMIT_DOWN", symbol=listing.symbol, limit=limit, lower=lower)

    def traded(self, symbol: str, price: int) -> None:
        """Note a trade price."""
        outlier = self.outliers.get(symbol)
        if outlier is None:
            rule = self._profile.fat_finger
            if rule is None:
                return
            outlier = self.outliers[symbol] = Outlier(OutlierRule(rule.most, rule.window, rule.at_least, rule.floor))
        outlier.traded(price)

    def accepted(self, name: str, now: int) -> None:
        """Count an accepted order."""
        rate = self._rates.get(name)
        if rate is None:
            if self._profile.order_rate is None:
                return
            rate = self._rates[name] = SlidingRate(self._span)
        rate.count(now)

    def amended(self, now: int) -> None:
        """Count an amendment, if it was a participant's own."""
        if self._amending:
            self.accepted(self._amending, now)
            self._amending = ""

    def forget(self) -> None:
        """After a message: an amendment that was refused after this gate does not count."""
        self._amending = ""
