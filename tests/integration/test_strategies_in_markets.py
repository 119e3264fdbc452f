"""What holds for every strategy in a market: none knows the future, and a failing one changes nobody's chance."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from market_sim import Buy, MarketMaker, News, Noise, PriceShock, Spot, Stock, Strategy, View, World
from market_sim.core.models.derivatives import Future, Note, Option, Perpetual, PredictionContract
from market_sim.core.models.event import Event
from market_sim.core.models.intents import Intent
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, OrderRejected
from market_sim.core.models.run_events import StrategyFailed
from market_sim.market.venues.terms import VenueTerms
from market_sim.simulation.engine.clock import SECOND
from market_sim.strategies.arbitrage.basis import FuturesBasis
from market_sim.strategies.arbitrage.parity import OptionParity
from market_sim.strategies.catalogue import STRATEGIES, strategy
from market_sim.strategies.execution.router import Router
from market_sim.strategies.learning.logistic import LogisticTrader
from market_sim.strategies.learning.ridge import RidgeTrader
from market_sim.strategies.market_making.rebate_maker import RebateMaker
from market_sim.strategies.traditional.background import Background
from market_sim.strategies.traditional.delta_hedger import DeltaHedger
from market_sim.strategies.traditional.futures_trading import CashAndCarry, FutureMaker
from market_sim.strategies.traditional.note_trading import NoteMaker, Saver
from market_sim.strategies.traditional.option_holder import OptionHolder, OptionWriter
from market_sim.strategies.traditional.option_maker import OptionMaker
from market_sim.strategies.traditional.venue_arbitrage import PromptArbitrage, VenueArbitrage
from market_sim.strategies.wrappers import DrawdownStop, InventoryLimit, Latency

CALL = Option("CALL", underlying="ACME", strike=10_000, expiry=9 * SECOND, right="call", multiplier=10)
PUT = Option("PUT", underlying="ACME", strike=10_000, expiry=9 * SECOND, right="put", multiplier=10)
FUTURE = Future("FUT", underlying="ACME", expiry=9 * SECOND)
NOTE = Note("NOTE", underlying="ACME", issuer="note-maker", protected=1_000, strike=10_000, maturity=9 * SECOND)


def foreseeing() -> RidgeTrader:
    """One that has learned that prices come back."""
    trader = RidgeTrader(memory=9, cost_bps=0)
    trader.know({"products": [0.0, 0, 0, 0, 1e6, 0, 0, 0, 0], "targets": [0.0, -1e6, 0]})
    return trader


def betting() -> LogisticTrader:
    """One that has learned the same as odds."""
    trader = LogisticTrader(memory=9, cost_bps=0)
    trader.know({"weights": [0.0, -1.0, 0, 0], "squares": [1.0] * 4, "moves": [1.0, 10.0]})
    return trader


SPECIAL: dict[str, object] = {
    "option-maker": lambda: OptionMaker((CALL, PUT)),
    "future-maker": lambda: FutureMaker(FUTURE),
    "note-maker": lambda: NoteMaker(NOTE),
    "saver": lambda: Saver(NOTE),
    "option-holder": lambda: OptionHolder(CALL, 2),
    "option-writer": lambda: OptionWriter(CALL, 2),
    "venue-arbitrage": lambda: VenueArbitrage(venues=("A", "B")),
    "prompt-arbitrage": lambda: PromptArbitrage(venues=("A", "B")),
    "background": lambda: Background({"A": 0.5, "B": 0.5}, trade_probability=0.6),
    "rebate-maker": lambda: RebateMaker({"A": -0.2, "B": 0.3}),
    "router": lambda: Router(start_s=0.1, end_s=2.0, venues=(VenueTerms("A"), VenueTerms("B"))),
    "cash-and-carry": lambda: CashAndCarry(FUTURE),
    "futures-basis": lambda: FuturesBasis(FUTURE),
    "option-parity": lambda: OptionParity(CALL, PUT),
    "delta-hedger": lambda: DeltaHedger((CALL, PUT), band=0),
    "drawdown-stop": lambda: DrawdownStop(Noise(trade_probability=0.5)),
    "inventory-limit": lambda: InventoryLimit(Noise(trade_probability=0.5)),
    "latency": lambda: Latency(Noise(trade_probability=0.5)),
    "perpetual-maker": lambda: strategy("perpetual-maker", symbol="PERP", index="AAA"),
    "pairs": lambda: strategy("pairs", learn=5, enter=0.5, leave=0.1, stop=90),
    "momentum": lambda: strategy("momentum", threshold_bps=0),
    "chartist": lambda: strategy("chartist", threshold_bps=0),
    "mean-reversion": lambda: strategy("mean-reversion", enter=0.6, leave=0.1),
    "fundamentalist": lambda: strategy("fundamentalist", threshold_bps=1),
    "informed": lambda: strategy("informed", edge_bps=0, signal=12_000, symbol="BBB"),
    "q-learner": lambda: strategy("q-learner", learns=True, epsilon=1.0, memory=9),
    "ridge-trader": lambda: foreseeing(),
    "logistic-trader": lambda: betting(),
    "bandit-maker": lambda: strategy("bandit-maker", learns=True, hold=2),
    "marksim-noise": lambda: strategy("marksim-noise", trade_probability=0.9),
}
QUIET = {
    "venue-arbitrage",
    "outcome-pairs",
    "option-parity",
    "delta-hedger",
    "cash-and-carry",
    "futures-basis",
    "option-holder",
    "cross-chain-arbitrage",
}
"""Who finds nothing to do here: nothing contradicts, nobody may write an option, so there is none to buy or hedge;
and there is no other chain."""
CUT = 2 * SECOND


class Peeks(Strategy):
    """Looks into what the scenario has planned: what the test has to notice."""

    def __init__(self, world: World) -> None:
        self.world = world

    def decide(self, view: View) -> Iterable[Intent]:
        yield Buy("ACME", 1, 9_000 + len(self.world._schedule))


def full(future: str, peeks: bool = False) -> World:
    """A market with every strategy in it, whose future after two seconds is one of two."""
    world = World(11, epochs=3)
    world.venue("A")
    world.venue("B")
    for symbol in ("ACME", "AAA", "BBB"):
        world.list(Stock(symbol), value=10_000, volatility_bps=8)
    world.list(Spot("BTC/USD", price_decimals=0, quantity_decimals=2), value=50_000, volatility_bps=8)
    world.list(PredictionContract("YES", question="Will it?"), value=50, volatility_bps=300)
    world.list(PredictionContract("NO", question="Will it not?"), value=50, volatility_bps=300)
    for instrument in (CALL, PUT, FUTURE, NOTE, Perpetual("PERP", underlying="AAA", funding_every=9 * SECOND)):
        world.list(instrument)
    world.list(Stock("ACME"), venue="B")
    cash, shares = 10**9, {"ACME": 500, "AAA": 500, "BBB": 500, "BTC/USD": 5_000}
    for symbol in ("ACME", "AAA", "BBB"):
        world.join(f"maker-{symbol}", MarketMaker(symbol, size=40), cash=cash, holdings=shares)
        world.join(f"noise-{symbol}", Noise(symbol, trade_probability=0.6), cash=cash, holdings=shares)
    for name in STRATEGIES:
        made = SPECIAL[name]() if name in SPECIAL else strategy(name)  # type: ignore[operator]
        world.join(name, made, cash=cash, holdings={**shares, **({"NOTE": 50} if name == "note-maker" else {})})
    if peeks:
        world.join("peeks", Peeks(world), cash=cash)
    if future == "dark":
        for symbol in ("ACME", "AAA", "BBB", "BTC/USD"):
            world.at(time_ms=2_000, shock=PriceShock(symbol, percent=-40))
            world.at(time_ms=2_050, halt=symbol)
    else:
        world.at(time_ms=2_000, news=News("ACME", good_percent=30, chance_of_good=1))
    world.start(SECOND)
    world.clock.run(until=CUT + SECOND // 2)
    return world


def until_the_cut(world: World) -> list[Event]:
    return [event for event in world.journal if event.time < CUT]


def test_no_strategy_decides_otherwise_because_of_what_is_still_to_come() -> None:
    dark, bright = full("dark"), full("bright")
    assert dark.failures == bright.failures == []
    before = until_the_cut(dark)
    assert before == until_the_cut(bright)
    assert [*dark.journal] != [*bright.journal]
    asked = {event.account for event in before if isinstance(event, OrderAccepted | OrderRejected)}
    assert set(STRATEGIES) - asked <= QUIET


def test_who_does_look_into_the_future_is_noticed() -> None:
    assert until_the_cut(full("dark", peeks=True)) != until_the_cut(full("bright", peeks=True))


class FallsSilent(Strategy):
    """Bids twice; then it takes part no longer, by an error or by saying nothing."""

    def __init__(self, by_an_error: bool) -> None:
        self.by_an_error = by_an_error
        self.looks = 0

    def decide(self, view: View) -> Iterable[Intent]:
        self.looks += 1
        view.random.random()
        if self.looks <= 2:
            yield Buy("ACME", 1, 9_000 + self.looks)
        elif self.by_an_error:
            raise ZeroDivisionError("a mistake")


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_strategy_that_raises_changes_nobody_elses_chance(place: str) -> None:
    def events(by_an_error: bool) -> list[Event]:
        world = World(4, epochs=3)
        world.list(Stock("ACME"), value=10_000, volatility_bps=8)

        def join() -> None:
            world.join("faulty", FallsSilent(by_an_error), cash=10**6)

        if place == "first":
            join()
        world.join("maker", MarketMaker(), cash=10**9, holdings={"ACME": 500})
        for number in range(5):
            world.join(f"noise-{number}", Noise(trade_probability=0.5), cash=10**6, holdings={"ACME": 50})
        world.join("fcn", strategy("fcn-trader"), cash=10**6, holdings={"ACME": 50})
        if place == "last":
            join()
        world.start(SECOND)
        world.clock.run(until=3 * SECOND)
        assert bool(world.failures) == by_an_error
        told = [event for event in world.journal if not isinstance(event, StrategyFailed)]
        return [
            event
            for event in told
            if not (isinstance(event, OrderCancelled) and by_an_error and event.order in _bids(world))
        ]

    assert events(by_an_error=True) == events(by_an_error=False)


def _bids(world: World) -> set[int]:
    return {event.order for event in world.journal.of(OrderAccepted) if event.account == "faulty"}
