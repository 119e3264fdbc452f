"""What a scenario plans happens at its time; what is planned wrongly is a sentence, what comes too late a warning."""

from __future__ import annotations

import pytest

from market_sim import Buy, Noise, PriceShock, Stock, World
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import OrderAccepted, PhaseChanged
from market_sim.simulation.engine.clock import MILLISECOND, SECOND


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
        ({"epoch": 1}, "takes one of shock, halt, reopen, submit, do, found none"),
        ({"epoch": 1, "halt": "ACME", "reopen": "ACME"}, "found halt, reopen"),
        ({"epoch": 1, "halt": "NONE"}, "NONE is not listed; listed are ACME"),
        ({"epoch": 1, "submit": ("eve", Buy("ACME", 1))}, "submit takes an account and an intent"),
        ({"epoch": 1, "do": 5}, "do takes a function of the world, found 5"),
        ({"epoch": 1, "shock": PriceShock("NONE", percent=1)}, "NONE has none"),
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
