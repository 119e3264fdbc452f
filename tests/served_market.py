"""A live market that is served: a site at a port of its own, a market behind it, and if wanted its stream."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from waitress.server import create_server

from market_sim.api.access import LiveSettings
from market_sim.api.live.market import LiveMarket
from market_sim.api.stream.opening import OpenStream
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session
from market_sim.ui.web.application import create_app

FREE = {f"API_{name}": "100000 per second" for name in ("LIMIT", "PEER_LIMIT", "JOINING_LIMIT")}


class Served(NamedTuple):
    """Where a market is served, and the market."""

    address: str
    stream: str
    market: LiveMarket
    app: Any


@contextmanager
def served(
    folder: Path, scenario: Scenario | None = None, epoch: int = 3, has_stream: bool = False, **config: Any
) -> Iterator[Served]:
    """Serve a market that has passed some epochs and goes on as fast as its clock."""
    session = Session(scenario or FirstMarket(), Options(epochs=10_000, settlement="none"))
    session.step(epoch=epoch)
    market = LiveMarket(session, speed=1)
    places = {"INSTANCE": str(folder / "instance"), "RESULTS": str(folder / "results")}
    settings = LiveSettings(holdings={"ACME": 100} if scenario is None else {})
    app = create_app({"MARKET": market, "LIVE": settings, **FREE, **places, **config})
    server = create_server(app, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, name="site", daemon=True)
    stream = OpenStream(market, [_bound()]) if has_stream else None
    market.start()
    thread.start()
    if stream is not None:
        stream.start()
    try:
        address = f"http://127.0.0.1:{server.effective_port}"
        yield Served(address, stream.address if stream is not None else "", market, app)
    finally:
        market.end()
        if stream is not None:
            stream.close()
        server.close()
        thread.join(5)


def _bound() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    return listener
