"""Bugs in contracts need the builders' compiler: they run with `-m planted`, PLANTED=all, or `-m system` under CI."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    expression = config.option.markexpr or ""
    if "system" in expression or "planted" in expression or os.environ.get("PLANTED") == "all":
        return
    needy = [item for item in items if item.path.parent == HERE and item.get_closest_marker("system")]
    if needy:
        config.hook.pytest_deselected(items=needy)
        items[:] = [item for item in items if item not in set(needy)]
