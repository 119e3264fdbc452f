"""Makers in a market: their spread follows the volatility, and an inventory that was forced on them comes back."""

from __future__ import annotations

from market_sim import MarketMaker, Noise, RandomWalk, Sell, Stock, World, cents, dollars
from market_sim.analysis.event_sentences import EventSentences
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.run_events import ParameterChanged
from market_sim.simulation.engine.clock import SECOND
from market_sim.strategies.market_making.adaptive import AdaptiveMaker
from market_sim.strategies.traditional.customer import Customer


def adaptive_market(volatility_bps: float) -> Journal:
    """Four seconds of calm, then four seconds in which the value moves as told."""
    world = World(3, epochs=9)
    world.list(Stock("ACME", tick=cents(1)))
    world.value("ACME", dollars(100), RandomWalk(1))
    world.join("maker", AdaptiveMaker(spread_bps=10), cash=dollars(500_000), holdings={"ACME": 4_000}, every_ms=50)
    for number in range(10):
        world.join(f"noise-{number}", Noise(trade_probability=0.4), cash=dollars(9_000), holdings={"ACME": 90})
    process = RandomWalk(volatility_bps)
    world.at(epoch=4, do=lambda one: setattr(one.values["ACME"], "process", process))
    world.start(SECOND)
    world.clock.run(until=9 * SECOND)
    return world.journal


def test_the_spread_widens_with_the_volatility_and_the_journal_says_why() -> None:
    calm, wild = adaptive_market(1), adaptive_market(40)

    def changes(journal: Journal) -> list[ParameterChanged]:
        return [one for one in journal.of(ParameterChanged) if one.parameter == "spread_bps" and one.time > 4 * SECOND]

    def widest(journal: Journal) -> float:
        return max((one.after for one in changes(journal)), default=10)

    assert widest(wild) >= 30 > widest(calm)
    first = changes(wild)[0]
    assert first.agent == "maker"
    said = EventSentences(wild).sentence(first)
    assert said.startswith("maker changes its spread bps from 10 to ")
    assert "times are wild: recent steps are" in said or "the flow is toxic" in said


def test_an_inventory_that_is_forced_on_a_maker_moves_its_quotes_down_and_comes_back() -> None:
    world = World(5, epochs=20)
    world.list(Stock("ACME", tick=cents(1)))
    world.value("ACME", dollars(100), RandomWalk(0))
    maker = MarketMaker(spread_bps=10, size=20, levels=5, lean_bps=40, max_position=200)
    world.join("maker", maker, cash=dollars(500_000), holdings={"ACME": 1_000}, every_ms=50)
    for number in range(6):
        # Whoever looks at the price buys more of what is quoted low.
        world.join(f"customer-{number}", Customer("ACME", trade_probability=0.3), dollars(90_000), {"ACME": 900})
    world.join("seller", Customer("ACME", trade_probability=0), holdings={"ACME": 500})
    world.at(epoch=5, submit=("seller", Sell("ACME", 150, 9_900)))
    world.start(SECOND)
    world.clock.run(until=20 * SECOND)
    inventory, path = 0, [(0, 0)]
    for trade in world.journal.of(Trade):
        if "maker" in (trade.maker, trade.taker):
            side = trade.side if trade.taker == "maker" else -trade.side
            inventory += side * trade.quantity
            path.append((trade.time, inventory))
    pushed = max(held for time, held in path if 5 * SECOND <= time < 6 * SECOND)
    assert pushed >= 80, "the canary: the sale made the maker long"

    def bids(begin: float, end: float) -> list[int]:
        own = (one for one in world.journal.of(OrderAccepted) if one.account == "maker" and one.terms.side == BUY)
        return [one.terms.limit or 0 for one in own if begin * SECOND <= one.time < end * SECOND]

    assert max(bids(5.1, 5.4)) < max(bids(4, 5))
    back = [time for time, held in path if time > 5 * SECOND and abs(held) <= 40]
    assert back, f"it never came back into the band: {path[-1]}"
    assert back[0] < 15 * SECOND
