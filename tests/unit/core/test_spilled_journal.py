"""A journal whose older events are elsewhere reads like one that holds them all, also while it lets them go."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest

from market_sim.core.data import sorted_journal
from market_sim.core.data.fingerprint import fingerprint
from market_sim.core.data.journal import Journal
from market_sim.core.data.spilled_journal import SpilledJournal
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import AccountOpened, Deposited
from market_sim.core.models.run_events import RunEnded
from tests.conftest import PATIENCE


def event(time: int) -> Event:
    return AccountOpened(time, f"a{time}", time, "o") if time % 4 else Deposited(time, "a", "USD", time + 1)


def older(first: int, end: int, kind: type[Event] | None = None) -> Iterator[Event]:
    return (one for one in map(event, range(first, end)) if kind is None or type(one) is kind)


def filled(journal: Journal, length: int) -> Journal:
    for time in range(length):
        journal.record(event(time))
    return journal


@pytest.mark.parametrize("released", [0, 1, 20, 36, 37])
def test_it_reads_like_a_journal_in_memory(released: int) -> None:
    plain, spilled = filled(Journal(), 37), SpilledJournal()
    record = spilled.record
    filled(spilled, 30)
    spilled.release(min(released, 30), older)
    for time in range(30, 37):
        record(event(time))  # who keeps the function records in the same journal
    spilled.release(released, older)
    assert spilled.first == released
    assert len(spilled) == len(plain) == 37
    assert list(spilled) == list(plain)
    assert list(spilled.of(Deposited)) == list(plain.of(Deposited))
    assert fingerprint(spilled) == fingerprint(plain)
    assert [spilled.since(number) for number in range(38)] == [plain.since(number) for number in range(38)]
    parts = [(first, end) for first in range(38) for end in range(first, 40)]
    assert [spilled.between(*part) for part in parts] == [plain.between(*part) for part in parts]
    assert [spilled[number] for number in range(-37, 37)] == [plain[number] for number in range(-37, 37)]
    for number in (37, -38):
        with pytest.raises(IndexError):
            spilled[number]


def test_it_releases_only_what_it_has_and_nothing_twice() -> None:
    spilled = SpilledJournal()
    filled(spilled, 10)
    spilled.release(6, older)
    spilled.release(4, lambda first, end, kind=None: iter(()))
    assert (spilled.first, spilled[2]) == (6, event(2))
    with pytest.raises(InvariantBroken, match="10 events cannot release 11"):
        spilled.release(11, older)


def test_a_reader_misses_nothing_while_another_thread_records_and_releases() -> None:
    spilled, length = SpilledJournal(), 30_000
    seen: list[Event] = []

    def read() -> None:
        while len(seen) < length:
            seen.extend(spilled.since(len(seen)))

    reader = Thread(target=read)
    reader.start()
    for time in range(length):
        spilled.record(event(time))
        if time % 100 == 99:
            spilled.release(time - 40, older)
    reader.join(PATIENCE)
    assert seen == list(older(0, length))


@pytest.mark.parametrize("released", [0, 20, 37])
def test_sorted_by_type_it_reads_like_a_journal_in_memory(released: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_journal, "PIECE", 4)
    plain, spilled = filled(Journal(), 37), SpilledJournal()
    filled(spilled, 37)
    spilled.release(released, older)
    with spilled.by_type() as found:
        assert list(found) == list(plain)
        assert (len(found), found[-1], found[3]) == (37, plain[36], plain[3])
        assert (found.since(30), found.between(5, 25)) == (plain.since(30), plain.between(5, 25))
        for kind in (AccountOpened, Deposited, RunEnded):
            nested = [(one, two) for one in found.of(kind) for two in found.of(kind)]
            events = list(plain.of(kind))
            assert nested == [(one, two) for one in events for two in events]


@pytest.mark.parametrize("released", [0, 10, 20, 30])
@pytest.mark.parametrize("end", [0, 5, 20, 29, 99])
def test_the_beginning_of_a_journal_reads_like_a_journal_that_ended_there(released: int, end: int) -> None:
    spilled = SpilledJournal()
    filled(spilled, 30)
    spilled.release(released, older)
    found, plain = spilled.until(end), filled(Journal(), min(end, 30))
    spilled.record(event(30))
    assert (len(found), list(found), found.since(3)) == (len(plain), list(plain), plain.since(3))
    assert found.between(4, 40) == plain.between(4, 40)
    for kind in (AccountOpened, Deposited):
        assert list(found.of(kind)) == list(plain.of(kind))
        assert list(found.until(7).of(kind)) == list(plain.until(7).of(kind)) == list(plain.of(kind, 7))
    assert [found[number] for number in range(-len(plain), len(plain))] == [*plain, *plain]
    for number in (len(plain), -len(plain) - 1):
        with pytest.raises(IndexError):
            found[number]
