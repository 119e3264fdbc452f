"""The users of a call auction that takes place twice, on the exchange and on the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from market_sim.core.models.intents import Buy, CallContract, Intent, Sell
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class AuctionTrader(Strategy):
    """Places the same random orders in both auctions, one at each wake-up, and collects once that on the chain is held.

    Its limits are on both sides of the reference, so that most auctions have ties and orders that do not trade.
    """

    contract: str
    is_held: Callable[[], bool]
    is_buyer: bool
    reference: int
    reach: int
    """The largest distance of a limit from the reference."""
    largest: int
    """The largest quantity of an order."""
    orders: int = 2
    symbol: str = "ACME"
    _placed: int = field(default=0, init=False, repr=False)
    _collected: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """An order for the auction only, and the same one as a call."""
        if self._placed < self.orders and view[self.symbol].phase == "call":
            self._placed += 1
            limit = self.reference + view.random.randint(-self.reach, self.reach)
            quantity = view.random.randint(1, self.largest)
            order, function = (Buy, "buy") if self.is_buyer else (Sell, "sell")
            yield order(self.symbol, quantity, limit, "auction")
            yield CallContract(self.contract, function, (limit, quantity))
        if not self._collected and self.is_held():
            self._collected = True
            yield CallContract(self.contract, "collect")


@dataclass
class Auctioneer(Strategy):
    """Holds the auction on the chain as soon as it is closed, which anybody may do."""

    contract: str
    is_due: Callable[[], bool]
    _called: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Once."""
        if not self._called and self.is_due():
            self._called = True
            yield CallContract(self.contract, "hold")
