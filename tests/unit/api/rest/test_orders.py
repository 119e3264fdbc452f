"""Orders over the interface: the events of a strategy's order, once however often it is sent, and limits."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from market_sim.api.live.market import LiveMarket
from market_sim.api.rest.models import AmendBody, OrderBody, intent_of
from market_sim.api.rest.replies import KEPT, Replies
from market_sim.core.data.codec import encode
from market_sim.core.models.inputs import received
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Amend, Buy, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderAccepted, OrderRejected, Trade
from market_sim.core.models.run_events import InputReceived
from market_sim.market.agents.strategy import Strategy
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session
from market_sim.ui.web.application import create_app
from tests.conftest import PATIENCE
from tests.served_market import answering
from tests.unit.api.rest.desk import FREE, Desk, opened
from tests.unit.ui.web.conftest import Visitor

EACH = int(os.environ.get("ORDERS_EACH", "25"))
"""The number of orders that each of eight threads sends."""
SENT = (
    ({"symbol": "ACME", "side": 1, "quantity": 5}, Buy("ACME", 5)),
    ({"symbol": "ACME", "side": -1, "quantity": 5.0, "limit": 1e4}, Sell("ACME", 5, 10_000)),
    ({"symbol": "ACME", "side": 1, "quantity": 5, "time_in_force": "gtc", "venue": ""}, Buy("ACME", 5)),
    ({"symbol": "ACME", "side": 1, "quantity": 5, "limit": None, "client_id": None}, Buy("ACME", 5)),
    ({"symbol": "ACME", "side": 1, "quantity": 5, "conditions": None}, Buy("ACME", 5)),
    ({"symbol": "ACME", "side": 1, "quantity": 5, "conditions": {"hidden": False, "peg": ""}}, Buy("ACME", 5)),
    (
        {"symbol": "ACME", "side": 1, "quantity": 5, "limit": 9, "conditions": {"display": 2, "post_only": "slide"}},
        Buy("ACME", 5, 9, display=2, post_only="slide"),
    ),
    (
        {"symbol": "ACME", "side": 1, "quantity": 5, "conditions": {"stop": 9, "self_trade": "cancel_newest"}},
        Buy("ACME", 5, stop=9),
    ),
    (
        {"symbol": "ACME", "side": -1, "quantity": 5, "time_in_force": "ioc", "client_id": "c"},
        Sell("ACME", 5, None, "ioc", "c"),
    ),
)


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    with opened(tmp_path, settlement="none", epochs=1) as made:
        yield made


@pytest.mark.parametrize(("body", "order"), SENT)
def test_an_order_from_json_is_the_one_made_in_python_to_the_byte(body, order) -> None:
    read = intent_of(
        PlaceOrder, msgspec.convert(json.loads(json.dumps(body), parse_float=lambda one: int(float(one))), OrderBody)
    )
    assert read == order
    assert encode(received(1, 2, "ann", read)) == encode(received(1, 2, "ann", order))
    assert encode(OrderAccepted(1, 2, "ann", read)) == encode(OrderAccepted(1, 2, "ann", order))


def test_an_amendment_names_its_order_in_the_address() -> None:
    assert intent_of(Amend, AmendBody(quantity=3), order=7) == Amend(7, 3)


@dataclass
class Once(Strategy):
    """Sends one order at its first wake-up."""

    order: PlaceOrder | None = None
    done: bool = False

    def decide(self, view):
        if self.order is not None and not self.done:
            self.done = True
            yield self.order


WANTED = Buy("ACME", 6, 10_000)


@dataclass(frozen=True)
class TwoPeople(Scenario):
    """One who offers four shares, and one who wants six: as a strategy, or from outside."""

    name = "two-people"
    by_strategy: bool = True

    def build(self, world):
        world.list(Stock("ACME"))
        holdings = {"ACME": 10}
        world.join("maker", Once(Sell("ACME", 4, 10_000)), cash=10**8, holdings=holdings, every_ms=100)
        world.join("ann", Once(WANTED if self.by_strategy else None), cash=10**8, holdings=holdings, every_ms=250)


@pytest.mark.parametrize("door", ["interface", "page"])
def test_the_same_order_makes_the_same_events_from_a_strategy_over_the_interface_and_on_the_page(
    tmp_path, door
) -> None:
    """The order trades with what is there and rests with its remainder."""

    def made(events):
        mine = [one for one in events if "ann" in (getattr(one, "taker", ""), getattr(one, "account", ""))]
        kinds = (OrderAccepted, Trade)
        return [encode(msgspec.structs.replace(one, time=0)) for one in mine if isinstance(one, kinds)]

    expected = made(Session(TwoPeople(), Options(epochs=2, settlement="none")).run().journal)
    assert len(expected) == 2, "an acceptance and a trade"
    session = Session(TwoPeople(by_strategy=False), Options(epochs=9, settlement="none"))
    session.step(epoch=1)
    market = LiveMarket(session)
    market.stop_clock()
    market.start()
    app = create_app({"MARKET": market, "INSTANCE": str(tmp_path / "i"), "RESULTS": str(tmp_path / "r"), **FREE})
    token = app.extensions["live"].members.enrol("ann", "student")
    before = len(market.journal)
    if door == "interface":
        body = {"symbol": "ACME", "side": 1, "quantity": 6, "limit": 10_000, "time_in_force": "gtc"}
        answer = app.test_client().post("/api/orders", json=body, headers={"Authorization": f"Bearer {token}"})
        assert (answer.json["status"], answer.json["filled"], answer.json["remaining"]) == ("open", 4, 2)
    else:
        visitor = Visitor(app)
        assert visitor.post("/market/join", {"token": token}).status_code == 303
        form = {"symbol": "ACME", "side": "buy", "quantity": "6", "limit": "100.00", "time_in_force": "gtc"}
        assert visitor.post("/market/orders", form).status_code in (200, 302, 303)
    events = market.journal.since(before)
    market.end()
    assert isinstance(events[0], InputReceived)
    assert made(events) == expected
    assert len(events) == 3, "nothing but the input, and what a strategy's order makes"


def test_an_order_lives_by_its_requests(desk) -> None:
    placed = desk.order("ann", quantity=5, limit=9_000)
    assert placed.status_code == 201
    number = placed.json["order"]
    assert desk.ask("GET", f"/api/orders/{number}", "ann").json["status"] == "open"
    assert desk.ask("GET", "/api/accounts/me", "ann").json["balances"][0]["reserved"] >= 45_000
    amended = desk.ask("PATCH", f"/api/orders/{number}", "ann", json={"quantity": 3})
    assert (amended.status_code, amended.json["remaining"]) == (200, 3)
    assert [one["order"] for one in desk.ask("GET", "/api/orders?open=true", "ann").json] == [number]
    assert desk.ask("DELETE", f"/api/orders/{number}", "ann").json["status"] == "cancelled"
    assert desk.ask("DELETE", f"/api/orders/{number}", "ann").json["code"] == "UNKNOWN_ORDER"
    assert desk.ask("GET", "/api/orders?open=true", "ann").json == []
    assert [one["status"] for one in desk.ask("GET", "/api/orders?open=false", "ann").json] == ["cancelled"]
    kinds = [one["kind"] for one in desk.ask("GET", "/api/reports", "ann").json]
    assert kinds[-4:] == ["Accepted", "Amended", "Cancelled", "Refused"]
    for limit in (9_000, 9_001):
        desk.order("ann", limit=limit)
    assert [one["status"] for one in desk.ask("DELETE", "/api/orders?symbol=ACME", "ann").json] == ["cancelled"] * 2


def test_an_order_that_is_sent_twice_is_placed_once_and_answered_alike(desk) -> None:
    first = desk.order("ann", limit=9_000, client_id="one")
    desk.ask("DELETE", f"/api/orders/{first.json['order']}", "ann")
    again = desk.order("ann", limit=9_000, client_id="one")
    assert (again.status_code, again.data) == (201, first.data), "the same answer, whatever happened since"
    by_header = desk.order("ann", limit=9_000, headers={"Idempotency-Key": "one"})
    assert by_header.data == first.data
    other = desk.order("ann", limit=9_001, client_id="one")
    assert (other.status_code, other.json["code"]) == (409, "DUPLICATE_CLIENT_ID")
    assert other.json["numbers"]["order"] == first.json["order"]
    refused = desk.order("ann", quantity=10**9, limit=9_000, client_id="two")
    desk.market.credit("ann", "USD", 10**15)
    assert desk.order("ann", quantity=10**9, limit=9_000, client_id="two").data == refused.data
    assert sum(event.account == "ann" for event in desk.market.journal.of(OrderAccepted)) == 1
    desk.app.extensions["replies"] = Replies()  # as after a restart: the exchange itself knows the client id
    assert desk.order("ann", limit=9_000, client_id="one").json["order"] == first.json["order"]
    assert desk.order("ann", limit=9_001, client_id="one").status_code == 409
    for key, code in (("", "BAD_KEY"), ("x" * 65, "BAD_KEY"), ("other", "KEYS_DIFFER")):
        answer = desk.order("ann", limit=9_000, client_id="one", headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json["code"]) == (422, code)


def test_the_replies_that_are_kept_are_bounded_and_a_failure_leaves_none() -> None:
    replies: Replies[int] = Replies()
    for number in range(KEPT + 5):
        assert replies.once("ann", str(number), b"", lambda: 1) == 1
    assert replies.once("ann", str(KEPT), b"other", lambda: 2) is None
    assert replies.once("ann", "0", b"other", lambda: 3) == 3, "the oldest are forgotten"
    with pytest.raises(ZeroDivisionError):
        replies.once("ann", "new", b"", lambda: 1 // 0)
    assert replies.once("ann", "new", b"", lambda: 4) == 4


def test_requests_of_one_key_that_arrive_together_do_the_work_once(desk) -> None:
    answers: list[bytes] = []

    def send() -> None:
        client = desk.app.test_client()
        headers = {"Authorization": f"Bearer {desk.tokens['ann']}", "Idempotency-Key": "together"}
        body = {"symbol": "ACME", "side": 1, "quantity": 1, "limit": 9_000}
        answers.append(client.post("/api/orders", json=body, headers=headers).data)

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert sum(event.kind == "PlaceOrder" for event in desk.market.journal.of(InputReceived)) == 1


def test_a_halted_market_refuses_orders_over_the_interface_and_takes_cancels(desk) -> None:
    number = desk.order("ann", limit=9_000).json["order"]
    assert desk.ask("POST", "/api/market/halt", "ida", json={}).status_code == 200
    halted = desk.order("ann", limit=9_000)
    assert (halted.status_code, halted.json["code"]) == (409, "PAUSED")
    assert desk.ask("DELETE", f"/api/orders/{number}", "ann").status_code == 200
    assert desk.ask("POST", "/api/market/reopen", "ida", json={"symbol": "ACME", "call_ms": 100}).status_code == 200
    assert desk.ask("GET", "/api/quote?symbol=ACME").json["phase"] == "call"
    assert desk.ask("POST", "/api/market/shock", "ida", json={"symbol": "ACME", "percent": -1}).status_code == 200
    assert desk.ask("POST", "/api/market/speed", "ida", json={"speed": 50}).status_code == 200
    assert desk.ask("POST", "/api/market/clock", "ida", json={"running": True}).status_code == 200
    assert desk.ask("GET", "/api/market").json["running"]
    assert desk.market.pacer.speed == 50
    desk.market.end()
    late = desk.order("ann", limit=9_000)
    assert (late.status_code, late.json["code"]) == (409, "MARKET_ENDED")
    assert desk.ask("GET", "/api/quote?symbol=ACME").status_code == 200, "what happened can still be read"
    assert desk.ask("GET", "/api/accounts/me", "ann").status_code == 200


def test_money_comes_in_from_the_wallet_and_goes_out_to_it(tmp_path) -> None:
    with opened(tmp_path) as desk:
        assert desk.ask("POST", "/api/withdrawals", "ann", json={"asset": "USD", "amount": 500}).json == {"taken": True}
        headers = {"Idempotency-Key": "out"}
        for _ in range(2):
            out = desk.ask("POST", "/api/withdrawals", "ann", json={"asset": "USD", "amount": 7}, headers=headers)
            assert out.status_code == 200
        other = desk.ask("POST", "/api/withdrawals", "ann", json={"asset": "USD", "amount": 8}, headers=headers)
        assert (other.status_code, other.json["code"]) == (422, "KEY_REUSED") or other.status_code == 409
        balances = desk.ask("GET", "/api/accounts/me", "ann").json["balances"]
        assert balances[0]["total"] == desk.access.settings.cash - 507
        early = desk.ask("POST", "/api/claims", "ann", json={"asset": "USD"})
        assert (early.status_code, early.json["code"]) == (422, "NOTHING_TO_CLAIM")


def test_who_asks_too_often_is_told_how_long_to_wait(tmp_path) -> None:
    limits = {"API_LIMIT": "5 per minute", "API_PEER_LIMIT": "8 per minute", "API_JOINING_LIMIT": "2 per minute"}
    with opened(tmp_path, settlement="none", epochs=0, **limits) as desk:
        answers = [desk.ask("GET", "/api/clocks", "ann") for _ in range(6)]
        assert [one.status_code for one in answers] == [200] * 5 + [429]
        told, wait = answers[-1].json, int(answers[-1].headers["Retry-After"])
        assert told["code"] == "TOO_MANY_REQUESTS" and 1 <= wait <= 60
        assert told["sentence"] == f"5 requests in 60 s are allowed; ask again in {wait} s"
        forged = [desk.ask("GET", "/api/orders", "ann", headers={"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(2)]
        assert [one.status_code for one in forged] == [429, 429], "a header that anybody can write changes nothing"
        assert desk.ask("GET", "/api/clocks", "bob").status_code == 200, "another member has a count of its own"
        joined = [desk.ask("POST", "/api/members", json={"name": f"s{n}"}).status_code for n in range(3)]
        assert joined == [201, 201, 429]
        assert desk.ask("GET", "/api/clocks", "bob").status_code == 429, "and the computer one for all of them"
        kept = desk.app.extensions["limits"].storage.storage
        assert len(kept) <= 6, "one count for each member and each computer"


def test_wrong_codes_are_counted_and_right_ones_are_not(tmp_path) -> None:
    with opened(tmp_path, settlement="none", epochs=0) as desk:
        for number in range(25):
            assert desk.ask("POST", "/api/members", json={"name": f"s{number}"}).status_code == 201
        guess = {"name": "eve", "role": "instructor", "code": "guess"}
        answers = [desk.ask("POST", "/api/members", json=guess) for _ in range(22)]
        assert [one.status_code for one in answers] == [403] * 20 + [429] * 2
        right = desk.ask("POST", "/api/members", json={**guess, "code": "chalk"})
        assert (right.status_code, right.json["code"]) == (429, "TOO_MANY_REQUESTS"), "not even the right one"


def test_no_cookie_is_read_and_none_is_set(desk) -> None:
    desk.client.get("/glossary")
    desk.client.set_cookie("market_sandbox", "forged")
    answer = desk.ask("GET", "/api/orders", "ann")
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    assert desk.ask("GET", "/api/orders").status_code == 401
    assert desk.ask("GET", f"/api/orders?token={desk.tokens['ann']}").json["code"] == "UNKNOWN_FIELD"


@pytest.mark.thorough
def test_eight_threads_over_http_are_each_acknowledged_and_the_accounts_equal_the_journal(tmp_path: Path) -> None:
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    with opened(tmp_path, settlement="none", epochs=0) as desk:
        tokens = [desk.access.admit(f"bot-{number}", "student") for number in range(8)]
        desk.market.run_at(2)
        desk.market.start_clock()
        numbers: list[int] = []
        refused: list[tuple[int, str]] = []

        def trade(place: int, port: int) -> None:
            for sent in range(EACH):
                side = (1, -1)[(place + sent) % 2]
                body = {"symbol": "ACME", "side": side, "quantity": 1, "limit": 10_000 + side * (sent % 7)}
                headers = {"Authorization": f"Bearer {tokens[place]}", "Content-Type": "application/json"}
                address = f"http://127.0.0.1:{port}/api/orders"
                try:
                    with urlopen(Request(address, json.dumps(body).encode(), headers), timeout=PATIENCE) as answer:
                        numbers.append(json.load(answer)["order"])
                except HTTPError as answer:  # of many orders the last ones find nothing left to pay with
                    with answer:
                        refused.append((answer.code, json.load(answer)["code"]))

        with answering(desk.app) as port:
            threads = [Thread(target=trade, args=(place, port)) for place in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(set(numbers)) == len(numbers) == 8 * EACH - len(refused) > 0
        assert EACH > 25 or not refused
        # A maker of the scenario may cancel an order that has just been filled.
        rejected = [one.reason for one in desk.market.journal.of(OrderRejected) if one.account.startswith("bot-")]
        assert sorted(rejected) == sorted(code for _, code in refused)
        assert {status for status, _ in refused} <= {422}
        assert {one.order for one in desk.market.journal.of(OrderAccepted) if one.account.startswith("bot-")} == set(
            numbers
        )
        desk.market.ask(lambda session: session.world.check(), seconds=60)
        events = desk.market.end().journal.since(0)
        again = Session.replay(events, at=len(events) - 2).journal.since(0)
        assert again[: len(events) - 1] == events[:-1], "the live market replays"
