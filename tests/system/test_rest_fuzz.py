"""Thousands of requests made from the document of the REST interface: no defect, no answer that it does not declare."""

from __future__ import annotations

import os

import pytest

from tests.unit.api.rest.desk import opened
from tests.unit.api.rest.fuzzing import fuzzed

pytestmark = pytest.mark.system
CASES = int(os.environ.get("MARKET_SIM_FUZZ_CASES", "3000"))


def test_three_thousand_requests_meet_no_defect(tmp_path) -> None:
    with opened(tmp_path, settlement="memory", epochs=2) as desk:
        statuses = fuzzed(desk, CASES)
    total = sum(statuses.values())
    assert total >= CASES, statuses
    assert not [status for status in statuses if status >= 500]
    assert sum(count for status, count in statuses.items() if 200 <= status < 300) >= 0.3 * total, statuses
