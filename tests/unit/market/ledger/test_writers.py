"""Only the ledger changes balances; the named exceptions are on the path of every order and every trade."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.conftest import ROOT

FIELDS = ("total", "reserved", "covered", "on_margin", "_margin_venues", "_balances")
REACH = ("market", "simulation", "strategies")
"""The packages in whose hands an account ever is."""
LEDGER = "market_sim/market/ledger/"
HOT_PATH = {
    "market_sim/market/exchange/exchange.py": ("_place", "_cancel"),
    "market_sim/market/exchange/clearing.py": ("pay",),
}
"""By module, the functions that change balances in place: a further call for each change would cost speed."""
VERBS = {
    "writable_balance": ("market_sim/market/exchange/member.py",),
    "reserve": ("market_sim/market/exchange/clearing.py",),
    "set_margin": (),
}
"""What only the ledger is asked for, and by which modules besides it."""


def writes(tree: ast.Module) -> Iterator[tuple[str, int, str]]:
    """The function, line and field of every assignment to a field of a balance or an account."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found = (part for target in targets if target is not None for part in ast.walk(target))
        for part in found:
            if not isinstance(part, ast.Attribute) or not isinstance(part.ctx, ast.Store) or part.attr not in FIELDS:
                continue
            if not (isinstance(part.value, ast.Name) and part.value.id == "self"):  # a listing has an `on_margin`, too
                inside = [each.name for each in functions if each.lineno <= node.lineno <= (each.end_lineno or 0)]
                yield inside[-1] if inside else "", part.lineno, part.attr


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module that may hold an account and is not the ledger."""
    for package in REACH:
        for path in sorted((ROOT / "market_sim" / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(LEDGER):
                yield name, ast.parse(path.read_text())


def test_nobody_but_the_ledger_and_the_hot_path_writes_a_balance():
    found = [
        f"{name}:{line} assigns {field}"
        for name, tree in modules()
        for function, line, field in writes(tree)
        if function not in HOT_PATH.get(name, ())
    ]
    assert not found


def test_the_hot_path_is_really_where_this_list_says():
    for name, functions in HOT_PATH.items():
        written = {function for function, _, _ in writes(ast.parse((ROOT / name).read_text()))}
        assert written == set(functions)


def test_the_verbs_of_the_ledger_are_asked_for_by_those_who_need_them():
    found = [
        f"{name}:{node.lineno} calls {node.func.attr}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if name not in VERBS.get(node.func.attr, (name,))
    ]
    assert not found


def test_a_setter_by_name_is_used_nowhere_on_a_balance():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr"
        if name != "market_sim/market/agents/strategy.py"  # `tuned` sets a parameter of a strategy
    ]
    assert not found
