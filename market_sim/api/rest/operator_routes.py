"""Running the market: what instructors may do, and everybody's look at the market as a whole."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response

from market_sim.api.live.measures import MeasureView
from market_sim.api.live.state import AccountView
from market_sim.api.rest.document import described
from market_sim.api.rest.guard import access, member
from market_sim.api.rest.models import AppealBody, ClockBody, HaltBody, ReopenBody, ShockBody, SpeedBody, intent_of
from market_sim.api.rest.order_routes import Taken, sent
from market_sim.api.rest.refusals import answer, refuse
from market_sim.core.models.inputs import OPERATOR, Pause, Resume, Shock
from market_sim.market.exchange.terms import shown

routes = Blueprint("rest_operator", __name__)


class MarketAnswer(msgspec.Struct, frozen=True):
    """The live market as a whole."""

    scenario: str
    seed: int
    class_name: str
    time: int
    """The simulated time in nanoseconds."""
    epoch: int
    epochs: int
    speed: float | None
    """Simulated seconds in each real second; null: as many as possible."""
    running: bool
    """Whether simulated time passes."""
    over: bool
    events: int
    """The length of its journal."""


@routes.get("/api/market")
@described("Market", MarketAnswer)
def market() -> Response:
    """The live market as a whole: what it is, how far it is, how fast it goes."""
    live = access()
    run, started = live.market, live.state.started()
    return answer(
        MarketAnswer(
            scenario=started.scenario,
            seed=started.seed,
            class_name=live.settings.class_name,
            time=run.now,
            epoch=max(run.epoch, 0),
            epochs=started.epochs,
            speed=run.pacer.speed,
            running=not run.is_over and not run.pacer.is_paused,
            over=run.is_over,
            events=live.state.catch_up(),
        )
    )


@routes.post("/api/market/halt")
@described("Market", Taken, "UNKNOWN_INSTRUMENT", "MARKET_BUSY", body=HaltBody, token=True)
def halt(body: Any) -> Response:
    """Halt trading, in one instrument or in all: orders are refused with PAUSED, cancels are accepted."""
    return _operated(intent_of(Pause, body))


@routes.post("/api/market/reopen")
@described("Market", Taken, "UNKNOWN_INSTRUMENT", "MARKET_BUSY", body=ReopenBody, token=True)
def reopen(body: Any) -> Response:
    """End a halt with a call auction."""
    return _operated(intent_of(Resume, body))


@routes.post("/api/market/shock")
@described("Market", Taken, "UNKNOWN_INSTRUMENT", "MARKET_BUSY", body=ShockBody, token=True)
def shock(body: Any) -> Response:
    """Announce news that moves the believed value of an instrument."""
    return _operated(intent_of(Shock, body))


@routes.get("/api/market/measures")
@described("Market", list[MeasureView], token=True)
def measures() -> Response:
    """The measures of enforcement: those against everybody for an instructor, the own ones for a student."""
    asks = member("instructor", "student")
    return answer(access().state.measures(asks.name if asks.role == "student" else None))


@routes.post("/api/market/appeals")
@described("Market", Taken, "MARKET_BUSY", body=AppealBody, token=True)
def grant_appeal(body: AppealBody) -> Response:
    """Grant an appeal: the measure ends, its fine is returned, and the offence no longer counts."""
    member("instructor")
    access().market.grant_appeal(body.measure)
    return answer(Taken())


@routes.post("/api/market/clock")
@described("Market", Taken, body=ClockBody, token=True)
def clock(body: ClockBody) -> Response:
    """Let simulated time pass, or stop it; while it stands still orders are taken at that instant."""
    member("instructor")
    if body.running:
        access().market.start_clock()
    else:
        access().market.stop_clock()
    return answer(Taken())


@routes.post("/api/market/speed")
@described("Market", Taken, body=SpeedBody, token=True)
def speed(body: SpeedBody) -> Response:
    """Change how fast simulated time passes; the run stays the same."""
    member("instructor")
    access().market.run_at(body.speed)
    return answer(Taken())


@routes.get("/api/accounts/<account>")
@described("Market", AccountView, "UNKNOWN_ACCOUNT", token=True)
def account(account: str) -> Response:
    """The account of anybody for an instructor, the own one for a student."""
    asks = member("instructor", "student")
    if asks.role == "student" and account != asks.name:
        refuse("NOT_YOUR_ACCOUNT", account=shown(account))
    live = access().state
    live.catch_up()
    if account not in live.accounts:
        refuse("UNKNOWN_ACCOUNT", account=shown(account))
    return answer(live.account(account))


def _operated(thing: Pause | Resume | Shock) -> Response:
    member("instructor")
    symbol = thing.symbol
    live = access().state
    live.catch_up()
    if symbol is not None and symbol not in live.instruments:
        refuse("UNKNOWN_INSTRUMENT", symbol=shown(symbol), listed=", ".join(live.instruments))
    sent(OPERATOR, thing)
    return answer(Taken())
