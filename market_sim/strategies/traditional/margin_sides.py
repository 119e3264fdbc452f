"""The users of margin accounts on the chain: a broker, and buyers on margin.

They look at what the contracts show to all, and at nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from market_sim.core.models.intents import CallContract, Intent
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View

NO_LIMIT = 2**62


@dataclass
class MarginBroker(Strategy):
    """Lends to margin accounts, counts interest and price each day, and sells half of what is below its margin."""

    vault: str
    capital: int
    accounts: Sequence[str]
    call_of: Callable[[str], int]
    shares_of: Callable[[str], int]
    _day: int = field(default=0, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Once a day."""
        today = view.time // TRADING_DAY_NS
        if not self._day:
            yield CallContract(self.vault, "fund", (self.capital,))
        elif today > self._day:
            yield CallContract(self.vault, "accrue")
            for account in self.accounts:
                if self.call_of(account):
                    yield CallContract(self.vault, "liquidate", (account, -(-self.shares_of(account) // 2)))
        self._day = max(today, self._day, 1)


@dataclass
class MarginBuyer(Strategy):
    """Buys shares on margin; answers a margin call with money, if it has some."""

    vault: str
    money: int
    shares: int
    day: int
    call: Callable[[], int]
    more: int = 0
    """The money that it keeps for a margin call."""
    _deposited: bool = field(default=False, init=False, repr=False)
    _bought: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Deposit, buy, and answer one call."""
        if not self._deposited:
            self._deposited = True
            yield CallContract(self.vault, "deposit", (self.money,))
        elif not self._bought and view.time > self.day * TRADING_DAY_NS:
            self._bought = True
            yield CallContract(self.vault, "buy", (self.shares, NO_LIMIT))
        elif self.more and self.call():
            amount, self.more = self.more, 0
            yield CallContract(self.vault, "deposit", (amount,))
