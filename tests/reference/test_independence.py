"""The reference model is a second opinion: it takes nothing from the package, neither code nor values."""

from __future__ import annotations

import ast

from tests.conftest import ROOT

MODEL = [
    ROOT / "tests" / "reference" / name
    for name in ("naive_exchange.py", "naive_auction.py", "naive_streamlet.py", "naive_rules.py")
]
ALLOWED = {"__future__", "copy", "dataclasses", "decimal", "fractions", "itertools", "tests.reference.naive_auction"}


def imported(text: str) -> set[str]:
    """Every module that this text imports, in whatever way."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or ".")
        elif isinstance(node, ast.Name) and node.id in ("__import__", "eval", "exec", "importlib"):
            found.add(node.id)
    return found


def test_the_model_imports_nothing_of_the_package():
    for part in MODEL:
        assert imported(part.read_text()) <= ALLOWED


def test_an_import_would_be_seen():
    assert imported("def f():\n    from market_sim.market import exchange") == {"market_sim.market"}
    assert imported("import market_sim.core.money as money") == {"market_sim.core.money"}
    assert imported("__import__('market_sim')") == {"__import__"}
