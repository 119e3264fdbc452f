"""Trading: becoming a member, the own account and orders, and what changes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, request

from market_sim.api.live.orders import OrderView
from market_sim.api.live.state import AccountView, ReportView
from market_sim.api.rest.document import described
from market_sim.api.rest.guard import access, member
from market_sim.api.rest.models import (
    AmendBody,
    ClaimBody,
    DepositBody,
    ForCancelAll,
    ForOrders,
    ForReports,
    Joining,
    OrderBody,
    WithdrawalBody,
    intent_of,
)
from market_sim.api.rest.reasons import status_of
from market_sim.api.rest.refusals import Refusal, Refused, answer, refuse
from market_sim.api.rest.replies import Replies
from market_sim.api.stream.opening import OpenStream
from market_sim.api.tickets import LIFETIME_SECONDS
from market_sim.core.models.event import Numbers
from market_sim.core.models.inputs import Input
from market_sim.core.models.intents import Amend, Cancel, CancelAll, Claim, Deposit, PlaceOrder, Withdraw
from market_sim.core.models.reasons import explain
from market_sim.market.exchange.acknowledgement import Acknowledgement
from market_sim.market.exchange.terms import LONGEST_CLIENT_ID, shown
from market_sim.simulation.intake import Answers

routes = Blueprint("rest_orders", __name__)
KEY = "Idempotency-Key"


class MemberAnswer(msgspec.Struct, frozen=True):
    """A new member. The token is shown this once: who has lost it joins under another name."""

    name: str
    role: str
    token: str


class TicketAnswer(msgspec.Struct, frozen=True):
    """A ticket, which opens one connection and ends the ticket before it."""

    ticket: str
    seconds: float
    """How long it is valid."""
    address: str
    """What it opens."""


class CheckAnswer(msgspec.Struct, frozen=True):
    """Whether an order would be accepted now, and if not, the reason that the order itself would get."""

    accepted: bool
    code: str
    sentence: str
    numbers: dict[str, int | str]


class Taken(msgspec.Struct, frozen=True):
    """What was asked for has been taken."""

    taken: bool = True


def sent(name: str, thing: Input) -> Answers:
    """Hand an input to the market; its first refusal is that of the request."""
    answers = access().market.submit(name, thing)
    for one in answers:
        if one.status == "refused":
            raise Refused(one.reason, one.numbers, one.sentence)
    return answers


@routes.post("/api/members")
@described("Membership", MemberAnswer, "NAME_TAKEN", "WRONG_CODE", status=201, body=Joining)
def join(body: Joining) -> Response:
    """Become a member; a student gets an account with the cash and the holdings of this market."""
    token = access().admit(body.name, body.role, body.code)
    return answer(MemberAnswer(body.name, body.role, token), 201)


@routes.get("/api/accounts/me")
@described("Trading", AccountView, token=True)
def me() -> Response:
    """The own account: what it has of each asset, and what open orders reserve."""
    return answer(access().state.account(member("student").name))


@routes.get("/api/reports")
@described("Trading", list[ReportView], query=ForReports, token=True)
def reports(query: ForReports) -> Response:
    """What happened to the own orders and the own account, after a number: fills, refusals, cancels, margin calls."""
    return answer(access().state.reports(member("student").name, query.after))


@routes.post("/api/tickets")
@described("Membership", TicketAnswer, status=201, token=True)
def ticket() -> Response:
    """A ticket for one private stream: of the own reports for students, of the journal for instructors."""
    asking = member("student", "instructor")
    stream: OpenStream | None = current_app.config.get("STREAM")
    if stream is None:
        refuse("REFUSED", problem="this market has no stream")
    issued = access().tickets.issue(asking)
    path = "reports" if asking.role == "student" else "journal"
    return answer(TicketAnswer(issued, LIFETIME_SECONDS, f"{stream.address}/{path}?ticket={issued}"), 201)


@routes.get("/api/orders")
@described("Trading", list[OrderView], query=ForOrders, token=True)
def orders(query: ForOrders) -> Response:
    """The own orders, oldest first: the open ones, the last ended ones, or both."""
    return answer(access().state.orders(member("student").name, query.open))


@routes.post("/api/orders")
@described(
    "Trading", Acknowledgement, "DUPLICATE_CLIENT_ID", "PAUSED", "MARKET_BUSY", status=201, body=OrderBody, token=True
)
def place(body: Any) -> Response:
    """Place an order; the answer has its number, its status and its first fills.

    With a client_id, or the header Idempotency-Key in its place, an order that is sent twice is placed once.
    """
    name = member("student").name
    key = _key(body.client_id)
    order = intent_of(PlaceOrder, body, **({"client_id": key} if key is not None else {}))

    def work() -> Response:
        try:
            return answer(sent(name, order)[0], 201)
        except Refused as refused:
            told = Refusal(refused.code, refused.sentence, refused.numbers)
            return answer(told, status_of(refused.code))

    return work() if key is None else _once(name, key, order, work)


@routes.post("/api/orders/check")
@described("Trading", CheckAnswer, body=OrderBody, token=True)
def check(body: Any) -> Response:
    """Check an order without placing it: the verdict of the order itself, and nothing changes."""
    name, order = member("student").name, intent_of(PlaceOrder, body)
    refusal, figures = access().market.ask(
        lambda session: (session.world.venues.check(name, order), session.world.venues.figures)
    )
    if refusal is None:
        return answer(CheckAnswer(True, "", "", {}))
    numbers: Numbers = dict(refusal.numbers)
    return answer(CheckAnswer(False, refusal.reason, explain(refusal.reason, numbers, figures, order.symbol), numbers))


@routes.get("/api/orders/<number:order>")
@described("Trading", OrderView, "UNKNOWN_ORDER", "NOT_YOUR_ORDER", token=True)
def look(order: int) -> Response:
    """One of the own orders; ended ones are kept for a while."""
    name = member("student").name
    found = access().state.order(order)
    if found is None:
        refuse("UNKNOWN_ORDER", order=order)
    if found.account != name:
        refuse("NOT_YOUR_ORDER", order=order)
    return answer(found)


@routes.patch("/api/orders/<number:order>")
@described(
    "Trading", Acknowledgement, "UNKNOWN_ORDER", "NOT_YOUR_ORDER", "PAUSED", "MARKET_BUSY", body=AmendBody, token=True
)
def amend(order: int, body: Any) -> Response:
    """Change the quantity or the limit of an open order; a smaller quantity at the same limit keeps its place."""
    return answer(sent(member("student").name, intent_of(Amend, body, order=order))[0])


@routes.delete("/api/orders/<number:order>")
@described("Trading", Acknowledgement, "UNKNOWN_ORDER", "NOT_YOUR_ORDER", "MARKET_BUSY", token=True)
def cancel(order: int) -> Response:
    """Cancel what is left of an order; this is possible while trading is halted, too."""
    return answer(sent(member("student").name, Cancel(order))[0])


@routes.delete("/api/orders")
@described("Trading", list[Acknowledgement], "UNKNOWN_INSTRUMENT", "MARKET_BUSY", query=ForCancelAll, token=True)
def cancel_all(query: ForCancelAll) -> Response:
    """Cancel every open order, of one instrument or of all."""
    return answer(sent(member("student").name, CancelAll(query.symbol) if query.symbol else CancelAll()))


@routes.post("/api/deposits")
@described("Trading", Taken, "MARKET_BUSY", body=DepositBody, token=True)
def deposit(body: Any) -> Response:
    """Bring cash or holdings in from the own wallet on the chain."""
    return _moved(intent_of(Deposit, body))


@routes.post("/api/withdrawals")
@described("Trading", Taken, "MARKET_BUSY", body=WithdrawalBody, token=True)
def withdraw(body: Any) -> Response:
    """Take cash or holdings out; once that is settled they can be claimed into the wallet."""
    return _moved(intent_of(Withdraw, body))


@routes.post("/api/claims")
@described("Trading", Taken, "MARKET_BUSY", body=ClaimBody, token=True)
def claim(body: Any) -> Response:
    """Claim the settled withdrawals of an asset: the vault pays them into the wallet."""
    return _moved(intent_of(Claim, body))


def _moved(thing: Deposit | Withdraw | Claim) -> Response:
    name = member("student").name
    key = _key(None)

    def work() -> Response:
        sent(name, thing)
        return answer(Taken())

    return work() if key is None else _once(name, key, thing, work)


def _key(client_id: str | None) -> str | None:
    """The client id of the request: the one in its body, or the idempotency key in its header."""
    key = request.headers.get(KEY)
    if key is None:
        return client_id
    if not 0 < len(key) <= LONGEST_CLIENT_ID or not key.isprintable():
        refuse("BAD_KEY", most=LONGEST_CLIENT_ID, found=shown(key))
    if client_id is not None and client_id != key:
        refuse("KEYS_DIFFER", key=key, client_id=shown(client_id))
    return key


def _once(name: str, key: str, thing: Input, work: Callable[[], Response]) -> Response:
    """Do the work once for a key; the same request again gets the same answer, byte for byte."""
    replies: Replies[tuple[bytes, int]] = current_app.extensions["replies"]
    asked = hashlib.sha256(request.path.encode() + msgspec.json.encode(thing)).digest()

    def reply() -> tuple[bytes, int]:
        given = work()
        return given.get_data(), given.status_code

    given = replies.once(name, key, asked, reply)
    if given is None:
        if isinstance(thing, PlaceOrder):
            known = access().state.order_called(name, key)
            refuse("DUPLICATE_CLIENT_ID", client_id=shown(key), order=known.order if known is not None else 0)
        refuse("KEY_REUSED", key=shown(key))
    return Response(given[0], given[1], mimetype="application/json")
