"""The life cycle of warrants: exercised against the issuing company, which issues new shares (rulebook F-3.4).

The holder pays the strike to the issuer and gets new shares out of the issuer's authorised, not yet issued shares (its
treasury). So the company has M K more cash and M more shares outstanding: all holders are diluted, and the fair share
price moves to (V + M K)/(N + M). The event records N, M and the cash, so that the prices before and after can be
compared; `market_sim.pricing.warrants` prices a warrant before it is announced (Hull) and while it is outstanding
(Galai and Schneller), which are two different numbers.

A warrant that is not exercised lapses: unlike an option it is not exercised by exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from market_sim.core.english import seconds
from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.derivatives import Warrant
from market_sim.core.models.intents import Exercise
from market_sim.core.models.mechanism_events import Exercised, InstrumentExpired, Lapsed, SharesIssued
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.gates import check_quantity
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.exchange.member import Member
from market_sim.market.mechanisms.clearing_house import ClearingHouse, positions
from market_sim.market.mechanisms.marks import Marks


class Warrants(Mechanism):
    """All warrants that are listed when it is attached; their issuers have accounts by then."""

    name: ClassVar[str] = "warrants"

    def __init__(self, house: ClearingHouse, marks: Marks) -> None:
        super().__init__()
        self.house = house
        self.marks = marks
        self.symbols: dict[str, None] = {}
        self.ended: dict[str, int] = {}

    @property
    def terms(self) -> dict[str, Warrant]:
        """The present terms by symbol."""
        held = ((symbol, self.exchange.instruments[symbol]) for symbol in self.symbols)
        return {symbol: warrant for symbol, warrant in held if isinstance(warrant, Warrant)}

    def begin(self) -> None:
        """Take up every listed warrant, and add the handler for exercise."""
        for symbol, listing in self.exchange.listings.items():
            if isinstance(listing.instrument, Warrant):
                warrant = listing.instrument
                self.symbols[symbol] = None
                if warrant.issuer not in self.exchange.accounts:
                    raise InputError(f"{symbol} is issued by {warrant.issuer!r}, and there is no such account")
        self.exchange.add_handler(Exercise, self.symbols, self.choose, "NOT_EXERCISABLE")

    def times(self) -> Iterable[int]:
        """The expiries."""
        return sorted({warrant.expiry for warrant in self.terms.values()})

    def act(self, now: int) -> None:
        """Expire the warrants that are due."""
        for symbol, warrant in self.terms.items():
            if warrant.expiry <= now and symbol not in self.ended:
                self.expire(warrant)

    def choose(self, account: Member, intent: Exercise) -> None:
        """Exercise warrants at their holder's request, or refuse."""
        warrant, quantity = self.terms[intent.symbol], intent.quantity
        now, symbol = self.exchange.clock.now, warrant.symbol
        check_quantity(self.exchange.listings[symbol], quantity)
        if symbol in self.ended or now >= warrant.expiry:
            raise RuleViolation("EXPIRED_INSTRUMENT", symbol=symbol, expiry=seconds(warrant.expiry), now=seconds(now))
        held = account.balance(symbol).available
        if held < quantity or account.name == warrant.issuer:
            raise RuleViolation("NOT_HELD", needed=quantity, symbol=symbol, held=held)
        price = self.marks.mark(self.exchange.listings[warrant.underlying])
        if price is None:
            raise RuleViolation("NO_PRICE_YET", symbol=warrant.underlying)
        strike = warrant.unit.per_share(warrant.strike)
        if warrant.unit.worth(price) <= warrant.strike:
            raise RuleViolation("OUT_OF_THE_MONEY", symbol=symbol, strike=strike, price=price)
        shares, cost = quantity * warrant.delivers, quantity * warrant.costs
        available = account.balance(warrant.quote).available
        if available < cost:
            raise RuleViolation("CANNOT_PAY", needed=cost, available=available)
        left = self.exchange.accounts[warrant.issuer].balance(warrant.underlying).available
        if left < shares:
            raise RuleViolation("TREASURY_EMPTY", needed=shares, symbol=warrant.underlying, available=left)
        self._exercise(account.name, warrant, quantity, price)

    def expire(self, warrant: Warrant) -> None:
        """Expire a warrant: the unexercised ones lapse."""
        exchange, symbol = self.exchange, warrant.symbol
        self.house.end_trading(symbol)
        self.ended[symbol] = now = exchange.clock.now
        price = self.marks.mark(exchange.listings[warrant.underlying]) or 0
        out = {name: held for name, held in positions(exchange, symbol).items() if name != warrant.issuer}
        for name, held in out.items():
            self.journal.record(Lapsed(now, name, symbol, held, "not exercised"))
            self.ledger.transfer(name, warrant.issuer, symbol, held, "EXPIRED", symbol)
        self.journal.record(InstrumentExpired(now, symbol, price, sum(out.values())))

    def _exercise(self, holder: str, warrant: Warrant, quantity: int, price: int) -> None:
        exchange, now, symbol, issuer = self.exchange, self.exchange.clock.now, warrant.symbol, warrant.issuer
        shares, cost = quantity * warrant.delivers, quantity * warrant.costs
        strike = warrant.unit.per_share(warrant.strike)
        before = outstanding(exchange, warrant.underlying, issuer)
        self.journal.record(Exercised(now, holder, symbol, quantity, strike, price, "choice"))
        self.ledger.transfer(holder, issuer, warrant.quote, cost, "STRIKE_PAID", symbol)
        self.ledger.transfer(issuer, holder, warrant.underlying, shares, "NEW_SHARES", symbol)
        self.ledger.transfer(holder, issuer, symbol, quantity, "EXERCISED", symbol)
        self.journal.record(SharesIssued(now, issuer, warrant.underlying, shares, cost, before, before + shares))


def outstanding(exchange: Exchange, symbol: str, issuer: str) -> int:
    """The number of shares outstanding: all but the company's own."""
    return sum(held for name, held in positions(exchange, symbol).items() if name != issuer)
