"""A journal with a spill reads like one without, whatever part of it lies on disk."""

from __future__ import annotations

import pytest

from benchmarks.spilling import Spill, SpillingJournal
from market_sim.core.data.fingerprint import fingerprint
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import AccountOpened, Deposited


@pytest.fixture
def journals(tmp_path):
    """The same 37 events in memory and with segments of 5 on disk."""
    plain, spilling = Journal(), SpillingJournal(Spill(tmp_path / "journal.jsonl", segment=5))
    for time in range(37):
        event = AccountOpened(time, f"a{time}", time, "o") if time % 4 else Deposited(time, "a", "USD", time + 1)
        plain.record(event)
        spilling.record(event)
    return plain, spilling


def test_at_most_two_segments_stay_in_memory(journals):
    _, spilling = journals
    assert len(spilling._events) == 7
    assert len(spilling._spill) == 30


def test_it_reads_like_a_journal_in_memory(journals):
    plain, spilling = journals
    assert len(spilling) == len(plain) == 37
    assert list(spilling) == list(plain)
    assert list(spilling.of(Deposited)) == list(plain.of(Deposited))
    assert fingerprint(spilling) == fingerprint(plain)


@pytest.mark.parametrize("number", [0, 1, 4, 5, 29, 30, 31, 36, 37])
def test_reading_on_from_any_event_gives_the_rest(journals, number):
    plain, spilling = journals
    assert spilling.since(number) == plain.since(number)


def test_each_event_is_found_by_its_number(journals):
    plain, spilling = journals
    assert [spilling[number] for number in range(-37, 37)] == [plain[number] for number in range(-37, 37)]
    for journal in journals:
        with pytest.raises(IndexError):
            journal[37]
        with pytest.raises(IndexError):
            journal[-38]


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        Spill(tmp_path / "nowhere" / "journal.jsonl")
