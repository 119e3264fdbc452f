"""A participant with data latency sees the market as it was that long ago, in every part of the view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from market_sim import MarketMaker, Noise, Stock, Strategy, View, World
from market_sim.core.models.intents import Intent
from market_sim.market.agents.view import InstrumentView
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.simulation.engine.clock import MILLISECOND, SECOND
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.prediction_market import PredictionMarketScenario

DELAY_MS = 50
OWN = {"position", "instrument", "FACTS", "PAST"}
"""One's own account is no news; terms are announced long before they change."""


class Watcher(Strategy):
    """Looks and does nothing."""

    def decide(self, view: View) -> Iterable[Intent]:
        return ()


def seen(market: InstrumentView) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in dir(market):
        if name.startswith("_") or name in OWN:
            continue
        value = getattr(market, name)
        told[name] = value(20) if callable(value) else list(value) if name in InstrumentView.PAST else value
    return told


def a_market_that_halts(world: World) -> None:
    world.list(Stock("ACME"), value=10_000, volatility_bps=20)
    world.join("maker", MarketMaker(), cash=10_000_000, holdings={"ACME": 1_000})
    for number in range(6):
        world.join(f"noise-{number}", Noise(trade_probability=0.5), cash=1_000_000, holdings={"ACME": 50})
    world.at(time_ms=800, halt="ACME")
    world.at(time_ms=1_100, reopen="ACME")
    world.at(epoch=2, shock=PriceShock("ACME", percent=-5))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "build",
    [a_market_that_halts, FirstMarket().build, PredictionMarketScenario().build, Arena().build],
    ids=["halts", "first-market", "prediction-market", "arena"],
)
def test_a_delayed_view_is_the_view_of_that_time(build: Any, seed: int) -> None:
    world = World(seed)
    build(world)
    world.join("near", Watcher(), cash=100)
    world.join("far", Watcher(), cash=100, data_latency_ms=DELAY_MS)
    world.start(SECOND)
    near, far = world.agents["near"].view, world.agents["far"].view
    then: dict[int, list[dict[str, Any]]] = {}
    moments = [place * 7_300_017 + 1 for place in range(400)]
    stops = sorted([*moments, *(moment + DELAY_MS * MILLISECOND for moment in moments)])
    compared = 0
    for stop in stops:
        world.clock.run(until=stop)
        earlier = then.pop(stop - DELAY_MS * MILLISECOND, None)
        # What happens at the very instant is in the journal and not yet in what was noted.
        if earlier is not None and not any(e.time == stop - DELAY_MS * MILLISECOND for e in world.journal):
            assert [seen(far[symbol]) for symbol in far.symbols] == earlier
            compared += 1
        then[stop] = [seen(near[symbol]) for symbol in near.symbols]
    assert compared > 350
    assert far["ACME" if "ACME" in far.symbols else far.symbols[0]].prices


def test_who_is_far_away_sees_nothing_of_what_just_happened() -> None:
    world = World(1)
    world.list(Stock("ACME"))
    world.join("ann", Watcher(), cash=100_000, data_latency_ms=DELAY_MS)
    world.join("bob", Watcher(), cash=100_000)
    world.start(SECOND)
    from market_sim import Buy

    world.clock.run(until=10)
    world.venues.submit("bob", Buy("ACME", 1, 100))
    market = world.agents["ann"].view["ACME"]
    world.clock.run(until=9 + DELAY_MS * MILLISECOND)
    assert market.bid is None
    world.clock.run(until=10 + DELAY_MS * MILLISECOND)
    assert (market.bid, market.bid_size) == (100, 1)
