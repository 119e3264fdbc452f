"""Finds a scenario by its name in the catalogue, or in a Python file of the user.

Each error in such a file is reported in one sentence with the file and the line, never as a traceback.
"""

from __future__ import annotations

import ast
import difflib
import importlib.util
import inspect
import os
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

from market_sim.core.errors import InputError
from market_sim.simulation.engine.failures import explained
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.scenario import Scenario, checked, parameter_types

TAKEN = frozenset(
    ("scenario", "list_scenarios", "epochs", "seed", "validators", "leaders", "byzantine", "partition", "no_settle",
     "settlement", "paranoid", "headless", "no_open", "open", "plot", "no_plot", "json", "out", "stress", "risk",
     "quiet", "with", "guests", "help", "version", "beyond_the_bound", "crash", "variant", "independent",
     "no_independent", "speed", "without", "chain", "operator_key",
     *(name for name in dir(Scenario) if not name.startswith("_")))
)  # fmt: skip
"""Names of run options, form inputs and members of a scenario; a parameter must not have one of them."""


def find_scenario(name: str) -> type[Scenario]:
    """The scenario with this name, or the one in this file."""
    if name.endswith(".py"):
        return _in_file(Path(name))
    by_name = {scenario.name: scenario for scenario in SCENARIOS}
    if name in by_name:
        return by_name[name]
    if name and os.path.exists(name):  # which knows no error, however odd the name
        raise InputError(f"{name} is no scenario: the name of its file ends in .py")
    near = difflib.get_close_matches(name, by_name, 1)
    meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(by_name)}, or a file path/to/scenario.py"
    raise InputError(f"there is no scenario {name!r}; {meant}")


def scenario_of_run(file: str | None, name: str) -> type[Scenario]:
    """The scenario of a stored run: the one in this file, otherwise the shipped one of this name."""
    if file is None and all(scenario.name != name for scenario in SCENARIOS):
        raise InputError(f"the scenario {name} of this run is not a shipped one: add --scenario FILE.py, where it is")
    found = find_scenario(file or name)
    if found.name != name:
        raise InputError(f"--scenario {file}: expected the scenario of this run, {name}, found {found.name}")
    return found


def load_file(path: Path, what: str) -> ModuleType:
    """The module in a file of the user: a scenario or a strategy."""
    parsed_file(path, what)
    with explained():
        return _loaded(path, what)


def parsed_file(path: Path, what: str) -> ast.Module:
    """The source of such a file as a tree; what is wrong with it is one sentence with its line."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the {what} file {path}: {_reason(error)}") from None
    try:
        return ast.parse(source, filename=str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise InputError(f"{path}, line {line}: this is not Python: {getattr(error, 'msg', error)}") from None


def _in_file(path: Path) -> type[Scenario]:
    tree = parsed_file(path, "scenario")
    module = load_file(path, "scenario")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Scenario) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        names = ", ".join(kind.__name__ for kind in found) or "none"
        raise InputError(f"{path}: expected one class derived from Scenario, found {names}")
    kind = found[0]
    if not kind.name:
        kind.name = re.sub(r"[^\w-]+", "-", path.stem.replace("_", "-"))
    _check_fields(path, tree, kind)
    _check_class(path, tree, kind)
    return kind


def _loaded(path: Path, what: str) -> ModuleType:
    name = f"market_sim_{what}_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise InputError(f"cannot load the {what} file {path}")
    module = importlib.util.module_from_spec(specification)
    # Dataclasses look their module up by name while the class is being made.
    sys.modules[name] = module
    with redirect_stdout(sys.stderr):  # what a file prints is no answer of a command
        specification.loader.exec_module(module)
    return module


def _check_class(path: Path, tree: ast.Module, kind: type[Scenario]) -> None:
    """Refuse a name that cannot be part of a folder's name, and a `build` that does not take the world."""
    where = f"{path}, line {_line_of(tree, kind.__name__, '')}"
    if not isinstance(kind.name, str) or not re.fullmatch(r"[\w-]+", kind.name):
        raise InputError(f"{where}: the name of a scenario is letters, digits, - and _, found {kind.name!r}")
    try:
        inspect.signature(kind.build).bind(None, None)
    except TypeError as wrong:
        raise InputError(f"{where}: build takes the world, build(self, world): {wrong}") from None


def _check_fields(path: Path, tree: ast.Module, kind: type[Scenario]) -> None:
    """Refuse a field whose name is taken, whose type cannot be a flag, or whose default is missing or wrong."""
    for name, expected in parameter_types(kind).items():
        where = f"{path}, line {_line_of(tree, kind.__name__, name)}"
        if name in TAKEN:
            raise InputError(f"{where}: field {name} needs another name: {name} is taken already")
        if expected not in (int, float, bool, str):
            raise InputError(f"{where}: field {name} must be int, float, bool or str, found {expected}")
        default = getattr(kind, name, inspect.Parameter.empty)
        if default is inspect.Parameter.empty:
            raise InputError(f"{where}: field {name} needs a default value, so that the scenario runs as it is")
        try:
            checked(kind, name, expected, default)
        except InputError as problem:
            raise InputError(f"{where}: {problem}") from None


def _line_of(tree: ast.Module, kind: str, field: str) -> int:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == kind:
            for statement in node.body:
                if isinstance(statement, ast.AnnAssign) and getattr(statement.target, "id", None) == field:
                    return statement.lineno
            return node.lineno
    return 1


def source_file(kind: type[Scenario]) -> Path | None:
    """The user's file that holds this scenario; None for a shipped one."""
    if any(kind is shipped for shipped in SCENARIOS):
        return None
    try:
        path = inspect.getsourcefile(kind)
    except (TypeError, OSError):  # made at a prompt or by exec
        return None
    return Path(path) if path else None


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is not text in UTF-8"
