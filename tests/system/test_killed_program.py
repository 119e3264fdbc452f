"""The whole program, served, traded in over HTTP, killed or ended in order: what it acknowledged is there (P1)."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any
from urllib.error import URLError

import pytest

from benchmarks.soak import MOST_GROWTH, Program, soak
from market_sim.analysis.results.stored import open_run
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.run_events import InputReceived, RunEnded
from market_sim.ui.cli.main import main
from tests.conftest import PATIENCE

PROGRAMS = int(os.environ.get("PROGRAMS", "3"))
SOAK_SECONDS = float(os.environ.get("SOAK_SECONDS", "30"))
GONE = (URLError, http.client.HTTPException, OSError)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path, "first-market", 5)
    yield made
    made.kill()


def trade(program: Program, name: str, done: list[tuple[str, int, int]], sent: list[tuple[str, int]]) -> None:
    """Place orders until the program is gone."""
    try:
        token = program.ask("/api/members", {"name": name})["token"]
        for number in range(1, 10_000):
            order: dict[str, Any] = {"symbol": "ACME", "side": 1, "quantity": number, "limit": 1}
            sent.append((name, number))
            done.append((name, number, program.ask("/api/orders", order, token)["order"]))
    except GONE:
        return


@pytest.mark.parametrize("point", range(PROGRAMS))
def test_every_order_acknowledged_over_http_is_in_the_restored_run(
    program: Program, point: int, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[tuple[str, int, int]] = []
    sent: list[tuple[str, int]] = []
    traders = [Thread(target=trade, args=(program, f"bot-{number}", done, sent)) for number in range(3)]
    for trader in traders:
        trader.start()
    late = time.monotonic() + PATIENCE
    while len(done) < 10 and time.monotonic() < late:
        time.sleep(0.01)
    time.sleep(Random(point).random() / 5)
    program.kill()
    for trader in traders:
        trader.join()
    assert len(done) >= 10
    assert len(sent) > len(done), "orders were on their way"
    [folder] = program.results.iterdir()
    assert main(["restore", str(folder)]) == 0, capsys.readouterr()
    [run] = [path for path in program.results.iterdir() if path != folder]
    journal = open_run(run).journal
    accepted = {(event.account, event.terms.quantity, event.order) for event in journal.of(OrderAccepted)}
    assert set(done) <= accepted
    taken = [event for event in journal.of(InputReceived) if event.kind == "PlaceOrder"]
    assert {(event.sender, event.terms["quantity"]) for event in taken} <= set(sent)


def test_sigterm_ends_the_market_its_store_its_stream_and_then_the_site(program: Program) -> None:
    token = program.ask("/api/members", {"name": "ann"})["token"]
    order = program.ask("/api/orders", {"symbol": "ACME", "side": 1, "quantity": 7, "limit": 1}, token)["order"]
    health = program.ask("/health")
    assert {part["name"]: part["ok"] for part in health["parts"]}["store"]
    run = program.end()
    journal = open_run(run).journal
    assert type(journal[-1]) is RunEnded
    assert ("ann", 7, order) in [(one.account, one.terms.quantity, one.order) for one in journal.of(OrderAccepted)]
    assert sorted(path.name for path in run.iterdir()) == ["journal.chain", "journal.jsonl.gz", "manifest.json"]


def test_a_market_that_is_traded_in_for_a_while_neither_grows_nor_miscounts() -> None:
    found = soak(SOAK_SECONDS, every=SOAK_SECONDS / 4)
    assert found.faults == []
    assert found.orders > 10
    assert found.events > 2_000
    assert found.growth < MOST_GROWTH
