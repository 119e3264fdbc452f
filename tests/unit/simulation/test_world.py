"""The verbs of a scenario, and what a running world does with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, nan

import pytest

from market_sim import Buy, MarketMaker, Noise, PriceShock, Stock, Strategy, View, World
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, Trade
from market_sim.core.models.run_events import ShockHappened, StrategyFailed, ValueMoved

SECOND = 1_000_000_000


@dataclass
class Stumbles(Strategy):
    """Places one order, then raises."""

    symbol: str = "ACME"

    def decide(self, view: View) -> Iterable[Intent]:
        if view.orders:
            raise ValueError("no idea")
        yield Buy(self.symbol, 1, 50)


def world(seed: int = 1) -> World:
    made = World(seed)
    made.list(Stock("ACME"), value=10_000, volatility_bps=5)
    made.join("maker", MarketMaker(), cash=10_000_000, holdings={"ACME": 1_000})
    return made


def run(made: World, seconds: int = 5) -> World:
    made.start(SECOND)
    made.clock.run(until=seconds * SECOND)
    return made


def test_orders_arrive_after_the_latency_of_their_agent() -> None:
    made = World(1)
    made.list(Stock("ACME"))
    made.join("far", Stumbles(), cash=1_000, every_ms=100, latency_ms=40)
    run(made, 1)
    accepted = next(made.journal.of(OrderAccepted))
    woke = int(made.randomness.__class__(1).stream("agent/far").random() * 100_000_000)
    assert accepted.time == woke + 40_000_000


def test_a_strategy_that_raises_leaves_with_its_orders_and_the_others_trade_on() -> None:
    made = world()
    made.join("stumbles", Stumbles(), cash=1_000)
    for number in range(5):
        made.join(f"noise-{number}", Noise(trade_probability=0.5), cash=1_000_000, holdings={"ACME": 50})
    run(made)
    [failed] = made.journal.of(StrategyFailed)
    assert (failed.agent, failed.strategy) == ("stumbles", "Stumbles")
    assert "ValueError: no idea (line" in failed.cause
    assert "/" not in failed.cause
    [order] = [event.order for event in made.journal.of(OrderAccepted) if event.account == "stumbles"]
    assert order in {event.order for event in made.journal.of(OrderCancelled)}
    assert any(trade.time > failed.time for trade in made.journal.of(Trade))
    assert str(made.failures[0]).startswith("stumbles (Stumbles) stopped at 0.")


@dataclass
class Misreads(Strategy):
    """Asks for what is not listed, for a price that is not there, or for a place that no list has."""

    how: str

    def decide(self, view: View) -> Iterable[Intent]:
        asked = {
            "symbol": lambda: view["ACNE"],
            "place": lambda: view["ACME"].prices[10**9],
            "change": lambda: setattr(view, "cash", 1),
        }
        asked[self.how]()
        return ()


@pytest.mark.parametrize("how", ["symbol", "place", "change"])
def test_a_failure_names_the_line_of_the_strategy_and_never_ours(how: str) -> None:
    made = world()
    made.join("misreads", Misreads(how), cash=1_000)
    run(made, 1)
    [failed] = made.journal.of(StrategyFailed)
    assert failed.cause.endswith("of test_world.py)")


def test_the_others_events_are_as_if_the_one_who_failed_had_fallen_silent() -> None:
    @dataclass
    class Silent(Stumbles):
        def decide(self, view: View) -> Iterable[Intent]:
            return () if view.orders else super().decide(view)

    def trades(strategy: Strategy) -> list[tuple[int, ...]]:
        made = world()
        made.join("odd", strategy, cash=1_000)
        for number in range(5):
            made.join(f"noise-{number}", Noise(trade_probability=0.5), cash=1_000_000, holdings={"ACME": 50})
        return [(trade.time, trade.price, trade.quantity) for trade in run(made).journal.of(Trade)]

    assert trades(Stumbles()) == trades(Silent())
    assert trades(Stumbles())


def test_a_shock_changes_the_believed_value_at_its_epoch() -> None:
    made = world()
    made.at(epoch=3, shock=PriceShock("ACME", percent=-20))
    run(made)
    [shock] = made.journal.of(ShockHappened)
    assert shock.time == 3 * SECOND
    assert shock.numbers["after"] == pytest.approx(0.8 * int(shock.numbers["before"]), rel=0.001)
    moves = [event.value for event in made.journal.of(ValueMoved)]
    assert max(moves) > 9_500
    assert min(moves) < 8_500


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda made: made.join("maker", MarketMaker()), "already an account named 'maker'"),
        (lambda made: made.join("x", "not a strategy"), "needs a strategy with a method decide"),
        (lambda made: made.join("x", Noise(), every_ms=0), "wakes up every 0 ms"),
        (lambda made: made.join("x", Noise(), every_ms=1e-7), "wakes up every 1e-07 ms"),
        (lambda made: made.join("x", Noise(), every_ms=inf), "wakes up every inf ms"),
        (lambda made: made.join("x", Noise(), latency_ms=nan), "latencies of nan and 0 ms"),
        (lambda made: made.join("", Noise()), "a name of printable characters, found ''"),
        (lambda made: made.join("two\nlines", Noise()), "a name of printable characters"),
        (lambda made: made.join("x", Noise(), cash=2**63), "no balance exceeds 9,223,372,036,854,775,807 of"),
        (lambda made: made.join("x", Noise(), holdings={"ACNE": 1}), "cannot hold ACNE: it is not listed"),
        (lambda made: made.join("x", Noise(), cash=1.5), "positive whole number of the smallest unit, found 1.5"),
        (lambda made: made.list(Stock("ACME")), "ACME is already listed"),
        (lambda made: made.at(epoch=0, shock=PriceShock("ACME", percent=1)), "epochs count from 1, found 0"),
        (lambda made: made.at(epoch=1, shock=PriceShock("ACNE", percent=1)), "ACNE has none"),
        (lambda made: made.validators(count=3), "from 4 to 100 validators"),
    ],
)
def test_a_mistake_of_the_instructor_is_one_sentence(mistake, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=said):
        mistake(world())
