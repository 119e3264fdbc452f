"""A market that has ended can still be read: what its store held is in the folder of the run."""

from __future__ import annotations

from market_sim.api.live.opening import OpenMarket
from market_sim.core.data import archive
from market_sim.core.models.market_events import Trade
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket


def test_events_that_left_the_memory_are_read_after_the_end_when_the_store_is_gone(tmp_path) -> None:
    live = OpenMarket(FirstMarket(), Options(epochs=3, settlement="none"), None, tmp_path, kept=50)
    live.start()
    journal = live.market.journal
    while not live.market.is_over:
        live.market.wait(len(journal), 1)
    folder = live.close()
    assert not list(folder.glob("*.sqlite*")), "the store is gone"
    assert journal.first > 1_000, "the first events have left the memory"
    stored = archive.load(folder).journal
    assert journal.between(0, 100) == stored.between(0, 100)
    assert journal[3] == stored[3]
    assert list(journal.of(Trade)) == list(stored.of(Trade))
    assert journal.since(0) == stored.since(0)
