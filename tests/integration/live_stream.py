"""A live market with its stream, for those who follow it, and what they should have seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from market_sim.api.live.market import LiveMarket
from market_sim.api.stream.cycles import Cycles
from market_sim.api.stream.opening import OpenStream, bound
from market_sim.api.stream.pipe import Batch
from market_sim.api.stream.server import Settings
from market_sim.api.stream.ticker import Ticker
from market_sim.core.data.codec import encode
from market_sim.core.data.journal import Journal
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.session import Session


@contextmanager
def live_stream(
    scenario: str = "marksim", epochs: int = 3_600, speed: float | None = 10, settings: Settings | None = None
) -> Iterator[tuple[LiveMarket, OpenStream]]:
    """A market that is going on, and its stream; both end in order."""
    market = LiveMarket(Session(find_scenario(scenario)(), Options(epochs=epochs, settlement="none")), speed)
    stream = OpenStream(market, bound("localhost", 0), settings=settings)
    market.start()
    stream.start()
    try:
        yield market, stream
    finally:
        market.end()
        stream.close()


def tickers_of(journal: Journal) -> list[Ticker]:
    """Every ticker of a market that has ended, worked out from its journal in one piece."""
    whole = Batch(0, [encode(event) for event in journal], journal[-1].time, True, True)
    return [ticker for instant in Cycles().take(whole) for ticker in instant]
