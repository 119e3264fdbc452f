"""The document of the interface: it is what the program does, for every route and for any request made from it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from markupsafe import escape

from market_sim.api.rest.interface import NAMES
from market_sim.core.models.intents import Conditions, PlaceOrder
from tests.unit.api.rest.desk import Desk, opened


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("site"), settlement="memory", epochs=2) as made:
        yield made


def test_the_document_has_every_route_and_no_other(desk) -> None:
    document = desk.ask("GET", "/api/openapi.json").json
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    rules = [rule for rule in desk.app.url_map.iter_rules() if rule.endpoint.partition(".")[0] in NAMES]
    served = {
        (
            method,
            "/".join(
                "{" + part.split(":")[-1].strip("<>") + "}" if part[:1] == "<" else part
                for part in rule.rule.split("/")
            ),
        )
        for rule in rules
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served - told == {("GET", "/api/openapi.json"), ("GET", "/metrics")}
    assert told <= served
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"].endswith("."), (method, path)
            needs_token = "401" in operation["responses"]
            assert (operation.get("security") == [{"token": []}]) == needs_token, (method, path)


def test_an_order_in_the_document_has_the_fields_of_the_intent(desk) -> None:
    schemas = desk.ask("GET", "/api/openapi.json").json["components"]["schemas"]
    for name, kind in (("Order", PlaceOrder), ("OrderConditions", Conditions)):
        assert list(schemas[name]["properties"]) == [field.name for field in msgspec.structs.fields(kind)]
        assert schemas[name]["additionalProperties"] is False
    assert desk.ask("GET", "/api/openapi.json").json["components"]["schemas"] == schemas, "asked twice, told twice"
    assert schemas["Order"]["required"] == ["symbol", "side", "quantity"]


def test_the_symbols_of_the_market_stand_in_its_document(desk) -> None:
    document = desk.ask("GET", "/api/openapi.json").json
    [symbol] = [one for one in document["paths"]["/api/quote"]["get"]["parameters"] if one["name"] == "symbol"]
    assert symbol["schema"]["enum"] == ["ACME"]


def test_the_page_has_every_operation_of_the_document_with_its_fields(desk) -> None:
    page, document = desk.ask("GET", "/api").text, desk.ask("GET", "/api/openapi.json").json
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} {path}</code> {escape(operation['summary'])}" in page
            for parameter in operation["parameters"]:
                assert f"<code>{parameter['name']}</code>" in page
    assert "integer from 1 to 9223372036854775807" in page
    assert "auction, day, fok, gtc, gtd, ioc" in page
    assert "No market is open here" not in page
