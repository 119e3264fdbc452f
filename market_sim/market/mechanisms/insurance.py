"""Deficits: the waterfall of payers for an account that has lost more than it had (rulebook F-2.6, steps 3 to 5).

First the insurance fund pays, which gets the fees of liquidations. Then, for a position that finds no liquidity, the
winners that are deleveraged against it. Then all holders of the contract with positive equity, in proportion. A loss on
a margin loan is the broker's own and is written off. Every cent of a deficit is recorded with its payer; the unpaid
rest remains a debt of the account and is checked again (L3: a deficit never vanishes).
"""

from __future__ import annotations

from market_sim.core.models.mechanism_events import DeficitCovered, LossShared
from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.deleveraging import shares_of
from market_sim.market.mechanisms.liabilities import WRITTEN_OFF
from market_sim.market.mechanisms.margin_status import MarginCalculator

INSURANCE = "INSURANCE"
LIQUIDATION_FEE = "LIQUIDATION_FEE"
SOCIALISED = "SOCIALISED"


class Insurance:
    """The insurance fund, and the payers after it."""

    def __init__(self, calculator: MarginCalculator, credit: Credit, fund: str, clearing: str, fee_bps: int) -> None:
        self._calculator = calculator
        self._credit = credit
        self.fund = fund
        self.clearing = clearing
        self.fee_bps = fee_bps

    def take_fee(self, name: str, value: int, symbol: str) -> int:
        """The fund's fee on the value that a liquidation traded, rounded up, as far as the account can pay it."""
        fee = -(-value * self.fee_bps // 10_000)
        return self._credit.pay(name, self.fund, fee, LIQUIDATION_FEE, symbol, lend=False) if fee else 0

    def cover(self, name: str, deficit: int, symbol: str) -> int:
        """Pay a deficit out of the fund; returns the amount paid."""
        available = self._calculator.exchange.accounts[self.fund].balance(self._calculator.quote).available
        given = min(deficit, max(0, available))
        if given:
            self._give(self.fund, name, given, INSURANCE, symbol)
        return given

    def share(self, name: str, deficit: int, symbol: str) -> int:
        """Socialize a deficit among all holders of the contract with equity; returns the amount paid."""
        calculator = self._calculator
        holders = [
            other
            for other, held in calculator.liabilities.contracts.items()
            if symbol in held and held[symbol].entry | held[symbol].traded_for and other != name
        ]
        holders = [other for other in holders if other in calculator.agreements]
        holders.sort(key=lambda other: calculator.exchange.accounts[other].number)
        weights = [max(0, calculator.equity(other)) for other in holders]
        parts = shares_of(min(deficit, sum(weights)), weights)
        covered = 0
        for other, part in zip(holders, parts, strict=True):
            paid = self._credit.pay(other, name, part, SOCIALISED, symbol) if part else 0
            if paid:
                self._told(other, name, paid, symbol)
                covered += paid
        if covered:
            calculator.record(LossShared(calculator.exchange.clock.now, symbol, calculator.quote, covered))
        calculator.catch_up()
        return covered

    def write_off(self, name: str, deficit: int) -> int:
        """Write off a lost margin loan: the broker gives the account the cash for the repayment; returns the amount."""
        loan = self._calculator.liabilities.loans.get(name, 0)
        lost = min(deficit, loan)
        if lost > 0:
            # Two opposite transfers cancel the debt: the cash itself was spent before.
            lost = min(lost, self._credit.lendable)
        if lost > 0:
            self._give(self._credit.broker, name, lost, SOCIALISED, "")
            self._calculator.ledger.transfer(name, self._credit.broker, self._calculator.quote, lost, WRITTEN_OFF, "")
            self._calculator.catch_up()
        return max(0, lost)

    def _give(self, payer: str, name: str, amount: int, reason: str, symbol: str) -> None:
        calculator = self._calculator
        calculator.ledger.transfer(payer, name, calculator.quote, amount, reason, symbol)
        self._told(payer, name, amount, symbol)
        calculator.catch_up()

    def _told(self, payer: str, name: str, amount: int, symbol: str) -> None:
        calculator = self._calculator
        now = calculator.exchange.clock.now
        calculator.record(DeficitCovered(now, name, payer, calculator.quote, amount, symbol))
