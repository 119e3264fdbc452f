"""Induced values: traders who do not think, and a market that is efficient all the same (Gode and Sunder 1993)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import BUY, SELL
from market_sim.core.models.market_events import Trade
from market_sim.core.money import dollars, written
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.zero_intelligence import ZeroIntelligence

HIGHEST = 200
UNITS = 4


class Surplus(NamedTuple):
    """What trading at best can gain and what it did gain, in cents, over all buyers and sellers."""

    most: int
    found: int

    @property
    def efficiency(self) -> float:
        """The share of what could be gained that was gained."""
        return self.found / self.most if self.most else 1.0


@dataclass(frozen=True)
class InducedValues(Scenario):
    """Who thinks when a market finds its price? Buyers and sellers that offer at random, but never at a loss."""

    name: ClassVar[str] = "induced-values"
    claim: ClassVar[str] = "Traders that only keep from losing realise more than 95 % of the surplus that there is."

    pairs: int = bounded(6, least=2, most=50)
    constrained: bool = True

    def build(self, world: World) -> None:
        """As many buyers as sellers, each with a few units of its own value or cost."""
        world.list(Stock("ACME"))
        for number in range(self.pairs):
            for side, role in ((BUY, "buyer"), (SELL, "seller")):
                trader = ZeroIntelligence("ACME", side, self.values(side, number), HIGHEST, self.constrained)
                shares = {"ACME": UNITS} if side == SELL else {}
                cash = dollars(50) if side == BUY else 0
                world.join(f"{role}-{number}", trader, cash, shares, every_ms=40)

    @property
    def accounts(self) -> set[str]:
        """The names of the buyers and sellers."""
        return {f"{role}-{number}" for role in ("buyer", "seller") for number in range(self.pairs)}

    def values(self, side: int, number: int) -> tuple[int, ...]:
        """What each unit is worth to this buyer (falling), or costs this seller (rising)."""
        first = number * 10 // self.pairs
        return tuple(HIGHEST // 2 + side * (90 - 12 * first - 25 * unit) for unit in range(UNITS))

    def surplus(self, journal: Journal) -> Surplus:
        """Match the highest values with the lowest costs; then add up what the trades really gained."""
        bids = sorted((one for number in range(self.pairs) for one in self.values(BUY, number)), reverse=True)
        asks = sorted(one for number in range(self.pairs) for one in self.values(SELL, number))
        most = sum(max(0, bid - ask) for bid, ask in zip(bids, asks, strict=True))
        done: dict[str, int] = {}
        found = 0
        for trade in journal.of(Trade):
            buyer, seller = (trade.taker, trade.maker) if trade.side == BUY else (trade.maker, trade.taker)
            for account, side in ((buyer, BUY), (seller, SELL)):
                if account not in self.accounts:  # a guest has no induced values
                    continue
                unit = done.get(account, 0)
                done[account] = unit + 1
                found += side * self.values(side, int(account.partition("-")[2]))[unit]
        return Surplus(most, found)

    def holds(self, journal: Journal) -> bool:
        """Whether nearly all of the surplus was realised."""
        return self.surplus(journal).efficiency > 0.95

    def conclusion(self, journal: Journal) -> str:
        """How many units were traded, at what mean price, and how much of the surplus that was."""
        surplus, prices = self.surplus(journal), [trade.price for trade in journal.of(Trade)]
        mean = f" at {written(round(sum(prices) / len(prices)))} on average" if prices else ""
        who = "that never offered at a loss" if self.constrained else "that offered anything"
        return (
            f"{counted(len(prices), 'unit')} {was(len(prices))} traded{mean} by traders {who}: of a surplus of "
            f"{written(surplus.most)} they realised {written(surplus.found)}, {surplus.efficiency:.1%}."
        )
