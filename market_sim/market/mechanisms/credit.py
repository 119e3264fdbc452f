"""Credit: a broker lends cash before it is spent, takes back what lies idle, and charges interest each day.

A loan is a transfer from the account of the broker, made when an order is accepted that its buyer cannot pay alone;
so cash is never below zero, neither here nor on the chain. Interest is debit x rate / 360 for one day, rounded up
(rulebook F-2.1); it conserves cash, because what one pays the broker gets (L7).
"""

from __future__ import annotations

from market_sim.core.errors import RuleViolation
from market_sim.market.mechanisms.liabilities import LENT, REPAID, VARIATION
from market_sim.market.mechanisms.standings import Standings
from market_sim.pricing.margin_formulas import daily_interest

INTEREST = "INTEREST"


class Credit:
    """The broker's till: one account that lends to all."""

    def __init__(self, standings: Standings, broker: str, rate_bps: int) -> None:
        self._standings = standings
        self._exchange = standings.exchange
        self._ledger = standings.ledger
        self._quote = standings.quote
        self.broker = broker
        self.rate_bps = rate_bps
        self.unpaid: dict[str, int] = {}
        """Interest that an account could not pay yet, because the broker had nothing left to lend it."""

    @property
    def lendable(self) -> int:
        """What the broker has."""
        return max(0, self._exchange.accounts[self.broker].balance(self._quote).available)

    def lend(self, name: str, amount: int, symbol: str) -> None:
        """Give an account what it lacks, or refuse the order that needs it."""
        if amount > self.lendable:
            raise RuleViolation("NO_CREDIT", account=name, needed=amount, available=self.lendable)
        self._ledger.transfer(self.broker, name, self._quote, amount, LENT, symbol)

    def top_up(self, name: str, asset: str, amount: int) -> None:
        """Lend as much of this amount as the broker has; what a clearing house asks for a debtor."""
        given = min(amount, self.lendable)
        if asset == self._quote and name != self.broker and given > 0:
            self.lend(name, given, "")

    def repay_idle(self, name: str) -> int:
        """Take back what an account owes and does not need; returns how much."""
        self._standings.catch_up()
        loan = self._standings.liabilities.loans.get(name, 0)
        idle = min(loan, self._exchange.accounts[name].balance(self._quote).available)
        if idle <= 0:
            return 0
        self._ledger.transfer(name, self.broker, self._quote, idle, REPAID, "")
        return idle

    def pay(self, source: str, target: str, amount: int, reason: str, symbol: str, lend: bool = True) -> int:
        """Let an account pay what it owes, out of its free cash or a loan; returns how much it could."""
        balance = self._exchange.accounts[source].balance(self._quote)
        if lend and source in self._standings.agreements:
            self.top_up(source, self._quote, amount - balance.available)
        able = min(amount, balance.available)
        if able > 0 and source != target:
            self._ledger.transfer(source, target, self._quote, able, reason, symbol)
        return max(0, able)

    def collect_loss(self, name: str, clearing: str, symbol: str) -> int:
        """Let an account pay what a contract has lost, out of its own cash only; returns what it paid.

        From day to day the variation margin does this. A position that a broker closes is settled at once: what is
        missing then is a deficit, which is not lent but covered.
        """
        due = -self._standings.gain_of(name, symbol)
        paid = self.pay(name, clearing, due, VARIATION, symbol, lend=False) if due > 0 else 0
        self._standings.catch_up()
        return paid

    def charge_interest(self) -> None:
        """One day's interest on every loan, in the order of account numbers."""
        self._standings.catch_up()
        for name in self._standings.agreements:
            due = self.unpaid.pop(name, 0)
            due += daily_interest(self._standings.liabilities.loans.get(name, 0), self.rate_bps)
            left = due - self.pay(name, self.broker, due, INTEREST, "") if due else 0
            if left:
                self.unpaid[name] = left
