"""Alerts about how a run goes: venues that do not answer, and a committee that takes longer than a rotation."""

from __future__ import annotations

import pytest

from market_sim.analysis.alerts import alerts
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed, EpochStarted
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.models.venue_events import OutageBegan, VenueHealthChanged
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.outage import OutageScenario
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo

STRICT = 'base = "classroom"\nbest_price = { most = 0 }\nsymbol_halt = false\n'


@pytest.fixture(scope="module")
def outage():
    return simulate(OutageScenario(), Options(settlement="none", rules=STRICT, epochs=8, independent=False)).journal


def test_an_outage_and_a_broken_connection_are_alerts_at_their_events(outage):
    told = {one.event: (one.code, one.source) for one in alerts(outage) if one.code.startswith("VENUE")}
    expected = {}
    for number, event in enumerate(outage):
        if type(event) is OutageBegan:
            expected[number] = ("VENUE_DOWN", "market")
        elif type(event) is VenueHealthChanged and event.status == "OPEN":
            expected[number] = ("VENUE_UNAVAILABLE", "market")
    assert told == expected
    assert {code for code, _ in told.values()} == {"VENUE_DOWN", "VENUE_UNAVAILABLE"}


def test_a_venue_in_an_outage_keeps_nobody_from_trading_elsewhere(outage):
    (began,) = outage.of(OutageBegan)
    refused = [one for one in outage.of(OrderRejected) if one.reason == "BETTER_PRICE_ELSEWHERE"]
    assert any(one.numbers["venue"] == began.venue for one in refused if one.time < began.time), "it did before"
    assert not [one for one in refused if one.numbers["venue"] == began.venue and one.time > began.time]
    cases = [one for one in alerts(outage) if one.code == "BEST_EXECUTION" and one.time > began.time]
    assert not [one for one in cases if f"where {began.venue} showed" in one.sentence]


def slow(journal) -> list[int]:
    """The first epoch of each time in which none became final in a rotation of four, counted from the events."""
    proposed = {event.block: event.epoch for event in journal.of(BlockProposed)}
    final, found, is_slow = 0, [], False
    for event in journal:
        if type(event) is BlockFinalized:
            final, is_slow = max(final, proposed.get(event.block, 0)), False
        elif type(event) is EpochStarted and event.epoch - final - 2 >= 4 and not is_slow:
            found.append(event.epoch)
            is_slow = True
    return found


@pytest.mark.parametrize(
    ("terms", "count"),
    [({}, 0), ({"partition": "4-9"}, 1), ({"byzantine": "n3:silent@1-12"}, 0)],
    ids=["all well", "two halves", "one is silent"],
)
def test_finality_is_slow_when_a_rotation_has_passed_without_a_final_block(terms, count):
    journal = simulate(StreamletDemo(), Options(settlement="none", epochs=12, independent=False, **terms)).journal
    found = [one for one in alerts(journal) if one.code == "FINALITY_SLOW"]
    assert [journal[one.event].epoch for one in found] == slow(journal)
    assert len(found) == count
    if found:
        assert found[0].sentence == "epoch 8 begins, and the last final block is of epoch 2: 4 epochs more than usual"
