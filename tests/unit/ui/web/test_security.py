"""No change without our own token, from our own page, in a form of bounded size (W1, W4, W10)."""

from __future__ import annotations

import re
import stat
import sys
from html import unescape
from pathlib import Path

import pytest

from market_sim.api.rest.interface import NAMES
from market_sim.core.errors import InputError
from market_sim.ui.web.application import create_app
from market_sim.ui.web.security import secret_key
from tests.unit.ui.web.conftest import ADDRESS, LESSON

EXEMPT = {
    ("rest_orders", "/api/members"),
    ("rest_orders", "/api/orders"),
    ("rest_orders", "/api/orders/check"),
    ("rest_orders", "/api/orders/<number:order>"),
    ("rest_orders", "/api/deposits"),
    ("rest_orders", "/api/withdrawals"),
    ("rest_orders", "/api/claims"),
    ("rest_orders", "/api/tickets"),
    ("rest_operator", "/api/market/halt"),
    ("rest_operator", "/api/market/reopen"),
    ("rest_operator", "/api/market/shock"),
    ("rest_operator", "/api/market/clock"),
    ("rest_operator", "/api/market/speed"),
    ("rest_operator", "/api/market/appeals"),
}
"""The addresses that take a change without the token of a page: they read no cookie, and nothing joins them unseen."""


BODILESS = "/api/tickets"
"""The one that says everything by its token."""


def changing(visitor):
    """Every address that changes something, with the blueprint that it belongs to."""
    rules = [rule for rule in visitor.app.url_map.iter_rules() if rule.methods - {"GET", "HEAD", "OPTIONS"}]
    return [(rule.endpoint.partition(".")[0], rule.rule) for rule in rules]


def changes(visitor):
    """Every address that changes something by the cookie of a page, with names that exist."""
    rules = [rule for blueprint, rule in changing(visitor) if (blueprint, rule) not in EXEMPT]
    filled = [re.sub(r"<lesson:\w+>", LESSON, rule) for rule in rules]
    filled = [re.sub(r"<name:\w+>", "first-market", rule) for rule in filled]
    return [re.sub(r"<number:\w+>", "1", rule) for rule in filled]


def test_every_change_wants_the_token(visitor):
    token = visitor.token()
    assert len(changes(visitor)) >= 9
    for address in changes(visitor):
        for form in ({"name": "x"}, {"csrf_token": ""}, {"csrf_token": "x" * len(token)}, {"csrf_token": "é"}):
            answer = visitor.client.post(address, base_url=ADDRESS, data=form, headers={"Origin": ADDRESS})
            assert answer.status_code == 403, (address, form)


def test_what_reads_no_cookie_is_the_interface_for_programs_and_nothing_else(visitor):
    assert {(blueprint, rule) for blueprint, rule in changing(visitor) if blueprint in NAMES} == EXEMPT
    token = visitor.token()
    for _, rule in sorted(EXEMPT):
        address = re.sub(r"<number:\w+>", "1", rule)
        method = "PATCH" if "<" in rule else "POST"
        form = visitor.client.open(address, method=method, base_url=ADDRESS, data={"csrf_token": token})
        assert form.status_code == (404 if rule == BODILESS else 415), address  # 404: there is no market here
        answer = visitor.client.open(
            address, method=method, base_url=ADDRESS, json={}, headers={"Origin": "http://evil.example"}
        )
        assert (answer.status_code, answer.json["code"]) == (403, "WRONG_ORIGIN")
        assert "Set-Cookie" not in answer.headers


def test_every_change_wants_to_come_from_here(visitor):
    for address in changes(visitor):
        for origin in ("http://evil.example", "null", "http://127.0.0.1:5001", "https://127.0.0.1:5000", ""):
            assert visitor.post(address, headers={"Origin": origin}).status_code == 403, (address, origin)
    from_elsewhere = visitor.client.post(
        "/name", base_url=ADDRESS, data={"csrf_token": visitor.token()}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert from_elsewhere.status_code == 403


def test_another_visitors_token_is_worth_nothing(visitor, folders):
    stranger = create_app(folders).test_client()
    stranger.get("/glossary", base_url=ADDRESS)
    answer = stranger.post("/name", base_url=ADDRESS, data={"csrf_token": visitor.token()}, headers={"Origin": ADDRESS})
    assert answer.status_code == 403


def test_with_token_and_origin_a_change_is_made(visitor):
    assert visitor.post("/name", {"name": "Ada"}).status_code == 303
    assert "Ada, your course" in visitor.get("/").text


def test_a_name_is_text_and_never_markup(visitor):
    visitor.post("/name", {"name": "<b>x</b>"})
    assert "&lt;b&gt;x&lt;/b&gt;, your course" in visitor.get("/").text
    assert visitor.post("/name", {"name": "x" * 41}).status_code == 422
    assert visitor.post("/name", {"name": "a\x07b"}).status_code == 422


def test_the_cookie_stays_on_this_site(visitor):
    cookie = visitor.get("/glossary").headers["Set-Cookie"]
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" in cookie


def test_a_body_is_a_form_of_bounded_size(visitor):
    too_large = visitor.post(f"/lessons/{LESSON}/answer", {"code": "x" * (64 * 1024)})
    assert too_large.status_code == 413
    for kind in ("application/json", "text/plain", ""):
        answer = visitor.client.post("/name", base_url=ADDRESS, data=b"{}", content_type=kind)
        assert answer.status_code == 415, kind


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "[::1]"])
def test_a_strange_host_is_refused_and_not_repeated(visitor, host):
    answer = visitor.client.get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert host not in answer.text


def refused(visitor, code, **headers):
    """The site's answer to a request that ends with this code."""
    headers = {"Origin": ADDRESS, **headers}
    known = {"base_url": ADDRESS, "headers": headers}
    form = {"csrf_token": visitor.token()}
    return {
        404: lambda: visitor.client.get("/runs/nothing", **known),
        405: lambda: visitor.client.post("/glossary", data=form, **known),
        413: lambda: visitor.client.post("/name", data={**form, "name": "x" * 70_000}, **known),
        415: lambda: visitor.client.post("/name", data=b"{}", content_type="application/json", **known),
        422: lambda: visitor.client.post("/name", data={**form, "name": "x" * 41}, **known),
    }[code]()


@pytest.mark.parametrize("code", [404, 405, 413, 415, 422])
def test_every_refusal_is_one_sentence_for_people_and_for_scripts(visitor, folders, code):
    page, script = refused(visitor, code), refused(visitor, code, Accept="application/json")
    assert (page.status_code, script.status_code) == (code, code)
    [said] = re.findall(r"<h1>(.*?)</h1>", page.text, re.DOTALL)
    told = script.get_json()["error"]
    assert told["status"] == code
    for sentence in (unescape(said), told["sentence"]):
        assert re.fullmatch(r"[^.!?\n]{10,160}\.?", sentence), sentence
    for text in (page.text, script.text):
        assert not re.search(r"Traceback|File \"|werkzeug|Error\b", text)
        assert folders["INSTANCE"] not in text


def test_a_request_that_cannot_be_read_is_answered_with_one_sentence(visitor):
    answer = visitor.client.get("/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.text) == (400, "This site answers on this computer only.\n")


@pytest.mark.parametrize("host", ["localhost:5000", "127.0.0.1:8000"])
def test_loopback_is_trusted(visitor, host):
    assert visitor.client.get("/glossary", headers={"Host": host}).status_code == 200


def test_the_key_is_made_once_and_is_nobodys_business(tmp_path):
    first = secret_key(tmp_path / "instance")
    assert len(first) == 32
    assert secret_key(tmp_path / "instance") == first
    assert secret_key(tmp_path / "other") != first
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "instance" / "secret_key").stat().st_mode) == 0o600


def test_a_key_that_is_too_short_is_refused(tmp_path):
    (tmp_path / "secret_key").write_bytes(b"short")
    with pytest.raises(InputError, match="expected 32"):
        secret_key(tmp_path)


def test_debug_is_off_and_no_address_is_exempt(visitor):
    assert not visitor.app.debug
    source = Path(sys.modules["market_sim.ui.web.security"].__file__).read_text(encoding="utf-8")
    assert "exempt(" not in source
