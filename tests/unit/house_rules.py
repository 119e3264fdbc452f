"""The house rules that a program can check, as functions from one source file to the findings in it.

A finding is one sentence with its line. `RULES` says which rule holds where; tests/unit/test_house_rules.py applies
it to the whole tree and plants one breach for each rule.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

LONGEST_MODULE = 400
LONGEST_FUNCTION = 70

MODEL = r"market_sim/(core|market|strategies|simulation/engine)/.*\.py"
PACKAGE = r"market_sim/.*\.py"
PYTHON = r".*\.py"
ANY = r".*"
DOORS = r"simulate\.py|market_sim/__init__\.py|lessons/.*\.py|examples/.*\.py"

KINDS_OF_INSTRUMENTS = {"Stock", "Spot", "Option", "Warrant", "Future", "Perpetual", "PredictionContract", "Note"}
MECHANISMS_OF_ONE_KIND = (
    r"market_sim/market/mechanisms/"
    r"(funded_question|futures|margin_rules|notes|options|perpetuals|pledges|prediction|warrants)\.py"
    r"|market_sim/strategies/traditional/option_holder\.py"
)
CLOCKS_AND_CHANCE = {
    "asyncio", "concurrent", "datetime", "multiprocessing", "random", "secrets", "threading", "time", "uuid",
}  # fmt: skip
ALLOWED_CHANCE = ("market_sim/core/randomness.py", "from random import Random")
UNITS = {"BPS", "MILLION", "MILLISECOND", "SECOND"}
VAGUE_NAME = re.compile(
    r"(^|_)(util|utils|helper|helpers|manager|common|misc|stuff)(_|$)|^(base|enhanced|new|old)_|_v\d+$"
)
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|home|farm|tmp)/[\w.-]+")
REGISTRY = re.compile(
    r"(?:files\.pythonhosted|pypi|registry\.npmjs|registry\.yarnpkg|deb\.debian)\.(?:org|com)\b|--(?:extra-)?index-url"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Finding = tuple[int, str]


@dataclass(frozen=True)
class Source:
    """One file of the repository: its path, with slashes and from the root, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def by_kind(self) -> dict[type, list[ast.AST]]:
        found: dict[type, list[ast.AST]] = {}
        for node in ast.walk(self.tree):
            found.setdefault(type(node), []).append(node)
        return found

    def nodes(self, *kinds: type) -> Iterator[ast.AST]:
        """The nodes of these kinds, one kind after the other; the tree is walked once for all rules."""
        return (node for kind, some in self.by_kind.items() if issubclass(kind, kinds) for node in some)


def module_is_long(source: Source) -> Iterator[Finding]:
    lines = source.text.count("\n")
    if lines > LONGEST_MODULE:
        yield lines, f"{lines} lines, at most {LONGEST_MODULE}: find the seam"


def function_is_long(source: Source) -> Iterator[Finding]:
    for node in source.nodes(*FUNCTIONS):
        lines = node.end_lineno - node.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield node.lineno, f"{node.name} has {lines} lines, at most {LONGEST_FUNCTION}: it should fit a screen"


def bare_assert(source: Source) -> Iterator[Finding]:
    for node in source.nodes(ast.Assert):
        yield node.lineno, "a bare assert vanishes under python -O: raise InvariantBroken"


def relative_import(source: Source) -> Iterator[Finding]:
    for node in source.nodes(ast.ImportFrom):
        if node.level:
            yield node.lineno, "imports are absolute"


def path_edit(source: Source) -> Iterator[Finding]:
    for node in source.nodes(ast.Attribute):
        if node.attr == "path" and isinstance(node.value, ast.Name) and node.value.id == "sys":
            yield node.lineno, "sys.path is left alone: one class would be loaded under two names"


def package_with_code(source: Source) -> Iterator[Finding]:
    body = source.tree.body
    if not body or ast.get_docstring(source.tree) is None:
        yield 1, "a package says in its docstring why its modules are neighbours"
    for node in body[1:]:
        yield node.lineno, "a package's __init__ holds its docstring and nothing else"


def vague_name(source: Source) -> Iterator[Finding]:
    name = source.path.rpartition("/")[2].partition(".")[0]
    if VAGUE_NAME.search(name):
        yield 1, f"{name!r} names no idea: call the module what it is about"


def clock_or_chance(source: Source) -> Iterator[Finding]:
    for node in source.nodes(ast.Import, ast.ImportFrom):
        if (source.path, ast.unparse(node)) == ALLOWED_CHANCE:
            continue
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        for name in names:
            if name.partition(".")[0] in CLOCKS_AND_CHANCE or name == "numpy.random":
                yield node.lineno, f"the model imports no clock, thread or chance of its own: {name}"


def kind_of_instrument(source: Source) -> Iterator[Finding]:
    for node in source.nodes(ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass") and len(node.args) == 2:
            for name in ast.walk(node.args[1]):
                if isinstance(name, ast.Name) and name.id in KINDS_OF_INSTRUMENTS:
                    yield node.lineno, f"an instrument states its own rules; here the kind {name.id} is asked for"


def hidden_order(source: Source) -> Iterator[Finding]:
    for node in source.nodes(ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id == "hash":
            yield node.lineno, "hash() differs from process to process"
    sorted_ones = {
        id(comprehension)
        for node in source.nodes(ast.Call)
        if isinstance(node.func, ast.Name) and node.func.id == "sorted" and isinstance(node.args[0], ast.GeneratorExp)
        for comprehension in node.args[0].generators
    }
    for node in source.nodes(ast.For, ast.comprehension):
        if _is_a_set(node.iter) and id(node) not in sorted_ones:
            yield node.iter.lineno, "the order of a set differs from process to process: sort it"


def _is_a_set(node: ast.expr) -> bool:
    """Whether this is a set as it stands: written out, made by its name, or the keys of mappings, joined or parted."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor):
        return any(_is_a_set(side) or _calls(side, ast.Attribute, "keys") for side in (node.left, node.right))
    return isinstance(node, ast.Set | ast.SetComp) or any(_calls(node, ast.Name, name) for name in ("set", "frozenset"))


def _calls(node: ast.expr, kind: type, name: str) -> bool:
    """Whether this calls a function of this name, or a method."""
    return isinstance(node, ast.Call) and isinstance(node.func, kind) and name in (
        getattr(node.func, "id", ""), getattr(node.func, "attr", ""),
    )  # fmt: skip


def shared_counter(source: Source) -> Iterator[Finding]:
    for scope in source.nodes(ast.Module, ast.ClassDef):
        for node in scope.body:
            value = getattr(node, "value", None)
            if isinstance(value, ast.Call) and ast.unparse(value.func) in ("count", "itertools.count"):
                yield node.lineno, "ids count from one in each run: no counter at module or class level"


def unit_defined_again(source: Source) -> Iterator[Finding]:
    for node in source.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and target.id.removesuffix("_NS").strip("_") in UNITS:
                    yield node.lineno, f"{target.id} is defined in market_sim/core/units.py: import it"


def prints(source: Source) -> Iterator[Finding]:
    for node in source.nodes(ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno, "only an edge prints"


def machine_path(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.text.splitlines(), 1):
        for found in (*MACHINE_PATH.findall(line), *REGISTRY.findall(line)):
            yield number, f"true of one machine only: {found}"


def test_without_claim(source: Source) -> Iterator[Finding]:
    functions = {node.name: node for node in source.nodes(*FUNCTIONS)}
    claiming: set[str] = set()
    while True:
        more = {name for name, node in functions.items() if name not in claiming and claims(node, claiming)}
        if not more:
            break
        claiming |= more
    for name, node in functions.items():
        if name.startswith("test") and name not in claiming:
            yield node.lineno, f"{name} claims nothing: 'it did not crash' is not a claim"


CLAIMS = ("assert_", "expect_", "to_be_", "to_have_", "to_contain_", "not_to_")  # the last four: of a page, in time


def claims(function: Function, claiming: set[str]) -> bool:
    """Whether a test asserts something, expects an error, or calls a function that does."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant):
            return True
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in ("raises", "warns", "fail") or name in claiming or name.startswith(CLAIMS):
                return True
    return False


def imported(source: Source) -> set[str]:
    """The names in one file that may be modules: of imports, and of text that loads one (`core/money.py`)."""
    found: set[str] = set()
    for node in source.nodes(ast.Import, ast.ImportFrom, ast.Constant):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            path = node.value.removesuffix(".py").replace("/", ".")
            found |= {path, f"market_sim.{path}"}
    return found


def out_of_reach(sources: list[Source]) -> list[str]:
    """The modules of the product that no door leads to: only tests or benchmarks import them, or nobody does.

    Doors are the program itself, what `market_sim` offers by name, and the lessons.
    """
    modules = {
        source.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): source
        for source in sources
        if re.fullmatch(PACKAGE, source.path)
    }
    doors = [source for source in sources if re.fullmatch(DOORS, source.path)]
    seen: dict[str, None] = {}
    waiting = [name for door in doors for name in sorted(imported(door))]
    while waiting:
        name = waiting.pop()
        if name in modules and name not in seen:
            seen[name] = None
            waiting += sorted(imported(modules[name]))
    return [
        source.path for name, source in modules.items() if name not in seen and not source.path.endswith("__init__.py")
    ]


@dataclass(frozen=True)
class Rule:
    """A check, the paths where it holds, and the paths where it does not."""

    check: Callable[[Source], Iterator[Finding]]
    holds: str
    except_for: str = "nothing"

    def findings(self, source: Source) -> list[str]:
        """What this rule finds in this file, one sentence each."""
        if not re.fullmatch(self.holds, source.path) or re.fullmatch(self.except_for, source.path):
            return []
        return [f"{source.path}:{line}: {sentence}" for line, sentence in self.check(source)]


RULES = {
    rule.check.__name__: rule
    for rule in (
        Rule(module_is_long, PACKAGE),
        Rule(function_is_long, PACKAGE),
        Rule(bare_assert, PACKAGE),
        Rule(relative_import, PYTHON),
        Rule(path_edit, PYTHON),
        Rule(package_with_code, r"market_sim/.*/__init__\.py"),
        Rule(vague_name, PYTHON),
        Rule(clock_or_chance, MODEL),
        Rule(kind_of_instrument, PACKAGE, except_for=MECHANISMS_OF_ONE_KIND),
        Rule(hidden_order, PACKAGE),
        Rule(shared_counter, MODEL),
        Rule(unit_defined_again, PACKAGE, except_for=r"market_sim/core/units\.py"),
        Rule(prints, PACKAGE, except_for=r"market_sim/ui/.*"),
        Rule(machine_path, ANY, except_for=r"tests/unit/(test_)?house_rules\.py"),
        Rule(test_without_claim, r"tests/.*test_\w+\.py"),
    )
}
