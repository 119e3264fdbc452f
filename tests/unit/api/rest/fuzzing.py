"""Requests made from the served document, good ones and broken ones, and what each answer has to keep."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.api.rest.desk import Desk

OPERATORS = "/api/market/"


def fuzzed(desk: Desk, cases: int) -> Counter[int]:
    """Send about this many requests over all operations; the statuses of the answers."""
    # Imported here, because the tests of a student's environment are collected without it.
    import schemathesis
    from schemathesis.generation.modes import GenerationMode
    from schemathesis.specs.openapi import checks

    kept = [
        schemathesis.checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
        checks.response_schema_conformance, checks.response_headers_conformance,
    ]  # fmt: skip
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", desk.app)
    operations = [one.ok() for one in schema.get_all_operations()]
    statuses: Counter[int] = Counter()
    varied = [one for one in operations if one.body or one.query or one.path_parameters]
    each = 1 + 5 * cases // (4 * len(varied))  # a quarter more, because some have few requests to choose from
    for operation in operations:
        who = "ida" if operation.path.startswith(OPERATORS) else "ann"
        good, bad = (operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
        both = st.one_of(good, good, good, bad) if operation.body or operation.query else good
        # Where a token is needed, one way to break a request is to leave it out, and here each of them has one.
        is_open = "401" not in operation.definition.raw["responses"]
        all_kept = [*kept, checks.negative_data_rejection] if is_open else kept
        _send(desk, both, all_kept, who, statuses, each if operation in varied else 1)
    return statuses


def _send(desk: Desk, requests: Any, kept: list[Any], who: str, statuses: Counter[int], cases: int) -> None:
    @settings(
        max_examples=cases, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(requests)
    def send(case: Any) -> None:
        if sum(statuses.values()) % 3:
            _point_at_something(desk, case)
        answer = case.call(headers={"Authorization": f"Bearer {desk.tokens[who]}"})
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=kept)

    send()


def _point_at_something(desk: Desk, case: Any) -> None:
    """Let a request be about something that there is; at random nearly every one would be about nothing."""
    parameters = case.path_parameters or {}
    here = {
        "order": desk.access.state.orders("ann"),
        "trade": range(1, desk.access.state.clocks().settled),
        "account": ["ann"],
        "block": [one.block for one in desk.access.state.blocks()],
    }
    for name, value in parameters.items():
        if here.get(name) and isinstance(value, int | str):
            found = here[name][len(str(value)) % len(here[name])]
            parameters[name] = found.order if name == "order" else found
    for fields in (case.query, case.body):
        if isinstance(fields, dict) and isinstance(fields.get("symbol"), str):
            fields["symbol"] = "ACME"
    for name in ("limit", "levels"):
        if isinstance(case.query, dict) and type(case.query.get(name)) is int and case.query[name] > 5:
            case.query[name] = 5  # every row of an answer is checked against its declaration, which takes long
    if isinstance(case.body, dict) and type(case.body.get("quantity")) is int and case.body["quantity"] > 0:
        case.body["quantity"] = 1 + case.body["quantity"] % 20
        if type(case.body.get("limit")) is int and case.body["limit"] > 0:
            case.body["limit"] = 1 + case.body["limit"] % 12_000
        case.body.pop("conditions", None)
