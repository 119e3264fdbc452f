"""Prediction markets: cash is split into a yes and a no contract, both trade, and an oracle decides which one pays.

A question has two contracts that together pay one unit: one on yes, the other on no (rulebook F-3.7). A pair of them
is made by splitting one unit of cash, and can be merged into it again. An account sells only what it holds, so the cash
for every possible payout is held by the mechanism. A bid for yes and a bid for no that together reach one unit trade by
making a pair; two asks of together at most one unit trade by merging a pair; the later order gets the price
improvement. A void question pays half to each, and an odd cent to no.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from market_sim.core.errors import InputError, InvariantBroken, RuleViolation
from market_sim.core.models.derivatives import PredictionContract
from market_sim.core.models.intents import BUY, SELL, Amend, Merge, PlaceOrder, Resolve, Split
from market_sim.core.models.mechanism_events import PairsMade, Resolved
from market_sim.market.exchange.gates import check_quantity
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.terms import shown
from market_sim.market.mechanisms.clearing_house import ClearingHouse, positions
from market_sim.pricing.binary import worth

OUTCOMES = ("yes", "no", "void")


class Question(NamedTuple):
    """The two contracts of one question, and its oracle."""

    yes: PredictionContract
    no: PredictionContract
    oracle: str


class PredictionMarket(Mechanism):
    """One question: its two contracts, the cash behind them, and its resolution."""

    name: ClassVar[str] = "prediction market"

    def __init__(self, house: ClearingHouse, yes: str, no: str, oracle: str) -> None:
        super().__init__()
        self.house = house
        self.symbols = yes, no
        self.oracle = oracle
        self.outcome = ""
        self.maker = f"pairs of {yes}"
        """The account that makes and merges pairs: it is short both contracts and holds the cash for them."""

    def begin(self) -> None:
        """Check that the two contracts belong together; open the account behind them, add the gate and the handlers."""
        yes, no = (self._contract(symbol) for symbol in self.symbols)
        if (yes.question, yes.payout, yes.tick, yes.quote) != (no.question, no.payout, no.tick, no.quote):
            raise InputError(f"{yes.symbol} and {no.symbol} need one question, one payout, one tick and one currency")
        self.question = Question(yes, no, self.oracle)
        for contract in (yes, no):
            self.exchange.listings[contract.symbol].highest = most_of(contract)
        self.account(self.maker)
        # It sells pairs just before it makes them: the two prices pay for the payout.
        self.ledger.grant_margin(self.maker, self.exchange.name)
        self.exchange.add_gate(self)
        self.exchange.add_handler(Split, self.symbols, self.split, "NOT_A_QUESTION")
        self.exchange.add_handler(Merge, self.symbols, self.merge, "NOT_A_QUESTION")
        self.exchange.add_handler(Resolve, self.symbols, self.resolve, "NOT_A_QUESTION")

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Refuse a limit that is no probability, and a sale of contracts that the account does not hold."""
        if listing.symbol in self.symbols:
            yes, no, _ = self.question
            check_probability(yes if listing.symbol == yes.symbol else no, limit)
            if account.name != self.maker:
                check_held(account, listing.symbol, intent, quantity)

    def react(self) -> None:
        """Make pairs for two bids that together reach a unit, and merge pairs for two asks of at most a unit."""
        if self.outcome:
            return
        for side in (1, -1):
            while (met := self._meeting(side)) is not None:
                self._match(side, *met)

    def split(self, account: Member, intent: Split) -> None:
        """Make pairs out of a participant's cash."""
        quantity, contract = self._quantity(intent.symbol, intent.quantity), self.question.yes
        needed, available = quantity * contract.payout, account.balance(contract.quote).available
        if available < needed:
            raise RuleViolation("CANNOT_PAY", needed=needed, available=available)
        self.ledger.transfer(account.name, self.maker, contract.quote, needed, "SPLIT", contract.symbol)
        for symbol in self.symbols:
            self.ledger.transfer(self.maker, account.name, symbol, quantity, "SPLIT", symbol)
        self._tell(account.name, quantity)

    def merge(self, account: Member, intent: Merge) -> None:
        """Turn a participant's pairs into cash."""
        quantity, contract = self._quantity(intent.symbol, intent.quantity), self.question.yes
        for symbol in self.symbols:
            held = account.balance(symbol).available
            if held < quantity:
                raise RuleViolation("NOT_HELD", needed=quantity, symbol=symbol, held=held)
        for symbol in self.symbols:
            self.ledger.transfer(account.name, self.maker, symbol, quantity, "MERGED", symbol)
        cash = quantity * contract.payout
        self.ledger.transfer(self.maker, account.name, contract.quote, cash, "MERGED", contract.symbol)
        self._tell(account.name, -quantity)

    def resolve(self, account: Member, intent: Resolve) -> None:
        """Answer the question once and pay every contract."""
        yes = self.question.yes
        if account.name != self.oracle:
            raise RuleViolation("NOT_THE_ORACLE", account=account.name, symbol=yes.symbol)
        if self.outcome:
            raise RuleViolation("ALREADY_RESOLVED", symbol=yes.symbol, outcome=self.outcome)
        if intent.outcome not in OUTCOMES:
            raise RuleViolation("BAD_OUTCOME", outcome=shown(intent.outcome))
        self.outcome = intent.outcome
        pairs = -self.exchange.accounts[self.maker].balance(yes.symbol).total
        paid = 0
        for symbol, each in zip(self.symbols, worth(self.outcome, yes.payout), strict=True):
            self.house.end_trading(symbol)
            for name, held in positions(self.exchange, symbol).items():
                if name == self.maker:
                    continue
                if each:
                    paid += each * held
                    self.ledger.transfer(self.maker, name, yes.quote, each * held, "RESOLVED", symbol)
                self.ledger.transfer(name, self.maker, symbol, held, "RESOLVED", symbol)
        self.journal.record(Resolved(self.exchange.clock.now, yes.symbol, self.outcome, pairs, paid))

    def _meeting(self, side: int) -> tuple[Order, Order] | None:
        """The first bids (or asks) of both contracts, if together they reach a unit (or at most a unit)."""
        first = [*self._fronts(side)]
        if len(first) < 2 or side * (first[0].limit + first[1].limit - self.question.yes.payout) < 0:
            return None
        return first[0], first[1]

    def _fronts(self, side: int) -> Iterator[Order]:
        for symbol in self.symbols:
            listing = self.exchange.listings[symbol]
            levels = listing.book.bids if side == BUY else listing.book.asks
            if listing.phase == CONTINUOUS and levels.keys:
                yield next(iter(levels.levels[levels.keys[-1]].in_priority()))

    def _match(self, side: int, one: Order, other: Order) -> None:
        """Trade with both for the smaller quantity; the later order gets the price improvement beyond a unit."""
        quantity = min(one.remaining, other.remaining)
        contract, late = self.question.yes, max(one, other, key=lambda order: order.id).account
        # Buying pairs back takes the cash that is held for them; selling them brings it in. Either way it is available.
        for symbol, order in zip(self.symbols, (one, other), strict=True):
            done = self.exchange.force(self.maker, PlaceOrder(symbol, -side, quantity, order.limit, "ioc"))
            if not isinstance(done, Order) or done.filled != quantity:
                raise InvariantBroken(f"{self.maker} was to trade {quantity} of {symbol} at {order.limit}: {done}")
        over = side * (one.limit + other.limit - contract.payout) * quantity
        if over:
            self.ledger.transfer(self.maker, late, contract.quote, over, "BETTER_PRICE", contract.symbol)
        self._tell("", side * quantity)

    def _quantity(self, symbol: str, quantity: int) -> int:
        check_quantity(self.exchange.listings[symbol], quantity)
        if self.outcome:
            raise RuleViolation("ALREADY_RESOLVED", symbol=symbol, outcome=self.outcome)
        return quantity

    def _tell(self, account: str, quantity: int) -> None:
        self.journal.record(PairsMade(self.exchange.clock.now, self.question.yes.symbol, account, quantity))

    def _contract(self, symbol: str) -> PredictionContract:
        listing = self.exchange.listings.get(symbol)
        if listing is None or not isinstance(listing.instrument, PredictionContract):
            raise InputError(f"{symbol} is not listed as a prediction contract")
        if not listing.free or listing.multiplier != 1:
            raise InputError(f"{symbol} is traded without fees and with the multiplier 1: its cash is the collateral")
        return listing.instrument


def check_probability(contract: PredictionContract, limit: int) -> None:
    """Refuse a price that is no probability, that is, not between one tick and the payout less a tick."""
    least, most = contract.tick, most_of(contract)
    if not least <= limit <= most:
        raise RuleViolation("BEYOND_PROBABILITY", limit=limit, symbol=contract.symbol, least=least, most=most)


def most_of(contract: PredictionContract) -> int:
    """The highest price that is still a probability."""
    return contract.payout - contract.tick


def check_held(account: Member, symbol: str, intent: PlaceOrder | Amend, quantity: int) -> None:
    """Refuse a sale of contracts that are not held, also on margin: only split cash backs a contract."""
    if isinstance(intent, Amend):
        order = account.open[intent.order]
        side, needed, offered = order.side, quantity - order.filled, order.remaining
    else:
        side, needed, offered = intent.side, quantity, 0
    if side != SELL:
        return
    available = account.balance(symbol).available + offered
    if available < needed:
        raise RuleViolation("INSUFFICIENT_HOLDINGS", needed=needed, available=available)
