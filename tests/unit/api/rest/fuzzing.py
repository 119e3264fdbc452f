"""Requests made from the served document, good ones and broken ones, and what each answer has to keep."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.api.rest.desk import Desk

OPERATORS = "/api/market/"


def fuzzed(desk: Desk, cases: int) -> Counter[int]:
    """Send about this many requests over all operations; the statuses of the answers."""
    schemathesis = pytest.importorskip("schemathesis", reason="needs the extra [dev]")
    from schemathesis.generation.modes import GenerationMode
    from schemathesis.specs.openapi import checks

    kept = [
        schemathesis.checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
        checks.response_schema_conformance, checks.response_headers_conformance, checks.negative_data_rejection,
    ]  # fmt: skip
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", desk.app)
    operations = [one.ok() for one in schema.get_all_operations()]
    statuses: Counter[int] = Counter()
    for operation in operations:
        who = "ida" if operation.path.startswith(OPERATORS) else "ann"
        good, bad = (operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
        both = st.one_of(good, good, bad) if operation.body or operation.query else good
        _send(desk, both, kept, who, statuses, max(1, cases // len(operations)))
    return statuses


def _send(desk: Desk, requests: Any, kept: list[Any], who: str, statuses: Counter[int], cases: int) -> None:
    @settings(
        max_examples=cases, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(requests)
    def send(case: Any) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {desk.tokens[who]}"})
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=kept)

    send()
