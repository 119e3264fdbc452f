"""A small exchange with a clearing house, on which a test plays single scenes of a mechanism's life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Instrument, Stock
from market_sim.core.models.intents import BUY, SELL, PlaceOrder
from market_sim.core.models.market_events import OrderRejected, Transferred
from market_sim.core.randomness import Randomness
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.invariants import check
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from market_sim.simulation.engine.clock import Clock
from tests.integration.conformance import movement_breaches


class Value:
    """A believed value that a test sets by hand."""

    def __init__(self, price: int) -> None:
        self.price = price

    def restate(self, new: int, old: int, paid: int = 0) -> None:
        self.price = (self.price - paid) * old // new


class Stage:
    """Instruments, accounts with money, a house, a clock that a test moves."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        accounts: Mapping[str, Mapping[str, int]],
        capital: int = 1_000_000,
        spot: int = 10_000,
    ) -> None:
        self.clock, self.journal = Clock(), Journal()
        self.exchange = Exchange(self.clock, self.journal)
        self.value = Value(spot)
        self.marks = Marks({"ACME": self.value})
        self.prices = SettlementPrices(self.marks)
        self.randomness = Randomness(7)
        for instrument in (Stock("ACME"), *instruments):
            self.exchange.list(instrument)
        for name, assets in accounts.items():
            self.exchange.ledger.open_account(name)
            for asset, amount in assets.items():
                self.exchange.ledger.deposit(name, asset, amount)
        self.house = ClearingHouse(capital)
        self.attach(self.house)

    def attach(self, mechanism: Any) -> Any:
        """Let a mechanism be part of it."""
        mechanism.attach(self.exchange, self.journal)
        return mechanism

    def at(self, time: int, mechanism: Mechanism | None = None) -> None:
        """Let it be this time, and let a mechanism act."""
        self.clock.now = time
        if mechanism is not None:
            mechanism.act(time)
            for follower in self.exchange.followers:
                follower.follow()

    def trade(self, buyer: str, seller: str, symbol: str, quantity: int, price: int) -> None:
        """Let two accounts trade with each other; the test fails if either is refused."""
        for name, side in ((seller, SELL), (buyer, BUY)):
            done = self.exchange.submit(name, PlaceOrder(symbol, side, quantity, price))
            assert not isinstance(done, OrderRejected), done

    def refusal(self, name: str, intent: Any) -> str:
        """The code by which an intent is refused; "" when it is accepted."""
        done = self.exchange.submit(name, intent)
        return done.reason if isinstance(done, OrderRejected) else ""

    def has(self, name: str, asset: str = "USD") -> int:
        """What an account holds."""
        return self.exchange.accounts[name].balance(asset).total

    def moved(self, reason: str) -> list[tuple[str, str, str, int]]:
        """All transfers of one reason: from whom, to whom, what, how much."""
        return [(e.source, e.target, e.asset, e.amount) for e in self.journal.of(Transferred) if e.reason == reason]

    def told(self, kind: type) -> list[Any]:
        """All events of one kind."""
        return [*self.journal.of(kind)]

    def sound(self) -> bool:
        """Whether nothing was made, lost or owed, after any event so far; says what was, if not."""
        problems = [*movement_breaches(self.journal), *check(self.exchange)]
        folded = fold(self.journal)
        for name, account in self.exchange.accounts.items():
            owned = {asset: balance.total for asset, balance in account.balances.items() if balance.total}
            if owned != folded[name]:
                problems.append(f"{name}: {owned} and {folded[name]}")
        assert not problems, problems[:3]
        return True
