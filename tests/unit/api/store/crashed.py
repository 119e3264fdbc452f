"""A live market to be stored, and the image that a crash leaves of its folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from market_sim.api.live.opening import OpenMarket
from market_sim.api.store.places import LOCK
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket

PURSE = {"USD": 10**9}, {"ACME": 10_000}


def opened(results: Path, epochs: int = 40, speed: float | None = None, kept: int = 50_000) -> OpenMarket:
    """A live market whose clock stands still until somebody starts it."""
    live = OpenMarket(FirstMarket(), Options(epochs=epochs, settlement="none"), speed, results, kept=kept)
    live.market.stop_clock()
    live.start()
    return live


def until(live: OpenMarket, epoch: int) -> None:
    """Let the market pass to the end of an epoch, and no further however late this thread wakes."""
    market = live.market
    while market.epoch < epoch and not market.is_over:
        before = market.epoch
        market.pacer.step("epoch")
        while market.epoch == before and not market.is_over:
            market.wait(len(market.journal), 1)
    market.ask(lambda session: None)


def image(live: OpenMarket, place: Path) -> Path:
    """What would be on the disk if the program were killed now."""
    folder = place / live.folder.name
    live.market.ask(lambda session: shutil.copytree(live.folder, folder, ignore=shutil.ignore_patterns(LOCK)))
    return folder
