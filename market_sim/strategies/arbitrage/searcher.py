"""The searcher: reads the waiting calls of others and trades around their purchases, if a leader puts it first.

A purchase at a pool moves the price, and its limit says how much worse a price its owner accepts. A purchase before it
and a sale after it take that difference (P. Daian et al., *Flash Boys 2.0*, IEEE Symposium on Security and Privacy
2020).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from market_sim.core.models.intents import CallContract, Intent
from market_sim.core.models.settlement_events import CallSubmitted
from market_sim.market.agents.reports import CallDone
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.pricing.constant_product import price_to_buy, price_to_sell
from market_sim.strategies.arbitrage.pool_arbitrage import Pool


class Waiting(Protocol):
    """What can be read of calls that are in no final block yet."""

    @property
    def readable(self) -> Sequence[CallSubmitted]:
        """Calls in the order of their arrival."""


@dataclass
class Searcher(Strategy):
    """Buys before a purchase that it reads, as much as the limit of that purchase allows, and sells after it."""

    pool: Pool
    waiting: Waiting
    account: str
    """Its own account, whose calls it leaves alone."""
    at_once: bool = True
    """Whether it submits the sale with the purchase; otherwise when its purchase was executed."""
    _seen: int = field(default=0, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """One pair of trades for each purchase of others."""
        for report in view.reports:
            if isinstance(report, CallDone) and report.function == "buy" and report.succeeded and not self.at_once:
                yield CallContract(self.pool.name, "sell", (int(report.numbers["base"]), 0))
        for call in self.waiting.readable:
            if call.call > self._seen:
                self._seen = call.call
                if call.account != self.account and (call.contract, call.function) == (self.pool.name, "buy"):
                    yield from self._around(*map(int, call.arguments))

    def _around(self, quantity: int, most: int) -> Iterable[Intent]:
        """Trade around a purchase of this quantity for at most this much money."""
        base, quote = self.pool.reserves
        fee, low, high = self.pool.fee_bps, 0, max(0, base - quantity - 1)
        while low < high:  # the most that still leaves the purchase within its limit
            middle = (low + high + 1) // 2
            paid = price_to_buy(middle, base, quote, fee)
            if price_to_buy(quantity, base - middle, quote + paid, fee) <= most:
                low = middle
            else:
                high = middle - 1
        if not low or quantity >= base:
            return
        paid = price_to_buy(low, base, quote, fee)
        theirs = price_to_buy(quantity, base - low, quote + paid, fee)
        if price_to_sell(low, base - low - quantity, quote + paid + theirs, fee) > paid:
            yield CallContract(self.pool.name, "buy", (low, paid))
            if self.at_once:
                yield CallContract(self.pool.name, "sell", (low, paid + 1))


@dataclass
class PoolShopper(Strategy):
    """Buys the same quantity again and again, at a price that may be somewhat worse than the one it sees."""

    pool: Pool
    quantity: int
    tolerance_bps: int
    """How much worse."""

    def decide(self, view: View) -> Iterable[Intent]:
        """The limit is the price that it sees, and the tolerance."""
        base, quote = self.pool.reserves
        if base > self.quantity:
            price = price_to_buy(self.quantity, base, quote, self.pool.fee_bps)
            yield CallContract(self.pool.name, "buy", (self.quantity, price * (10_000 + self.tolerance_bps) // 10_000))
