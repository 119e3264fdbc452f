"""The tape has every entry once and in order, whoever asks first."""

from __future__ import annotations

import pytest

from market_sim.core.data.journal import Journal
from market_sim.core.data.tape import Tape
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.market_events import Deposited, Trade, Transferred, Withdrawn

ENTRIES = (
    Trade(1, 1, "ACME", 100, 5, 1, 1, 2, "ann", "bob", 0, 0),
    Transferred(2, 2, "ann", "bob", "USD", 7, "PREMIUM", "ACME-C100"),
    Deposited(3, "ann", "USD", 9, 3),
    Withdrawn(4, "ann", "USD", 8, 4),
)


def test_trades_transfers_and_moves_during_the_run_are_entries_and_an_opening_balance_is_none():
    journal = Journal()
    tape = Tape(journal)
    for event in (Deposited(0, "ann", "USD", 1_000), *ENTRIES[:2]):
        journal.record(event)
    assert tape.after(0) == [*ENTRIES[:2]]
    for event in ENTRIES[2:]:
        journal.record(event)
    assert tape.after(0) == [*ENTRIES]
    assert [entry.trade for entry in tape.after(2)] == [3, 4]
    assert tape.entry(2) == ENTRIES[1]
    assert list(tape.prices("ACME")) == [100]


def test_of_many_entries_the_last_are_kept_and_the_others_are_found_in_the_journal():
    journal = Journal()
    tape = Tape(journal, kept=10)
    for number in range(1, 101):
        journal.record(Trade(number, number, "ACME", 100 + number, 5, 1, 1, 2, "ann", "bob", 0, 0))
        assert tape.entry(number).trade == number
    assert len(tape._last) <= 20, "the memory does not grow with the run"
    for number in (0, 1, 79, 95, 100):
        assert [entry.trade for entry in tape.after(number)] == list(range(number + 1, 101))
    assert [tape.entry(number).trade for number in (1, 50, 99)] == [1, 50, 99]
    assert list(tape.prices("ACME")) == list(range(101, 201))
    with pytest.raises(InvariantBroken, match="no entry 0"):
        tape.entry(0)
