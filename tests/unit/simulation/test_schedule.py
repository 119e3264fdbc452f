"""What a scenario plans happens at its time; what is planned wrongly is a sentence, what comes too late a warning."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from market_sim import Buy, News, Noise, PriceShock, Stock, Strategy, View, World
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, PhaseChanged
from market_sim.core.models.run_events import ShockHappened
from market_sim.simulation.engine.clock import MILLISECOND, SECOND


class Bids(Strategy):
    """One bid at each wake-up, at a price by chance."""

    def decide(self, view: View) -> Iterable[Intent]:
        yield Buy("ACME", 1, 1 + int(view.random.random() * 9))


def world() -> World:
    made = World(1, epochs=3)
    made.list(Stock("ACME"), value=100)
    made.join("ann", Noise(trade_probability=0), cash=1_000)
    return made


def test_a_halt_and_the_reopening_by_an_auction_come_at_their_times() -> None:
    made = world()
    made.at(epoch=1.5, halt="ACME")
    made.at(time_ms=2_000, reopen="ACME")
    made.start(SECOND)
    made.clock.run(until=3 * SECOND)
    phases = [(event.time // MILLISECOND, event.phase) for event in made.journal.of(PhaseChanged)]
    assert phases == [(1_500, "halted"), (2_000, "call"), (2_500, "continuous")]


def test_an_order_and_a_function_come_at_their_times() -> None:
    made = world()
    noted: list[int] = []
    made.at(time_ms=1_500, submit=("ann", Buy("ACME", 1, 90)))
    made.at(epoch=2, do=lambda world: noted.append(world.clock.now))
    made.start(SECOND)
    made.clock.run(until=3 * SECOND)
    assert [event.time for event in made.journal.of(OrderAccepted)] == [1_500 * MILLISECOND]
    assert noted == [2 * SECOND]


@pytest.mark.parametrize(
    ("planned", "sentence"),
    [
        ({}, "either an epoch or a time"),
        ({"epoch": 1, "time_ms": 5}, "either an epoch or a time"),
        ({"epoch": 0, "halt": "ACME"}, "epochs count from 1, found 0"),
        ({"time_ms": -1, "halt": "ACME"}, "begins at 0 ms, found -1"),
        ({"epoch": 1}, "takes one of shock, news, halt, reopen, submit, arrive, leave, outage, do, found none"),
        ({"epoch": 1, "halt": "ACME", "reopen": "ACME"}, "found halt, reopen"),
        ({"epoch": 1, "halt": "NONE"}, "NONE is not listed; listed are ACME"),
        ({"epoch": 1, "submit": ("eve", Buy("ACME", 1))}, "submit takes an account and an intent"),
        ({"epoch": 1, "do": 5}, "do takes a function of the world, found 5"),
        ({"epoch": 1, "shock": PriceShock("NONE", percent=1)}, "NONE has none"),
        ({"epoch": 1, "news": News("NONE")}, "NONE has none"),
        ({"epoch": 1, "arrive": "eve"}, "eve has not joined; joined have ann"),
        ({"epoch": 1, "leave": "eve"}, "eve has not joined; joined have ann"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(planned: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        world().at(**planned)


def test_what_comes_after_the_end_is_a_warning() -> None:
    made = world()
    made.at(epoch=3.5, halt="ACME")
    made.at(epoch=4, halt="ACME")
    made.at(time_ms=9_000, submit=("ann", Buy("ACME", 1, 90)))
    assert made.warnings == (
        "a halt of ACME is planned for epoch 4, but the run ends with epoch 3: it never happens",
        "PlaceOrder of ann is planned for 9000 ms, but the run ends with epoch 3: it never happens",
    )


def test_news_is_good_as_often_as_it_was_said_to_be_and_repeats_with_the_seed() -> None:
    def told(seed: int, chance: float = 0.7) -> list[str]:
        made = World(seed, epochs=3)
        made.list(Stock("ACME"), value=10_000)
        made.at(epoch=1, news=News("ACME", good_percent=2, bad_percent=-4, chance_of_good=chance))
        made.start(SECOND)
        made.clock.run(until=2 * SECOND)
        return [event.what for event in made.journal.of(ShockHappened)]

    drawn = [told(seed)[0] for seed in range(300)]
    assert set(drawn) == {"ACME +2 %", "ACME -4 %"}
    assert 0.63 < drawn.count("ACME +2 %") / 300 < 0.77
    assert drawn[:5] == [told(seed)[0] for seed in range(5)]
    assert {told(seed, chance=0)[0] for seed in range(20)} == {"ACME -4 %"}
    with pytest.raises(InputError, match="chance of good news lies between 0 and 1"):
        News("ACME", chance_of_good=2)


def test_somebody_arrives_and_leaves_at_the_times_that_were_planned() -> None:
    def orders(come: bool) -> list[tuple[int, int]]:
        made = World(1, epochs=4)
        made.list(Stock("ACME"), value=100)
        for name in ("ann", "bob"):
            made.join(name, Bids(), cash=1_000, every_ms=100)
        if come:
            made.at(epoch=1.5, arrive="bob")
            made.at(epoch=2.5, leave="bob")
        made.start(SECOND)
        made.clock.run(until=4 * SECOND)
        taken = {event.order for event in made.journal.of(OrderCancelled)}
        assert taken == {event.order for event in made.journal.of(OrderAccepted) if come and event.account == "bob"}
        return [
            (event.time, event.terms.limit or 0) for event in made.journal.of(OrderAccepted) if event.account == "ann"
        ] + [(event.time, 0) for event in made.journal.of(OrderAccepted) if event.account == "bob" and come]

    here, alone = orders(come=True), orders(come=False)
    bob = [time for time, limit in here if not limit]
    assert 1_500 <= min(bob) / MILLISECOND < 1_602
    assert 2_399 < max(bob) / MILLISECOND < 2_502
    assert [one for one in here if one[1]] == alone
