"""Bugs in the contracts themselves: patched, compiled and put onto a chain, each must turn its named test red.

What the contract and its Python twin both check is planted in the twin, and `test_settlement_machine.py` compares the
two. Here stands what only the contract does. It needs the builders' compiler, so an ordinary run leaves it out (see
`conftest.py`), and each commit plants a third of them in its turn; PLANTED=all plants every one.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.planted.runner import FAILED, Bug, apply_patch, copy_tree, patched, run_test

AREA = "settlement/contracts"
HERE = Path(__file__).parent / "contracts"
BUGS = [Bug(area=AREA, **entry) for entry in json.loads((HERE / "bugs.json").read_text())]
NOT_COMPILED = "BS36"
"""The bug that is to be found before anybody compiles."""
TURNS = 3


def due() -> list[Bug]:
    """The third whose turn it is at this commit; all where there is no commit to count by, or when asked."""
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    if os.environ.get("PLANTED") == "all" or asked.returncode != 0:
        return BUGS
    return BUGS[int(asked.stdout[:8], 16) % TURNS :: TURNS]


def copy_with_contracts(place: Path) -> Path:
    """The program, its tests and the sources of the contracts."""
    copy_tree(place)
    contracts = ROOT / "contracts"
    ignored = shutil.ignore_patterns("node_modules", "artifacts", "__pycache__")
    shutil.copytree(contracts, place / "contracts", ignore=ignored, dirs_exist_ok=True)
    return place


def compile_in(place: Path) -> None:
    """Build the artifacts that a patch changes, with the compiler of this checkout."""
    command = [sys.executable, "contracts/build.py"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "none" not in done.stdout, "the patch changes nothing that is compiled"


@pytest.fixture(scope="module")
def place(tmp_path_factory, needs) -> Path:
    """A copy in which every named test was seen green; what Python compiles of it serves one bug after the other."""
    needs("node")
    needs("anvil")  # comes with the same `npm ci` as the compiler
    copy = copy_with_contracts(tmp_path_factory.mktemp("contracts"))
    (copy / "contracts" / "node_modules").symlink_to(ROOT / "contracts" / "node_modules")
    first, *others = due()
    asked = {"PYTEST_ADDOPTS": shlex.join(bug.test for bug in others)}
    green = run_test(copy, replace(first, environment=asked, seconds=sum(bug.seconds for bug in due())))
    assert green.code == 0, f"they fail without a bug:\n{green.output[-3000:]}"
    assert f"{len(due())} passed" in green.output
    return copy


@pytest.mark.system
@pytest.mark.planted(default=False)
@pytest.mark.parametrize("bug", due(), ids=lambda bug: bug.id)
def test_a_bug_planted_in_a_contract_turns_its_test_red(bug, place):
    try:
        with patched(bug.patch, place):
            if bug.id != NOT_COMPILED:
                compile_in(place)
            found = run_test(place, bug)
    finally:
        shutil.copytree(ROOT / "contracts" / "artifacts", place / "contracts" / "artifacts", dirs_exist_ok=True)
    assert found.code == FAILED, f"{bug.id} ({bug.says}) went unnoticed:\n{found.output[-3000:]}"
    assert f"FAILED {bug.test}" in found.output, found.output[-3000:]


def test_every_patch_of_a_contract_applies(tmp_path):
    place = copy_with_contracts(tmp_path)
    untouched = {path: path.read_text() for path in (place / "contracts").rglob("*.sol")}
    for bug in BUGS:
        apply_patch(bug.patch, place)
        changed = [path for path, text in untouched.items() if path.read_text() != text]
        assert changed, bug.id
        for path in changed:
            path.write_text(untouched[path])


def test_each_contract_bug_has_its_patch_and_is_listed_among_those_of_settlement():
    assert {bug.patch for bug in BUGS} == set(HERE.glob("*.patch"))
    listed = json.loads((HERE.parent / "manifest.json").read_text())
    elsewhere = {entry["id"] for entry in listed if "test_planted_contracts.py" in entry.get("left_out", "")}
    assert {bug.id for bug in BUGS} == elsewhere
