"""The store of a live run against a real PostgreSQL server, and what takes long: many kills, many damaged images."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sql

from market_sim.analysis.results.stored import open_run
from market_sim.api.live.opening import OpenMarket
from market_sim.api.store.live_store import LiveStore, NotKept
from market_sim.api.store.places import NOTE, engine_of
from market_sim.api.store.stored_run import StoredRun
from market_sim.core.data.fingerprint import fingerprint
from market_sim.core.errors import InputError
from market_sim.core.models.inputs import received
from market_sim.core.models.intents import Buy, Cancel
from market_sim.core.models.run_events import RunStarted
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.ui.cli.main import main
from tests.conftest import PATIENCE
from tests.unit.api.store.crashed import PURSE, image, until
from tests.unit.api.store.test_damaged_images import images, outcomes
from tests.unit.api.store.test_kill import killer, kills

__all__ = ["images", "killer"]

POINTS = int(os.environ.get("KILLS", "60"))
IMAGES = int(os.environ.get("IMAGES", "500"))
START = RunStarted(0, "first-market", 7, 40, {}, {})
UNPRIVILEGED = "nobody"


@pytest.fixture(scope="module")
def server(needs: Callable[[str], str]) -> Iterator[str]:
    """The address of a throw-away server, whose socket lies in a folder of its own."""
    initdb = Path(needs("initdb")).resolve()
    # Not in pytest's own folder, which is closed to the user that the server runs as.
    place, user = Path(tempfile.mkdtemp(prefix="postgres-")), {}
    if os.getuid() == 0:  # the server refuses to run as root
        user = {"user": UNPRIVILEGED}
        shutil.chown(place, UNPRIVILEGED)

    def does(program: str, *words: str) -> None:
        command = [initdb.with_name(program), "-D", str(place / "data"), *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **user)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    does("initdb", "-U", "market", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    # It waits until the server answers: the socket is there some time before.
    options = f"-k {place} -c listen_addresses="
    does("pg_ctl", "start", "-w", "-t", str(PATIENCE), "-s", "-l", str(place / "log"), "-o", options)
    try:
        yield f"postgresql://market@/postgres?unix_sock={place / '.s.PGSQL.5432'}"
    finally:
        # Fast: otherwise it would wait for the connections of a test that has failed.
        does("pg_ctl", "stop", "-w", "-t", str(PATIENCE), "-s", "-m", "fast")
    shutil.rmtree(place)


def traded(results: Path, database: str) -> OpenMarket:
    """A live market with the same inputs at the same instants."""
    live = OpenMarket(FirstMarket(), Options(epochs=40, settlement="none"), None, results, database, kept=500)
    live.market.stop_clock()
    live.start()
    live.market.join("ann", *PURSE)
    live.market.ask(lambda session: session.step(epoch=2))
    order = live.market.submit("ann", Buy("ACME", 5, 9_990))[0].order
    live.market.ask(lambda session: session.step(epoch=5))
    live.market.submit("ann", Cancel(order or 0))
    live.market.submit("ann", Buy("ACME", 5))
    live.market.ask(lambda session: session.step(until=session.now + 1))
    until(live, 8)
    return live


def test_a_run_has_the_same_fingerprint_in_a_file_and_on_a_server(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {}
    for name, database in (("file", ""), ("server", server)):
        named = ["--database", database] if database else []
        live = traded(tmp_path / name, database)
        assert (live.folder / NOTE).exists() == bool(database)
        stored = StoredRun(live.folder, database)
        inputs, events = list(stored.inputs()), list(stored.events())
        stored.close()
        assert len(inputs) == 4
        assert events == live.market.journal.since(0)[: len(events)], "also those that have left the memory"
        end = next(place for place, event in enumerate(events) if event.time > 7_000_000_000)
        found[name] = fingerprint(inputs), fingerprint(events[:end])
        assert main(["restore", str(live.folder), *named]) == 2
        assert "is in use" in capsys.readouterr().err
        live.close()
    assert found["file"] == found["server"]


def test_a_killed_run_of_a_server_is_verified_and_restored(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    live = traded(tmp_path / "server", server)
    folder = image(live, tmp_path / "crash")
    happened = live.market.journal.since(0)
    live.close()
    monkeypatch.setenv("DATABASE_URL", server)
    assert main(["verify", str(folder)]) == 0
    assert f"the database of {folder}: whole: 4 inputs and " in capsys.readouterr().out
    assert main(["restore", str(folder)]) == 0
    assert "seed 7 and 4 inputs give the " in capsys.readouterr().out
    [run] = [path for path in folder.parent.iterdir() if path != folder]
    assert open_run(run).journal.since(0)[: len(happened)] == happened
    assert main(["replay", str(run)]) == 0
    monkeypatch.delenv("DATABASE_URL")
    assert main(["restore", str(folder)]) == 2
    assert "stored on a server needs its address" in capsys.readouterr().err


def test_a_lost_connection_refuses_what_it_cannot_keep_and_the_next_input_is_taken(server: str, tmp_path: Path) -> None:
    store = LiveStore(tmp_path, server, START)
    first, lost, second = (received(number, 0, "ann", Buy("ACME", number, 9_000)) for number in (1, 2, 3))
    store.keep([first])
    engine = engine_of(server, tmp_path)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
    with pytest.raises(NotKept, match="was not taken and nothing has changed"):
        store.keep([lost])
    store.keep([second])
    stored = StoredRun(tmp_path, server)
    assert list(stored.inputs()) == [first, second]
    stored.close()
    with engine.connect() as connection:
        key = int.from_bytes(bytes.fromhex(store.run), "big", signed=True)
        assert not connection.scalar(sql.select(sql.func.pg_try_advisory_lock(key))), "the lock is held again"
    engine.dispose()
    store.close()


def test_the_lock_of_a_lost_connection_is_waited_for_and_that_of_another_program_is_refused(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, engine = LiveStore(tmp_path, server, START), engine_of(server, tmp_path)
    key = int.from_bytes(bytes.fromhex(store.run), "big", signed=True)
    store._disconnect()
    first, second = (received(number, 0, "ann", Buy("ACME", number, 9_000)) for number in (1, 2))
    holder = engine.connect()
    while not holder.scalar(sql.select(sql.func.pg_try_advisory_lock(key))):
        pass  # the server is ending the session of the store
    pauses: list[float] = []

    def paused(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            holder.scalar(sql.select(sql.func.pg_advisory_unlock(key)))

    monkeypatch.setattr("market_sim.api.store.live_store.time.sleep", paused)
    store.keep([first])
    assert len(pauses) >= 3
    store._disconnect()
    while not holder.scalar(sql.select(sql.func.pg_try_advisory_lock(key))):
        pass
    monkeypatch.setattr("market_sim.api.store.live_store.time.sleep", lambda seconds: None)
    with pytest.raises(InputError, match="is in use: another program writes it"):
        store.keep([second])
    holder.close()
    engine.dispose()
    store.close()


def test_a_server_without_the_run_says_so(server: str, tmp_path: Path) -> None:
    LiveStore(tmp_path, server, START).close()
    with pytest.raises(InputError, match="the database has no live run 'nowhere'"):
        StoredRun(Path("nowhere"), server)


def test_every_acknowledged_order_survives_many_kills(killer) -> None:
    found = kills(killer, POINTS, of_phases=4)
    assert len(found.phases) >= 4, f"the phases of the kills: {found.phases}"
    assert found.in_flight >= 0.8 * found.phases.total()


def test_many_damaged_images_give_a_prefix_or_a_refusal(images: list[Path], tmp_path: Path) -> None:
    told = outcomes(images, tmp_path, IMAGES)
    print(f"{IMAGES} damaged images: {told}")
    assert told["refused"] + told["prefix"] >= 0.3 * IMAGES
