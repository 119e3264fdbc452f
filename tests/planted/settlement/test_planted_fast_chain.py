"""Bugs in the fast chain: each lets the two chains differ, and the named comparison with eth-tester must notice.

The fast chain needs an extra that only builders have, so these run with the system tests; each commit plants a quarter
of them, PLANTED=all every one.
"""

from __future__ import annotations

import os
import subprocess
from typing import NamedTuple

import pytest

from tests.conftest import ROOT
from tests.planted.runner import FAILED, Bug, copy_tree, run_test

FOLDER = "market_sim/blockchain/ethereum"
TESTS = "tests/system/test_fast_chain.py"
TURNS = 4


class Edit(NamedTuple):
    """One line of the fast chain, what it becomes, and the test that must notice."""

    source: str
    right: str
    wrong: str
    test: str


EDITS = [
    Edit("compiled.py", "        evm.revert(mark)\n        accounts = ", "        accounts = ", "receipt_and_leaves"),
    Edit(
        "compiled.py", "            if old != new:", '            if old != new and new != "0":', "receipt_and_leaves"
    ),
    Edit("compiled.py", "root = _EMPTY_ROOT if stored is None", "root = _EMPTY_ROOT if stored", "receipt_and_leaves"),
    Edit("fast.py", "gas = max(done.gas, _least_gas(sent.data))", "gas = done.gas", "receipt_and_leaves"),
    Edit("fast.py", "tip = min(sent.tip, sent.fee - base_fee)", "tip = sent.tip + 1", "receipt_and_leaves"),
    Edit("fast.py", "self._blocks[asked + 1 :]", "self._blocks[asked + 2 :]", "also_about_the_past"),
    Edit("fast.py", "            self._evm.undo(block.before)", "            block.before", "snapshot_is_taken_back"),
    Edit("fast.py", "for place in (0, 2, 4):", "for place in (0, 2):", "claims_an_escape_and_a_handover"),
]


def due() -> list[Edit]:
    """The quarter whose turn it is at this commit; all where there is no commit to count by, or when asked."""
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    if os.environ.get("PLANTED") == "all" or asked.returncode != 0:
        return EDITS
    return EDITS[int(asked.stdout[:8], 16) % TURNS :: TURNS]


def bug(edit: Edit) -> Bug:
    """The bug as the runner knows it; what is compared is a system test."""
    words = f"-m system -k {edit.test}"
    return Bug("fast", "settlement", edit.wrong, "S9", TESTS, 60, {"PYTEST_ADDOPTS": words})


@pytest.mark.system
@pytest.mark.planted(default=False)
@pytest.mark.parametrize("edit", due(), ids=lambda edit: f"{edit.source}: {edit.wrong.strip()[:30]}")
def test_a_bug_planted_in_the_fast_chain_turns_its_comparison_red(edit, tmp_path):
    pytest.importorskip("pyrevm", reason="needs other programs: the extra [fast]")
    place = copy_tree(tmp_path)
    source = place / FOLDER / edit.source
    source.write_text(source.read_text().replace(edit.right, edit.wrong))
    found = run_test(place, bug(edit))
    assert found.code == FAILED, f"{edit.wrong!r} went unnoticed:\n{found.output[-3000:]}"


def test_the_line_of_every_planted_bug_is_there_and_its_test_too():
    tests = (ROOT / TESTS).read_text()
    for edit in EDITS:
        assert (ROOT / FOLDER / edit.source).read_text().count(edit.right) == 1, edit
        assert edit.test in tests, edit
