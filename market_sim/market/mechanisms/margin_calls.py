"""Margin calls: an account below its maintenance requirement has to bring in cash by a deadline (rulebook F-2.1).

For shares and options the call is for the amount up to maintenance, for futures and perpetuals up to the initial
margin, so that the next small loss is no new call (rulebook F-3.5, docs/decisions/0010).

Until the deadline a call can be met in three ways: money from the account that backs the customer, closed positions, or
better prices. An account that is still below the requirement at the deadline is liquidated; without a grace period, as
for futures and perpetuals, at once. An account with negative equity is liquidated at once, too.
"""

from __future__ import annotations

from collections.abc import Mapping

from market_sim.core.errors import InputError
from market_sim.core.models.mechanism_events import MarginCalled, MarginCallMet
from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.margin_status import EVERYTHING, MarginCalculator, MarginStatus

MARGIN_PAYMENT = "MARGIN_PAYMENT"


class MarginCalls:
    """The open margin calls of all accounts."""

    def __init__(self, calculator: MarginCalculator, credit: Credit, grace: int, backers: Mapping[str, str]) -> None:
        for name, backer in backers.items():
            if name not in calculator.agreements or backer not in calculator.exchange.accounts:
                raise InputError(f"{backer!r} cannot back {name!r}: both must be accounts, the second with margin")
        self._calculator = calculator
        self._credit = credit
        self._grace = grace
        self._backers = backers
        self.open: dict[str, MarginCalled] = {}
        self._too_late: dict[str, None] = {}
        """The accounts whose open call ended with a liquidation: such a call does not count as met."""

    def look(self, now: int) -> list[MarginStatus]:
        """Meet, open and end calls at the present snapshot; returns the pools that are due for liquidation."""
        breaches = {(each.account, each.pool): each for each in self._calculator.breaches()}
        for name in [name for name in self.open if (name, EVERYTHING) not in breaches]:
            if name in self._too_late:
                del self.open[name], self._too_late[name]
            else:
                self._met(name, now, 0)
        overdue = []
        for (name, pool), status in breaches.items():
            if pool or not self._grace or status.equity < 0 or name in self._too_late:
                overdue.append(status)
            else:
                called = self.open.get(name) or self._call(status, now)
                if now >= called.due and not self._bring_in(status, now):
                    overdue.append(status)
            if not pool and name in self.open and overdue[-1:] == [status]:
                self._too_late[name] = None
        return overdue

    def _call(self, status: MarginStatus, now: int) -> MarginCalled:
        asked = self._calculator.asked(status)
        called = self.open[status.account] = MarginCalled(
            now, status.account, status.equity, status.requirement, asked, now + self._grace
        )
        self._calculator.record(called)
        return called

    def _bring_in(self, status: MarginStatus, now: int) -> bool:
        """At the deadline, the backer of the account pays if it can pay the whole amount."""
        name = status.account
        backer = self._backers.get(name)
        if backer is None:
            return False
        exchange, quote = self._calculator.exchange, self._calculator.quote
        asked = self._calculator.asked(status)
        if exchange.accounts[backer].balance(quote).available < asked:
            return False
        self._calculator.ledger.transfer(backer, name, quote, asked, MARGIN_PAYMENT, "")
        self._credit.repay_idle(name)
        self._met(name, now, asked)
        return True

    def _met(self, name: str, now: int, paid: int) -> None:
        self._calculator.catch_up()
        after = self._calculator.status(name)
        del self.open[name]
        self._calculator.record(MarginCallMet(now, name, after.equity, after.requirement, paid))
