"""A live market ends at once, however long its conclusion takes, and draws it once and in little memory."""

from __future__ import annotations

import threading
import tracemalloc
from dataclasses import dataclass
from typing import ClassVar

import pytest

from market_sim.api.live.opening import OpenMarket
from market_sim.core.data.journal import Journal
from market_sim.core.data.sorted_journal import SortedJournal
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket


@dataclass(frozen=True)
class Watched(FirstMarket):
    """The first market, which notes who draws its conclusion and from what."""

    drawn: ClassVar[list[tuple[str, type, int]]] = []

    def conclusion(self, journal: Journal) -> str:
        self.drawn.append((threading.current_thread().name, type(journal), len(journal)))
        return "So it was."


def test_a_conclusion_is_drawn_once_by_who_ends_the_market_and_by_type(tmp_path) -> None:
    Watched.drawn.clear()
    live = OpenMarket(Watched(), Options(epochs=3, settlement="none"), None, tmp_path, kept=50)
    live.start()
    while not live.market.is_over:
        live.market.wait(len(live.market.journal), 1)
    live.close()
    # A file that is read whole for each of its questions takes longer than the market may take to end.
    assert Watched.drawn == [(threading.current_thread().name, SortedJournal, len(live.market.journal))]


@pytest.mark.thorough
def test_ending_a_market_takes_no_more_memory_than_half_of_its_events_would(tmp_path) -> None:
    live = OpenMarket(FirstMarket(), Options(epochs=30, settlement="none"), None, tmp_path, kept=50)
    live.start()
    while not live.market.is_over:
        live.market.wait(len(live.market.journal), 1)
    tracemalloc.start()
    try:
        live.close()
        _, ending = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        events = live.market.journal.since(0)
        _, whole = tracemalloc.get_traced_memory()
        count = len(events)
        del events
        tracemalloc.reset_peak()
        read = sum(1 for _ in live.market.journal.until(count))
        _, reading = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == count > 15_000
    assert reading < whole / 2, "what is worked out from all of a journal reads it, and does not copy it"
    assert ending < whole / 2, "the conclusion, the hash chain and the stored run are written from what is on the disk"
