"""A small market with rules, whose clock a test moves: due calls and auctions happen at their exact time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, TypeVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.core.models.market_events import OrderRejected, PhaseChanged, Trade
from market_sim.market.compliance.market_rules import MarketRules
from market_sim.market.compliance.profile import Profile
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.order import Order
from market_sim.market.ledger.ledger import Ledger
from market_sim.simulation.engine.clock import SECOND, Clock

E = TypeVar("E", bound=Event)


class RuledMarket:
    """One or several venues with a rules profile, and rich accounts."""

    def __init__(
        self,
        profile: Profile,
        symbols: Sequence[str] = ("ACME",),
        venues: Sequence[str] = ("",),
        accounts: Sequence[str] = ("ann", "bob", "carl"),
        **terms: Any,
    ) -> None:
        self.clock, self.journal = Clock(), Journal()
        ledger = Ledger(self.clock, self.journal)
        self.venues = {name: Exchange(self.clock, self.journal, None, ledger, name) for name in venues}
        self.exchange = next(iter(self.venues.values()))
        for venue in self.venues.values():
            for symbol in symbols:
                venue.list(Stock(symbol))
        for name in accounts:
            ledger.open_account(name)
            for asset, amount in {"USD": 10**12, **dict.fromkeys(symbols, 10**6)}.items():
                ledger.deposit(name, asset, amount)
        self.planned: list[int] = []
        self.rules = MarketRules(profile, **terms)
        self.rules.plan = lambda time: heappush(self.planned, time)
        self.rules.attach(
            self.exchange, self.journal, [one for one in self.venues.values() if one is not self.exchange]
        )

    def at(self, seconds: float) -> RuledMarket:
        """Let it be this many seconds from the start; what is due until then happens, each thing at its time."""
        until = round(seconds * SECOND)
        while self.planned and self.planned[0] <= until:
            self.clock.now = heappop(self.planned)
            self.rules.act(self.clock.now)
            self.rules.follow()
        self.clock.now = until
        return self

    def send(self, name: str, intent: Intent, venue: str = "") -> Any:
        """The answer of the exchange."""
        return self.venues.get(venue, self.exchange).submit(name, intent)

    def refused(self, name: str, intent: Intent, venue: str = "") -> str:
        """The code with which an intent is refused; "" if it is accepted."""
        done = self.send(name, intent, venue)
        return done.reason if isinstance(done, OrderRejected) else ""

    def trade(self, price: int, symbol: str = "ACME", quantity: int = 1) -> None:
        """Bob buys of ann at this price; the test fails if either is refused."""
        for name, side in (("ann", SELL), ("bob", BUY)):
            done = self.send(name, PlaceOrder(symbol, side, quantity, price))
            assert isinstance(done, Order), done

    def events(self, kind: type[E]) -> list[E]:
        """All events of this type."""
        return [*self.journal.of(kind)]

    def phases(self) -> list[tuple[float, str, str, str]]:
        """Every change of phase: when in seconds, of what, to what, and why."""
        return [(e.time / SECOND, e.symbol, e.phase, e.reason) for e in self.events(PhaseChanged)]

    def numbers(self) -> Mapping[str, int | str]:
        """The numbers of the last refusal."""
        return self.events(OrderRejected)[-1].numbers

    def prices(self) -> list[int]:
        """The price of every trade."""
        return [trade.price for trade in self.events(Trade)]
