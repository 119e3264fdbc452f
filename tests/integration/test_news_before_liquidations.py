"""News reaches the quotes before it closes positions: a long that is liquidated after a fall never gains by it."""

from __future__ import annotations

from itertools import product

import pytest

from market_sim import MarketMaker, PriceShock, Stock, World
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.mechanism_events import LiquidationEnded, LiquidationStarted, MarginCalled, MarginCallMet
from market_sim.core.models.run_events import ShockHappened
from market_sim.core.randomness import Randomness
from market_sim.market.dynamics.value import BelievedValue
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.liquidation_cascade import LiquidationCascade
from market_sim.simulation.scenarios.margin_call import MarginCall
from market_sim.simulation.scenarios.scenario import Scenario

SECOND = 1_000_000_000
FALLS = [
    *(MarginCall(fall_percent=fall, grace_days=days) for fall, days in product((-40.0, -60.0, -80.0, -90.0), (0, 2))),
    *(LiquidationCascade(fall_percent=fall) for fall in (-4.0, -12.0)),
]


@pytest.mark.parametrize("scenario", FALLS, ids=lambda one: f"{one.name}{'.'.join(map(str, one.parameters.values()))}")
@pytest.mark.parametrize("seed", [7, 8])
def test_a_liquidation_after_a_fall_never_leaves_more_than_was_there_at_the_new_price(
    scenario: Scenario, seed: int
) -> None:
    journal = simulate(scenario, Options(seed=seed, settlement="none")).journal
    pairs = zip(journal.of(LiquidationStarted), journal.of(LiquidationEnded), strict=True)
    judged = 0
    for before, after in pairs:
        assert (before.account, before.time) == (after.account, after.time)
        # Less than nothing is covered by others, up to nothing: that is no gain of the market's.
        assert after.equity <= max(before.equity, 0)
        judged += 1
    assert judged


def test_a_forced_sale_after_a_fall_is_filled_near_the_new_price() -> None:
    journal = simulate(MarginCall(grace_days=0), Options(settlement="none")).journal
    [shock] = journal.of(ShockHappened)
    first = next(event for event in journal.of(LiquidationStarted))
    assert first.time > shock.time
    sold = [trade for trade in journal.of(Trade) if trade.taker in ("ann", "bob") and trade.time >= first.time]
    assert sold
    assert all(abs(trade.price - int(shock.numbers["after"])) < 100 for trade in sold)


def test_marks_wait_for_those_who_quote_and_for_nobody_else() -> None:
    def marked(every_ms: float, quoting: bool) -> float:
        world = World(5)
        world.list(Stock("ACME"), value=10_000)
        world.join(
            "maker", MarketMaker(), cash=10_000_000 * quoting, holdings={"ACME": 100 * quoting}, every_ms=every_ms
        )
        world.at(epoch=2, shock=PriceShock("ACME", percent=-50))
        world.start(SECOND)
        world.clock.run(until=2 * SECOND + 1)
        assert any(world.journal.of(OrderAccepted)) == quoting
        while world.values["ACME"].price == 10_000:
            world.clock.step()
        return (world.clock.now - 2 * SECOND) / SECOND

    assert marked(80, quoting=True) == pytest.approx(0.081, abs=1e-6)
    assert marked(80, quoting=False) == pytest.approx(0, abs=1e-8)
    assert marked(1_900, quoting=True) == 1  # who sleeps for long is not waited for


def test_two_jumps_are_taken_in_one_after_the_other() -> None:
    value = BelievedValue(10_000, RandomWalk(), Randomness(1).stream("value"))
    value.jump(-50)
    value.jump(-10)
    assert (value.news, value.price) == (4_500, 10_000)
    value.quoted()
    assert value.price == 5_000
    value.quoted()
    assert value.price == value.news == 4_500


def test_a_call_that_ends_in_a_forced_sale_was_not_met() -> None:
    for fall in (-40.0, -60.0, -80.0):
        journal = simulate(MarginCall(fall_percent=fall), Options(settlement="none")).journal
        met = {event.account for event in journal.of(MarginCallMet)}
        assert met <= {event.account for event in journal.of(MarginCalled)}
        assert not met & {event.account for event in journal.of(LiquidationStarted)}
