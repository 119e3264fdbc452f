"""Margin accounts: the broker with its pre-trade check, loans of cash and shares, margin calls and liquidations.

    world.attach(MarginAccounts({"ann": Agreement()}, MarginTerms(capital=dollars(1_000_000)), values=world.values))

An order is accepted if the account's equity covers the requirement of all its positions with all open orders at their
worst (L2), or if it only closes a position, at a price that gives away no more than the margin it frees. Then the
account borrows what it lacks: cash from the broker, shares from a lender. Marks are taken every `check_every` and hold
until the next time; then accounts below maintenance get a margin call or are liquidated. At the end of a day interest
and borrow fees are due.

Almost every order comes from an account with excess equity. So the full sum is computed once per snapshot, and further
orders use up the rest, the `room`, each by an upper bound of what it can require.
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
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.order import Order
from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.insurance import Insurance
from market_sim.market.mechanisms.liquidation import Liquidation
from market_sim.market.mechanisms.margin_calls import MarginCalls
from market_sim.market.mechanisms.margin_status import Agreement, MarginCalculator, NewOrder
from market_sim.market.mechanisms.marks import Marks, Priced
from market_sim.market.mechanisms.short_selling import Lending, Recall
from market_sim.market.mechanisms.uptick_rule import UptickRule
from market_sim.pricing.margin_formulas import initial_short

CHECK_NS = 100_000_000
"""The interval between steps of believed values."""
NEVER = 1 << 126
"""More than any room: an instrument without a unit always gets the full computation."""


@dataclass(frozen=True)
class MarginTerms:
    """The terms of a broker, the same for all its customers; amounts of money in cents, times in ns."""

    capital: int = 1_000_000_00
    """The initial cash of the broker, which it can lend."""
    interest_bps: int = 800
    insurance: int = 0
    """The initial cash of the insurance fund."""
    liquidation_fee_bps: int = 50
    grace: int = 0
    """The time between a margin call and the liquidation."""
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
    """The broker of all margin accounts: agreements, pre-trade check, loans, margin calls, liquidation."""

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
        """The value of one share of each stock with a mark."""
        self._short_units: dict[str, int] = {}
        """The initial margin (150 % or more) of one share sold short, of each stock with a mark."""
        self._due = 0
        self._transfers = 0

    def begin(self) -> None:
        """Open the accounts of the broker, record the agreements, and add the gate."""
        terms, exchange = self.terms, self.exchange
        for name in self.agreements:
            if name not in exchange.accounts:
                raise InputError(f"margin needs an existing account, and there is no account {name!r}")
        for name, amount in ((terms.broker, terms.capital), (terms.fund, terms.insurance), (terms.clearing, 0)):
            if name not in exchange.accounts:
                self.account(name)
            if amount:
                self.ledger.deposit(name, terms.quote, amount)
        ordered = sorted(self.agreements, key=lambda name: exchange.accounts[name].number)
        agreements = {name: self.agreements[name] for name in ordered}
        self.calculator = MarginCalculator(exchange, self.journal, Marks(self._values), agreements, terms.quote)
        self.credit = Credit(self.calculator, terms.broker, terms.interest_bps)
        self.lending = Lending(self.calculator, self.credit, terms.lenders, terms.borrow_fees_bps, terms.recalls)
        self.uptick = UptickRule(self.calculator, self.journal, terms.day)
        self._restricts, self._borrowed = terms.uptick_rule, self.calculator.liabilities.borrowed
        if self._restricts:
            exchange.add_trigger_rule(self._wake)
        self.insurance = Insurance(self.calculator, self.credit, terms.fund, terms.clearing, terms.liquidation_fee_bps)
        self.calls = MarginCalls(self.calculator, self.credit, terms.grace, terms.backers)
        self.liquidation = Liquidation(self.calculator, self.journal, self.credit, self.lending, self.insurance)
        for name, agreement in agreements.items():
            self.ledger.grant_margin(name, exchange.name)
            now = exchange.clock.now
            self.journal.record(MarginGranted(now, name, agreement.profile.name, agreement.isolated, agreement.rules))
        exchange.add_gate(self)
        self._clock = exchange.clock
        self._specify()

    # Before an order

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Accept an order within the remaining room, or compute everything."""
        room = self._rooms.get(account.name)
        if room is None:
            if account.name not in self.calculator.agreements:
                return
        elif self._transfers == self.ledger.changes and self._clock.now < self._due and type(intent) is PlaceOrder:
            # A buy requires half of the mark, the distance from the mark to the limit, and a fee of at most the value:
            # together less than the mark plus twice the value. A sale requires the margin of a short sale beside its
            # proceeds, the distance from the mark down to the limit, and a fee: less than 150 % plus the value.
            symbol, value = listing.symbol, limit * quantity * listing.multiplier
            _, cash, holdings = account.seats[symbol]
            if intent.side == BUY:
                twice = 2 * value + listing.most_fixed
                most = quantity * self._units.get(symbol, NEVER) + twice
                is_there = twice <= cash.total - cash.reserved
            else:
                most = quantity * self._short_units.get(symbol, NEVER) + value + listing.most_fixed
                is_there = quantity <= holdings.total - holdings.reserved and not (
                    # Borrowed shares may be idle in the account: selling them again is a short sale again.
                    self._restricts and account.name in self._borrowed and self._borrowed[account.name].get(symbol)
                )
            if is_there and most <= room:
                self._rooms[account.name] = room - most
                return
        self._weigh(account, listing, intent, limit, quantity)

    def _weigh(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """The full computation for an order; then the account borrows what it lacks."""
        if listing.symbol not in self.calculator.marks:
            self._due = 0  # the first price of an instrument is noticed at once
        self.follow()
        self._refresh()
        name, leaving = account.name, account.open.get(intent.order) if isinstance(intent, Amend) else None
        side = leaving.side if leaving is not None else getattr(intent, "side", BUY)
        left = quantity - leaving.filled if leaving is not None else quantity
        if left <= 0:
            return
        if self.liquidation.account != name and not self.lending.is_buying_in(name):
            has, needs = self.calculator.to_open(name, NewOrder(listing.symbol, side, left, limit), leaving)
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

        Otherwise two colluding accounts could empty the broker: one buys back a worthless position at a very high
        price, on credit.
        """
        if not self._reduces(account, listing.symbol, side, left, leaving):
            return False
        symbol, rules = listing.symbol, self.agreements[account.name].profile
        mark, held = self.calculator.marks.get(symbol, limit), self.calculator.net(account.name)[symbol]
        before, after = (
            rules.requirement({symbol: size}, self.calculator.marks, self.calculator.instruments, initial=True)
            for size in (held, held + side * left)
        )
        size = left * listing.instrument.multiplier
        return side * (limit - mark) * size <= max(before - after, mark * size * MARKET_BAND_PERCENT // 100)

    def _reduces(self, account: Member, symbol: str, side: int, left: int, leaving: Order | None) -> bool:
        """Whether an order can only reduce a position: with all others of its side it closes at most all of it."""
        held = self.calculator.net(account.name).get(symbol, 0)
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
        if listing.symbol not in self.calculator.marks:
            raise RuleViolation("NO_MARK", symbol=listing.symbol)
        if not listing.instrument.delivered:
            return
        self.lending.borrow(account.name, listing.symbol, lacking)

    def _is_new_short_sale(
        self, account: Member, listing: Listing, left: int, limit: int, leaving: Order | None
    ) -> bool:
        """Whether an order offers shares that its account does not own, at a new price.

        Ownership counts, not whether the order needs a new loan: shares borrowed for an earlier order may still be in
        the account. An order that only becomes smaller is no new offer.
        """
        if not listing.instrument.can_be_borrowed:
            return False
        if leaving is not None and limit == (leaving.cap or leaving.limit) and left <= leaving.remaining:
            return False
        return not self._reduces(account, listing.symbol, SELL, left, leaving)

    def _wake(self, account: Member, listing: Listing, order: Order) -> None:
        """Apply the uptick rule to a triggered stop order, which arrives like a new order."""
        is_ours = account.name in self.calculator.agreements and listing.instrument.can_be_borrowed
        if is_ours and order.side == SELL and not self._reduces(account, order.symbol, SELL, order.remaining, order):
            self.uptick.check(listing, order.limit)

    # As time passes

    def follow(self) -> None:
        """After transfers, compute rooms anew; after a corporate action, charge borrowers and take new marks."""
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
                self._due = 0  # the known marks are out of date
        self._transfers = self.ledger.changes
        if not self._due:
            self._refresh()

    def times(self) -> Iterable[int]:
        """The next check."""
        every = self.terms.check_every
        yield (self.exchange.clock.now // every + 1) * every

    def act(self, now: int) -> None:
        """Take marks, return idle loans, end the day if it is over, then call and liquidate."""
        self.follow()
        self._due = now
        self._refresh()
        for name in self.calculator.agreements:
            self.lending.return_idle(name)
            self.credit.repay_idle(name)
        if now % self.terms.day == 0:
            self.credit.charge_interest()
            self.lending.charge_fees()
            if self.terms.uptick_rule:
                self.uptick.end_day()
        self.lending.recall_due(now)
        self.calculator.catch_up()
        self.liquidation.run(lambda: self.calls.look(now))
        self._rooms.clear()

    def _refresh(self) -> None:
        """Read the journal, and take new marks when the old ones expire."""
        now = self.exchange.clock.now
        if now >= self._due:
            self._specify()
            marks = self.calculator.snapshots.take()
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
        self.calculator.catch_up()

    def _specify(self) -> None:
        """Record the multiplier of every margined contract."""
        self.calculator.catch_up()
        for symbol, listing in self.exchange.listings.items():
            if listing.on_margin and symbol not in self.calculator.liabilities.multipliers:
                multiplier = listing.instrument.multiplier
                self.journal.record(ContractSpecified(self.exchange.clock.now, symbol, multiplier))
        self.calculator.catch_up()
