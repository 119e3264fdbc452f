"""Option holders and option writers, and a participant that only holds.

A holder exercises early only when that gains enough; a writer covers its options with the holdings of its account.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.models.derivatives import Option, Warrant
from market_sim.core.models.intents import BUY, SELL, Exercise, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class OptionHolder(Strategy):
    """Buys options up to a quantity, exercises early when that gains enough, and otherwise waits for the expiry."""

    option: Option | Warrant
    quantity: int = 0
    """The number it wants to hold; 0 for a holder that starts with some and buys none."""
    early_gain: int | None = None
    """The gain of one unit at which it exercises all early; None for never."""
    after: int = 0
    """The earliest time of an early exercise."""

    def decide(self, view: View) -> Iterable[Intent]:
        """Buy one if there are too few; exercise if it is time."""
        option, market = self.option, view[self.option.symbol]
        if view.time >= option.expiry:
            return
        spot = view[option.underlying].value or view[option.underlying].last
        if self.early_gain is not None and market.position > 0 and spot is not None and view.time >= self.after:
            today = market.instrument or option  # a split changes what a unit stands for
            put = isinstance(option, Option) and option.right == "put"
            worth = today.unit.worth(spot)
            if (option.strike - worth if put else worth - option.strike) >= self.early_gain:
                yield Exercise(option.symbol, market.position)
                return
        ask = market.ask
        if market.position < self.quantity and ask is not None and view.cash >= ask * option.multiplier:
            yield PlaceOrder(option.symbol, BUY, 1, ask, "ioc")


@dataclass
class OptionWriter(Strategy):
    """Writes options up to a quantity at the best bid: it gets the premium now and may have to deliver later."""

    option: Option
    quantity: int = 1

    def decide(self, view: View) -> Iterable[Intent]:
        """Write one more while there is a bid and the quantity is not reached."""
        market = view[self.option.symbol]
        if view.time < self.option.expiry and market.bid is not None and -market.position < self.quantity:
            yield PlaceOrder(self.option.symbol, SELL, 1, market.bid, "ioc")


@dataclass
class Holder(Strategy):
    """Never trades and keeps its holdings, for example a company or a lender."""

    def decide(self, view: View) -> Iterable[Intent]:
        """Nothing."""
        return ()
