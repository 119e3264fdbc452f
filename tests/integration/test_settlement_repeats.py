"""The same market settled in two processes: the same events, down to transaction hashes and state roots."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest

from market_sim.blockchain.ethereum.settlement import eth_tester_settlement
from tests.conftest import ROOT
from tests.unit.blockchain.town import Town

TOLD_BY_ANOTHER = """
import sys
from tests.integration.test_settlement_repeats import settled

sys.stdout.buffer.write(settled())
"""

WITHOUT_CHAIN = """
import sys
from tests.unit.blockchain.town import Town

town = Town()
town.finalize(town.block(town.trade(100, 3)))
print(sorted(name for name in ("web3", "eth_tester", "eth", "eth_abi", "rlp") if name in sys.modules))
"""

WITHOUT_SETTLEMENT = """
import sys
import market_sim.blockchain.trade_pool
print(sorted(name for name in ("web3", "eth_tester", "eth", "coincurve", "sha3") if name in sys.modules))
"""


Program = tuple[str, str]
"""What a process is to run, and its hash seed."""


def python(asked: Program) -> bytes:
    """What a new process prints."""
    program, hash_seed = asked
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    return done.stdout


APART: dict[str, Program] = {"in memory": (WITHOUT_CHAIN, "0"), "no settlement": (WITHOUT_SETTLEMENT, "0")}


def settled() -> bytes:
    """The events of a market that is paid out by a contract."""
    town = Town(settlement=eth_tester_settlement())
    town.finalize(town.block(town.trade(100, 3, 1, 2), town.trade(900, 9)))
    town.finalize(town.block(), town.block(town.trade(50, 2)))
    town.service.finish()
    return b"\n".join(map(msgspec.json.encode, town.journal))


@pytest.mark.thorough
def test_two_processes_give_the_same_transactions_and_state_roots() -> None:
    """This one, and one with another hash seed."""
    other_seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    one, other = settled(), python((TOLD_BY_ANOTHER, other_seed))
    assert one == other
    assert one.count(b'"BlockSettled"') == 2
    assert b'"state_root":"' in one


@pytest.mark.parametrize("way", APART)
def test_nothing_of_a_chain_is_imported_without_one(way: str) -> None:
    assert python(APART[way]).strip() == b"[]"
