"""The tests of the contracts take every branch of every contract both ways."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.system.contract_branches import Ways, branches, compiled, missing, read

pytestmark = pytest.mark.system
TESTS = ROOT / "tests" / "unit" / "blockchain"
ASKED = """
    amm bonds bonds_twin bridge call_auction_contract contract_branches escrow guarded_amm handover htlc lending
    margin_vault option_series oracle order_settlement pauses prediction_market refusals vault vault_twin warrant
""".split()
"""The tests of contracts that are not only about their twins. A new contract names its own here."""
CHEAP = "not memory and not random and not equal_on_a_chain"


@pytest.fixture(scope="module")
def answer(needs: Callable[[str], str]) -> dict[str, Any]:
    needs("node")
    needs("anvil")  # comes with the same `npm ci` as the compiler
    return compiled()


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Ways:
    folder = tmp_path_factory.mktemp("branches")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "tests.system.contract_branches", "-k", CHEAP]
    done = subprocess.run(
        [*command, *(str(TESTS / f"test_{name}.py") for name in ASKED)],
        cwd=ROOT,
        env=os.environ | {"BRANCHES": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return read(folder)


def test_every_branch_of_every_contract_is_taken_both_ways(answer: dict[str, Any], ways: Ways) -> None:
    sources = {branch.source for branch in branches(answer).values()}
    assert {"vault/Escape.sol", "BatchSettlement.sol", "Payments.sol", "Amm.sol"} <= sources
    assert len(branches(answer)) >= 290
    assert missing(answer, ways) == []


def test_a_branch_that_goes_one_way_only_is_named(answer: dict[str, Any], ways: Ways) -> None:
    """Were every jump taken that was taken at all, no refusal would be tested."""
    kept = {code: {place: way & 2 for place, way in jumps.items()} for code, jumps in ways.items()}
    said = missing(answer, kept)
    refusal = "if (received != amount) revert TokenTookFee(address(token), amount, received)"
    assert [line for line in said if line.startswith("Payments.sol:") and line.endswith(f": jumps always: {refusal}")]
    assert len(said) == len(missing(answer, {})) == len(branches(answer))


def test_what_the_compiler_says_of_a_place_reaches_every_branch(answer: dict[str, Any]) -> None:
    """No branch is lost in the optimised code, where a place without a jump could never be missed."""
    assert not [line for line in missing(answer, {}) if "has no jump" in line]
