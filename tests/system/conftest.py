"""Tests against real programs: a chain node, a browser, a database, the started server.

They take longer than the rest, so a plain `pytest` skips them and says so; `pytest -m system` runs them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONGEST = """
    test_site test_planted_contracts test_live_market test_contracts_branches test_killed_program test_timeline_page
    test_stream_load test_contracts_compile test_rest_fuzz test_contracts_invariants test_store test_fast_chain
""".split()
"""The modules that take longest begin: each belongs to one process, and one that began last would be waited for."""


def turn(item: pytest.Item) -> int:
    name = item.path.stem
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    asked_for = "system" in (config.option.markexpr or "")
    if asked_for:
        items.sort(key=turn)
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.system)
            if not asked_for:
                item.add_marker(pytest.mark.skip(reason="needs other programs: run `pytest -m system`"))
