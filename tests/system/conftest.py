"""Tests against real programs: a chain node, a browser, a database, the started server.

They take longer than the rest, so a plain `pytest` skips them and says so; `pytest -m system` runs them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    asked_for = "system" in (config.option.markexpr or "")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.system)
            if not asked_for:
                item.add_marker(pytest.mark.skip(reason="needs other programs: run `pytest -m system`"))
