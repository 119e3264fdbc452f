"""The same market settled in two processes: the same events, down to transaction hashes and state roots."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import ROOT

SETTLE = """
import sys
import msgspec
from market_sim.blockchain.ethereum.settlement import eth_tester_settlement
from tests.unit.blockchain.town import Town

town = Town(settlement=eth_tester_settlement())
town.finalize(town.block(town.trade(100, 3, 1, 2), town.trade(900, 9)))
town.finalize(town.block(), town.block(town.trade(50, 2)))
town.desk.finish()
sys.stdout.buffer.write(b"\\n".join(map(msgspec.json.encode, town.journal)))
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
print(sorted(name for name in ("web3", "eth_tester", "eth", "coincurve", "Crypto") if name in sys.modules))
"""


def python(program: str, hash_seed: str = "0") -> bytes:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_two_processes_give_the_same_transactions_and_state_roots() -> None:
    with ThreadPoolExecutor(2) as both:
        one, other = both.map(python, (SETTLE, SETTLE), ("1", "2"))
    assert one == other
    assert one.count(b'"BlockSettled"') == 2 and b'"state_root":"' in one


@pytest.mark.parametrize("program", [WITHOUT_CHAIN, WITHOUT_SETTLEMENT], ids=["in memory", "no settlement"])
def test_nothing_of_a_chain_is_imported_without_one(program: str) -> None:
    assert python(program).strip() == b"[]"
