"""One planted bug for each area in an ordinary run; all with `pytest -m planted`, PLANTED=all, or CI set."""

from __future__ import annotations

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "planted: plants a bug in a copy of the tree; all of them run with -m planted")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = "planted" in config.option.markexpr or os.environ.get("PLANTED") == "all" or "CI" in os.environ
    marks = [(item, item.get_closest_marker("planted")) for item in items]
    rare = [item for item, mark in marks if mark and not mark.kwargs["default"]]
    if rare and not wanted:
        config.hook.pytest_deselected(items=rare)
        items[:] = [item for item in items if item not in set(rare)]
