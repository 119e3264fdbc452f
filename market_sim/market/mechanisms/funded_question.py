"""A funded question: a prediction market with only the yes contract, funded by a sponsor.

The sponsor pays in the whole payout of a number of contracts before trading begins, and gets these contracts to sell.
So it is in the position of a participant that splits pairs and keeps every no (rulebook F-3.7), and the cash for every
answer is in the account behind the contracts. At the answer the holders are paid out of it, and the sponsor gets the
rest; a void question pays half, rounded down.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.derivatives import PredictionContract
from market_sim.core.models.intents import Amend, PlaceOrder, Resolve
from market_sim.core.models.mechanism_events import PairsMade, Resolved
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.terms import shown
from market_sim.market.mechanisms.clearing_house import ClearingHouse, positions
from market_sim.market.mechanisms.prediction import OUTCOMES, check_held, check_probability, most_of
from market_sim.pricing.binary import worth

FUNDED_AT = 1_000_000
"""Just after the start, so that the transfers are entries of the first block."""


class FundedQuestion(Mechanism):
    """One yes contract, the sponsor's cash behind it, and its resolution."""

    name: ClassVar[str] = "funded question"

    def __init__(self, house: ClearingHouse, symbol: str, oracle: str, sponsor: str, quantity: int) -> None:
        super().__init__()
        if type(quantity) is not int or quantity < 1:
            raise InputError(f"a sponsor funds a positive number of contracts, found {quantity!r}")
        self.house = house
        self.symbol, self.oracle, self.sponsor, self.quantity = symbol, oracle, sponsor, quantity
        self.outcome = ""
        self.backing = f"cash behind {symbol}"
        self._funded = False

    def begin(self) -> None:
        """Open the account that will owe the contracts; add the gate and the handler for the answer."""
        listing = self.exchange.listings.get(self.symbol)
        if listing is None or not isinstance(listing.instrument, PredictionContract) or listing.multiplier != 1:
            raise InputError(f"{self.symbol} is not listed as a prediction contract with the multiplier 1")
        self.contract = listing.instrument
        listing.highest = most_of(self.contract)
        needed = self.quantity * self.contract.payout
        sponsor = self.exchange.accounts.get(self.sponsor)
        if sponsor is None or sponsor.balance(self.contract.quote).available < needed:
            raise InputError(f"{self.sponsor!r} needs {needed} in cash to fund {self.quantity} {self.symbol}")
        self.account(self.backing)
        self.ledger.grant_margin(self.backing, self.exchange.name)
        self.exchange.add_gate(self)
        self.exchange.add_handler(Resolve, (self.symbol,), self.resolve, "NOT_A_QUESTION")

    def times(self) -> Iterable[int]:
        """The time of the funding."""
        return () if self._funded else (FUNDED_AT,)

    def act(self, now: int) -> None:
        """Take the sponsor's cash and give it the contracts, once."""
        if self._funded:
            return
        self._funded = True
        cash = self.quantity * self.contract.payout
        self.ledger.transfer(self.sponsor, self.backing, self.contract.quote, cash, "SPLIT", self.symbol)
        self.ledger.transfer(self.backing, self.sponsor, self.symbol, self.quantity, "SPLIT", self.symbol)
        self.journal.record(PairsMade(now, self.symbol, self.sponsor, self.quantity))

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Refuse a limit that is no probability, and a sale of contracts that the account does not hold."""
        if listing.symbol == self.symbol:
            check_probability(self.contract, limit)
            check_held(account, self.symbol, intent, quantity)

    def resolve(self, account: Member, intent: Resolve) -> None:
        """Answer the question once, pay every contract, and give the sponsor the rest."""
        if account.name != self.oracle:
            raise RuleViolation("NOT_THE_ORACLE", account=account.name, symbol=self.symbol)
        if self.outcome:
            raise RuleViolation("ALREADY_RESOLVED", symbol=self.symbol, outcome=self.outcome)
        if intent.outcome not in OUTCOMES:
            raise RuleViolation("BAD_OUTCOME", outcome=shown(intent.outcome))
        self.outcome = intent.outcome
        quote, payout = self.contract.quote, self.contract.payout
        each, _ = worth(self.outcome, payout)
        self.house.end_trading(self.symbol)
        held = {name: count for name, count in positions(self.exchange, self.symbol).items() if name != self.backing}
        for name, count in held.items():
            if each:
                self.ledger.transfer(self.backing, name, quote, each * count, "RESOLVED", self.symbol)
            self.ledger.transfer(name, self.backing, self.symbol, count, "RESOLVED", self.symbol)
        total = sum(held.values())
        if left := total * (payout - each):
            self.ledger.transfer(self.backing, self.sponsor, quote, left, "RESOLVED", self.symbol)
        self.journal.record(Resolved(self.exchange.clock.now, self.symbol, self.outcome, total, total * payout))
