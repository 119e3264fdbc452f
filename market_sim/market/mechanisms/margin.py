"""Margin: accounts that may owe. A gate before each order, credit and shares for it, and checks as time passes.

    world.attach(MarginAccounts({"ann": Agreement()}, values=world.values, capital=dollars(1_000_000)))

An order is accepted if the account's equity reaches what all its positions need with all open orders at their worst
(L2), or if it only closes, at a price that gives away no more than the margin it frees. Then what the account lacks is
lent: cash by the broker, shares by a lender. Marks are taken every `check_every`, and hold until the next time; then
accounts below maintenance are called or liquidated. At the end of a day interest and borrow fees are due.

Almost every order comes from an account with room to spare, so the full sum is made once for a snapshot and what is
left of it, the `room`, is used up by further orders, each counted as if it could only make things worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.intents import BUY, SELL, Amend, PlaceOrder
from market_sim.core.models.mechanism_events import ContractSpecified, CorporateActionTaken, MarginGranted
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.exchange.gates import MARKET_BAND_PERCENT
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.order import Order
from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.insurance import Insurance
from market_sim.market.mechanisms.liquidation import Liquidation
from market_sim.market.mechanisms.margin_calls import MarginCalls
from market_sim.market.mechanisms.marks import Marks, Priced
from market_sim.market.mechanisms.mechanism import Mechanism
from market_sim.market.mechanisms.short_selling import Lending, Recall
from market_sim.market.mechanisms.standings import Agreement, NewOrder, Standings
from market_sim.market.mechanisms.uptick_rule import UptickRule
from market_sim.pricing.margin_formulas import initial_short

CHECK_NS = 100_000_000
"""As often as believed values move."""
NEVER = 1 << 126
"""More than any room: whatever has no unit is weighed."""


@dataclass(frozen=True)
class MarginTerms:
    """What a broker asks and offers, the same for all its customers; amounts of money in cents, times in ns."""

    capital: int = 1_000_000_00
    """What the broker has to lend at the start."""
    interest_bps: int = 800
    insurance: int = 0
    """What the insurance fund has at the start."""
    liquidation_fee_bps: int = 50
    grace: int = 0
    """From a margin call to the liquidation."""
    backers: Mapping[str, str] = field(default_factory=dict)
    """By customer, the account that pays its margin calls."""
    lenders: Sequence[str] = ()
    borrow_fees_bps: Mapping[str, int] = field(default_factory=dict)
    recalls: Sequence[Recall] = ()
    uptick_rule: bool = False
    check_every: int = CHECK_NS
    day: int = TRADING_DAY_NS
    quote: str = "USD"
    broker: str = "broker"
    fund: str = "insurance"
    clearing: str = "clearing"

    def __post_init__(self) -> None:
        for name in ("capital", "interest_bps", "insurance", "liquidation_fee_bps", "grace"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 0:
                raise InputError(f"margin terms: {name} is a whole number from 0 on, found {getattr(self, name)!r}")
        if self.check_every < 1 or self.day < 1 or self.day % self.check_every:
            raise InputError(f"a day of {self.day} ns must be a multiple of the {self.check_every} ns between checks")


class MarginAccounts(Mechanism):
    """The broker: whom it gave margin, what that takes, and what follows when it is not there."""

    name: ClassVar[str] = "margin"
    follows: ClassVar[bool] = False

    def __init__(
        self,
        agreements: Mapping[str, Agreement],
        terms: MarginTerms | None = None,
        values: Mapping[str, Priced] | None = None,
    ) -> None:
        super().__init__()
        self.agreements = agreements
        self.terms = terms or MarginTerms()
        self._values = values
        self._rooms: dict[str, int] = {}
        self._units: dict[str, int] = {}
        """Of each stock that has a mark, what one share of it is worth."""
        self._short_units: dict[str, int] = {}
        """Of each stock that has a mark, the 150 % (or more) that one share sold short takes."""
        self._due = 0
        self._transfers = 0

    def begin(self) -> None:
        """Open the accounts of the house, note the agreements, and become a gate."""
        terms, exchange = self.terms, self.exchange
        for name in self.agreements:
            if name not in exchange.accounts:
                raise InputError(f"margin is given to accounts that are there, and {name!r} is none")
        for name, amount in ((terms.broker, terms.capital), (terms.fund, terms.insurance), (terms.clearing, 0)):
            if name not in exchange.accounts:
                self.account(name)
            if amount:
                self.ledger.deposit(name, terms.quote, amount)
        ordered = sorted(self.agreements, key=lambda name: exchange.accounts[name].number)
        agreements = {name: self.agreements[name] for name in ordered}
        self.standings = Standings(exchange, self.journal, Marks(self._values), agreements, terms.quote)
        self.credit = Credit(self.standings, terms.broker, terms.interest_bps)
        self.lending = Lending(self.standings, self.credit, terms.lenders, terms.borrow_fees_bps, terms.recalls)
        self.uptick = UptickRule(self.standings, self.journal, terms.day)
        self._restricts, self._borrowed = terms.uptick_rule, self.standings.liabilities.borrowed
        if self._restricts:
            exchange.add_trigger_rule(self._wake)
        self.insurance = Insurance(self.standings, self.credit, terms.fund, terms.clearing, terms.liquidation_fee_bps)
        self.calls = MarginCalls(self.standings, self.credit, terms.grace, terms.backers)
        self.liquidation = Liquidation(self.standings, self.journal, self.credit, self.lending, self.insurance)
        for name, agreement in agreements.items():
            self.ledger.grant_margin(name, exchange.name)
            now = exchange.clock.now
            self.journal.record(MarginGranted(now, name, agreement.profile.name, agreement.isolated, agreement.rules))
        exchange.add_gate(self)
        self._clock = exchange.clock
        self._specify()

    # Before an order

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Accept an order out of the room that is left, or weigh everything."""
        room = self._rooms.get(account.name)
        if room is None:
            if account.name not in self.standings.agreements:
                return
        elif self._transfers == self.ledger.changes and self._clock.now < self._due and type(intent) is PlaceOrder:
            # To buy takes half of the mark, the distance from the mark to the limit, and a fee of at most the value:
            # less than the mark and twice the value together. To sell takes what a short sale takes beside its
            # proceeds, the distance from the mark down to the limit, and a fee: less than 150 % and the value.
            symbol, value = listing.symbol, limit * quantity * listing.multiplier
            _, cash, holdings = account.seats[symbol]
            if intent.side == BUY:
                twice = 2 * value + listing.most_fixed
                most = quantity * self._units.get(symbol, NEVER) + twice
                is_there = twice <= cash.total - cash.reserved
            else:
                most = quantity * self._short_units.get(symbol, NEVER) + value + listing.most_fixed
                is_there = quantity <= holdings.total - holdings.reserved and not (
                    # What was borrowed once may lie idle here: selling it again is a short sale again.
                    self._restricts and account.name in self._borrowed and self._borrowed[account.name].get(symbol)
                )
            if is_there and most <= room:
                self._rooms[account.name] = room - most
                return
        self._weigh(account, listing, intent, limit, quantity)

    def _weigh(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """The full sum for an order, and then what it lacks is lent."""
        if listing.symbol not in self.standings.marks:
            self._due = 0  # the first price of an instrument is noticed at once
        self.follow()
        self._refresh()
        name, leaving = account.name, account.open.get(intent.order) if isinstance(intent, Amend) else None
        side = leaving.side if leaving is not None else getattr(intent, "side", BUY)
        left = quantity - leaving.filled if leaving is not None else quantity
        if left <= 0:
            return
        if self.liquidation.account != name and not self.lending.is_buying_in(name):
            has, needs = self.standings.to_open(name, NewOrder(listing.symbol, side, left, limit), leaving)
            self._rooms[name] = has - needs
            if has < needs and not self._closes(account, listing, side, left, limit, leaving):
                value = limit * left * listing.instrument.multiplier
                raise RuleViolation("INITIAL_MARGIN", value=value, needed=needs, available=has)
        self._provide(account, listing, side, left, limit, leaving)
        self._transfers = self.ledger.changes  # a loan changes neither equity nor requirement

    def _closes(
        self, account: Member, listing: Listing, side: int, left: int, limit: int, leaving: Order | None
    ) -> bool:
        """Whether an order only closes, and gives away no more than the margin it frees or a market order's band.

        Otherwise two friends could empty the broker: one buys back for a fortune, on credit, what is worth nothing.
        """
        if not self._reduces(account, listing.symbol, side, left, leaving):
            return False
        symbol, rules = listing.symbol, self.agreements[account.name].profile
        mark, held = self.standings.marks.get(symbol, limit), self.standings.net(account.name)[symbol]
        before, after = (
            rules.requirement({symbol: size}, self.standings.marks, self.standings.instruments, initial=True)
            for size in (held, held + side * left)
        )
        size = left * listing.instrument.multiplier
        return side * (limit - mark) * size <= max(before - after, mark * size * MARKET_BAND_PERCENT // 100)

    def _reduces(self, account: Member, symbol: str, side: int, left: int, leaving: Order | None) -> bool:
        """Whether an order can only make a position smaller: with all others of its side it closes at most all."""
        held = self.standings.net(account.name).get(symbol, 0)
        others = sum(
            order.remaining
            for order in account.open.values()
            if order is not leaving and order.side == side and order.intent.symbol == symbol
        )
        return side * held < 0 and others + left <= abs(held)

    def _provide(
        self, account: Member, listing: Listing, side: int, left: int, limit: int, leaving: Order | None
    ) -> None:
        """Lend what the account lacks for an order: cash by the broker, shares by a lender."""
        _, cash_balance, holdings = account.seats[listing.symbol]
        if side == BUY:
            needed = limit * left * listing.multiplier
            needed += 0 if listing.free else listing.fees.most(needed)
            lacking = needed - cash_balance.available - (leaving.held if leaving is not None else 0)
            if lacking > 0:
                self.credit.lend(account.name, lacking, listing.symbol)
            return
        if self._restricts and self._is_new_short_sale(account, listing, left, limit, leaving):
            self.uptick.check(listing, limit)
        lacking = left - holdings.available - (leaving.remaining if leaving is not None else 0)
        if lacking <= 0:
            return
        if listing.instrument.delivered and not listing.instrument.can_be_borrowed:
            raise RuleViolation("CANNOT_BE_SHORT", symbol=listing.symbol, needed=left, available=left - lacking)
        if listing.symbol not in self.standings.marks:
            raise RuleViolation("NO_MARK", symbol=listing.symbol)
        if not listing.instrument.delivered:
            return
        self.lending.borrow(account.name, listing.symbol, lacking)

    def _is_new_short_sale(
        self, account: Member, listing: Listing, left: int, limit: int, leaving: Order | None
    ) -> bool:
        """Whether an order offers shares that its account does not own, at a price at which it does not wait yet.

        Who owns them is what counts, not whether something must be borrowed for it: shares that were borrowed for an
        earlier order may still lie there. An order that only becomes smaller offers nothing anew.
        """
        if not listing.instrument.can_be_borrowed:
            return False
        if leaving is not None and limit == (leaving.cap or leaving.limit) and left <= leaving.remaining:
            return False
        return not self._reduces(account, listing.symbol, SELL, left, leaving)

    def _wake(self, account: Member, listing: Listing, order: Order) -> None:
        """A stop order that triggers arrives like a new one: a short sale may not wake up into a bid."""
        is_ours = account.name in self.standings.agreements and listing.instrument.can_be_borrowed
        if is_ours and order.side == SELL and not self._reduces(account, order.symbol, SELL, order.remaining, order):
            self.uptick.check(listing, order.limit)

    # As time passes

    def follow(self) -> None:
        """What was transferred changes what accounts have room for; a dividend is owed by those who borrowed."""
        if self.ledger.changes == self._transfers:
            return
        self._rooms.clear()
        fresh = self.journal.since(self._read)
        self._read += len(fresh)
        for event in fresh:
            if type(event) is CorporateActionTaken:
                if event.ratio == (1, 1):
                    self.lending.pay_dividend(event.symbol, event.amount)
                else:
                    self.lending.follow_split(event)
                self._due = 0  # the marks that are known mean something else now
        self._transfers = self.ledger.changes
        if not self._due:
            self._refresh()

    def times(self) -> Iterable[int]:
        """The next check."""
        every = self.terms.check_every
        yield (self.exchange.clock.now // every + 1) * every

    def act(self, now: int) -> None:
        """Take marks, tidy up, end the day if it is over, then call and liquidate."""
        self.follow()
        self._due = now
        self._refresh()
        for name in self.standings.agreements:
            self.lending.return_idle(name)
            self.credit.repay_idle(name)
        if now % self.terms.day == 0:
            self.credit.charge_interest()
            self.lending.charge_fees()
            if self.terms.uptick_rule:
                self.uptick.end_day()
        self.lending.recall_due(now)
        self.standings.catch_up()
        self.liquidation.run(lambda: self.calls.look(now))
        self._rooms.clear()

    def _refresh(self) -> None:
        """Learn what happened, and take new marks when the old ones are over."""
        now = self.exchange.clock.now
        if now >= self._due:
            self._specify()
            marks = self.standings.snapshots.take()
            self._due = (now // self.terms.check_every + 1) * self.terms.check_every
            self._rooms.clear()
            self._units = {
                symbol: marks[symbol] * listing.multiplier
                for symbol, listing in self.exchange.listings.items()
                if listing.instrument.can_be_borrowed and symbol in marks
            }
            self._short_units = {
                symbol: initial_short(marks[symbol], 1) * self.exchange.listings[symbol].multiplier
                for symbol in self._units
            }
        self.standings.catch_up()

    def _specify(self) -> None:
        """Say of every contract that is paid for later what one step of its price is worth."""
        self.standings.catch_up()
        for symbol, listing in self.exchange.listings.items():
            if listing.on_margin and symbol not in self.standings.liabilities.multipliers:
                multiplier = listing.instrument.multiplier
                self.journal.record(ContractSpecified(self.exchange.clock.now, symbol, multiplier))
        self.standings.catch_up()
