"""The store of a live run: what is acknowledged is on the disk, what is refused has not happened, one writer writes."""

from __future__ import annotations

import resource
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from market_sim.api.live.opening import OpenMarket
from market_sim.api.rest.reasons import status_of
from market_sim.api.rest.refusals import refusal_of
from market_sim.api.store.live_store import LiveStore, NotKept
from market_sim.api.store.places import FILE, address, asked_for
from market_sim.api.store.stored_run import StoredRun
from market_sim.core.errors import InputError
from market_sim.core.models.inputs import OPERATOR, Pause, received
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.run_events import InputReceived, RunStarted
from market_sim.simulation.session import Session
from tests.conftest import PATIENCE
from tests.unit.api.store.crashed import PURSE, opened, until


@pytest.fixture
def live(tmp_path: Path) -> Iterator[OpenMarket]:
    made = opened(tmp_path / "results")
    yield made
    made.close()


def stored_inputs(folder: Path) -> list[InputReceived]:
    """The inputs on the disk, as another program sees them."""
    stored = StoredRun(folder, "")
    try:
        return list(stored.inputs())
    finally:
        stored.close()


@pytest.mark.thorough
def test_eight_threads_with_a_thousand_orders_each_are_acknowledged_and_all_are_in_the_store(live: OpenMarket) -> None:
    market, intake = live.market, live.market.ask(lambda session: session.intake)
    groups: list[int] = []
    keep = intake.keep

    def counting(inputs: Sequence[InputReceived]) -> None:
        groups.append(len(inputs))
        keep(inputs)

    intake.keep = counting
    numbers: list[int | None] = []

    def trade(number: int) -> None:
        name, chance = f"bot-{number}", Random(number)
        market.join(name, *PURSE)
        sides = [chance.choice([Buy, Sell])("ACME", 1, 10_000 + chance.randrange(-40, 40)) for _ in range(1_000)]
        offers = [intake.offer(name, side) for side in sides]
        numbers.extend(offer.answers(PATIENCE)[0].order for offer in offers)

    threads = [Thread(target=trade, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == len(numbers) == 8_000
    assert None not in numbers
    kept = stored_inputs(live.folder)
    assert kept == list(market.journal.of(InputReceived))
    assert len(kept) == 8_008
    assert sum(groups) == 8_008
    assert len(groups) < 800, "those that wait together share one transaction"


def test_an_input_is_in_the_store_before_it_is_acknowledged(live: OpenMarket) -> None:
    live.market.join("ann", *PURSE)
    for number in range(1, 6):
        live.market.submit("ann", Buy("ACME", number, 9_000))
        assert [event.terms.get("quantity") for event in stored_inputs(live.folder)[1:]] == [*range(1, number + 1)]


def test_a_full_disk_refuses_orders_that_leave_no_trace_and_takes_them_again_when_there_is_room(
    live: OpenMarket,
) -> None:
    market = live.market
    market.join("ann", *PURSE)
    until(live, 1)
    happened = len(market.journal)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        with pytest.raises(NotKept, match=r"was not taken and nothing has changed.*try again later"):
            market.submit("ann", Buy("ACME", 1, 9_000))
        code = refusal_of(NotKept("there is no room")).code
        assert (code, status_of(code)) == ("NOT_STORED", 503), "what a program is told over HTTP"
        assert len(market.journal) == happened
        until(live, 3)
        assert market.not_stored, "the events of an epoch wait in memory"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert market.submit("ann", Buy("ACME", 2, 9_000))[0].status == "open"
    until(live, 5)
    assert market.not_stored == ""
    assert stored_inputs(live.folder) == list(market.journal.of(InputReceived))
    stored = StoredRun(live.folder, "")
    seen = list(stored.events())
    stored.close()
    assert len(seen) > happened
    assert seen == market.journal.since(0)[: len(seen)]


def test_a_second_writer_is_refused_and_the_first_goes_on(live: OpenMarket) -> None:
    with pytest.raises(InputError, match="is in use: another program writes this live run"):
        LiveStore(live.folder, "", RunStarted(0, "first-market", 7, 40, {}, {}))
    live.market.join("ann", *PURSE)
    assert len(stored_inputs(live.folder)) == 1


def test_a_folder_with_a_live_run_begins_no_other(tmp_path: Path) -> None:
    start = RunStarted(0, "first-market", 7, 40, {}, {})
    LiveStore(tmp_path, "", start).close()
    with pytest.raises(InputError, match="holds a live run already"):
        LiveStore(tmp_path, "", start)


def test_a_market_reads_on_from_its_store_when_its_events_have_left_the_memory(tmp_path: Path) -> None:
    live = opened(tmp_path, kept=300)
    live.market.join("ann", *PURSE)
    until(live, 6)
    journal = live.market.journal
    assert journal.first > 1_000
    assert len(journal.since(journal.first)) < 2_000
    assert journal.since(0) == list(journal)
    for kind in (InputReceived, OrderAccepted, Trade):
        assert list(journal.of(kind)) == [event for event in journal if type(event) is kind]
    assert [journal[number] for number in range(0, len(journal), 997)] == journal.since(0)[::997]
    again = Session.replay(journal)
    again.step(epoch=6)
    assert again.journal.since(0)[: len(journal)] == journal.since(0)
    left = sorted(path.name for path in live.close().iterdir())
    assert left == ["journal.chain", "journal.jsonl.gz", "manifest.json"], "the archive holds all of it"


def test_the_archive_of_a_live_run_is_that_of_its_replay(tmp_path: Path) -> None:
    live = opened(tmp_path, epochs=6, kept=300)
    live.market.join("ann", *PURSE)
    live.market.submit("ann", Buy("ACME", 5, 10_050))
    live.market.start_clock()
    while not live.market.is_over:
        live.market.wait(len(live.market.journal), 1)
    result = live.market.end()
    fingerprint = result.fingerprint
    assert Session.replay(result.journal).run().fingerprint == fingerprint
    assert live.close().name.endswith(fingerprint[:12])


@pytest.mark.parametrize("database", ["mysql://ann:secret@host/name", "nonsense", "postgresql//secret"])
def test_another_kind_of_address_is_refused_without_its_password(database: str) -> None:
    with pytest.raises(InputError, match="a database is a PostgreSQL address such as") as refused:
        address(database)
    assert "secret" not in str(refused.value)


def test_the_environment_names_the_server_unless_the_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann@host/market")
    assert asked_for(None) == "postgresql://ann@host/market"
    assert asked_for("") == ""


def test_a_server_that_cannot_be_reached_is_an_error_in_one_sentence(tmp_path: Path) -> None:
    # A student's environment has no driver, and says so.
    said = (
        "the live run cannot be stored: " if find_spec("pg8000") else "PostgreSQL needs the package pg8000: pip install"
    )
    with pytest.raises(InputError, match=said):
        LiveStore(tmp_path, "postgresql://ann@127.0.0.1:1/market", RunStarted(0, "first-market", 7, 40, {}, {}))


def test_what_was_kept_is_what_is_read(tmp_path: Path) -> None:
    store = LiveStore(tmp_path, "", RunStarted(0, "first-market", 7, 40, {}, {}))
    events = [received(5, 3, "ann", Buy("ACME", 1, 9_000)), received(6, 3, OPERATOR, Pause("Ä\u2028\0"))]
    store.keep(events)
    store.append(events)
    assert (tmp_path / FILE).exists()
    store.close()
    assert stored_inputs(tmp_path) == events
    stored = StoredRun(tmp_path, "")
    assert list(stored.events()) == events
    stored.close()
