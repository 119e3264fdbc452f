"""Every damage to a stored run is refused in one sentence that names the file; none is a traceback, none is missed."""

from __future__ import annotations

import gzip
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from market_sim.core.data.archive import Archived, load
from market_sim.core.data.chain import CHAIN
from market_sim.core.data.manifest import MANIFEST
from market_sim.core.data.packing import packed
from market_sim.core.data.run_writer import JOURNAL, RunWriter
from market_sim.core.errors import InputError
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session

FILES = (JOURNAL, CHAIN, MANIFEST)
PLACES = (*FILES, "the lines in the journal's file")
TIMES = 30
"""How often each kind of damage is done to each file, where chance chooses its place."""

Damage = Callable[[Random, bytes], bytes]


def flipped_bit(chance: Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def truncated(chance: Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def zeroed_block(chance: Random, data: bytes) -> bytes:
    start = chance.randrange(len(data))
    length = min(chance.choice((1, 16, 512, 4096)), len(data) - start)
    return data[:start] + bytes(length) + data[start + length :]


def no_utf_8(chance: Random, data: bytes) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + bytes((chance.randrange(128, 256), 255)) + data[start + 2 :]


def doubled_part(chance: Random, data: bytes) -> bytes:
    start = chance.randrange(len(data) - 1)
    end = chance.randrange(start + 1, min(len(data), start + 2000) + 1)
    return data[:end] + data[start:end] + data[end:]


def removed_part(chance: Random, data: bytes) -> bytes:
    start = chance.randrange(len(data) - 1)
    return data[:start] + data[start + chance.randrange(1, 100) :]


def huge_number(chance: Random, data: bytes) -> bytes:
    number = chance.choice((b"9" * 25, b"1e400", b"-" + b"9" * 5000, b"0" * 40 + b"1"))
    place = chance.choice(list(re.finditer(rb"\d+", data)))
    return data[: place.start()] + number + data[place.end() :]


def nested(chance: Random, data: bytes) -> bytes:
    place = chance.choice(list(re.finditer(rb"\d+", data)))
    return data[: place.start()] + b"[" * 100_000 + data[place.end() :]


CHANCED: tuple[Damage, ...] = (
    flipped_bit, truncated, zeroed_block, no_utf_8, doubled_part, removed_part, huge_number
)  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run that came to its end, one of another seed, and one whose program was killed."""
    folder, made = tmp_path_factory.mktemp("runs"), {}
    for name, seed in (("whole", 7), ("other", 8), ("killed", 7)):
        session = Session(FirstMarket(traders=3), Options(seed=seed, epochs=3, settlement="none"))
        with RunWriter(folder) as writer:
            for epoch in range(3 if name == "killed" else 4):
                session.step(epoch=epoch)
                writer.epoch(session.journal, epoch)
            if name != "killed":
                writer.finish(session.journal, "prices fell", name)
            made[name] = writer.folder
    return made


def opened(place: str) -> tuple[str, Callable[[bytes], bytes]]:
    """Which file is damaged, and how the damaged bytes go into it: the lines of a journal are packed again."""
    return (place, bytes) if place in FILES else (JOURNAL, packed)


def part_of(folder: Path) -> Archived | None:
    """What can be read of a run; None when it is refused as it should be."""
    try:
        return load(folder)
    except InputError:
        refused(folder, *FILES)
        return None


def refused(folder: Path, *names: str) -> str:
    """The sentence about a damaged run: one line that names the file and no more than it needs."""
    try:
        load(folder)
    except InputError as problem:
        sentence = str(problem)
        assert any(name in sentence for name in names), sentence
        assert "\n" not in sentence
        assert len(sentence) < 500, sentence
        return sentence
    raise AssertionError(f"a damaged {names[0]} was read as if nothing had happened")


@pytest.mark.parametrize("damage", CHANCED)
@pytest.mark.parametrize("place", PLACES)
def test_damage_by_chance_is_named(runs, tmp_path, place, damage):
    copy = shutil.copytree(runs["whole"], tmp_path / "run")
    name, written = opened(place)
    chance = Random(f"{place}/{damage.__name__}")
    before = (copy / name).read_bytes()
    whole = before if place == name else gzip.decompress(before)
    done = Counter[str]()
    for _ in range(TIMES):
        damaged = damage(chance, whole)
        if damaged == whole:
            continue
        (copy / name).write_bytes(written(damaged))
        sentence = refused(copy, name)
        done["with its line" if re.search(r"lines? \d+|byte \d+", sentence) else "without"] += 1
    # Chance may find what is zero already, or doubles what is removed; that it did its work is part of the claim.
    assert done.total() >= TIMES - 5
    if name == JOURNAL:
        assert done["without"] == 0
    (copy / name).write_bytes(before)
    assert load(copy).manifest.complete


@pytest.mark.parametrize("damage", CHANCED)
@pytest.mark.parametrize("place", PLACES)
def test_damage_to_a_part_of_a_run_is_named_or_leaves_a_shorter_part_that_says_so(runs, tmp_path, place, damage):
    copy = shutil.copytree(runs["killed"], tmp_path / "run")
    name, written = opened(place)
    chance = Random(f"killed/{place}/{damage.__name__}")
    before = (copy / name).read_bytes()
    whole = before if place == name else gzip.decompress(before)
    events = load(copy).journal.since(0)
    for _ in range(TIMES):
        damaged = damage(chance, whole)
        if damaged == whole:
            continue
        stored_bytes = written(damaged)
        (copy / name).write_bytes(stored_bytes)
        stored = part_of(copy)
        if stored is not None:
            # The end of what was written may be lost, or something may follow it: what counts is what was written.
            assert stored.cut or len(stored_bytes) >= len(before)
            assert list(stored.journal) == events[: len(stored.journal)]
            assert name != MANIFEST


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_run_is_named(runs, tmp_path, name):
    copy = shutil.copytree(runs["whole"], tmp_path / "run")
    shutil.copyfile(runs["other"] / name, copy / name)
    refused(copy, name)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("other", FILES)
def test_two_files_that_were_exchanged_are_named(runs, tmp_path, name, other):
    if name == other:
        return
    copy = shutil.copytree(runs["whole"], tmp_path / "run")
    shutil.copyfile(runs["whole"] / other, copy / name)
    shutil.copyfile(runs["whole"] / name, copy / other)
    refused(copy, name, other)


@pytest.mark.parametrize("kind", ["whole", "killed"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_empty_a_folder_or_nested_without_end_is_named(runs, tmp_path, name, kind):
    copy = shutil.copytree(runs[kind], tmp_path / "run")
    whole = (copy / name).read_bytes()
    for damaged in (b"", b"\n", b"[" * 200_000, nested(Random(3), whole), b"\xff\xfe" * 20):
        (copy / name).write_bytes(damaged)
        refused(copy, name)
    (copy / name).unlink()
    refused(copy, name)
    (copy / name).mkdir()
    refused(copy, name)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    (tmp_path / "note").write_text("no run")
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "note"):
        assert "expected a stored run" in refused(folder, MANIFEST)
