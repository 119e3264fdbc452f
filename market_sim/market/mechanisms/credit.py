"""Margin loans: a broker lends cash before it is spent, takes back idle cash, and charges interest each day.

A loan is a transfer from the account of the broker, made when it accepts an order that the buyer cannot pay alone. So
cash is never below zero, neither here nor on the chain. Interest is debit x rate / 360 for one day, rounded up
(rulebook F-2.1); it conserves cash, because the broker gets what the account pays (L7).
"""

from __future__ import annotations

from market_sim.core.errors import RuleViolation
from market_sim.market.mechanisms.liabilities import LENT, REPAID, VARIATION
from market_sim.market.mechanisms.margin_status import MarginCalculator
from market_sim.pricing.margin_formulas import daily_interest

INTEREST = "INTEREST"


class Credit:
    """The loans of one broker to all margin accounts."""

    def __init__(self, calculator: MarginCalculator, broker: str, rate_bps: int) -> None:
        self._calculator = calculator
        self._exchange = calculator.exchange
        self._ledger = calculator.ledger
        self._quote = calculator.quote
        self.broker = broker
        self.rate_bps = rate_bps
        self.unpaid: dict[str, int] = {}
        """Interest that an account could not pay yet, because the broker had no cash left to lend."""

    @property
    def lendable(self) -> int:
        """The cash that the broker can lend."""
        return max(0, self._exchange.accounts[self.broker].balance(self._quote).available)

    def lend(self, name: str, amount: int, symbol: str) -> None:
        """Lend an account this amount, or refuse the order that needs it."""
        if amount > self.lendable:
            raise RuleViolation("NO_CREDIT", account=name, needed=amount, available=self.lendable)
        self._ledger.transfer(self.broker, name, self._quote, amount, LENT, symbol)

    def top_up(self, name: str, asset: str, amount: int) -> None:
        """Lend as much of this amount as the broker has; a clearing house calls this for a debtor."""
        given = min(amount, self.lendable)
        if asset == self._quote and name != self.broker and given > 0:
            self.lend(name, given, "")

    def repay_idle(self, name: str) -> int:
        """Repay a loan out of the account's idle cash; returns the amount."""
        self._calculator.catch_up()
        loan = self._calculator.liabilities.loans.get(name, 0)
        idle = min(loan, self._exchange.accounts[name].balance(self._quote).available)
        if idle <= 0:
            return 0
        self._ledger.transfer(name, self.broker, self._quote, idle, REPAID, "")
        return idle

    def pay(self, source: str, target: str, amount: int, reason: str, symbol: str, lend: bool = True) -> int:
        """Pay a debt of an account out of its free cash or a loan; returns the amount paid."""
        balance = self._exchange.accounts[source].balance(self._quote)
        if lend and source in self._calculator.agreements:
            self.top_up(source, self._quote, amount - balance.available)
        able = min(amount, balance.available)
        if able > 0 and source != target:
            self._ledger.transfer(source, target, self._quote, able, reason, symbol)
        return max(0, able)

    def collect_loss(self, name: str, clearing: str, symbol: str) -> int:
        """Pay the loss of a contract out of the account's own cash only; returns the amount paid.

        The daily variation margin does this otherwise. A position that a broker closes is settled at once, and what is
        missing is a deficit, which is covered and not lent.
        """
        due = -self._calculator.gain_of(name, symbol)
        paid = self.pay(name, clearing, due, VARIATION, symbol, lend=False) if due > 0 else 0
        self._calculator.catch_up()
        return paid

    def charge_interest(self) -> None:
        """Charge one day's interest on every loan, in the order of account numbers."""
        self._calculator.catch_up()
        for name in self._calculator.agreements:
            due = self.unpaid.pop(name, 0)
            due += daily_interest(self._calculator.liabilities.loans.get(name, 0), self.rate_bps)
            left = due - self.pay(name, self.broker, due, INTEREST, "") if due else 0
            if left:
                self.unpaid[name] = left
