"""Arbitrage of the two sides of a question: one yes and one no are together worth the payout (rulebook F-3.7).

When both asks add up to less, it buys both and merges them into cash; when both bids add up to more, it splits cash
into pairs and sells both. No opinion about the question is needed. A leg that finds nothing leaves one side in the
account, which is sold or merged when the chance comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent, Merge, PlaceOrder, Split
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class OutcomePairs(Strategy):
    """Splits and sells both sides of a question when they are dear together, buys and merges them when cheap."""

    yes: str = "YES"
    no: str = "NO"
    payout: int = 100
    least_gain: int = 1
    """What a pair must gain, in cents."""
    size: int = 5

    def __post_init__(self) -> None:
        if self.payout < 2 or self.least_gain < 0 or self.size < 1:
            raise InputError(f"payout and size are positive and the gain is not negative, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Merge the pairs that it has; then look at both sides."""
        yes, no = view[self.yes], view[self.no]
        pairs = min(yes.position, no.position)
        dear = None not in (yes.bid, no.bid) and yes.bid + no.bid >= self.payout + self.least_gain  # type: ignore[operator]
        if pairs and not dear:
            yield Merge(self.yes, pairs)
            return
        if dear:
            size = min(self.size, yes.bid_size or 0, no.bid_size or 0)
            if pairs < size <= view.cash // self.payout:
                yield Split(self.yes, size)
            if min(pairs or size, size) > 0:
                for market in (yes, no):
                    yield PlaceOrder(market.symbol, SELL, min(pairs or size, size), market.bid, "ioc")
        elif None not in (yes.ask, no.ask) and yes.ask + no.ask <= self.payout - self.least_gain:  # type: ignore[operator]
            cost = yes.ask + no.ask  # type: ignore[operator]
            size = min(self.size, yes.ask_size or 0, no.ask_size or 0, view.cash * 100 // (101 * cost))
            if size > 0:
                for market in (yes, no):
                    yield PlaceOrder(market.symbol, BUY, size, market.ask, "ioc")
