"""How many small changes to the program the tests notice: `python -m tests.mutation --seed 1 --count 200`.

A sample of changes is drawn; each is made in a copy of the tree, one at a time, and the tests that belong to the
changed module run there: first those that name it, then those of its area and the stored fingerprints, and last the
long ones. Each answer is appended to a file of results: a change that was noticed is not tried again, and one that was
not only in the steps that are left. So a sample may be interrupted, and `--steps 1` looks through a large one quickly.
Changes that no test could notice are in equivalent.json, with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from market_sim.core.errors import InvariantBroken
from tests.conftest import ROOT
from tests.mutation.changes import Change, changes
from tests.planted.runner import copy_tree

HERE = Path(__file__).parent
AREAS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    # area: where its modules are, its tests, and its long tests
    "exchange": (
        "market_sim/market/exchange",
        ("tests/unit/market/exchange",),
        (
            "tests/integration/test_exchange_machine.py", "tests/integration/test_bad_orders.py",
            "tests/integration/test_exchange_against_reference.py", "tests/integration/test_exchange_invariants.py",
            "tests/integration/test_conformance.py",
        ),
    ),
    "mechanisms": (
        "market_sim/market/mechanisms",
        ("tests/unit/market/mechanisms",),
        ("tests/integration/test_margin_promises.py", "tests/integration/test_liquidation_promises.py"),
    ),
    "consensus": (
        "market_sim/core/consensus",
        ("tests/unit/core/consensus", "tests/test_streamlet.py"),
        (
            "tests/integration/test_consensus_attacks.py", "tests/integration/test_consensus_safety.py",
            "tests/integration/test_consensus_liveness.py",
        ),
    ),
    "data": (
        "market_sim/core/data",
        ("tests/unit/core",),
        ("tests/integration/test_fold.py", "tests/integration/test_ended_runs.py"),
    ),
    "blockchain": (
        "market_sim/blockchain",
        ("tests/unit/blockchain",),
        ("tests/integration/test_settlement_finality.py", "tests/integration/test_settlement_repeats.py"),
    ),
    "pricing": ("market_sim/pricing", ("tests/unit/pricing", "tests/reference/pricing"), ()),
    "course": ("market_sim/course", ("tests/unit/course",), ("tests/integration/test_course.py",)),
}  # fmt: skip
SEEDED = "tests/integration/test_same_seed.py"
MOST_SECONDS = (100, 300, 480)
"""Processor time for each step of tests; the longest takes less than half of it, also on a busy machine."""
OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL)
NOTICED = (1, 2, 3, -signal.SIGSEGV, -signal.SIGABRT)
"""Pytest's exit codes for tests that fail, modules that cannot be read, and a crash of its own."""
NOTHING_TO_RUN = 5
"""Pytest's exit code for no tests."""


class Answer(NamedTuple):
    """What the tests said of one change."""

    noticed: str
    """The step that noticed it; empty for none."""
    steps: int
    """The number of steps that were tried."""

    def answers(self, steps: int) -> bool:
        """Whether these steps would say no more."""
        return bool(self.noticed) or self.steps >= steps


NEVER = Answer("", 0)


def main() -> int:
    typed = _typed()
    wanted = {name: Random(f"{typed.seed}/{name}").sample(*_amount(name, typed)) for name in typed.areas}
    print({name: len(sample) for name, sample in wanted.items()}, flush=True)
    done = _results(typed.results)
    until = time.monotonic() + typed.minutes * 60
    with TemporaryDirectory() as place:
        tree = copy_tree(Path(place))
        for name in ("docs", "contracts"):  # tests read the rulebook and the sources of the contracts
            ignored = shutil.ignore_patterns("node_modules")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored, dirs_exist_ok=True)
        for name, sample in wanted.items():
            left = [(path, change) for path, change in sample if not done.get(change.name, NEVER).answers(typed.steps)]
            tests = {test for path, _ in left for step in steps(name, path)[: typed.steps] for test in step}
            _expect_green(tree, tests)
            for path, change in left:
                if time.monotonic() > until:
                    break
                tried = done.get(change.name, NEVER).steps
                judged = _judge(tree, steps(name, path)[: typed.steps], tried, path, change)
                done[change.name] = Answer(judged, typed.steps)
                with typed.results.open("a", encoding="utf-8") as file:
                    row = {"area": name, "change": change.name, "noticed": judged, "steps": typed.steps}
                    file.write(json.dumps(row) + "\n")
                print(f"{judged or 'SURVIVED':<12.12} {change.name}", flush=True)
    return _report(wanted, done)


def _typed() -> argparse.Namespace:
    made = argparse.ArgumentParser(prog="python -m tests.mutation", description="Which small changes do tests notice?")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--count", type=int, default=30, help="how many changes of each area")
    made.add_argument("--areas", nargs="+", default=list(AREAS), choices=list(AREAS))
    made.add_argument(
        "--steps", type=int, default=2, choices=(1, 2, 3), help="1: the nearest tests; 3: the long ones, too"
    )
    made.add_argument("--minutes", type=float, default=600, help="start no further change after this")
    made.add_argument("--results", type=Path, default=Path("mutation-results.jsonl"))
    return made.parse_args()


def _amount(area: str, typed: argparse.Namespace) -> tuple[list[tuple[str, Change]], int]:
    found = [
        (path, change)
        for file in sorted((ROOT / AREAS[area][0]).rglob("*.py"))
        for path in [file.relative_to(ROOT).as_posix()]
        for change in changes(path, file.read_text(encoding="utf-8"))
    ]
    return found, min(typed.count, len(found))


def steps(area: str, path: str) -> list[list[str]]:
    """The tests that belong to a module, the nearest first."""
    _, folders, long = AREAS[area]
    name, stem = path.removesuffix(".py").replace("/", "."), Path(path).stem
    tests = sorted(file for folder in ("tests/unit", "tests/reference") for file in (ROOT / folder).rglob("test_*.py"))
    mirrored = [file for file in tests if file.stem == f"test_{stem}"]
    naming = [file for file in tests if _names(file, name)]
    near = _paths([*mirrored, *naming])[:6]
    # What watches the exchange has its planted breaches among the integration tests.
    above = [file for file in sorted((ROOT / "tests/integration").glob("test_*.py")) if _names(file, name)]
    return [[path, *near], [SEEDED, *folders, *_paths(above)], list(long)]


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _names(file: Path, module: str) -> bool:
    return f"{module} import" in _text(file)


def _paths(files: list[Path]) -> list[str]:
    return [file.relative_to(ROOT).as_posix() for file in dict.fromkeys(files)]


def _expect_green(tree: Path, tests: set[str]) -> None:
    """Tests that fail without any change would notice every change."""
    code = _run(tree, sorted(tests), 10 * MOST_SECONDS[-1]) if tests else 0
    if code != 0:
        raise InvariantBroken(f"without any change pytest ended with {code} for {' '.join(sorted(tests))}")


def _judge(tree: Path, wanted: list[list[str]], tried: int, path: str, change: Change) -> str:
    """Which step, of those not tried yet, noticed the change; empty for none."""
    file = tree / path
    before = file.read_text(encoding="utf-8")
    file.write_text(change.text, encoding="utf-8")
    try:
        for number, tests in enumerate(wanted[tried:], start=tried + 1):
            code = _run(tree, tests, MOST_SECONDS[number - 1]) if tests else 0
            if code in OUT_OF_TIME:
                return f"time {number}"
            if code in NOTICED:
                return f"step {number}"
            if code not in (0, NOTHING_TO_RUN):
                raise InvariantBroken(f"pytest ended with {code} for {change.name}")
        return ""
    finally:
        file.write_text(before, encoding="utf-8")


def _run(tree: Path, tests: list[str], seconds: int) -> int:
    """Pytest's exit code; a change that makes a loop endless ends at a limit of processor time, which no neighbour's
    load can reach."""
    # What Python compiles is kept for the next change. A stale file is none: a change takes longer than a second.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tree / ".compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    typed = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(
        typed, cwd=tree, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5)), check=False,
    )  # fmt: skip
    return done.returncode


def _results(file: Path) -> dict[str, Answer]:
    """The last answer for each change."""
    if not file.exists():
        return {}
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return {row["change"]: Answer(row["noticed"], row["steps"]) for row in rows}


def _report(wanted: dict[str, list[tuple[str, Change]]], done: dict[str, Answer]) -> int:
    equivalent = json.loads((HERE / "equivalent.json").read_text(encoding="utf-8"))
    print("\n| area | tried | equivalent | noticed | share |\n|---|---|---|---|---|")
    missed = 0
    for name, sample in wanted.items():
        tried = [change.name for _, change in sample if change.name in done]
        same = [one for one in tried if not done[one].noticed and one in equivalent]
        noticed = [one for one in tried if done[one].noticed]
        missed += len(tried) - len(same) - len(noticed)
        share = 100 * len(noticed) / max(1, len(tried) - len(same))
        print(f"| {name} | {len(tried)} | {len(same)} | {len(noticed)} | {share:.0f} % |")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
