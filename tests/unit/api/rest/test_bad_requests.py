"""Bad requests: each is refused by its own code, in the one shape, and leaves nothing behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from market_sim.api.rest.reasons import ALL_REASONS, status_of
from market_sim.core.models.figures import Figures
from market_sim.core.models.instruments import Stock
from tests.unit.api.rest.desk import Desk, opened

JSON = "application/json"
BODY_ROUTES = (
    ("POST", "/api/members", ""),
    ("POST", "/api/orders", "ann"),
    ("POST", "/api/orders/check", "ann"),
    ("PATCH", "/api/orders/1", "ann"),
    ("POST", "/api/deposits", "ann"),
    ("POST", "/api/withdrawals", "ann"),
    ("POST", "/api/claims", "ann"),
    ("POST", "/api/market/halt", "ida"),
    ("POST", "/api/market/reopen", "ida"),
    ("POST", "/api/market/shock", "ida"),
    ("POST", "/api/market/clock", "ida"),
    ("POST", "/api/market/speed", "ida"),
)
RAW: tuple[tuple[bytes, str, str], ...] = (
    (b"", JSON, "BAD_JSON"),
    (b"{", JSON, "BAD_JSON"),
    (b"{'a': 1}", JSON, "BAD_JSON"),
    (b'{"a": 1,}', JSON, "BAD_JSON"),
    (b'{"a": 1} {"b": 2}', JSON, "BAD_JSON"),
    (b'{"a": 01}', JSON, "BAD_JSON"),
    (b'{"a": +1}', JSON, "BAD_JSON"),
    (b'{"a": 0x10}', JSON, "BAD_JSON"),
    (b'{"a": "\n"}', JSON, "BAD_JSON"),
    (b"\xff\xfe{}", JSON, "BAD_JSON"),
    (b"\xef\xbb\xbf{}", JSON, "BAD_JSON"),
    (b'{"a": "\xc3\x28"}', JSON, "BAD_JSON"),
    (b"\x00", JSON, "BAD_JSON"),
    (b'{"a": NaN}', JSON, "BAD_NUMBER"),
    (b'{"a": Infinity}', JSON, "BAD_NUMBER"),
    (b'{"a": -Infinity}', JSON, "BAD_NUMBER"),
    (b'{"a": 1e400}', JSON, "BAD_NUMBER"),
    (b'{"a": 1' + b"0" * 30 + b"}", JSON, "BAD_NUMBER"),
    (b'{"a": 1' + b"0" * 9_000 + b"}", JSON, "BAD_NUMBER"),
    (b'{"a": 1, "a": 1}', JSON, "DUPLICATE_KEY"),
    (b'{"a": {"b": 1, "b": 2}}', JSON, "DUPLICATE_KEY"),
    (b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}", JSON, "TOO_DEEP"),
    (b"[" * 60_000, JSON, "TOO_DEEP"),
    (b'{"a":' * 9_000, JSON, "TOO_DEEP"),
    (b'{"a": "\\ud800"}', JSON, "BAD_TEXT"),
    (b'{"\\udfff": 1}', JSON, "BAD_TEXT"),
    (b"[]", JSON, "BAD_FIELD"),
    (b'"text"', JSON, "BAD_FIELD"),
    (b"1", JSON, "BAD_FIELD"),
    (b"true", JSON, "BAD_FIELD"),
    (b"null", JSON, "BAD_FIELD"),
    (b'{"surprise": 1}', JSON, "UNKNOWN_FIELD or MISSING_FIELD"),
    (b'{"a": "' + b"x" * 70_000 + b'"}', JSON, "TOO_LARGE"),
    (b"a=1", "application/x-www-form-urlencoded", "NOT_JSON"),
    (b"{}", "text/plain", "NOT_JSON"),
    (b"{}", "application/xml", "NOT_JSON"),
    (b"{}", "multipart/form-data; boundary=x", "NOT_JSON"),
    (b"{}", "", "NOT_JSON"),
)
MOST = 2**63 - 1
WRONG_WHOLES: tuple[Any, ...] = (0, -1, 1.5, "1", "", True, [], {}, MOST + 1, 1e18)
ORDERS: tuple[tuple[dict[str, Any], str], ...] = (
    *(({"quantity": wrong}, "BAD_QUANTITY") for wrong in (*WRONG_WHOLES[:-1], None)),
    *(({"limit": wrong}, "BAD_PRICE") for wrong in WRONG_WHOLES[:-1]),
    *(({"conditions": {"stop": wrong}}, "BAD_PRICE") for wrong in WRONG_WHOLES[:-1]),
    *(({"conditions": {"display": wrong}}, "BAD_FIELD") for wrong in WRONG_WHOLES[:-1]),
    *(({"conditions": {"expires": wrong}}, "BAD_FIELD") for wrong in WRONG_WHOLES[:-1]),
    *(({"side": wrong}, "BAD_SIDE") for wrong in (0, 2, -2, 1.5, "buy", "1", True, None, [], {})),
    *(({"time_in_force": wrong}, "BAD_TIME_IN_FORCE") for wrong in ("GTC", "", "soon", 1, None, [], True)),
    *(({"symbol": wrong}, "BAD_FIELD") for wrong in ("", 1, None, [], {}, True, "x" * 200)),
    *(({"symbol": wrong}, "UNKNOWN_INSTRUMENT") for wrong in ("GOLD", "acme", " ACME", "ACME\x00", "USD", "../ACME")),
    *(({"client_id": wrong}, "BAD_FIELD") for wrong in ("", 1, [], {}, True, "x" * 65)),
    *(({"client_id": wrong}, "BAD_CONDITIONS") for wrong in ("a\nb", "\x00", "a\u200bb\n")),
    *(({"conditions": wrong}, "BAD_FIELD") for wrong in (1, "hidden", [], True)),
    *(({"conditions": {"hidden": wrong}}, "BAD_FIELD") for wrong in (1, "true", None, [])),
    *(({"conditions": {"post_only": wrong}}, "BAD_FIELD") for wrong in ("yes", 1, True, None)),
    *(({"conditions": {"peg": wrong}}, "BAD_FIELD") for wrong in ("best", 1, True, None)),
    *(({"conditions": {"self_trade": wrong}}, "BAD_FIELD") for wrong in ("none", "", 1, None)),
    *(({"venue": wrong}, "BAD_FIELD") for wrong in (1, None, [], True)),
    ({"venue": "NOWHERE"}, "UNKNOWN_VENUE"),
    ({"conditions": {"depth": 1}}, "UNKNOWN_FIELD"),
    ({"price": 1}, "UNKNOWN_FIELD"),
    ({"Symbol": "ACME"}, "UNKNOWN_FIELD"),
    ({"quantity": MOST}, "NOTIONAL_TOO_LARGE"),
    ({"quantity": 10**9}, "INSUFFICIENT_CASH"),
    ({"side": -1, "quantity": 10**6}, "INSUFFICIENT_HOLDINGS"),
    ({"limit": None, "conditions": {"hidden": True}}, "BAD_CONDITIONS"),
    ({"conditions": {"display": 2}}, "BAD_CONDITIONS"),
    ({"time_in_force": "gtd"}, "BAD_CONDITIONS"),
    ({"time_in_force": "gtd", "conditions": {"expires": 1}}, "BAD_CONDITIONS"),
    ({"time_in_force": "auction"}, "WRONG_PHASE"),
    ({"time_in_force": "fok", "limit": 1}, "FOK_UNFILLABLE"),
    ({"limit": 11_000, "conditions": {"post_only": "reject"}}, "POST_ONLY_WOULD_TAKE"),
)
OTHERS: tuple[tuple[str, str, str, dict[str, Any], str], ...] = (
    *(("PATCH", "/api/orders/1", "ann", {"quantity": wrong}, "BAD_QUANTITY") for wrong in WRONG_WHOLES[:-1]),
    *(("PATCH", "/api/orders/1", "ann", {"limit": wrong}, "BAD_PRICE") for wrong in WRONG_WHOLES[:-1]),
    ("PATCH", "/api/orders/1", "ann", {"order": 2}, "UNKNOWN_FIELD"),
    ("PATCH", "/api/orders/99999999", "ann", {"quantity": 1}, "UNKNOWN_ORDER"),
    *(("POST", "/api/withdrawals", "ann", {"asset": "USD", "amount": one}, "BAD_AMOUNT") for one in WRONG_WHOLES[:-1]),
    *(("POST", "/api/deposits", "ann", {"asset": "USD", "amount": one}, "BAD_AMOUNT") for one in WRONG_WHOLES[:-1]),
    *(("POST", "/api/deposits", "ann", {"asset": one, "amount": 1}, "BAD_FIELD") for one in ("", 1, None, "x" * 65)),
    ("POST", "/api/withdrawals", "ann", {"amount": 1}, "MISSING_FIELD"),
    ("POST", "/api/withdrawals", "ann", {"asset": "GOLD", "amount": 1}, "UNKNOWN_ASSET"),
    ("POST", "/api/withdrawals", "ann", {"asset": "USD", "amount": 10**12}, "WITHDRAWAL_TOO_LARGE"),
    ("POST", "/api/deposits", "ann", {"asset": "USD", "amount": 10**12}, "WALLET_TOO_SMALL"),
    ("POST", "/api/claims", "ann", {"asset": "USD"}, "NOTHING_TO_CLAIM"),
    *(("POST", "/api/members", "", {"name": one}, "BAD_FIELD") for one in ("", 1, None, [], True, "x" * 65)),
    *(("POST", "/api/members", "", {"name": one}, "BAD_NAME") for one in (" zoe", "zoe ", "z\noe", "\u202ezoe")),
    *(("POST", "/api/members", "", {"name": one}, "NAME_TAKEN") for one in ("ann", "ANN", "maker-0", "fees")),
    *(("POST", "/api/members", "", {"name": "zoe", "role": one}, "BAD_FIELD") for one in ("king", "", 1, None)),
    *(("POST", "/api/members", "", {"name": "zoe", "code": one}, "BAD_FIELD") for one in (1, None, "x" * 65)),
    ("POST", "/api/members", "", {"name": "zoe", "role": "instructor"}, "WRONG_CODE"),
    ("POST", "/api/members", "", {"name": "zoe", "role": "instructor", "code": "Chalk"}, "WRONG_CODE"),
    *(("POST", "/api/market/halt", "ida", {"symbol": one}, "BAD_FIELD") for one in ("", 1, [], True)),
    ("POST", "/api/market/halt", "ida", {"symbol": "GOLD"}, "UNKNOWN_INSTRUMENT"),
    ("POST", "/api/market/reopen", "ida", {"symbol": "GOLD"}, "UNKNOWN_INSTRUMENT"),
    *(("POST", "/api/market/reopen", "ida", {"call_ms": one}, "BAD_FIELD") for one in (0, -1, 1.5, "1", 10**6)),
    ("POST", "/api/market/shock", "ida", {"symbol": "GOLD", "percent": 1}, "UNKNOWN_INSTRUMENT"),
    ("POST", "/api/market/appeals", "ida", {"measure": 1}, "REFUSED"),
    *(("POST", "/api/market/appeals", "ida", {"measure": one}, "BAD_FIELD") for one in (0, "1", True, None)),
    *(
        ("POST", "/api/market/shock", "ida", {"symbol": "ACME", "percent": one}, "BAD_FIELD")
        for one in (-100, 1_001, "1", None, True)
    ),
    *(("POST", "/api/market/clock", "ida", {"running": one}, "BAD_FIELD") for one in (0, 1, "true", None)),
    *(("POST", "/api/market/speed", "ida", {"speed": one}, "BAD_FIELD") for one in (0, -1, "1", True, 10**5)),
    ("POST", "/api/market/speed", "ida", {}, "MISSING_FIELD"),
)
QUERIES: tuple[tuple[str, str], ...] = (
    *((f"/api/{path}", "MISSING_FIELD") for path in ("quote", "book", "trades", "candles", "statistics")),
    *((f"/api/{path}?symbol=GOLD", "UNKNOWN_INSTRUMENT") for path in ("quote", "book", "trades", "candles")),
    *((f"/api/{path}?symbol=", "BAD_FIELD") for path in ("quote", "book", "trades", "candles", "statistics")),
    *((f"/api/{path}?symbol=ACME&symbol=ACME", "REPEATED_PARAMETER") for path in ("quote", "book", "trades")),
    *((f"/api/{path}?token=x", "UNKNOWN_FIELD") for path in ("clocks", "market", "board", "reasons", "instruments")),
    *((f"/api/book?symbol=ACME&levels={one}", "BAD_FIELD") for one in ("0", "-1", "x", "1.5", "2e3", "1001", "", "٣")),
    *((f"/api/trades?symbol=ACME&limit={one}", "BAD_FIELD") for one in ("0", "-1", "x", "1.5", "1001", "%00")),
    *((f"/api/trades?symbol=ACME&after={one}", "BAD_FIELD") for one in ("-1", "x", "9" * 30)),
    *((f"/api/candles?symbol=ACME&seconds={one}", "BAD_FIELD") for one in ("0", "-1", "x", "86401")),
    *((f"/api/blocks?limit={one}", "BAD_FIELD") for one in ("0", "x", "1001")),
    *((f"/api/orders?open={one}", "BAD_FIELD") for one in ("maybe", "2", "")),
    *((f"/api/reports?after={one}", "BAD_FIELD") for one in ("-1", "x")),
    ("/api/blocks/00", "UNKNOWN_BLOCK"),
    ("/api/blocks/%3Cscript%3E", "UNKNOWN_BLOCK"),
    ("/api/runs/first-market", "UNKNOWN_RUN"),
    ("/api/orders/0", "UNKNOWN_ORDER"),
    ("/api/orders/999999999999", "UNKNOWN_ORDER"),
    ("/api/trades/0/proof", "NOT_SETTLED"),
    ("/api/trades/999999999999/proof", "NOT_SETTLED"),
    *((f"/api/{path}", "NOT_FOUND") for path in ("", "nothing", "orders/x", "orders/-1", "orders/1/x", "..")),
)  # fmt: skip
HEADERS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    *(
        ("GET", "/api/orders", {"Authorization": one}, "NO_TOKEN")
        for one in ("", "Bearer", "Bearer ", "Basic YW5uOmFubg==", "ann")
    ),
    *(("GET", "/api/orders", {"Authorization": f"Bearer {one}"}, "UNKNOWN_TOKEN") for one in ("x", "x" * 9_000, "é")),
    *(
        ("GET", "/api/clocks", {"Origin": one}, "WRONG_ORIGIN")
        for one in ("http://evil.example", "null", "https://localhost", "http://localhost:1", "")
    ),
    ("GET", "/api/clocks", {"Sec-Fetch-Site": "cross-site"}, "WRONG_ORIGIN"),
    ("GET", "/api/clocks", {"Host": "evil.example"}, "WRONG_HOST"),
    ("POST", "/api/orders", {"Host": "evil.example"}, "WRONG_HOST"),
    ("PUT", "/api/orders", {}, "WRONG_METHOD"),
    ("POST", "/api/clocks", {}, "WRONG_METHOD"),
    ("DELETE", "/api/clocks", {}, "WRONG_METHOD"),
    ("POST", "/api/nothing", {}, "NOT_FOUND"),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("site")) as made:
        yield made


FIGURES = Figures([Stock("ACME")])
SEEN: Counter[str] = Counter()


def refused(answer: Any, code: str, case: object) -> None:
    """The answer is the one shape, with a code that is expected and the status and the sentence of that code."""
    found = answer.json
    assert set(found) == {"code", "sentence", "numbers"}, (case, answer.text)
    assert found["code"] in code.split(" or "), (case, answer.text)
    assert answer.status_code == status_of(found["code"]) < 500, case
    assert found["sentence"] == FIGURES.filled(ALL_REASONS[found["code"]].template, found["numbers"], "ACME"), case
    assert len(answer.data) < 2_000, "nothing long is sent back"
    assert "Traceback" not in answer.text and "/market_sim" not in answer.text
    SEEN[found["code"]] += 1


@pytest.mark.parametrize(("method", "path", "who"), BODY_ROUTES)
def test_a_body_that_is_not_strict_json_is_refused(desk, method, path, who) -> None:
    before = len(desk.market.journal)
    for data, kind, code in RAW:
        refused(desk.ask(method, path, who, data=data, content_type=kind), code, (method, path, data[:80], kind))
    assert len(desk.market.journal) == before, "nothing has reached the market"


def test_an_order_is_refused_by_the_code_of_its_fault_and_the_check_says_the_same(desk) -> None:
    for change, code in ORDERS:
        body = {"symbol": "ACME", "side": 1, "quantity": 1, "limit": 9_000, **change}
        before = len(desk.market.journal)
        checked = desk.ask("POST", "/api/orders/check", "ann", json=body)
        assert len(desk.market.journal) == before, "a check leaves no trace"
        answer = desk.ask("POST", "/api/orders", "ann", json=body)
        refused(answer, code, change)
        if code == "INSUFFICIENT_CASH":
            assert answer.json["sentence"].startswith("the order needs 90,0"), "an amount as people read it"
            assert answer.json["numbers"]["needed"] >= 9 * 10**12, "and the integer for programs"
        told = checked.json
        assert told["code"] == answer.json["code"], change
        assert {**answer.json, "accepted": False} == {"accepted": False, **told}, change
        is_ours = checked.status_code != 200
        assert (len(desk.market.journal) == before) == is_ours, "the market records what reaches it"
    for field in ("symbol", "side", "quantity"):
        body = {"symbol": "ACME", "side": 1, "quantity": 1}
        del body[field]
        refused(desk.ask("POST", "/api/orders", "ann", json=body), "MISSING_FIELD", field)


def test_every_other_request_is_refused_by_the_code_of_its_fault(desk) -> None:
    members = desk.access.members.everybody()
    for method, path, who, body, code in OTHERS:
        refused(desk.ask(method, path, who, json=body), code, (method, path, body))
    assert desk.access.members.everybody() == members
    for path, code in QUERIES:
        refused(desk.ask("GET", path, "ann"), code, path)
    for method, path, headers, code in HEADERS:
        refused(desk.ask(method, path, headers=headers), code, (method, path, headers))
    assert desk.ask("PUT", "/api/orders").headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, POST"


def test_there_are_at_least_five_hundred_bad_requests() -> None:
    cases = len(RAW) * len(BODY_ROUTES) + len(ORDERS) + len(OTHERS) + len(QUERIES) + len(HEADERS)
    assert cases >= 500
    assert len({code for *_, code in (*RAW, *ORDERS, *OTHERS, *QUERIES, *HEADERS)}) >= 35
