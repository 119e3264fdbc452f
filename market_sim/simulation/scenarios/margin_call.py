"""Margin call: three buyers, two of them on credit, a fall of the price, and what each can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed, was
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Transferred
from market_sim.core.models.mechanism_events import (
    LiquidationEnded,
    LiquidationStarted,
    MarginCalled,
    MarginCallMet,
    PositionSold,
)
from market_sim.core.money import cents, dollars, written
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.market.mechanisms.margin import MarginAccounts, MarginTerms
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.deficits import deficits_told
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder
from market_sim.strategies.traditional.position_taker import PositionTaker


@dataclass(frozen=True)
class MarginCall(Scenario):
    """Shares bought with borrowed money: a margin call, two days to meet it, and a forced sale if it is not met."""

    name: ClassVar[str] = "margin-call"

    fall_percent: float = bounded(-40.0, least=-90.0, most=90.0)
    grace_days: int = bounded(2, least=0, most=1_000)
    interest_bps: int = bounded(800, least=0, most=100_000)

    def build(self, world: World) -> None:
        """Ann has no cash when she is called, Bob has a rich aunt, Carl bought with his own money."""
        world.list(Stock("ACME", tick=cents(1)), value=dollars(100), volatility_bps=3)
        for number in range(3):
            maker = MarketMaker(spread_bps=10 + 4 * number, size=10, levels=6, max_position=2_000)
            world.join(f"maker-{number}", maker, cash=dollars(200_000), holdings={"ACME": 1_000}, latency_ms=1 + number)
        for number in range(4):
            noise = Noise(trade_probability=0.2)
            world.join(f"noise-{number}", noise, cash=dollars(20_000), holdings={"ACME": 50}, latency_ms=5)
        for name in ("ann", "bob", "carl"):
            target = 100 if name == "carl" else 200
            world.join(name, PositionTaker(target=target), cash=dollars(10_500), every_ms=50)
        world.join("aunt", Holder(), cash=dollars(20_000))
        terms = MarginTerms(
            capital=dollars(100_000),
            insurance=dollars(500),
            interest_bps=self.interest_bps,
            grace=self.grace_days * SECOND,
            backers={"bob": "aunt"},
        )
        world.attach(MarginAccounts({name: Agreement() for name in ("ann", "bob", "carl")}, terms, world.values))
        world.at(epoch=4, shock=PriceShock("ACME", percent=self.fall_percent))

    def conclusion(self, journal: Journal) -> str:
        """The margin calls with their amounts, who met them, and whose shares were sold."""
        calls: dict[str, list[int]] = {}
        for call in journal.of(MarginCalled):
            calls.setdefault(call.account, []).append(call.amount)
        started = dict.fromkeys(event.account for event in journal.of(LiquidationStarted))
        if not calls and not started:
            return "Nobody was called or sold out: at every check each equity reached its requirement."
        said = [_called(calls) if calls else "Nobody was called and given time"]
        helped: dict[str, int] = {}
        for event in journal.of(MarginCallMet):
            helped[event.account] = helped.get(event.account, 0) + event.paid
        said += [f"{name} was helped with {written(amount)}" for name, amount in helped.items() if amount]
        said += [_sold_out(journal, name) for name in started]
        if deficits := deficits_told(journal):
            said.append(deficits)
        interest = sum(event.amount for event in journal.of(Transferred) if event.reason == "INTEREST")
        return f"{'; '.join(said)}; the broker earned {written(interest)} of interest."


def _called(calls: dict[str, list[int]]) -> str:
    """The accounts that got margin calls, with the amount of the first call of each."""
    asked = [
        f"{name} for {written(amounts[0])}" + (f" (the first of {len(amounts)} calls)" if len(amounts) > 1 else "")
        for name, amounts in calls.items()
    ]
    return f"{'A margin call' if sum(map(len, calls.values())) == 1 else 'Margin calls'} went to {listed(asked)}"


def _sold_out(journal: Journal, name: str) -> str:
    """The forced sale of one account, and its equity afterwards."""
    sold = [event for event in journal.of(PositionSold) if event.account == name]
    left = written([event.equity for event in journal.of(LiquidationEnded) if event.account == name][-1])
    shares, cash = sum(event.filled for event in sold), sum(event.cash for event in sold)
    if not shares:
        return f"nobody bought the shares of {name} that were to be sold by force, which left an equity of {left}"
    told = f"{counted(shares, 'share')} of {name} {was(shares)} sold by force for {written(cash)}"
    return f"{told}, which left an equity of {left}"
