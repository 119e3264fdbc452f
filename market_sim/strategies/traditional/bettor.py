"""The participants of a prediction market: bettors with opinions, and the oracle that answers the question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.models.intents import BUY, Intent, PlaceOrder, Resolve
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class Bettor(Strategy):
    """Buys the side that is cheaper than its own opinion, which is the news plus a bias."""

    yes: str = "YES"
    no: str = "NO"
    payout: int = 100
    bias: int = 0
    """The difference of its opinion on yes from the news, in cents."""
    edge: int = 3
    """How much cheaper a side must be before it buys."""
    size: int = 2
    most: int = 60
    until: int | None = None
    """The time of the answer, from which on it does not trade."""

    def decide(self, view: View) -> Iterable[Intent]:
        """Compare both asks with the opinion; bid for the better side when neither is cheap."""
        news = view[self.yes].value
        if news is None or (self.until is not None and view.time >= self.until):
            return
        tick = view[self.yes].tick
        opinion = min(max(news + self.bias, tick), self.payout - tick)
        for symbol, worth in ((self.yes, opinion), (self.no, self.payout - opinion)):
            ask = view[symbol].ask
            affordable = view.cash >= worth * self.size
            if ask is not None and ask <= worth - self.edge and view[symbol].position < self.most and affordable:
                yield PlaceOrder(symbol, BUY, self.size, ask, "ioc")
                return
        side, worth = (self.yes, opinion) if view.random.random() < 0.5 else (self.no, self.payout - opinion)
        limit = (worth - self.edge) // tick * tick
        if not view.orders and limit >= tick and view[side].position < self.most and view.cash >= limit * self.size:
            yield PlaceOrder(side, BUY, self.size, limit)


@dataclass
class Oracle(Strategy):
    """Answers a question at its time: yes with the probability that the news has then."""

    yes: str = "YES"
    payout: int = 100
    at: int = 0

    def decide(self, view: View) -> Iterable[Intent]:
        """Draw the answer once, at its time."""
        news = view[self.yes].value
        if self.at and view.time >= self.at and news is not None:
            self.at = 0
            yield Resolve(self.yes, "yes" if view.random.random() * self.payout < news else "no")
