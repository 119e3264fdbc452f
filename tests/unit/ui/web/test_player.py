"""What a run on its way tells: everything of the one count, and never more settled than that."""

from __future__ import annotations

import pytest

from market_sim.core.models.market_events import Trade, entry_number
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from market_sim.ui.web.player import _Progress


class Notes:
    """The end of a pipe that keeps what is sent."""

    def __init__(self) -> None:
        self.sent = []

    def send(self, note) -> None:
        self.sent.append(note)


@pytest.mark.parametrize("scenario", [FirstMarket(), OptionExpiry(expiry_day=2)], ids=lambda one: one.name)
def test_the_entries_that_are_told_are_those_of_the_journal_and_not_fewer_than_are_settled(scenario):
    journal = simulate(scenario, Options(epochs=3, settlement="memory")).journal
    notes = Notes()
    _Progress(notes).epoch(journal, 3)
    told = notes.sent[0].content
    assert told["entries"] == sum(bool(entry_number(event)) for event in journal)
    assert told["entries"] >= told["settled"] > 0
    has_only_trades = told["entries"] == sum(1 for _ in journal.of(Trade))
    assert has_only_trades is (scenario.name == "first-market"), "the canary: one run has other entries"
