"""The checks of a lesson, read from their source: names, points, and violations of the rules for checks."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from market_sim.core.errors import InputError

NOT_IMPORTED = ("solution", "starter", "wrong")


@dataclass(frozen=True)
class CheckSource:
    """One check, as its source states it."""

    name: str
    line: int
    points: float
    task: int
    visible: bool
    findings: tuple[str, ...]


def checks_in(file: Path, lesson: str) -> list[CheckSource]:
    """All checks of a file, with their violations."""
    shown = f"{lesson}/{file.name}"
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"), shown)
    except SyntaxError as error:
        raise InputError(f"{shown}, line {error.lineno}: this is not Python: {error.msg}") from None
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]
    if not checks:
        raise InputError(f"{shown}, line 1: there is no check")
    general = [*_forbidden_imports(tree, shown), *_silent_asserts(tree, shown)]
    found = [_check(node, shown) for node in checks]
    first = found[0]
    return [CheckSource(**{**vars(first), "findings": (*general, *first.findings)}), *found[1:]]


def _check(node: ast.FunctionDef, shown: str) -> CheckSource:
    where = f"{shown}, line {node.lineno}"
    findings: list[str] = []
    mark = next((one for one in node.decorator_list if ast.unparse(one).startswith("pytest.mark.points(")), None)
    points = 0.0
    options: dict[str, Any] = {}
    if isinstance(mark, ast.Call):
        points, options = _marked(mark, where)
    else:
        findings.append(f"{where}: {node.name} has no points: @pytest.mark.points(2, task=1)")
    if not ast.get_docstring(node):
        findings.append(f"{where}: {node.name} needs a docstring that says what is claimed")
    if not options.get("hint"):
        findings.append(f"{where}: {node.name} has no hint")
    visible = options.get("visibility", "visible") == "visible"
    return CheckSource(node.name, node.lineno, points, options.get("task", 1), visible, tuple(findings))


def _marked(mark: ast.Call, where: str) -> tuple[float, dict[str, Any]]:
    try:
        values = [ast.literal_eval(one) for one in mark.args]
        options = {str(one.arg): ast.literal_eval(one.value) for one in mark.keywords}
        return float(values[0]), options
    except (ValueError, IndexError, TypeError):
        raise InputError(f"{where}: points are written as plain values: points(2, task=1, hint='...')") from None


def _silent_asserts(tree: ast.Module, shown: str) -> list[str]:
    return [
        f"{shown}, line {node.lineno}: an assert without a message would show the check's source"
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and node.msg is None
    ]


def _forbidden_imports(tree: ast.Module, shown: str) -> list[str]:
    findings = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        if any(name.split(".")[-1] in NOT_IMPORTED for name in names):
            findings.append(f"{shown}, line {node.lineno}: checks never import the solution")
    return findings
