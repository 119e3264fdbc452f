"""The gas of a batch, to the unit: an increase over the recorded numbers must be a decision."""

from __future__ import annotations

import pytest

from market_sim.blockchain.ethereum.settlement import eth_tester_settlement, gas_of
from market_sim.core.models.market_events import AccountOpened, Deposited, InstrumentListed
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.core.randomness import Randomness
from tests.unit.blockchain.rig import ALICE, BOB, CASH, SHARES, Rig
from tests.unit.blockchain.town import Town

GOLDEN_SALE = 108_379
GOLDEN_CROWD = 733_369


def test_a_batch_of_one_trade(chain_rig: Rig) -> None:
    chain_rig.settle(chain_rig.sale())
    assert chain_rig.settle(chain_rig.sale()).gas <= GOLDEN_SALE


@pytest.mark.thorough
def test_a_thousand_trades_of_a_hundred_accounts() -> None:
    town = Town(settlement=eth_tester_settlement(), opening=crowd(100))
    luck = Randomness(1).stream("crowd")
    for _ in range(2):
        trades = []
        for _ in range(1_000):
            buyer, seller = luck.sample(range(100), 2)
            trades.append(town.deal(luck.randint(9_000, 11_000), luck.randint(1, 100), f"c{buyer}", f"c{seller}"))
        town.finalize(town.block(*trades))
    _, settled = town.of(BlockSettled)
    assert (settled.trades, settled.refused, settled.rows) == (1_000, 0, 200)
    assert settled.gas <= GOLDEN_CROWD
    assert settled.gas <= 750 * 1_000, "the promise of benchmarks/README.md, level L4"


def crowd(size: int) -> list[InstrumentListed | AccountOpened | Deposited]:
    opening: list[InstrumentListed | AccountOpened | Deposited] = [
        InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0),
        AccountOpened(0, "fees", 1, "house"),
    ]
    for number in range(size):
        name = f"c{number}"
        opening += [
            AccountOpened(0, name, number + 2, name),
            Deposited(0, name, "USD", 10**12),
            Deposited(0, name, "ACME", 10**6),
        ]
    return opening


@pytest.mark.parametrize("exits", [0, 1, 3])
def test_the_bound_that_validators_compute_is_above_what_the_contract_needs(chain_rig: Rig, exits: int) -> None:
    settlement = chain_rig.settlement
    alice = chain_rig.owners[1]
    settlement.chain.fund(alice)
    for _ in range(exits):
        settlement.chain.transact(alice, settlement.contract, "requestWithdrawal", ALICE, CASH, 10)
    rows = (ALICE, CASH, -100), (ALICE, SHARES, 1), (BOB, CASH, 100), (BOB, SHARES, -1)
    batch = chain_rig.batch(*rows, exits=tuple(range(exits)))
    assert chain_rig.settle(batch).gas <= gas_of(batch, signatures=3)
