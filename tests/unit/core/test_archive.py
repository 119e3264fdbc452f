"""A saved run is read again as the same run, and a damaged one is refused with the place of the damage."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from market_sim.core.data import run_writer
from market_sim.core.data.archive import load, save
from market_sim.core.data.chain import CHAIN, LINK_BYTES, links, split
from market_sim.core.data.fingerprint import fingerprint
from market_sim.core.data.journal import Journal
from market_sim.core.data.manifest import MANIFEST, manifest_bytes, read_manifest
from market_sim.core.data.packing import packed
from market_sim.core.data.run_writer import JOURNAL
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.consensus_events import BlockFinalized, EpochStarted
from market_sim.core.models.intents import Sell
from market_sim.core.models.market_events import AccountOpened, Deposited, OrderAccepted, OrderCancelled, OrderRejected
from market_sim.core.models.run_events import CommitteeSeated, RunEnded, RunStarted
from market_sim.core.models.settlement_events import SettlementOpened

IN_FULL = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
TRIPLE = ("aa", "bb", "cc")


def run(deposits: int = 6, seed: int = 7) -> Journal:
    journal = Journal()
    journal.record(RunStarted(0, "crowded-room", seed, 12, {"traders": 3, "noise": 0.25, "who": None}, {}))
    journal.record(AccountOpened(0, "alice", 2, "alice"))
    for number in range(deposits):
        journal.record(Deposited(number, "alice", "USD", 100 + number))
    journal.record(OrderAccepted(9, 1, "alice", Sell("ACME", 5, 100, display=1)))
    journal.record(OrderRejected(9, "alice", "PlaceOrder('\u2028é')", "BAD_TICK", {"limit": 3}))
    journal.record(BlockFinalized(9, 4, 1, "bb", 2, TRIPLE))
    journal.record(RunEnded(10, True))
    return journal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(run(), tmp_path / "saved", "the price fell")
    return tmp_path / "saved"


def test_a_run_comes_back_as_it_was(folder):
    archived = load(folder)
    assert list(archived.journal) == list(run())
    manifest = archived.manifest
    assert (manifest.scenario, manifest.seed, manifest.events) == ("crowded-room", 7, len(run()))
    assert manifest.parameters == {"traders": 3, "noise": 0.25, "who": None}
    assert manifest.fingerprint == fingerprint(run())


def test_the_fingerprint_is_what_any_other_program_computes(folder):
    text = gzip.decompress((folder / JOURNAL).read_bytes())
    assert hashlib.sha256(text).hexdigest() == fingerprint(run())
    told = subprocess.run(
        f"gzip -dc {folder / JOURNAL} | sha256sum", shell=True, check=True, capture_output=True, text=True
    ).stdout
    assert told.split()[0] == fingerprint(run())


def test_the_same_run_makes_the_same_bytes(folder, tmp_path):
    save(run(), tmp_path / "again", "the price fell")
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted([JOURNAL, MANIFEST, CHAIN])
    assert [(folder / name).read_bytes() for name in names] == [
        (tmp_path / "again" / name).read_bytes() for name in names
    ]


def test_a_later_run_replaces_an_older_one(folder):
    save(run(deposits=20, seed=8), folder)
    assert load(folder).manifest.seed == 8
    assert len(load(folder).journal) == len(run(deposits=20))


def test_a_journal_without_a_beginning_is_not_a_run(tmp_path):
    with pytest.raises(InvariantBroken, match="RunStarted"):
        save(Journal(), tmp_path)


def test_a_crash_before_the_rename_leaves_the_older_run(folder, monkeypatch):
    before = (folder / JOURNAL).read_bytes()

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(run_writer.os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        save(run(seed=9), folder)
    assert (folder / JOURNAL).read_bytes() == before
    assert load(folder).manifest.seed == 7


def described_anew(folder: Path, **changes: object) -> None:
    """A manifest with its seal, which says something else: a mistake of ours, not of the disk."""
    manifest = msgspec.structs.replace(read_manifest(folder), **changes)
    (folder / MANIFEST).write_bytes(manifest_bytes(manifest))


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 8},
        {"parameters": {}},
        {"reached": 3},
        {"complete": False},
        {"byzantine": (1,)},
        {"settlement": "memory"},
    ],
)
def test_a_manifest_that_describes_another_run_is_refused_even_with_its_seal(folder, changes):
    described_anew(folder, **changes)
    with pytest.raises(InputError, match="does not describe the run"):
        load(folder)


def test_the_manifest_says_what_a_list_of_runs_needs(tmp_path):
    journal = Journal()
    chosen = {"byzantine": "n3:withhold", "partition": "4-6", "settlement": None}
    journal.record(RunStarted(0, "crowded-room", 7, 12, {}, chosen))
    journal.record(CommitteeSeated(0, 5, 1, 4, "round-robin", "aa", (3,)))
    journal.record(SettlementOpened(0, "memory", 1, "aa", (), (), (), 1, 1, 1))
    journal.record(EpochStarted(1, 1, 0))
    journal.record(EpochStarted(2, 2, 0))
    journal.record(RunEnded(9, False))
    manifest = save(journal, tmp_path / "run", "nobody was called")
    assert msgspec.structs.replace(load(tmp_path / "run").manifest, seal="") == manifest
    assert (manifest.epochs, manifest.reached, manifest.complete, manifest.finished) == (12, 2, False, True)
    assert (manifest.validators, manifest.byzantine, manifest.settlement) == (5, (3,), "memory")
    assert (manifest.options, manifest.conclusion) == (chosen, "nobody was called")


def lines_of(folder: Path) -> list[bytes]:
    return gzip.decompress((folder / JOURNAL).read_bytes()).splitlines(keepends=True)


def write_lines(folder: Path, lines: list[bytes]) -> None:
    """Other lines, packed as they should be: the file is sound and only what it says is wrong."""
    (folder / JOURNAL).write_bytes(packed(b"".join(lines)))


def resealed(folder: Path, relinked: bool) -> None:
    """A manifest that names the journal as it is now, and with `relinked` a chain of its lines."""
    data = (folder / JOURNAL).read_bytes()
    text = gzip.decompress(data)
    if relinked:
        (folder / CHAIN).write_bytes(links(hashlib.sha256(), text.splitlines(keepends=True)))
    digests = {name: hashlib.sha256(held).hexdigest() for name, held in (("fingerprint", text), ("stored", data))}
    chain = hashlib.sha256((folder / CHAIN).read_bytes()).hexdigest()
    described_anew(folder, **digests, size=len(data), chain=chain)


def changed_line(folder: Path, number: int, old: bytes, new: bytes) -> None:
    lines = lines_of(folder)
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new)
    write_lines(folder, lines)


def test_a_changed_amount_is_found_in_its_line(folder):
    changed_line(folder, 5, b":102", b":103")
    with pytest.raises(InputError, match=rf"{JOURNAL}, line 5 of 12 is damaged"):
        load(folder)


def test_a_link_is_the_fingerprint_of_all_lines_up_to_it(folder):
    events, chain = list(run()), split((folder / CHAIN).read_bytes())
    assert [bytes.fromhex(fingerprint(events[:end]))[:LINK_BYTES] for end in range(1, 13)] == chain
    assert bytes.fromhex(load(folder).manifest.fingerprint).startswith(chain[-1])


ADDED = b'{"type":"Deposited","time":0,"account":"mallory","asset":"USD","amount":1}\n'


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda lines: [*lines[:4], lines[4].replace(b"102", b"103"), *lines[5:]], "line 5 of 12 is damaged"),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], "lines 4 and 5 of 12 were exchanged"),
        (lambda lines: [*lines[:2], lines[9], *lines[3:9], lines[2], *lines[10:]],
         "lines 3 and 10 of 12 were exchanged"),
        (lambda lines: [*lines[:2], *lines[3:9], lines[2], *lines[9:]],
         "line 3 of 12 is damaged: the line that was written there is now line 9"),
        (lambda lines: lines[:6] + lines[7:], "line 7 of 12 is missing or was changed: there are only 11 lines"),
        (lambda lines: lines[1:], "line 1 of 12 is missing or was changed: there are only 11 lines"),
        (lambda lines: [*lines[:6], ADDED, *lines[6:]], "line 7 was added"),
        (lambda lines: [ADDED, ADDED, *lines], "lines 1 to 2 were added"),
        (lambda lines: lines[:7] + lines[6:], "line 8 was added"),
    ],
)  # fmt: skip
def test_an_edited_journal_is_named_with_its_first_line_that_was_not_written(folder, edit, sentence):
    write_lines(folder, edit(lines_of(folder)))
    told = f"{folder / JOURNAL}, {sentence}"
    with pytest.raises(InputError) as refused:
        load(folder)
    assert str(refused.value).startswith(told)


def test_a_manifest_made_anew_for_an_edited_journal_still_disagrees_with_the_chain(folder):
    write_lines(folder, [line.replace(b":103", b":999") for line in lines_of(folder)])
    resealed(folder, relinked=False)
    with pytest.raises(InputError, match=rf"{JOURNAL} was changed from line 6 of 12 on: .* ends with another"):
        load(folder)


def test_a_chain_made_anew_for_an_edited_journal_disagrees_with_the_manifest(folder):
    write_lines(folder, lines := [line.replace(b":103", b":999") for line in lines_of(folder)])
    (folder / CHAIN).write_bytes(links(hashlib.sha256(), lines))
    with pytest.raises(InputError, match=rf"{JOURNAL} and {CHAIN} agree on the head \w+, but {MANIFEST} .* names"):
        load(folder)


@pytest.mark.parametrize("name", [JOURNAL, MANIFEST, CHAIN])
def test_no_byte_of_a_stored_run_can_be_changed_unnoticed(folder, name):
    path = folder / name
    whole = path.read_bytes()
    for place in range(0, len(whole), 1 if IN_FULL else 5):
        path.write_bytes(whole[:place] + bytes((whole[place] ^ 1 << place % 8,)) + whole[place + 1 :])
        with pytest.raises(InputError, match=name):
            load(folder)
    path.write_bytes(whole)
    assert len(load(folder).journal) == 12


@pytest.mark.parametrize(("cut", "sentence"), [(1, "middle of line 12"), (40, "middle of line 11|middle of line 12")])
def test_a_torn_tail_is_named(folder, cut, sentence):
    whole = b"".join(lines_of(folder))
    write_lines(folder, [whole[:-cut]])
    with pytest.raises(InputError, match=sentence):
        load(folder)


def test_whole_missing_lines_are_named(folder):
    write_lines(folder, lines_of(folder)[:-2])
    with pytest.raises(InputError, match="ends after line 10 of 12"):
        load(folder)


def test_an_added_line_is_named(folder):
    path = folder / JOURNAL
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(InputError, match="line 13 was added"):
        load(folder)


@pytest.mark.parametrize("extra", [b"\n", b" \n", b" \r "])
def test_a_journal_that_is_not_one_event_a_line_is_refused_even_with_its_own_fingerprint(folder, extra):
    path = folder / JOURNAL
    first, *rest = lines_of(folder)
    text = b"".join([first, extra, *rest])
    path.write_bytes(packed(text))
    resealed(folder, relinked=True)
    with pytest.raises(InputError, match=r"expected one event on each line|was changed|cannot read"):
        load(folder)


def test_a_journal_that_was_read_back_is_closed_and_finds_events_by_kind(folder):
    journal = load(folder).journal
    assert [event.amount for event in journal.of(Deposited)] == [100, 101, 102, 103, 104, 105]
    assert list(journal.of(OrderCancelled)) == []
    with pytest.raises(InvariantBroken, match="the run is over"):
        journal.record(RunEnded(11, True))


def test_every_cut_is_refused(folder):
    path = folder / JOURNAL
    whole = path.read_bytes()
    for length in range(0, len(whole), 13):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="tail"):
            load(folder)


@pytest.mark.parametrize("name", [JOURNAL, MANIFEST, CHAIN])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"{name} cannot be read"):
        load(folder)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b'"seed": 7', b'"seed": 8', "its contents and its seal disagree"),
        (b'"traders": 3', b'"traders": 4', "its contents and its seal disagree"),
        (b'"complete": true', b'"complete": false', "its contents and its seal disagree"),
        (b"the price fell", b"the price rose", "its contents and its seal disagree"),
        (
            b'"format": 4',
            b'"format": 3',
            r"has format 3 \(without a hash chain\), .* reads format 4: play the run again",
        ),
        (
            b'"format": 4',
            b'"format": 2',
            r"has format 2 \(without compression\), .* reads format 4: play the run again",
        ),
        (b'"format": 4', b'"format": 5', r"has format 5, .* reads format 4: play the run again with its seed"),
        (b'"seed": 7', b'"seed": seven', "is damaged"),
        (b'"seed": 7,', b"", "is damaged"),
    ],
)
def test_a_changed_manifest_is_refused(folder, old, new, sentence):
    path = folder / MANIFEST
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(InputError, match=sentence):
        load(folder)


def test_the_manifest_of_another_run_is_refused(folder, tmp_path):
    save(run(seed=8), tmp_path / "other")
    (tmp_path / "other" / MANIFEST).replace(folder / MANIFEST)
    with pytest.raises(InputError, match=r"it belongs to another run"):
        load(folder)


def test_a_file_in_place_of_the_folder_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "taken").write_text("a note")
    with pytest.raises(InputError, match=r"Not a directory; .*-unfinished keeps it"):
        save(run(), tmp_path / "taken")


def test_a_folder_that_may_not_be_written_is_refused_in_one_sentence(folder, monkeypatch):
    # The superuser may write everywhere, so the refusal of the system is played here.
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(run_writer.Path, "open", refuse)
    with pytest.raises(InputError, match=r"expected a folder to write to, but .* refused: Permission denied"):
        save(run(), folder)


def test_no_time_of_day_and_no_machine_stand_in_the_files(folder):
    for path in folder.iterdir():
        text = b"".join(lines_of(folder)).decode() if path.name == JOURNAL else path.read_bytes().decode("latin-1")
        assert os.uname().nodename not in text or len(os.uname().nodename) < 4
        assert str(folder) not in text
