"""Margin calls: an account below its maintenance requirement is asked for cash and given time (rulebook F-2.1).

For shares and options the call asks up to maintenance, for futures and perpetuals up to the initial margin, so that
the next small loss is no new call (rulebook F-3.5, docs/decisions/0010).

Until the deadline the call can be met in three ways: money is brought in from the account that stands behind the
customer, positions are closed, or prices come back. Whoever is still below the requirement at the deadline is
liquidated; without any days of grace, as for futures and perpetuals, that is at once. Whoever has less than nothing is
not waited for.
"""

from __future__ import annotations

from collections.abc import Mapping

from market_sim.core.errors import InputError
from market_sim.core.models.mechanism_events import MarginCalled, MarginCallMet
from market_sim.market.mechanisms.credit import Credit
from market_sim.market.mechanisms.standings import EVERYTHING, Standing, Standings

MARGIN_PAYMENT = "MARGIN_PAYMENT"


class MarginCalls:
    """The calls that are open."""

    def __init__(self, standings: Standings, credit: Credit, grace: int, backers: Mapping[str, str]) -> None:
        for name, backer in backers.items():
            if name not in standings.agreements or backer not in standings.exchange.accounts:
                raise InputError(f"{backer!r} cannot stand behind {name!r}: both must be accounts, one with margin")
        self._standings = standings
        self._credit = credit
        self._grace = grace
        self._backers = backers
        self.open: dict[str, MarginCalled] = {}
        self._too_late: dict[str, None] = {}
        """Whose open call ended with a liquidation: no call that was met, whatever comes of it."""

    def look(self, now: int) -> list[Standing]:
        """Meet, open and end calls at the snapshot; returns the pools whose time is over."""
        breaches = {(each.account, each.pool): each for each in self._standings.breaches()}
        for name in [name for name in self.open if (name, EVERYTHING) not in breaches]:
            if name in self._too_late:
                del self.open[name], self._too_late[name]
            else:
                self._met(name, now, 0)
        overdue = []
        for (name, pool), standing in breaches.items():
            if pool or not self._grace or standing.equity < 0 or name in self._too_late:
                overdue.append(standing)
            else:
                called = self.open.get(name) or self._call(standing, now)
                if now >= called.due and not self._bring_in(standing, now):
                    overdue.append(standing)
            if not pool and name in self.open and overdue[-1:] == [standing]:
                self._too_late[name] = None
        return overdue

    def _call(self, standing: Standing, now: int) -> MarginCalled:
        asked = self._standings.asked(standing)
        called = self.open[standing.account] = MarginCalled(
            now, standing.account, standing.equity, standing.requirement, asked, now + self._grace
        )
        self._standings.record(called)
        return called

    def _bring_in(self, standing: Standing, now: int) -> bool:
        """At the deadline, whoever stands behind the account pays if it can pay everything."""
        name = standing.account
        backer = self._backers.get(name)
        if backer is None:
            return False
        exchange, quote = self._standings.exchange, self._standings.quote
        asked = self._standings.asked(standing)
        if exchange.accounts[backer].balance(quote).available < asked:
            return False
        self._standings.ledger.transfer(backer, name, quote, asked, MARGIN_PAYMENT, "")
        self._credit.repay_idle(name)
        self._met(name, now, asked)
        return True

    def _met(self, name: str, now: int, paid: int) -> None:
        self._standings.catch_up()
        after = self._standings.standing(name)
        del self.open[name]
        self._standings.record(MarginCallMet(now, name, after.equity, after.requirement, paid))
