"""A site with a live market whose clock stands still, and those who ask: what the tests of the interface use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from market_sim.api.access import Access, LiveSettings
from market_sim.api.live.market import LiveMarket
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session
from market_sim.ui.web.application import create_app

CODES = {"student": "", "observer": "", "instructor": "chalk"}
FREE = {
    "API_LIMIT": "100000 per second",
    "API_PEER_LIMIT": "100000 per second",
    "API_JOINING_LIMIT": "100000 per second",
}


class Desk:
    """An app, its market, and a client that speaks for somebody."""

    def __init__(self, app: Flask, market: LiveMarket) -> None:
        self.app, self.market = app, market
        self.client: FlaskClient = app.test_client()
        self.access: Access = app.extensions["live"]
        self.tokens: dict[str, str] = {}
        for name, role in (("ann", "student"), ("bob", "student"), ("olga", "observer"), ("ida", "instructor")):
            self.tokens[name] = self.access.admit(name, role, CODES[role])

    def ask(self, method: str, path: str, who: str = "", **more: Any) -> TestResponse:
        """Send a request in somebody's name."""
        headers = dict(more.pop("headers", {}))
        if who:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        return self.client.open(path, method=method, headers=headers, **more)

    def order(self, who: str, **body: Any) -> TestResponse:
        """Place an order for ACME."""
        more = {"headers": body.pop("headers")} if "headers" in body else {}
        return self.ask("POST", "/api/orders", who, json={"symbol": "ACME", "side": 1, "quantity": 1, **body}, **more)


@contextmanager
def opened(
    folder: Path, scenario: Scenario | None = None, settlement: str = "memory", epochs: int = 3, **config: Any
) -> Iterator[Desk]:
    """A desk whose market has passed some epochs and then stands still."""
    session = Session(scenario or FirstMarket(), Options(epochs=1_000, settlement=settlement))
    session.step(epoch=epochs)
    market = LiveMarket(session, None)
    market.stop_clock()
    market.start()
    folders = {"INSTANCE": str(folder / "instance"), "RESULTS": str(folder / "results")}
    settings = LiveSettings(holdings={"ACME": 100} if scenario is None else {}, codes=CODES)
    try:
        yield Desk(create_app({"MARKET": market, "LIVE": settings, **FREE, **folders, **config}), market)
    finally:
        market.end()
