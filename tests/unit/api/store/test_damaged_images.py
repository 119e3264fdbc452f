"""A store whose files are torn, flipped or cut gives a prefix of what was written, or a clear refusal (P3)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from market_sim.api.store.live_store import LiveStore
from market_sim.api.store.places import FILE, LOCK
from market_sim.api.store.stored_run import StoredRun
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.inputs import received
from market_sim.core.models.intents import Buy
from market_sim.core.models.run_events import RunStarted

IMAGES = 100
INPUTS = [received(number, number, f"bot-{number % 7}", Buy("ACME", number, 9_000)) for number in range(1, 200)]
EVENTS: list[Event] = [event for event in INPUTS for _ in range(5)]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A store that is in use, with its rows in the log beside the file, and one that was closed."""
    place = tmp_path_factory.mktemp("store")
    (place / "open").mkdir()
    store = LiveStore(place / "open", "", RunStarted(0, "first-market", 7, 40, {}, {}))
    for first in range(0, len(INPUTS), 20):
        store.keep(INPUTS[first : first + 20])
        store.append(EVENTS[first * 5 : first * 5 + 100])
    shutil.copytree(place / "open", place / "image", ignore=shutil.ignore_patterns(LOCK))
    store.close()
    return [place / "image", place / "open"]


def damage(data: bytearray, chance: Random) -> str:
    """Damage a file in one way or another; returns which."""
    place = chance.randrange(len(data))
    kind = chance.choice(["flip", "zeros", "noise", "cut", "torn page"])
    if kind == "flip":
        data[place] ^= 1 << chance.randrange(8)
    elif kind == "zeros":
        data[place : place + 512] = bytes(len(data[place : place + 512]))
    elif kind == "noise":
        data[place : place + 64] = chance.randbytes(len(data[place : place + 64]))
    elif kind == "cut":
        del data[place:]
    else:
        del data[place : place + chance.randrange(1, 4096)]
    return kind


def read(rows: Iterator[Event]) -> tuple[list[Event], str]:
    """What can be read, and the sentence about the rest."""
    found: list[Event] = []
    try:
        for event in rows:
            found.append(event)
    except InputError as refusal:
        return found, str(refusal)
    return found, ""


def outcomes(images: list[Path], place: Path, number: int) -> dict[str, int]:
    """Damage images and read them: whole, a prefix, or refused."""
    told = {"whole": 0, "prefix": 0, "refused": 0}
    for case in range(number):
        chance = Random(case)
        folder = Path(shutil.copytree(images[case % 2], place / str(case)))
        target = chance.choice([path for path in folder.iterdir() if path.name in (FILE, f"{FILE}-wal")])
        data = bytearray(target.read_bytes() or b"\0")
        kind = damage(data, chance)
        target.write_bytes(data)
        try:
            stored = StoredRun(folder, "")
        except InputError:
            told["refused"] += 1
            continue
        try:
            (inputs, why), (events, why_not) = read(stored.inputs()), read(stored.events())
        finally:
            stored.close()
        assert inputs == INPUTS[: len(inputs)], f"image {case}, {kind}: no prefix of the inputs"
        assert events == EVENTS[: len(events)], f"image {case}, {kind}: no prefix of the events"
        whole = (len(inputs), len(events)) == (len(INPUTS), len(EVENTS))
        told["refused" if why or why_not else "whole" if whole else "prefix"] += 1
        shutil.rmtree(folder)
    return told


@pytest.mark.thorough
def test_a_damaged_image_gives_a_prefix_or_a_refusal(images: list[Path], tmp_path: Path) -> None:
    told = outcomes(images, tmp_path, IMAGES)
    assert told["refused"] + told["prefix"] >= 0.3 * IMAGES, f"too few were damaged where it matters: {told}"
    assert told["refused"], told
    assert told["prefix"], told
