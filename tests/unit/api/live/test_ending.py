"""A live market ends at once, however long its conclusion takes, and draws it once from events in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import ClassVar

from market_sim.api.live.opening import OpenMarket
from market_sim.core.data.journal import Journal
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket


@dataclass(frozen=True)
class Watched(FirstMarket):
    """The first market, which notes who draws its conclusion and from what."""

    drawn: ClassVar[list[tuple[str, type, int]]] = []

    def conclusion(self, journal: Journal) -> str:
        self.drawn.append((threading.current_thread().name, type(journal), len(journal)))
        return "So it was."


def test_a_conclusion_is_drawn_once_by_who_ends_the_market_and_from_memory(tmp_path) -> None:
    Watched.drawn.clear()
    live = OpenMarket(Watched(), Options(epochs=3, settlement="none"), None, tmp_path, kept=50)
    live.start()
    while not live.market.is_over:
        live.market.wait(len(live.market.journal), 1)
    live.close()
    # A store that is asked again for each of its questions takes longer than the market may take to end.
    assert Watched.drawn == [(threading.current_thread().name, Journal, len(live.market.journal))]
