"""A sandwich on the book: somebody reads a large order on its way and is there before it, and what cures that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade
from market_sim.core.money import dollars, written
from market_sim.market.exchange.order_of_arrival import episodes, gains_by_reader
from market_sim.market.mechanisms.batch_auction import BatchAuction
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import gained, trading_gain
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.misconduct.front_running import BlockBuyer, FrontRunner
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

READER, BUYER = "reader", "buyer"
WAYS = ("open", "sealed", "auction")
"""How orders travel and trade: readable and at once; sealed until they arrive; readable, and traded in auctions."""
AUCTION_MS = 250


@dataclass(frozen=True)
class BookSandwich(Scenario):
    """What is it worth to read an order before it arrives? A large buyer, and somebody at the line to the exchange."""

    name: ClassVar[str] = "book-sandwich"
    epochs: ClassVar[int] = 10
    claim: ClassVar[str] = "Who reads a large order on its way gains by it what the buyer loses."

    way: str = "open"
    quantity: int = bounded(40, least=1, most=1_000)
    latency_ms: int = bounded(20, least=0, most=1_000)

    def build(self, world: World) -> None:
        """A maker with a ladder, a few others, a large buyer some way off, and a reader beside the exchange."""
        if self.way not in WAYS:
            raise InputError(f"orders travel and trade {', '.join(WAYS)}, found {self.way!r}")
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=1)
        maker = MarketMaker(size=10, levels=8, step_bps=10, max_position=20_000)
        world.join("maker", maker, cash=dollars(2_000_000), holdings={"ACME": 10_000}, every_ms=500)
        for number in range(3):
            noise = Noise(trade_probability=0.2)
            world.join(f"noise-{number}", noise, cash=dollars(20_000), holdings={"ACME": 100}, every_ms=500)
        buyer = BlockBuyer(quantity=self.quantity)
        world.join(BUYER, buyer, cash=dollars(2_000_000), every_ms=1_000, latency_ms=self.latency_ms, from_epoch=1)
        rest_ms = AUCTION_MS + 50 if self.way == "auction" else 2
        reader = FrontRunner(world.tap(READER, (BUYER,), sealed=self.way == "sealed"), rest_ms=rest_ms)
        world.join(READER, reader, cash=dollars(500_000), holdings={"ACME": 1_000}, every_ms=5, latency_ms=1)
        if self.way == "auction":
            world.attach(BatchAuction("ACME", every_ns=AUCTION_MS * MILLISECOND))

    def holds(self, journal: Journal) -> bool:
        """Whether the reader gained by being there first, and the buyer lost; shares count at the last price."""
        changed = gains_by_reader(journal).get(READER, {})
        last = next((trade.price for trade in reversed(list(journal.of(Trade)))), 0)
        gain, loss = (money + shares * last for shares, money in (changed.get(who, (0, 0)) for who in (READER, BUYER)))
        return gain > 0 > loss

    def conclusion(self, journal: Journal) -> str:
        """What the order of arrival gave to each account, and what the reader made of it in all."""
        changed = gains_by_reader(journal).get(READER, {})
        made = f"at the last value its trades {gained(trading_gain(journal, READER))}"
        if not changed:
            return f"The reader was there before no order in continuous trading; {made}."
        told = [f"{account} {_signed(*amounts)}" for account, amounts in sorted(changed.items()) if any(amounts)]
        total = tuple(map(sum, zip(*changed.values(), strict=True)))
        return (
            f"The reader was there before {counted(len(episodes(journal)), 'order')}; against the order of sending "
            f"the order of arrival gave, in USD, {', '.join(told) or 'nobody anything'}, which sum to "
            f"{_signed(*total)}; {made}."
        )


def _signed(shares: int, money: int) -> str:
    """An amount of money, and of shares if there are any."""
    kept = f" and {counted(shares, 'share')}" if shares else ""
    return ("+" if money > 0 else "") + written(money) + kept
