"""A live run after a crash: computed again from its store with everything that was acknowledged, or refused clearly."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.api.live.opening import OpenMarket
from market_sim.api.store.places import FILE, FolderLock
from market_sim.api.store.restoring import restored
from market_sim.api.store.stored_run import StoredRun
from market_sim.core.data import archive
from market_sim.core.models.event import Event
from market_sim.core.models.intents import Buy
from market_sim.core.models.run_events import InputReceived
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main
from tests.unit.api.store.crashed import PURSE, image, opened, until

ORDERS = 12


class Crash(NamedTuple):
    """The image of a crash, and what had happened by then."""

    folder: Path
    happened: list[Event]
    acknowledged: list[int | None]


@pytest.fixture(scope="module")
def crash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crash]:
    place = tmp_path_factory.mktemp("crash")
    live = opened(place / "results")
    market = live.market
    market.join("ann", *PURSE)
    orders = []
    for number in range(ORDERS):
        orders.append(market.submit("ann", Buy("ACME", 1 + number, 9_000 + number))[0].order)
        until(live, number // 4)
    orders.append(market.submit("ann", Buy("ACME", 99, 9_000))[0].order)  # after the last stored event
    yield Crash(image(live, place), market.journal.since(0), orders)
    live.close()


@pytest.fixture
def folder(crash: Crash, tmp_path: Path) -> Path:
    """A copy of the crash, to be opened and damaged."""
    return Path(shutil.copytree(crash.folder, tmp_path / crash.folder.name))


def change(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / FILE)
    with connection:
        connection.execute(statement)
    connection.close()


def orders_in(events: list[Event]) -> list[object]:
    return [event.terms.get("quantity") for event in events if type(event) is InputReceived and event.kind != "Join"]


def test_after_a_crash_every_acknowledged_order_comes_again(crash: Crash, folder: Path) -> None:
    stored = StoredRun(folder, "")
    found = restored(stored, FirstMarket())
    stored.close()
    again = found.session.journal.since(0)
    assert again[: len(crash.happened)] == crash.happened
    assert orders_in(again) == [*range(1, ORDERS + 1), 99]
    assert (found.compared, found.left_out) == (found.session.journal.since(0).index(again[found.compared]), "")
    assert 1_000 < found.compared < len(crash.happened)


def test_restore_writes_an_ordinary_run_and_says_how_far_it_came(
    crash: Crash, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(folder)]) == 0
    whole = capsys.readouterr().out
    assert f"{FILE}: whole: {ORDERS + 2} inputs and " in whole
    assert "partial (the program was killed, or is still running)" in whole
    assert main(["restore", str(folder)]) == 0
    out = capsys.readouterr().out
    assert f"seed 7 and {ORDERS + 2} inputs give the " in out
    [run] = [path for path in folder.parent.iterdir() if path != folder]
    events = open_run(run).journal.since(0)
    assert f"{run}: {len(events):,} events, reached epoch " in out
    assert events[: len(crash.happened)] == crash.happened
    assert main(["replay", str(run)]) == 0
    assert main(["restore", str(folder)]) == 0, "what was restored can be restored again"
    assert sum(1 for path in folder.parent.iterdir()) == 2


def test_a_restored_market_goes_on_as_if_there_had_been_no_crash(crash: Crash, folder: Path, tmp_path: Path) -> None:
    stored = StoredRun(folder, "")
    found = restored(stored, FirstMarket())
    stored.close()
    live = OpenMarket(FirstMarket(), found.session.options, None, tmp_path / "more", past=found)
    live.market.stop_clock()
    live.start()
    live.market.submit("ann", Buy("ACME", 7, 9_000))
    until(live, 12)
    again = image(live, tmp_path / "second")
    result = live.market.end()
    assert result.journal.since(0)[: len(crash.happened)] == crash.happened
    twice = Session.replay(result.journal, at=len(result.journal) - 2)
    assert twice.journal.since(0)[: len(result.journal) - 1] == result.journal.since(0)[:-1]
    live.close()
    stored = StoredRun(again, "")
    assert orders_in(restored(stored, FirstMarket()).session.journal.since(0)) == [*range(1, ORDERS + 1), 99, 7]
    stored.close()


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE inputs SET line = replace(line, '9003', '9004') WHERE number = 4", "input 4 is damaged"),
        ("DELETE FROM inputs WHERE number = 4", "input 4 is missing: the next one is 5"),
        ("UPDATE inputs SET link = 'x' WHERE number = 13", "input 13 is damaged"),
        ("UPDATE inputs SET line = x'ff' WHERE number = 0", "input 0 is damaged"),
        ("UPDATE inputs SET line = CAST(x'ff' AS TEXT) WHERE number = 0", "cannot be read from input 0 on"),
        ("UPDATE runs SET line = replace(line, '7', '8')", "the run's first row is not what was written"),
        ("UPDATE runs SET format = 9", "has format 9, written by version"),
        ("DELETE FROM runs", "holds no run, expected one"),
        ("DROP TABLE runs", "cannot be read: no such table: runs"),
        ("DROP TABLE inputs", "cannot be read from input 0 on: no such table: inputs"),
        ("DELETE FROM inputs WHERE number >= 9", "is not the one that seed and inputs give"),
    ],
)
def test_a_damaged_store_is_refused_with_the_first_row_that_differs(
    folder: Path, statement: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder, statement)
    assert main(["restore", str(folder)]) == 2
    refusal = capsys.readouterr().err
    assert sentence in refusal
    assert [path.name for path in folder.parent.iterdir()] == [folder.name], "no run is written"
    if "not the one" not in sentence:
        assert main(["verify", str(folder)]) == 2
        assert sentence in capsys.readouterr().err


def test_with_cut_the_inputs_before_a_damaged_one_are_restored(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder, "UPDATE inputs SET link = 'x' WHERE number = 6")
    assert main(["restore", str(folder), "--cut"]) == 0
    assert "input 6 is damaged: it is not what was written" in capsys.readouterr().out
    [run] = [path for path in folder.parent.iterdir() if path != folder]
    assert orders_in(open_run(run).journal.since(0)) == [1, 2, 3, 4, 5]


def test_damaged_events_are_computed_again_from_the_inputs(
    crash: Crash, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder, "UPDATE events SET link = 'x' WHERE number = 700")
    assert main(["verify", str(folder)]) == 2
    assert "event 700 is damaged" in capsys.readouterr().err
    assert main(["restore", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "event 700 is damaged" in out
    assert "give the 700 stored events again" in out
    [run] = [path for path in folder.parent.iterdir() if path != folder]
    assert open_run(run).journal.since(0)[: len(crash.happened)] == crash.happened


def test_a_live_run_that_is_still_written_is_not_restored(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = FolderLock(folder)
    assert main(["restore", str(folder)]) == 2
    assert "is in use: another program writes this live run" in capsys.readouterr().err
    lock.release()


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_where_there_is_no_live_run_restore_says_so(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", str(tmp_path / name)]) == 2
    assert "holds no live.sqlite" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_restore_of_an_ordinary_run_names_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive.save(simulate(FirstMarket(), Options(epochs=1, settlement="none")).journal, run := tmp_path / "run")
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    assert main(["restore", str(run)]) == 2
    assert f"{run} is no live run: `resume` goes on with it if its program was killed" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before and [*tmp_path.iterdir()] == [run]
