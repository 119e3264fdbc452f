"""The two sides of an escrow: a payer that locks and releases money, and a payee that refunds failed deals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.models.intents import CallContract, Intent
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class Payer(Strategy):
    """Locks one deal at each wake-up, and releases the one before, unless that one fails and is refunded."""

    payee: str
    amount: int
    deals: int
    refund_every: int = 3
    """One of this number of deals fails and is refunded by the payee."""
    locked: int = field(default=0, init=False)
    released: int = field(default=0, init=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Deals are numbered in the order in which they are locked, and calls of one owner keep their order."""
        if self.released < self.locked:
            deal, self.released = self.released, self.released + 1
            if (deal + 1) % self.refund_every:
                yield CallContract("escrow", "release", (deal,))
        if self.locked < self.deals:
            self.locked += 1
            yield CallContract("escrow", "lock", (self.payee, self.amount))


@dataclass
class Payee(Strategy):
    """Refunds every failed deal, two wake-ups after it was locked."""

    deals: int
    refund_every: int = 3
    seen: int = field(default=-2, init=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """One deal is locked at each wake-up, so this one is about the deal of two wake-ups ago."""
        if 0 <= self.seen < self.deals and not (self.seen + 1) % self.refund_every:
            yield CallContract("escrow", "refund", (self.seen,))
        self.seen += 1
