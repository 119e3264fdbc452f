"""Opening a live market for everybody who serves one: it is stored while it goes, and at its end like any run."""

from __future__ import annotations

from pathlib import Path

from market_sim.api.live.market import LiveMarket
from market_sim.core.data.run_writer import RunWriter
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session


class OpenMarket:
    """A live market and the folder in which it is stored."""

    def __init__(self, scenario: Scenario, options: Options, speed: float | None, results: Path) -> None:
        self._writer = RunWriter(results)
        self.market = LiveMarket(Session(scenario, options), speed, self._writer.epoch)

    def start(self) -> None:
        """Let the market begin."""
        self.market.start()

    def close(self) -> Path:
        """End the market in order, and store what is not stored yet; returns the folder of the run."""
        result = self.market.end()
        with self._writer as writer:
            writer.finish(result.journal, result.conclusion)
        return self._writer.folder
