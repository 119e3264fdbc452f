"""A run is on disk while it goes on: however the writing stops, the folder can be opened and tells how far it came."""

from __future__ import annotations

import errno
import gzip
import os
from pathlib import Path

import msgspec
import pytest

from market_sim.core.data import run_writer
from market_sim.core.data.archive import load, reopen, save
from market_sim.core.data.chain import CHAIN, LINK_BYTES
from market_sim.core.data.codec import encode
from market_sim.core.data.fingerprint import fingerprint
from market_sim.core.data.journal import Journal
from market_sim.core.data.manifest import MANIFEST
from market_sim.core.data.packing import packed
from market_sim.core.data.run_writer import JOURNAL, RunWriter, WriteRefused
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.market_events import Deposited
from market_sim.core.models.run_events import RunEnded, RunStarted


def begun() -> Journal:
    journal = Journal()
    journal.record(RunStarted(0, "crowded-room", 7, 12, {}, {}))
    return journal


def play(journal: Journal, epoch: int) -> None:
    journal.record(EpochStarted(epoch, epoch, 0))
    for number in range(5):
        journal.record(Deposited(epoch, f"trader-{number}", "USD", epoch * 1000 + number))


@pytest.fixture
def writer(tmp_path: Path):
    with RunWriter(tmp_path) as writer:
        yield writer


def go_on(writer: RunWriter, journal: Journal, epochs: range) -> None:
    for epoch in epochs:
        play(journal, epoch)
        writer.epoch(journal, epoch)


def after(writer: RunWriter, epochs: int) -> Journal:
    journal = begun()
    writer.epoch(journal, 0)
    go_on(writer, journal, range(1, epochs + 1))
    return journal


def test_after_each_epoch_the_run_so_far_can_be_read(writer):
    journal = begun()
    for epoch in range(1, 4):
        play(journal, epoch)
        writer.epoch(journal, epoch)
        stored = load(writer.folder)
        assert list(stored.journal) == list(journal)
        manifest = stored.manifest
        assert (manifest.reached, manifest.complete, manifest.finished) == (epoch, False, False)
        assert (manifest.fingerprint, stored.cut) == (fingerprint(journal), "")


def test_a_run_written_by_epochs_has_the_lines_of_one_that_was_written_at_once(writer, tmp_path):
    journal = after(writer, 4)
    play(journal, 5)
    journal.record(RunEnded(9, True))
    manifest = writer.finish(journal, "prices fell")
    assert writer.folder.name == f"crowded-room-seed7-{fingerprint(journal)[:12]}"
    at_once = save(journal, tmp_path / "at-once", "prices fell")
    # A member of the packed file is what was appended at one time, so only its size and digest differ.
    assert msgspec.structs.replace(manifest, size=0, stored="") == msgspec.structs.replace(at_once, size=0, stored="")
    by_epochs, whole = ((folder / JOURNAL).read_bytes() for folder in (writer.folder, tmp_path / "at-once"))
    assert gzip.decompress(by_epochs) == gzip.decompress(whole)
    assert (manifest.size, at_once.size) == (len(by_epochs), len(whole))
    assert (writer.folder / CHAIN).read_bytes() == (tmp_path / "at-once" / CHAIN).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["at-once", writer.folder.name])


def test_two_runs_of_one_scenario_and_seed_at_a_time_do_not_meet(tmp_path):
    with RunWriter(tmp_path) as one, RunWriter(tmp_path) as other:
        first, second = after(one, 2), after(other, 3)
        assert one.folder != other.folder
        assert (load(one.folder).manifest.reached, load(other.folder).manifest.reached) == (2, 3)
        play(first, 3)
        one.finish(first)
        other.finish(second)
        # Both came to the same run in the end, which is there once.
        assert one.folder == other.folder
        assert len(list(tmp_path.iterdir())) == 1
        assert list(load(one.folder).journal) == list(second)


@pytest.mark.skipif(os.name != "posix", reason="the lock is one of POSIX systems")
def test_a_second_program_is_refused_while_the_first_one_writes_and_even_after_a_rename(tmp_path):
    with RunWriter(tmp_path) as first:
        after(first, 2)
        with pytest.raises(InputError, match="is in use: another program runs it"):
            reopen(first.folder)
        moved = first.folder.rename(tmp_path / "moved")
        with pytest.raises(InputError, match="is in use: another program runs it"):
            reopen(moved)
    reopen(moved)[1].__exit__()
    with pytest.raises(InputError, match="expected a stored run"):
        reopen(tmp_path / "nowhere")


def test_what_follows_the_last_whole_epoch_is_cut_off_and_reported(writer):
    after(writer, 3)
    size = (writer.folder / JOURNAL).stat().st_size
    with (writer.folder / JOURNAL).open("ab") as file:
        file.write(b'{"type":"Deposited","time":4,"acc')
    stored = load(writer.folder)
    assert stored.manifest.reached == 3
    assert stored.cut == "33 bytes after the last whole epoch were cut off"
    assert (writer.folder / JOURNAL).stat().st_size == size + 33


def test_at_every_length_that_the_disk_kept_a_run_is_a_prefix(writer):
    """A machine that lost its power may have lost the end of each file, though the manifest counts it."""
    journal = after(writer, 3)
    path = writer.folder / JOURNAL
    whole = path.read_bytes()
    found = set()
    first = len(packed(encode(journal[0]) + b"\n"))
    for length in range(first, len(whole)):
        path.write_bytes(whole[:length])
        stored = load(writer.folder)
        kept = len(stored.journal)
        found.add(kept)
        assert list(stored.journal) == journal.since(0)[:kept]
        # Of a member that lost nothing but its checksum, every line is there.
        assert f"line {kept + 1} of {len(journal)} is torn or missing" in stored.cut or kept == len(journal)
        assert stored.cut
    assert len(found) > 10, "an epoch that was written in part counts line by line"
    path.write_bytes(whole[:20])
    with pytest.raises(InputError, match=rf"{JOURNAL}, line 1 of"):
        load(writer.folder)


def test_damage_in_the_middle_of_a_part_is_not_taken_for_its_end(writer):
    after(writer, 3)
    path = writer.folder / JOURNAL
    whole = path.read_bytes()
    text = gzip.decompress(whole)
    line = text[: text.index(b"2003")].count(b"\n") + 1
    other = packed(text.replace(b"2003", b"2004"))
    for rest in (other + bytes(len(whole)), other, other[:-40]):
        path.write_bytes(rest)
        with pytest.raises(InputError, match=rf"{JOURNAL}, line {line} of 19 is damaged"):
            load(writer.folder)
    member = whole.index(packed(b"")[:4], len(whole) // 2)
    for rest in (whole, whole[:-40]):
        path.write_bytes(rest[:member] + b"?" + rest[member + 1 :])
        with pytest.raises(InputError, match=rf"{JOURNAL} is damaged from line 14 of 19 on: incorrect header check"):
            load(writer.folder)


def test_checks_that_are_missing_at_the_end_of_a_part_are_named(writer):
    after(writer, 3)
    path = writer.folder / CHAIN
    path.write_bytes(path.read_bytes()[:-LINK_BYTES])
    with pytest.raises(InputError, match=rf"{CHAIN} has 144 bytes, expected 152"):
        load(writer.folder)


class FullDisk:
    """A file on a disk with room for so many bytes more; the last write that fits in part is done in part."""

    def __init__(self, file, room: list[int]) -> None:
        self._file, self._room = file, room

    def write(self, data) -> int:
        if not self._room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self._file.write(data[: self._room[0]])
        self._room[0] -= written
        return written

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def __getattr__(self, name):
        return getattr(self._file, name)


@pytest.mark.parametrize("room", [0, 1, 700, 1500, 2500, 3300])
def test_a_full_disk_is_one_sentence_and_the_run_so_far_is_kept(tmp_path, monkeypatch, room):
    left, opened = [10**9], Path.open
    monkeypatch.setattr(run_writer.Path, "open", lambda *a, **k: FullDisk(opened(*a, **k), left))
    with RunWriter(tmp_path) as writer:
        after(writer, 2)
        left[0] = room
        journal = begun()
        for epoch in range(1, 3):
            play(journal, epoch)
        with pytest.raises(WriteRefused) as told:
            go_on(writer, journal, range(3, 9))
        monkeypatch.undo()
        stored = load(writer.folder)
    assert "No space left on device" in str(told.value)
    assert f"{writer.folder} keeps it up to epoch" in str(told.value)
    assert list(stored.journal) == journal.since(0)[: len(stored.journal)]
    assert stored.manifest.reached >= 2
    assert not stored.manifest.complete


def test_an_interruption_between_two_writes_neither_doubles_nor_loses_an_event(tmp_path, monkeypatch):
    """Ctrl-C can come between any two statements: each place of an append and of its description is tried."""
    calls, real = [0], run_writer._write_at

    def interrupted(at: int):
        def write(file, place, data):
            calls[0] += 1
            if calls[0] == at:
                real(file, place, data[: len(data) // 2])
                raise KeyboardInterrupt
            real(file, place, data)

        return write

    for at in range(4, 10):
        calls[0] = 0
        monkeypatch.setattr(run_writer, "_write_at", interrupted(at))
        with RunWriter(tmp_path / str(at)) as writer:
            journal = begun()
            with pytest.raises(KeyboardInterrupt):
                go_on(writer, journal, range(9))
            journal.record(RunEnded(99, False))
            writer.finish(journal)
            assert list(load(writer.folder).journal) == list(journal)
            assert list(writer.read(0, len(journal))) == list(journal)


def test_a_run_that_is_written_again_keeps_what_else_lies_in_its_folder(tmp_path):
    for _ in range(2):
        with RunWriter(tmp_path) as writer:
            journal = after(writer, 2)
            writer.finish(journal)
            (writer.folder / "timeline.html").touch()
    assert sorted(path.name for path in writer.folder.iterdir()) == [CHAIN, JOURNAL, MANIFEST, "timeline.html"]
    assert load(writer.folder).manifest.reached == 2


def test_a_journal_without_a_beginning_is_not_written(tmp_path):
    with RunWriter(tmp_path) as writer:
        with pytest.raises(InvariantBroken, match="RunStarted"):
            writer.epoch(Journal(), 0)
        with pytest.raises(InvariantBroken, match="no folder"):
            writer.folder.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("most", [2, 20_000])
def test_what_is_on_disk_is_read_from_any_event_on_while_it_is_written_and_afterwards(writer, monkeypatch, most):
    monkeypatch.setattr(run_writer, "MOST_AT_ONCE", most)
    journal = after(writer, 3)
    play(journal, 4)  # in memory only

    def reads() -> bool:
        end = writer.events
        wanted = [(first, last) for first in range(end + 1) for last in range(first, end + 1)]
        assert all(list(writer.read(*one)) == journal.between(*one) for one in wanted)
        deposits = [event for event in journal.between(3, end - 1) if type(event) is Deposited]
        assert list(writer.read(3, end - 1, Deposited)) == deposits
        return end == len(journal)

    assert not reads()
    journal.record(RunEnded(5, True))
    manifest = writer.finish(journal)
    assert reads()
    assert load(writer.folder).manifest.fingerprint == manifest.fingerprint
