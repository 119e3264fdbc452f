"""Limit up: good news lifts the value beyond the price band, and the band holds until trading pauses (the LULD plan).

A crowd of buyers bids at the upper band, which is as high as it may. Nobody sells that low, so that the limit state
lasts, trading pauses, and the reopening auction finds the price at which both sides meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import about_seconds, counted
from market_sim.core.models.compliance_events import PriceBandsSet
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy
from market_sim.core.models.market_events import OrderRejected, Trade
from market_sim.core.money import dollars, written
from market_sim.market.compliance.rule_halts import rule_halts
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder

NEWS_S = 3
CROWD = "crowd"
CLOSE = dollars(100)


@dataclass(frozen=True)
class LimitUp(Scenario):
    """Good news beyond the price band: no trade outside it, a limit state, a pause, and an auction at the new price."""

    name: ClassVar[str] = "limit-up"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = (
        "No continuous trade is outside its price band; a limit state pauses trading, which reopens above the old band."
    )
    rules: ClassVar[str] = "luld"

    news: float = bounded(12.0, least=0.0, most=100.0)

    def build(self, world: World) -> None:
        """A maker and noise traders around the last close, good news, and a crowd that bids as high as it may."""
        world.list(Stock("ACME"), value=CLOSE)
        world.join("maker", MarketMaker(), dollars(400_000), {"ACME": 3_000}, every_ms=50)
        for number in range(5):
            world.join(f"noise-{number}", Noise(trade_probability=0.3), dollars(9_000), {"ACME": 60})
        world.join(CROWD, Holder(), dollars(90_000))
        world.rules(closes={"ACME": CLOSE})
        world.at(time_ms=NEWS_S * 1_000, shock=PriceShock("ACME", percent=self.news))
        new = CLOSE + round(CLOSE * self.news / 100)
        world.at(time_ms=NEWS_S * 1_000 + 20, submit=(CROWD, Buy("ACME", 300, min(new, CLOSE * 105 // 100))))
        world.at(time_ms=NEWS_S * 1_000 + 4_900, submit=(CROWD, Buy("ACME", 200, new + new // 50)))

    def outside(self, journal: Journal) -> int:
        """The number of trades outside the bands that held at their time; auctions are free of them."""
        bands, found, halts = (0, 2**62), 0, rule_halts(journal)
        reopened = {halt.ended for halt in halts}
        for event in journal:
            if type(event) is PriceBandsSet:
                bands = event.lower, event.upper
            elif type(event) is Trade and event.time not in reopened:
                found += not bands[0] <= event.price <= bands[1]
        return found

    def holds(self, journal: Journal) -> bool:
        """Whether the bands held, and the pause ended above the band that caused it."""
        paused = [halt for halt in rule_halts(journal) if halt.code == "HALTED_LIMIT_STATE"]
        if not paused or self.outside(journal):
            return False
        first = paused[0]
        return first.price is not None and first.price > int(first.numbers["band"])

    def conclusion(self, journal: Journal) -> str:
        """When the pause began, at which band, and where trading resumed."""
        halts = [halt for halt in rule_halts(journal) if halt.code == "HALTED_LIMIT_STATE"]
        refused = sum(event.reason in ("LIMIT_UP", "LIMIT_DOWN") for event in journal.of(OrderRejected))
        orders = f"{counted(refused, 'order')} outside the bands {'was' if refused == 1 else 'were'} refused"
        if not halts:
            return f"No limit state lasted long enough for a pause; {orders}."
        first = halts[0]
        after = about_seconds(first.began - NEWS_S * SECOND)
        paused = f"Trading paused {after} after the news at the band {written(int(first.numbers['band']))}"
        if first.ended is None:
            return f"{paused} and did not resume in this run; {orders}."
        price = "without a trade" if first.price is None else f"at {written(first.price)}"
        return f"{paused} and resumed by auction {about_seconds(first.ended - first.began)} later {price}; {orders}."
