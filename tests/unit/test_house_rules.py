"""The repository keeps its own house rules, and each rule finds the breach that is planted for it."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.conftest import ROOT
from tests.unit.house_rules import LONGEST_FUNCTION, LONGEST_MODULE, RULES, Source, out_of_reach

NOT_OURS = {".venv", "node_modules", "results", "answers", "__pycache__"}


def names() -> list[str]:
    """The files under version control and the new ones beside them; without git, whatever is not somebody else's.

    A student's own file in the root of the checkout is nobody's business.
    """
    if (ROOT / ".git").exists():
        tracked = ["git", "ls-files", "-z", "--cached"]
        new = ["git", "ls-files", "-z", "--others", "--exclude-standard", "market_sim", "tests"]
        listed = [subprocess.run(command, cwd=ROOT, capture_output=True, check=True) for command in (tracked, new)]
        return [name for listing in listed for name in listing.stdout.decode().split("\0") if name]
    inside = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
    return [path.as_posix() for path in inside if not NOT_OURS.intersection(path.parts)]


def sources() -> list[Source]:
    """Every text file of the repository."""
    files = [(name, (ROOT / name).read_bytes()) for name in names() if (ROOT / name).is_file()]
    return [Source(name, data.decode()) for name, data in files if b"\0" not in data]


@pytest.fixture(scope="module")
def repository() -> list[Source]:
    return sources()


@pytest.mark.parametrize("name", RULES)
def test_the_repository_keeps(name, repository):
    findings = [finding for source in repository for finding in RULES[name].findings(source)]
    assert not findings, "\n".join(findings)


def test_the_whole_package_was_looked_at(repository):
    looked_at = {source.path for source in repository}
    on_disk = {path.relative_to(ROOT).as_posix() for path in (ROOT / "market_sim").rglob("*.py")}
    assert on_disk
    assert on_disk <= looked_at


BREACHES = [
    ("module_is_long", "market_sim/core/a.py", "x = 1\n" * (LONGEST_MODULE + 1)),
    ("function_is_long", "market_sim/core/a.py", "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION),
    ("bare_assert", "market_sim/ui/a.py", "def f(x):\n    assert x > 0\n"),
    ("relative_import", "tests/unit/test_a.py", "from . import b\n"),
    ("path_edit", "examples/a.py", "import sys\nsys.path.insert(0, '.')\n"),
    ("package_with_code", "market_sim/core/__init__.py", '"""Values."""\nfrom market_sim.core import money\n'),
    ("package_with_code", "market_sim/core/__init__.py", ""),
    ("vague_name", "market_sim/core/price_utils.py", ""),
    ("vague_name", "tests/helpers.py", ""),
    ("vague_name", "market_sim/market/account_manager.py", ""),
    ("vague_name", "market_sim/market/base_agent_v2.py", ""),
    ("clock_or_chance", "market_sim/core/a.py", "import time\n"),
    ("clock_or_chance", "market_sim/market/exchange/a.py", "from datetime import datetime\n"),
    ("clock_or_chance", "market_sim/strategies/a.py", "def f():\n    import random as luck\n"),
    ("clock_or_chance", "market_sim/strategies/a.py", "from random import Random\n"),
    ("clock_or_chance", "market_sim/core/randomness.py", "from random import Random, random\n"),
    ("clock_or_chance", "market_sim/simulation/engine/a.py", "import asyncio.queues\n"),
    ("clock_or_chance", "market_sim/core/a.py", "from numpy.random import default_rng\n"),
    ("kind_of_instrument", "market_sim/analysis/a.py", "def f(x):\n    return isinstance(x, Stock | Spot)\n"),
    ("kind_of_instrument", "market_sim/market/mechanisms/a.py", "def f(x):\n    return isinstance(x, (Note, str))\n"),
    ("hidden_order", "market_sim/core/a.py", "key = hash('x')\n"),
    ("hidden_order", "market_sim/core/a.py", "for name in {'a', 'b'}:\n    x = name\n"),
    ("hidden_order", "market_sim/core/a.py", "names = [name for name in set(names)]\n"),
    ("hidden_order", "market_sim/core/a.py", "for name in one.keys() | other.keys():\n    x = name\n"),
    ("hidden_order", "market_sim/core/a.py", "names = [name for name in {x for x in y} - one.keys()]\n"),
    ("shared_counter", "market_sim/core/a.py", "import itertools\nclass Order:\n    ids = itertools.count(1)\n"),
    ("unit_defined_again", "market_sim/core/a.py", "BPS: Final = 10_000\n"),
    ("unit_defined_again", "market_sim/market/a.py", "SECOND_NS = 1_000 * MILLISECOND\n"),
    ("prints", "market_sim/core/a.py", "print('hello')\n"),
    ("machine_path", "README.md", "See /home/alice/market for more.\n"),
    ("machine_path", "requirements.txt", "--index-url https://example.org/simple\n"),
    ("machine_path", "contracts/package-lock.json", '"resolved": "https://registry.npmjs.org/solc"\n'),
    ("test_without_claim", "tests/unit/test_a.py", "def test_it_runs():\n    run()\n"),
    ("test_without_claim", "tests/unit/test_a.py", "def test_it_is_true():\n    assert True\n"),
    ("test_without_claim", "tests/unit/test_a.py", "def run():\n    go()\ndef test_it_runs():\n    run()\n"),
]


@pytest.mark.parametrize(("name", "path", "text"), BREACHES)
def test_a_planted_breach_is_found(name, path, text):
    assert RULES[name].findings(Source(path, text))


def test_every_rule_has_a_planted_breach():
    assert {name for name, _, _ in BREACHES} == set(RULES)


KEPT = [
    ("clock_or_chance", "market_sim/core/randomness.py", "from random import Random\n"),
    ("clock_or_chance", "market_sim/ui/cli/a.py", "import time\n"),
    ("clock_or_chance", "market_sim/core/a.py", "from market_sim.core.randomness import Randomness\n"),
    ("kind_of_instrument", "market_sim/market/mechanisms/notes.py", "def f(x):\n    return isinstance(x, Note)\n"),
    ("hidden_order", "market_sim/core/a.py", "for name in sorted({'a', 'b'}):\n    x = name\n"),
    ("hidden_order", "market_sim/core/a.py", "names = sorted(name for name in one.keys() | other.keys())\n"),
    ("hidden_order", "market_sim/core/a.py", "for name in {**one, **other}:\n    x = name\n"),
    ("package_with_code", "market_sim/__init__.py", '"""All."""\nfrom market_sim.simulation.run import simulate\n'),
    ("machine_path", "README.md", "Open http://127.0.0.1:5000/home/ or ./results/run or $HOME/work/x.\n"),
    ("unit_defined_again", "market_sim/core/units.py", "SECOND = 1_000_000_000\n"),
    ("unit_defined_again", "market_sim/analysis/a.py", "FIRST, SECOND = 'ann', 'bob'\nWINDOW_NS = 5 * SECOND\n"),
    ("prints", "market_sim/ui/cli/a.py", "print('hello')\n"),
    ("test_without_claim", "tests/unit/test_a.py", "def ok(x):\n    assert x\ndef test_it():\n    ok(1)\n"),
    ("test_without_claim", "tests/unit/test_a.py", "def test_it(page):\n    expect(page).to_be_hidden()\n"),
    ("vague_name", "market_sim/market/exchange/order_book.py", ""),
]


@pytest.mark.parametrize(("name", "path", "text"), KEPT)
def test_what_keeps_a_rule_is_left_alone(name, path, text):
    assert not RULES[name].findings(Source(path, text))


def layers() -> set[str]:
    """The modules and packages that the layer contract of pyproject.toml names."""
    text = (ROOT / "pyproject.toml").read_text()
    contract = text.partition('id = "layers"')[2].partition("[[tool")[0]
    return set(re.findall(r"market_sim(?:\.\w+)+", contract))


def test_every_module_stands_in_a_layer(repository):
    known = layers()
    homeless = [
        source.path
        for source in repository
        if re.fullmatch(r"market_sim/.*/\w+\.py", source.path) and not source.path.endswith("__init__.py")
        if not any(f"{source.path[:-3].replace('/', '.')}.".startswith(f"{layer}.") for layer in known)
    ]
    assert len(known) > 10
    assert not homeless, f"name their layer in pyproject.toml: {homeless}"


WAITING: dict[str, str] = {}
"""Modules that have no door yet, and what will be theirs; each leaves this list with its door."""


@pytest.mark.thorough
def test_every_module_is_reached_from_a_door(repository):
    """What only tests or benchmarks call belongs to them, and is moved there, given a door, or deleted."""
    lonely = {name for name in out_of_reach(repository) if name not in WAITING}
    assert not lonely, f"give them a door, move them to tests, or name their door in WAITING: {sorted(lonely)}"


@pytest.mark.thorough
def test_a_module_that_waits_for_its_door_has_none(repository):
    assert sorted(WAITING) == [name for name in sorted(out_of_reach(repository)) if name in WAITING]


def test_a_module_that_only_a_test_imports_is_out_of_reach():
    sources = [
        Source("simulate.py", "from market_sim.ui import main\n"),
        Source("market_sim/__init__.py", '"""All."""\n'),
        Source("market_sim/ui/main.py", 'CHILD = "course/child.py"\n\ndef run():\n    import market_sim.core.money\n'),
        Source("market_sim/core/money.py", ""),
        Source("market_sim/course/child.py", ""),
        Source("market_sim/core/lonely.py", "from market_sim.core import twin\n"),
        Source("market_sim/core/twin.py", "from market_sim.core import lonely\n"),
        Source("tests/unit/test_lonely.py", "from market_sim.core import lonely\n"),
    ]
    assert out_of_reach(sources) == ["market_sim/core/lonely.py", "market_sim/core/twin.py"]
