"""The header of a stored run says what was chosen, and how far the run came."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.analysis.run_header import header_of
from market_sim.core.data import archive
from market_sim.core.data.manifest import read_manifest
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.simulation.session import Session


def played(scenario, options, epochs=None):
    session = Session(scenario, options)
    session.run() if epochs is None else session.step(epoch=epochs)
    session.end()
    return session.journal


def header(journal, folder):
    archive.save(journal, folder)
    return header_of(read_manifest(folder))


def test_a_complete_run_says_what_was_chosen(tmp_path):
    options = Options(seed=3, epochs=2, settlement="memory", validators=7, byzantine="n3:silent", partition="1")
    found = header(played(StreamletDemo(traders=2), options), tmp_path)
    assert (found.scenario, found.seed, found.epochs, found.validators) == ("streamlet", 3, 2, 7)
    assert (found.byzantine, found.partition, found.settlement) == ("n3:silent", "1-1:0+1+2|3+4+5+6", "in memory")
    assert (found.reached, found.complete, found.state) == (2, True, "complete")


@dataclass(frozen=True)
class SilentDemo(StreamletDemo):
    """One of its validators says nothing, whatever the options are."""

    def build(self, world):
        super().build(world)
        world.validators(byzantine="n2:silent")


def test_validators_that_the_scenario_makes_lie_are_named(tmp_path):
    journal = played(SilentDemo(traders=2), Options(epochs=1, settlement="none"))
    assert header(journal, tmp_path).byzantine == "n2"


def test_a_partial_run_says_in_which_epoch_it_stopped(tmp_path):
    found = header(played(FirstMarket(traders=2), Options(epochs=4, settlement="none"), epochs=2), tmp_path)
    assert found.state == "partial: stopped in epoch 2 of 4"


def test_only_parameters_that_are_not_at_their_default_differ(tmp_path):
    found = header(played(FirstMarket(traders=5), Options(epochs=1, settlement="none")), tmp_path)
    assert found.differing(FirstMarket().parameters) == {"traders": 5}
    assert found.differing({}) == FirstMarket(traders=5).parameters
