"""The fingerprint sees each change, and the digest of an area sees that area only."""

from __future__ import annotations

import os
import subprocess
import sys

from market_sim.core.data.fingerprint import AREAS, digest, fingerprint, shortened
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.market_events import Deposited, OrderRejected
from market_sim.core.models.run_events import RunEnded
from market_sim.core.models.settlement_events import TradeRefused
from tests.conftest import ROOT

MARKET = [Deposited(0, "alice", "USD", 1), Deposited(1, "bob", "USD", 2), OrderRejected(2, "bob", "?", "BAD_SIDE", {})]
EPOCH = EpochStarted(3, 1, 0)
REFUSED = TradeRefused(4, 1, "alice", "NO_CASH", {"needed": 5})


def test_each_change_shows():
    whole = fingerprint(MARKET)
    changed = [
        MARKET[:-1],
        [*MARKET, RunEnded(9, True)],
        [MARKET[1], MARKET[0], MARKET[2]],
        [Deposited(0, "alice", "USD", 2), *MARKET[1:]],
        [Deposited(1, "alice", "USD", 1), *MARKET[1:]],
        [],
    ]
    prints = {fingerprint(events) for events in changed}
    assert len(prints) == len(changed)
    assert whole not in prints
    assert fingerprint(list(MARKET)) == whole


def test_a_run_without_settlement_has_the_same_market_digest():
    settled = [*MARKET[:2], EPOCH, REFUSED, MARKET[2]]
    assert digest(settled, "market") == digest(MARKET, "market") == fingerprint(MARKET)
    assert digest(settled, "settlement") != digest(MARKET, "settlement")
    assert digest(settled, "consensus") == fingerprint([EPOCH])
    assert fingerprint(settled) != fingerprint(MARKET)
    assert set(AREAS) == {"run", "market", "consensus", "settlement"}


def test_the_fingerprint_is_sha256_of_the_lines_as_hexadecimal():
    assert len(fingerprint(MARKET)) == 64
    assert fingerprint([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert fingerprint(MARKET).startswith(shortened(fingerprint(MARKET)))


def test_another_process_with_another_hash_seed_finds_the_same():
    hash_seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    program = "from tests.unit.core.test_fingerprint import *; print(fingerprint(MARKET))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == fingerprint(MARKET)
