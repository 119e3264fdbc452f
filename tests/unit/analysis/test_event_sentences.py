"""A sentence about an event names who is in it."""

from __future__ import annotations

import pytest

from market_sim.analysis.event_sentences import EventSentences
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import ByzantineAct, NetworkFault
from market_sim.core.models.market_events import InstrumentListed
from market_sim.core.models.run_events import ShockHappened


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            NetworkFault(0, 4, "partition", (0, 1), (2, 3), 7_000_000_000),
            "network: partition from validators 0 and 1 to validators 2 and 3 until 7.000 s",
        ),
        (
            NetworkFault(0, 1, "loss", (0,), (1, 2, 3), 1_500_000_000),
            "network: loss from validator 0 to validators 1, 2 and 3 until 1.500 s",
        ),
    ],
)
def test_the_sides_of_a_fault_are_validators(event: NetworkFault, said: str) -> None:
    assert EventSentences(Journal()).sentence(event) == said


def test_a_shock_is_told_in_prices_and_without_names_of_fields() -> None:
    journal = Journal()
    journal.record(InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0))
    shock = ShockHappened(5, "ACME -0.5 %", {"symbol": "ACME", "before": 9_984, "after": 9_934})
    assert EventSentences(journal).sentence(shock) == "shock: ACME -0.5 %, the value moves from 99.84 to 99.34"


def test_an_act_towards_nobody_is_told_so() -> None:
    told = EventSentences(Journal())
    assert told.sentence(ByzantineAct(0, 5, 3, "silent", (), ())).endswith("silent towards nobody")
    assert told.sentence(ByzantineAct(0, 5, 3, "withhold", (), (1, 2))).endswith("towards validators 1 and 2")
