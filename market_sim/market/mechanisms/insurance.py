"""Insurance: who pays when an account has lost more than it had (rulebook F-2.6, steps 3 to 5).

First the insurance fund, which lives from the fees of liquidations. Then, where a position is left that nobody wants
to trade against, the winners who are closed against it. Then all who hold the contract and have equity, each by its
part. What was lost on credit is the broker's own loss and is written off. Every cent of a deficit is told with its
payer; what nobody can pay now stays a debt of the account and is looked at again (L3: a deficit never vanishes).
"""

from __future__ import annotations

from market_sim.core.models.mechanism_events import DeficitCovered, LossShared
from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.deleveraging import shares_of
from market_sim.market.mechanisms.liabilities import WRITTEN_OFF
from market_sim.market.mechanisms.standings import Standings

INSURANCE = "INSURANCE"
LIQUIDATION_FEE = "LIQUIDATION_FEE"
SOCIALISED = "SOCIALISED"


class Insurance:
    """The fund, and those who pay after it."""

    def __init__(self, standings: Standings, credit: Credit, fund: str, clearing: str, fee_bps: int) -> None:
        self._standings = standings
        self._credit = credit
        self.fund = fund
        self.clearing = clearing
        self.fee_bps = fee_bps

    def take_fee(self, name: str, value: int, symbol: str) -> int:
        """What the fund takes of the value that a liquidation traded, rounded up, as far as the account can pay."""
        fee = -(-value * self.fee_bps // 10_000)
        return self._credit.pay(name, self.fund, fee, LIQUIDATION_FEE, symbol, lend=False) if fee else 0

    def cover(self, name: str, deficit: int, symbol: str) -> int:
        """Let the fund pay for an account; returns how much it could."""
        purse = self._standings.exchange.accounts[self.fund].balance(self._standings.quote).available
        given = min(deficit, max(0, purse))
        if given:
            self._give(self.fund, name, given, INSURANCE, symbol)
        return given

    def share(self, name: str, deficit: int, symbol: str) -> int:
        """Let everybody pay who holds the contract and has equity; returns how much they could."""
        standings = self._standings
        holders = [
            other
            for other, held in standings.liabilities.contracts.items()
            if symbol in held and held[symbol].entry | held[symbol].traded_for and other != name
        ]
        holders = [other for other in holders if other in standings.agreements]
        holders.sort(key=lambda other: standings.exchange.accounts[other].number)
        weights = [max(0, standings.equity(other)) for other in holders]
        parts = shares_of(min(deficit, sum(weights)), weights)
        covered = 0
        for other, part in zip(holders, parts, strict=True):
            paid = self._credit.pay(other, name, part, SOCIALISED, symbol) if part else 0
            if paid:
                self._told(other, name, paid, symbol)
                covered += paid
        if covered:
            standings.record(LossShared(standings.exchange.clock.now, symbol, standings.quote, covered))
        standings.catch_up()
        return covered

    def write_off(self, name: str, deficit: int) -> int:
        """What was lent and is lost is the broker's loss: it gives the account the cash to repay it with."""
        loan = self._standings.liabilities.loans.get(name, 0)
        lost = min(deficit, loan)
        if lost > 0:
            # The cash stays where it is spent already: both ways in one breath, and the debt is gone.
            lost = min(lost, self._credit.lendable)
        if lost > 0:
            self._give(self._credit.broker, name, lost, SOCIALISED, "")
            self._standings.ledger.transfer(name, self._credit.broker, self._standings.quote, lost, WRITTEN_OFF, "")
            self._standings.catch_up()
        return max(0, lost)

    def _give(self, payer: str, name: str, amount: int, reason: str, symbol: str) -> None:
        standings = self._standings
        standings.ledger.transfer(payer, name, standings.quote, amount, reason, symbol)
        self._told(payer, name, amount, symbol)
        standings.catch_up()

    def _told(self, payer: str, name: str, amount: int, symbol: str) -> None:
        standings = self._standings
        now = standings.exchange.clock.now
        standings.record(DeficitCovered(now, name, payer, standings.quote, amount, symbol))
