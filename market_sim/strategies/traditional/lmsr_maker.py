"""The LMSR maker: sells and buys both sides of a question at the prices of Hanson's scoring rule (rulebook F-3.7).

It begins by splitting cash into pairs, and then quotes the prices that the rule charges for the next few shares of each
side. It always quotes, and it loses at most b ln 2 units, which is the cost of permanent liquidity. This bound needs
two things. Selling a yes and buying a no move the prices the same way, and both orders can trade before it decides
again, so the bid for one side is the price of the rule after the ask of the other side has traded. And its orders must
have no latency, because a trade before their arrival is not in their prices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Cancel, Intent, PlaceOrder, Split
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.pricing.lmsr import charge


@dataclass
class LmsrMaker(Strategy):
    """Quotes yes and no by the scoring rule; the quantities sold of each determine the prices."""

    makes_markets: ClassVar[bool] = True
    yes: str = "YES"
    no: str = "NO"
    payout: int = 100
    pairs: int = 300
    """The number of pairs it makes at the start: the most it can sell of one side."""
    liquidity: float = 50.0
    """The parameter b of the rule: the larger, the less a trade moves the price."""
    size: int = 5
    _begun: bool = field(default=False, init=False, repr=False)
    _sold: tuple[int, int] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.liquidity <= 0 or self.size < 1 or self.pairs < self.size:
            raise InputError(f"liquidity and size are positive, and there are pairs to sell, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Make the pairs first; then quote again after each trade."""
        if not self._begun:
            self._begun = True
            yield Split(self.yes, self.pairs)
            return
        symbols = self.yes, self.no
        sold = self.pairs - view[self.yes].position, self.pairs - view[self.no].position
        if view[self.yes].position + view[self.no].position == 0:
            return  # nothing was split yet, or the question has been answered
        if sold == self._sold and len(view.orders) >= 2 * len(symbols):
            return
        self._sold = sold
        for order in view.orders:
            yield Cancel(order.id)
        for outcome, symbol in enumerate(symbols):
            yield from self._quote(view, symbol, outcome, sold)

    def _quote(self, view: View, symbol: str, outcome: int, sold: tuple[int, int]) -> Iterator[PlaceOrder]:
        """An ask and a bid for the next shares of one side; a fraction of a tick is the maker's."""
        tick = view[symbol].tick
        asks = charge(sold, outcome, self.size, self.liquidity, self.payout)
        after = (sold[0], sold[1] + self.size) if outcome == 0 else (sold[0] + self.size, sold[1])
        bids = -charge(after, outcome, -self.size, self.liquidity, self.payout)
        ask = -(-asks // (self.size * tick)) * tick
        bid = bids // (self.size * tick) * tick
        if ask <= self.payout - tick and view[symbol].position >= self.size:
            yield PlaceOrder(symbol, SELL, self.size, max(ask, tick))
        if bid >= tick and view.cash >= bid * self.size * 2:
            yield PlaceOrder(symbol, BUY, self.size, bid)
