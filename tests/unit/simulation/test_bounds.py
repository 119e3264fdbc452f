"""The bounds of parameters: declared with the default, kept by flags, forms and whoever makes a scenario in code."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from market_sim.core.errors import InputError
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.bounds import LARGEST, Bounds, bounded
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.crowded_room import CrowdedRoom
from market_sim.simulation.scenarios.scenario import Scenario, configured, parameter_bounds


@dataclass(frozen=True)
class Room(Scenario):
    """A room with bounds, and with a number that has none."""

    name = "room"
    traders: int = bounded(12, least=1, most=500)
    fall: float = bounded(-4.0, least=-90.0, most=0.0)
    free: int = 0


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("traders", "0", "room: traders must be a whole number from 1 to 500, found '0'"),
        ("traders", "501", "a whole number from 1 to 500, found '501'"),
        ("traders", "100000000", "a whole number from 1 to 500, found '100000000'"),
        ("traders", "many", "a whole number from 1 to 500, found 'many'"),
        ("fall", "0.1", "fall must be a finite number from -90.0 to 0.0, found '0.1'"),
        ("fall", "nan", "a finite number from -90.0 to 0.0, found 'nan'"),
        ("free", str(LARGEST + 1), "free must be at most 1,000,000,000,000,000 in size"),
        ("free", "x", "free must be a whole number, found 'x'"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_bounds(field: str, value: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        configured(Room, **{field: value})
    assert said in str(refused.value)


def test_the_bounds_themselves_are_allowed() -> None:
    assert configured(Room, traders="1", fall="-90", free=str(-LARGEST)).parameters == {
        "traders": 1,
        "fall": -90.0,
        "free": -LARGEST,
    }
    assert configured(Room, traders=500, fall=0).parameters["traders"] == 500


def test_a_scenario_made_in_code_keeps_the_bounds_too() -> None:
    with pytest.raises(InputError, match="from 1 to 500, found 0"):
        Room(traders=0)


def test_a_whole_number_for_a_float_is_the_same_scenario() -> None:
    assert type(Room(fall=-3).fall) is float


def test_a_default_out_of_its_bounds_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="a default must be a whole number from 1 to 5, found 6"):
        bounded(6, least=1, most=5)


NUMBERS = [(kind, name) for kind in SCENARIOS for name in parameter_bounds(kind)]


@pytest.mark.parametrize(("kind", "name"), NUMBERS, ids=lambda one: getattr(one, "name", one))
def test_every_number_of_a_shipped_scenario_has_bounds_that_run(kind: type[Scenario], name: str) -> None:
    bounds = parameter_bounds(kind)[name]
    assert bounds != Bounds()
    for value in (bounds.least, min(bounds.most, 60)):
        # No more can be recalled than was lent.
        others = {"recalled": 1} if name == "lent" else {}
        result = simulate(configured(kind, **others, **{name: value}), Options(epochs=2, settlement="none"))
        assert result.complete
        assert not result.failures


def test_a_class_on_the_list_refuses_what_was_tried_on_it() -> None:
    for traders in (-3, 0, 100_000_000):
        with pytest.raises(InputError, match="traders must be a whole number from 1 to 1,000"):
            CrowdedRoom(traders=traders)
