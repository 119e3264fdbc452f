"""A live market that is served: a site at a port of its own, a market behind it, and if wanted its stream."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
def answering(app: Any, threads: int = 8) -> Iterator[int]:
    """A site that answers at a free port; gives the port."""
    server = create_server(app, host="127.0.0.1", port=0, threads=threads)

    def run() -> None:
        # Closing it takes the socket from the loop that waits for it, in this thread.
        with suppress(OSError):
            server.run()

    thread = threading.Thread(target=run, name="site", daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        server.close()
        thread.join(5)


@contextmanager
def served(
    folder: Path,
    scenario: Scenario | None = None,
    epoch: int = 3,
    has_stream: bool = False,
    journal_is_open: bool = True,
    **config: Any,
) -> Iterator[Served]:
    """Serve a market that has passed some epochs and goes on as fast as its clock."""
    session = Session(scenario or FirstMarket(), Options(epochs=10_000, settlement="none"))
    session.step(epoch=epoch)
    market = LiveMarket(session, speed=1)
    places = {"INSTANCE": str(folder / "instance"), "RESULTS": str(folder / "results")}
    settings = LiveSettings(holdings={"ACME": 100} if scenario is None else {})
    stream = OpenStream(market, [_bound()], host="127.0.0.1", journal_is_open=journal_is_open) if has_stream else None
    app = create_app({"MARKET": market, "LIVE": settings, "STREAM": stream, **FREE, **places, **config})
    with answering(app) as port:
        market.start()
        if stream is not None:
            stream.start()
        try:
            yield Served(f"http://127.0.0.1:{port}", stream.address if stream is not None else "", market, app)
        finally:
            market.end()
            if stream is not None:
                stream.close()


def _bound() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    return listener
