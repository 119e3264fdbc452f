"""The two ends of an option: who buys one and waits, and who writes one against what lies in the account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.models.derivatives import Option, Warrant
from market_sim.core.models.intents import BUY, SELL, Exercise, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class OptionHolder(Strategy):
    """Buys up to a quantity, and exercises when that gains enough; otherwise it waits for the expiry."""

    option: Option | Warrant
    quantity: int = 0
    """How many it wants to hold; 0 for whoever was given some."""
    early_gain: int | None = None
    """Exercise all as soon as one unit gains this much; without it never before the expiry."""
    after: int = 0
    """Not before this time."""

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
    """Sells up to a quantity of an option at the best bid: the premium now, the duty later."""

    option: Option
    quantity: int = 1

    def decide(self, view: View) -> Iterable[Intent]:
        """Write one more while somebody bids and the quantity is not reached."""
        market = view[self.option.symbol]
        if view.time < self.option.expiry and market.bid is not None and -market.position < self.quantity:
            yield PlaceOrder(self.option.symbol, SELL, 1, market.bid, "ioc")


@dataclass
class Holder(Strategy):
    """Keeps what it has: a company, or somebody who bought and forgot."""

    def decide(self, view: View) -> Iterable[Intent]:
        """Nothing."""
        return ()
