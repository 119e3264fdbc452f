"""`simulate()` takes a scenario, its class, its name or its file; parameters and options can be named."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.crowded_room import CrowdedRoom


def test_a_name_a_class_and_a_scenario_are_the_same_run():
    options = Options(epochs=1, seed=3, settlement="none")
    expected = simulate(CrowdedRoom(traders=5), options).fingerprint
    assert simulate("crowded-room", epochs=1, seed=3, settlement="none", traders=5).fingerprint == expected
    assert simulate(CrowdedRoom, options, traders=5).fingerprint == expected
    assert simulate(CrowdedRoom(traders=5), Options(settlement="none"), epochs=1, seed=3).fingerprint == expected


def test_parameters_of_a_scenario_that_is_made_are_refused():
    with pytest.raises(InputError, match=r"made already cannot be changed: traders"):
        simulate(CrowdedRoom(), epochs=1, traders=5)


def test_a_parameter_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(InputError, match=r"no parameter trader, it has traders.*did you mean traders"):
        simulate("crowded-room", epochs=1, trader=5)


def test_a_result_draws_itself_for_a_notebook():
    result = simulate("crowded-room", epochs=2, settlement="none", traders=5)
    shown = result._repr_html_()
    assert "crowded-room, seed 7, 2 epochs" in shown
    assert "<td>noise-0</td>" in shown
    assert "showSendToCloud" in shown
    assert len(result.figure().data) > 0
