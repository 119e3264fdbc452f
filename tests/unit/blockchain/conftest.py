"""One chain for all tests of this folder: opened once, and taken back to its beginning before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from market_sim.blockchain.ethereum.settlement import EthereumSettlement, eth_tester_settlement
from tests.unit.blockchain.rig import Rig


@pytest.fixture(scope="session")
def opened_chain() -> Rig:
    return Rig(eth_tester_settlement())


@pytest.fixture
def chain_rig(opened_chain: Rig) -> Iterator[Rig]:
    """A rig on contracts."""
    settlement: EthereumSettlement = opened_chain.settlement
    mark = settlement.chain.snapshot()
    yield opened_chain
    settlement.chain.revert(mark)
    settlement.confirmations = 0


@pytest.fixture(params=["in memory", "eth-tester"])
def rig(request: pytest.FixtureRequest) -> Rig:
    """The same rig on either settlement."""
    return Rig() if request.param == "in memory" else request.getfixturevalue("chain_rig")
