"""The library: the scenarios of this site, and the stored runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app

from market_sim.api.rest.document import described
from market_sim.api.rest.refusals import answer, refuse
from market_sim.market.exchange.terms import shown

routes = Blueprint("rest_runs", __name__)

Parameter = int | float | str | bool | None


class ScenarioAnswer(msgspec.Struct, frozen=True):
    """A scenario with its parameters and their defaults."""

    name: str
    summary: str
    epochs: int
    parameters: dict[str, Parameter]


class RunAnswer(msgspec.Struct, frozen=True):
    """A stored run."""

    name: str
    scenario: str
    seed: int
    epochs: int
    reached: int
    """The last epoch that began."""
    complete: bool
    events: int
    fingerprint: str
    """The digest of its journal; equal ones are the same run."""
    parameters: dict[str, Parameter]


class AlertAnswer(msgspec.Struct, frozen=True):
    """An alert: what surveillance found, a halt, a margin call, a failed transaction, an outage."""

    time: int
    event: int
    """The number of the event in the journal that revealed it."""
    source: str
    severity: str
    code: str
    accuses: bool
    """Whether its accounts are accused of misconduct."""
    accounts: tuple[str, ...]
    symbol: str
    rule: str
    sentence: str
    orders: tuple[int, ...]
    """The orders that are the evidence, by their numbers."""
    trades: tuple[int, ...]


@routes.get("/api/scenarios")
@described("Library", list[ScenarioAnswer])
def scenarios() -> Response:
    """The scenarios of this site."""
    found = [kind() for kind in current_app.config["SCENARIOS"]]
    return answer([ScenarioAnswer(one.name, one.summary, one.epochs, one.parameters) for one in found])


@routes.get("/api/runs")
@described("Library", list[RunAnswer])
def runs() -> Response:
    """The stored runs that can be read, the newest first."""
    return answer([_told(entry) for entry in current_app.extensions["library"].entries()])


@routes.get("/api/runs/<name:name>")
@described("Library", RunAnswer, "UNKNOWN_RUN")
def run(name: str) -> Response:
    """One stored run."""
    entry = current_app.extensions["library"].find(name)
    if entry is None:
        refuse("UNKNOWN_RUN", name=shown(name))
    return answer(_told(entry))


@routes.get("/api/runs/<name:name>/alerts")
@described("Library", list[AlertAnswer], "UNKNOWN_RUN")
def alerts(name: str) -> Response:
    """The alerts of one stored run, in the order of their events."""
    library = current_app.extensions["library"]
    entry = library.find(name)
    if entry is None:
        refuse("UNKNOWN_RUN", name=shown(name))
    found = library.open(entry).history.alerts
    return answer([msgspec.convert(asdict(one), AlertAnswer) for one in found])


def _told(entry: Any) -> RunAnswer:
    header, manifest = entry.header, entry.manifest
    return RunAnswer(
        name=entry.name,
        scenario=header.scenario,
        seed=header.seed,
        epochs=header.epochs,
        reached=header.reached,
        complete=header.complete,
        events=manifest.events,
        fingerprint=manifest.fingerprint,
        parameters=dict(header.parameters),
    )
