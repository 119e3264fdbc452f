"""The changes that are made to the program are the ones that were meant: each has a name of its own and one effect."""

from __future__ import annotations

import ast
import json

from tests.conftest import ROOT
from tests.mutation.__main__ import AREAS, steps
from tests.mutation.changes import changes

TEXT = '''
LIMIT: int = 3
__slots__ = ("a", 1)

def f(a: int = 5, b=True):
    """Says 7 < 8."""
    if not a < LIMIT and b:
        raise ValueError(f"{a + 1} is 2 too many")
    total = min(a + 1, g(a, b))
    total += 1
    h(total)
    return a in (1,)
'''


def test_each_kind_of_change_is_made_at_its_place_and_nowhere_else():
    made = {change.name.removeprefix("m.py::"): change.text for change in changes("m.py", TEXT)}
    wanted = {
        "f: not a < LIMIT -> (a < LIMIT)": "if (a < LIMIT) and b:",
        "f: a < LIMIT -> (a <= LIMIT)": "if not (a <= LIMIT) and b:",
        "f: not a < LIMIT and b -> (not a < LIMIT or b)": "if (not a < LIMIT or b):",
        "f: min(a + 1, g(a, b)) -> max(a + 1, g(a, b))": "total = max(a + 1, g(a, b))",
        "f: a + 1 -> (a - 1)": "total = min((a - 1), g(a, b))",
        "f: g(a, b) -> g(b, a)": "total = min(a + 1, g(b, a))",
        "f: total += 1 -> pass": "    pass\n    h(total)",
        "f: h(total) -> pass": "total += 1\n    pass",
        "f: a in (1,) -> (a not in (1,))": "return (a not in (1,))",
    }
    for name, text in wanted.items():
        assert text in made[name], (name, made.get(name))
    assert not any("ValueError" in name or "slots" in name for name in made)
    for text in made.values():
        changed = [new for new, old in zip(text.splitlines(), TEXT.splitlines(), strict=True) if new != old]
        assert len(changed) == 1
        ast.parse(text)


def test_every_area_exists_and_every_module_has_tests_to_run():
    for area, (folder, *_) in AREAS.items():
        modules = [file.relative_to(ROOT).as_posix() for file in (ROOT / folder).rglob("*.py")]
        assert modules
        for path in modules:
            for name in [name for step in steps(area, path) for name in step]:
                assert (ROOT / name).exists(), name


def test_every_change_that_was_set_aside_is_still_possible_and_has_a_reason():
    equivalent = json.loads((ROOT / "tests/mutation/equivalent.json").read_text(encoding="utf-8"))
    for path in sorted({name.partition("::")[0] for name in equivalent}):
        possible = {change.name for change in changes(path, (ROOT / path).read_text(encoding="utf-8"))}
        for name in equivalent:
            if name.startswith(path):
                assert name in possible, f"{name} is gone: judge it anew"
    assert all(len(reason) > 20 for reason in equivalent.values())
