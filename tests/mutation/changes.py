"""Small changes to a module, each of which some test should notice: a flipped comparison, a sum for a difference.

A change has a name that stays when lines move: the module, the function, what was there, what is there now, and a
number where the same change is possible several times in one function. What is not changed: annotations, slots,
imports, `__all__`, and the sentences of exceptions, whose wording no test should pin down to the letter.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COMPUTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult}
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Change:
    """One change: its name, and what is put where."""

    name: str
    before: bytes
    put: str
    after: bytes

    @property
    def text(self) -> str:
        """The whole module with the change in it."""
        text = (self.before + self.put.encode() + self.after).decode()
        ast.parse(text)
        return text


def changes(path: str, text: str) -> list[Change]:
    """Every change to this module, in the order of its lines."""
    lines = text.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    source, seen, made = text.encode(), Counter[str](), []
    for where, old, new in _found(ast.parse(text), ""):
        begin = starts[old.lineno - 1] + old.col_offset
        end = starts[old.end_lineno - 1] + old.end_col_offset
        put = ast.unparse(new)
        # In brackets, because what stands around it may bind more tightly.
        if isinstance(new, ast.expr) and not isinstance(new, ast.Constant | ast.Name | ast.Call):
            put = f"({put})"
        what = f"{path}::{where}: {' '.join(ast.unparse(old).split())[:90]} -> {' '.join(put.split())[:90]}"
        seen[what] += 1
        name = what if seen[what] == 1 else f"{what} #{seen[what]}"
        made.append(Change(name, source[:begin], put, source[end:]))
    return made


def _found(node: ast.AST, where: str) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    for child in _children(node):
        inside = where
        if isinstance(child, (*FUNCTIONS, ast.ClassDef)):
            inside = f"{where}.{child.name}".strip(".")
        elif isinstance(child, ast.Assign) and not where and isinstance(child.targets[0], ast.Name):
            inside = child.targets[0].id
        for new in _variants(child):
            yield inside, child, new
        yield from _found(child, inside)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    skipped: set[int] = set()
    if isinstance(node, ast.Raise):
        return
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, FUNCTIONS):
        skipped.update(id(one) for one in (node.args, node.returns, *node.decorator_list) if one is not None)
    if isinstance(node, ast.AnnAssign):
        skipped.add(id(node.annotation))
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("TypeVar", "cast", "Struct")):
        return
    for child in ast.iter_child_nodes(node):
        if id(child) not in skipped and not _is_left_alone(child):
            yield child


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return isinstance(target, ast.Name) and target.id.startswith("__")
    return isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.expr_context)


def _variants(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if type(operator) in COMPARED:
                new = deepcopy(node)
                new.ops[place] = COMPARED[type(operator)]()
                yield new
    elif isinstance(node, ast.BinOp) and type(node.op) in COMPUTED:
        yield ast.BinOp(node.left, COMPUTED[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int):
            yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in CALLED:
            yield ast.Call(ast.Name(CALLED[node.func.id]), node.args, node.keywords)
        elif _can_be_swapped(node):
            yield ast.Call(node.func, [node.args[1], node.args[0]], node.keywords)
    elif isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield ast.Pass()


def _can_be_swapped(node: ast.Call) -> bool:
    """Two arguments, of a function that could take them the other way round."""
    starred = any(isinstance(one, ast.Starred) for one in node.args)
    return len(node.args) == 2 and not starred and ast.unparse(node.func) not in ("isinstance", "getattr", "setattr")
