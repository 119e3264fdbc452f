"""The routes of the interface: what each answers is what the live state says, and who may ask is who should."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from market_sim.api.rest.interface import NAMES
from market_sim.api.rest.reasons import ALL_REASONS, status_of
from market_sim.blockchain.merkle import proven
from market_sim.core.models.market_events import OrderRejected, Trade
from market_sim.core.models.reasons import REASONS
from market_sim.core.models.settlement_events import BatchCertified
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.two_venues import TwoVenues
from tests.unit.api.rest.desk import Desk, opened


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("site")) as made:
        yield made


def told(desk: Desk, path: str, who: str = ""):
    answer = desk.ask("GET", path, who)
    assert answer.status_code == 200, answer.text
    return answer.json


PUBLIC = {
    "/api/quote?symbol=ACME": lambda state: state.quote("ACME"),
    "/api/book?symbol=ACME&levels=3": lambda state: state.book("ACME", 3),
    "/api/trades?symbol=ACME&limit=7": lambda state: state.trades("ACME", None, 7),
    "/api/trades?symbol=ACME&after=5&limit=2": lambda state: state.trades("ACME", 5, 2),
    "/api/candles?symbol=ACME&seconds=2": lambda state: state.candles("ACME", 2, 100),
    "/api/statistics?symbol=ACME": lambda state: state.statistics("ACME"),
    "/api/board": lambda state: state.board(),
    "/api/blocks?limit=2": lambda state: state.blocks(None, 2),
    "/api/blocks?after=1&limit=1": lambda state: state.blocks(1, 1),
    "/api/clocks": lambda state: state.clocks(),
    "/api/status": lambda state: state.components(),
}


@pytest.mark.parametrize("path", PUBLIC)
def test_an_answer_is_what_the_live_state_says(desk, path) -> None:
    assert told(desk, path) == json.loads(msgspec.json.encode(PUBLIC[path](desk.access.state)))


def test_an_instrument_tells_how_its_numbers_are_read(desk, tmp_path) -> None:
    [acme] = told(desk, "/api/instruments")
    assert (acme["symbol"], acme["book"], acme["venue"]) == ("ACME", "ACME", "")
    assert (acme["tick"], acme["lot"], acme["currency"], acme["price_decimals"]) == (1, 1, "USD", 2)
    with opened(tmp_path, TwoVenues(), "none", 1) as wider:
        books = told(wider, "/api/instruments")
        assert all(one["book"] == f"{one['symbol']} on {one['venue']}" for one in books)
        assert len({one["venue"] for one in books}) == 2
        for one in books:
            assert told(wider, f"/api/quote?symbol={one['book']}")["symbol"] == one["book"]


def test_the_market_as_a_whole(desk) -> None:
    found = told(desk, "/api/market")
    assert (found["scenario"], found["seed"], found["epochs"], found["running"]) == ("first-market", 7, 1_000, False)
    assert (found["time"], found["events"]) == (desk.market.now, len(desk.market.journal))


def test_the_validators_and_the_settlement(desk) -> None:
    committee, paid = told(desk, "/api/validators"), told(desk, "/api/settlement")
    assert (committee["validators"], committee["faults"], committee["quorum"]) == (4, 1, 3)
    assert len({one["address"] for one in committee["members"]}) == 4
    assert paid["tokens"] == ["USD", "ACME"]
    assert paid["clocks"]["matched"] >= paid["clocks"]["finalized"] >= paid["clocks"]["settled"] > 0


def test_a_proof_leads_from_a_trade_to_the_signed_root(desk) -> None:
    settled = told(desk, "/api/clocks")["settled"]
    roots = {event.last: event.trades_root for event in desk.market.journal.of(BatchCertified)}
    for trade in (1, settled // 2, settled):
        found = told(desk, f"/api/trades/{trade}/proof")
        record = bytes.fromhex(found["record"][2:])
        nodes = [bytes.fromhex(node[2:]) for node in found["proof"]]
        assert found["is_proven"]
        assert found["root"] == "0x" + roots[found["last"]].removeprefix("0x")
        assert proven(bytes.fromhex(found["root"][2:]), found["place"], record, nodes)
        assert not proven(bytes.fromhex(found["root"][2:]), found["place"] + 1, record, nodes)
    late = desk.ask("GET", f"/api/trades/{settled + 1}/proof")
    assert (late.status_code, late.json["code"]) == (404, "NOT_SETTLED")


def test_every_reason_code_has_its_rule_and_its_status(desk) -> None:
    found = {one["code"]: one for one in told(desk, "/api/reasons")}
    assert set(found) == set(ALL_REASONS) >= set(REASONS)
    assert all(one["status"] == status_of(code) for code, one in found.items())


def test_the_scenarios_and_the_runs_of_the_site(desk) -> None:
    assert [one["name"] for one in told(desk, "/api/scenarios")] == [kind.name for kind in SCENARIOS]
    assert told(desk, "/api/runs") == []
    missing = desk.ask("GET", "/api/runs/nothing")
    assert (missing.status_code, missing.json["code"]) == (404, "UNKNOWN_RUN")


def test_the_seven_parts_of_the_market_have_a_state_and_a_last_activity(desk) -> None:
    desk.order("ann", quantity=10**9, limit=10**6)
    parts = {one["name"]: one for one in told(desk, "/api/status")}
    assert list(parts) == ["exchange", "books", "makers", "liquidity", "halts", "compliance", "dashboard"]
    trades = list(desk.market.journal.of(Trade))
    assert parts["liquidity"]["last"] == trades[-1].time
    assert parts["compliance"]["last"] == list(desk.market.journal.of(OrderRejected))[-1].time
    assert parts["makers"]["sentence"] == "3 market makers"
    assert parts["exchange"]["state"] == "open"
    assert f"{len(trades):,} trades matched" in parts["exchange"]["sentence"]


def test_the_metrics_are_the_counts_of_the_journal(desk) -> None:
    lines = desk.ask("GET", "/metrics").text.splitlines()
    found = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    events = desk.market.journal.since(0)
    for kind, count in Counter(type(event).__name__ for event in events).items():
        assert float(found[f'market_events_total{{kind="{kind}"}}']) == count
    for reason, count in Counter(event.reason for event in events if isinstance(event, OrderRejected)).items():
        assert float(found[f'market_refusals_total{{reason="{reason}"}}']) == count
    traded = sum(event.quantity for event in events if isinstance(event, Trade))
    assert float(found['market_volume_total{book="ACME"}']) == traded
    assert float(found["market_open"]) == 1


ROUTES = {
    ("GET", "/api/accounts/me"): ("student",),
    ("GET", "/api/reports"): ("student",),
    ("POST", "/api/tickets"): ("student", "instructor"),
    ("GET", "/api/orders"): ("student",),
    ("POST", "/api/orders"): ("student",),
    ("DELETE", "/api/orders"): ("student",),
    ("POST", "/api/orders/check"): ("student",),
    ("GET", "/api/orders/<number:order>"): ("student",),
    ("PATCH", "/api/orders/<number:order>"): ("student",),
    ("DELETE", "/api/orders/<number:order>"): ("student",),
    ("POST", "/api/deposits"): ("student",),
    ("POST", "/api/withdrawals"): ("student",),
    ("POST", "/api/claims"): ("student",),
    ("GET", "/api/accounts/<account>"): ("student", "instructor"),
    ("POST", "/api/market/halt"): ("instructor",),
    ("POST", "/api/market/reopen"): ("instructor",),
    ("POST", "/api/market/shock"): ("instructor",),
    ("POST", "/api/market/appeals"): ("instructor",),
    ("GET", "/api/market/measures"): ("instructor", "student"),
    ("POST", "/api/market/clock"): ("instructor",),
    ("POST", "/api/market/speed"): ("instructor",),
}
"""The routes that need a token, and whose; every other one of the interface is open to everybody."""
BODIES = {
    "/api/orders": {"symbol": "ACME", "side": 1, "quantity": 1, "limit": 9_000},
    "/api/orders/check": {"symbol": "ACME", "side": 1, "quantity": 1, "limit": 9_000},
    "/api/orders/<number:order>": {"quantity": 1},
    "/api/deposits": {"asset": "USD", "amount": 1},
    "/api/withdrawals": {"asset": "USD", "amount": 1},
    "/api/claims": {"asset": "USD"},
    "/api/members": {"name": "ann"},
    "/api/market/halt": {"symbol": "ACME"},
    "/api/market/reopen": {"symbol": "ACME"},
    "/api/market/shock": {"symbol": "ACME", "percent": 0.5},
    "/api/market/appeals": {"measure": 1},
    "/api/market/clock": {"running": False},
    "/api/market/speed": {"speed": None},
}
WHO = {"student": "ann", "instructor": "ida", "observer": "olga"}


def every_route(desk: Desk) -> list[tuple[str, str]]:
    rules = [rule for rule in desk.app.url_map.iter_rules() if rule.endpoint.partition(".")[0] in NAMES]
    return [(method, rule.rule) for rule in rules for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]


def test_every_route_asks_for_the_right_role(desk) -> None:
    routes = every_route(desk)
    assert set(ROUTES) <= set(routes)
    order = desk.order("ann", limit=9_000).json["order"]
    for method, rule in routes:
        path = rule.replace("<number:order>", str(order)).replace("<account>", "ann").replace("<number:trade>", "1")
        path = path.replace("<name:name>", "nothing").replace("<block>", "00")
        body = {"json": BODIES[rule]} if rule in BODIES and method in ("POST", "PATCH") else {}
        allowed = ROUTES.get((method, rule))
        nobody = desk.ask(method, path, **body)
        if allowed is None:
            assert nobody.status_code not in (401, 500), (method, rule, nobody.text)
            continue
        assert (nobody.status_code, nobody.json["code"]) == (401, "NO_TOKEN"), (method, rule)
        assert nobody.headers["WWW-Authenticate"] == "Bearer"
        wrong = desk.ask(method, path, headers={"Authorization": "Bearer nonsense"}, **body)
        assert (wrong.status_code, wrong.json["code"]) == (401, "UNKNOWN_TOKEN"), (method, rule)
        for role, name in WHO.items():
            answer = desk.ask(method, path, name, **body)
            if role in allowed:
                assert answer.status_code not in (401, 403, 500), (method, rule, answer.text)
            else:
                assert (answer.status_code, answer.json["code"]) == (403, "NOT_YOUR_ROLE"), (method, rule, role)


def test_one_student_reads_and_changes_nothing_of_another(desk) -> None:
    order = desk.order("ann", limit=9_000, client_id="mine").json["order"]
    for method, body in (("GET", {}), ("PATCH", {"json": {"quantity": 2}}), ("DELETE", {})):
        answer = desk.ask(method, f"/api/orders/{order}", "bob", **body)
        assert (answer.status_code, answer.json["code"]) == (403, "NOT_YOUR_ORDER"), method
    answer = desk.ask("GET", "/api/accounts/ann", "bob")
    assert (answer.status_code, answer.json["code"]) == (403, "NOT_YOUR_ACCOUNT")
    assert desk.ask("DELETE", "/api/orders", "bob").json == []
    assert all(one["account"] == "bob" for one in told(desk, "/api/orders", "bob"))
    assert told(desk, f"/api/orders/{order}", "ann")["status"] == "open"
    assert told(desk, "/api/accounts/ann", "ida")["account"] == "ann"
    assert desk.order("bob", limit=9_000, client_id="mine").status_code == 201, "a client id is the student's own"


def test_a_site_without_a_market_says_so(desk, tmp_path) -> None:
    from market_sim.ui.web.application import create_app

    client = create_app({"INSTANCE": str(tmp_path / "i"), "RESULTS": str(tmp_path / "r")}).test_client()
    assert client.get("/api/quote?symbol=ACME").json["code"] == "NO_MARKET"
    assert client.post("/api/orders", json=BODIES["/api/orders"]).status_code == 404
    assert client.get("/health").status_code == 200
    assert "market_open 0.0" in client.get("/metrics").text
    assert client.get("/api/openapi.json").json["openapi"].startswith("3.1")


def test_health_is_503_with_the_part_that_fails(desk) -> None:
    well = desk.ask("GET", "/health")
    assert well.status_code == 200 and well.json["ok"]
    assert f"{len(desk.market.journal):,} events" in well.json["capacity"]
    desk.market.broken = RuntimeError("planted")
    try:
        ill = desk.ask("GET", "/health")
    finally:
        desk.market.broken = None
    assert (ill.status_code, ill.json["ok"]) == (503, False)
    assert [part["name"] for part in ill.json["parts"] if not part["ok"]] == ["market"]
    assert "planted" not in ill.text
