"""The walk of one order, from the strategy that yields it to the balance that the chain pays out, is the drawn one.

Every file of the package that runs on the way is noted when it runs for the first time. docs/architecture.md draws the
walk station by station; the order passes the stations in this order and never comes back to an earlier one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

import pytest

import market_sim
from market_sim import Buy, Options, Sell, Session, Stock, Strategy, View, World
from market_sim.core.models.market_events import Trade
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.scenarios.scenario import Scenario
from tests.conftest import ROOT

MOST = 51
"""It was 52 files before the ledger stood beside the venues."""
PACKAGE = market_sim.__file__.removesuffix("__init__.py")


class Walk:
    """The files of the package in the order in which they run for the first time."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}

    def begin(self) -> None:
        """Note the files that are running, the innermost first, and from now on those that are called."""
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            self.note(frame, "call", None)
            frame = frame.f_back
        sys.setprofile(self.note)

    def note(self, frame: FrameType, event: str, argument: Any) -> None:
        """Note the file of a call."""
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            self.files[frame.f_code.co_filename.removeprefix(PACKAGE)] = None


@pytest.fixture(scope="module")
def walked() -> list[str]:
    """Ann offers a share and Bob takes it: the files from his decision until its block is settled."""
    walk = Walk()

    class Once(Strategy):
        has_asked = False

        def decide(self, view: View) -> Iterator[Any]:
            if not self.has_asked:
                self.has_asked = True
                walk.begin()
                yield Buy("ACME", 1, 100)

    @dataclass(frozen=True)
    class OneOrder(Scenario):
        name = "one-order"

        def build(self, world: World) -> None:
            world.list(Stock("ACME"))
            world.join("ann", Once(), holdings={"ACME": 1}, from_epoch=90)
            world.join("bob", Once(), cash=1_000, every_ms=1_500)
            world.at(time_ms=1, submit=("ann", Sell("ACME", 1, 100)))

    session = Session(OneOrder(), Options(seed=1, epochs=8, settlement="eth-tester"))
    clock = session.world.clock
    watched = None
    while not any(session.journal.of(BlockSettled)):
        sys.setprofile(watched)
        try:
            clock.run(until=clock.now + 50 * MILLISECOND)
            watched = sys.getprofile()
        finally:
            sys.setprofile(None)
    assert [(trade.taker, trade.maker) for trade in session.journal.of(Trade)] == [("bob", "ann")]
    assert [settled.trades for settled in session.journal.of(BlockSettled)] == [1]
    return [*walk.files]


@pytest.fixture(scope="module")
def stations() -> dict[str, list[str]]:
    """The drawn stations with their files."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    part = page.partition("## The walk of one order")[2].partition("\n## ")[0]
    rows = re.findall(r"\| \*\*(\w+)\*\* \|(.*)\|", part)
    return {name: re.findall(r"`([\w/]+\.py)`", files) for name, files in rows}


def test_one_order_passes_fewer_files_than_it_did(walked: list[str]) -> None:
    assert len(walked) <= MOST, walked


def test_the_page_draws_every_file_of_the_walk_and_no_other(walked: list[str], stations: dict[str, list[str]]) -> None:
    drawn = [file for files in stations.values() for file in files]
    assert sorted(drawn) == sorted(walked), {"not drawn": [*{*walked} - {*drawn}], "gone": [*{*drawn} - {*walked}]}


def test_it_never_comes_back_to_an_earlier_station(walked: list[str], stations: dict[str, list[str]]) -> None:
    place = {file: number for number, files in enumerate(stations.values()) for file in files}
    passed = [place[file] for file in walked]
    assert passed == sorted(passed), [
        file for file, at, most in zip(walked, passed, sorted(passed), strict=True) if at != most
    ]
    assert len(stations) == len({*passed}) == 5
