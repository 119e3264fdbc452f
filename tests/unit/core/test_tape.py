"""The tape has every entry once and in order, whoever asks first."""

from __future__ import annotations

from market_sim.core.data.journal import Journal
from market_sim.core.data.tape import Tape
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
    assert tape.entries == [*ENTRIES[:2]]
    for event in ENTRIES[2:]:
        journal.record(event)
    assert tape.entries == [*ENTRIES]
    assert [entry.trade for entry in tape.entries] == [1, 2, 3, 4]
    assert tape.prices("ACME") == [100]
