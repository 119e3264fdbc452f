"""Which bugs are planted: one of each area in an ordinary run, all with `pytest -m planted` or PLANTED=all.

With CI set: every bug of the exchange, and of each other area the third whose turn it is at this commit.
"""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.conftest import ROOT

TURNS = 3
ALWAYS = "exchange"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "planted: plants a bug in a copy of the tree; all of them run with -m planted")


def all_are_wanted(config: pytest.Config) -> bool:
    """Whether this run plants every bug, and may run nothing else: then the named tests are also run without them."""
    return "planted" in config.option.markexpr or os.environ.get("PLANTED") == "all"


def turn_of_this_commit() -> int | None:
    """Which third of the bugs this commit plants; all of them where there is no commit to count by."""
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(asked.stdout[:8], 16) % TURNS if asked.returncode == 0 else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    marks = [(item, item.get_closest_marker("planted")) for item in items]
    if "planted" in config.option.markexpr or os.environ.get("PLANTED") == "all":
        return
    in_ci = "CI" in os.environ
    turn = turn_of_this_commit() if in_ci else None

    def is_wanted(mark: pytest.Mark) -> bool:
        if mark.kwargs["default"] or not in_ci:
            return bool(mark.kwargs["default"])
        return mark.kwargs.get("area", ALWAYS) == ALWAYS or turn is None or mark.kwargs["place"] % TURNS == turn

    rare = {item for item, mark in marks if mark and not is_wanted(mark)}
    if rare:
        config.hook.pytest_deselected(items=list(rare))
        items[:] = [item for item in items if item not in rare]
