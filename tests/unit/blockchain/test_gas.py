"""The gas of a batch, to the unit: an increase over the recorded numbers must be a decision."""

from __future__ import annotations

import pytest

from market_sim.blockchain.certificate import certificate
from market_sim.blockchain.ethereum.settlement import eth_tester_settlement, gas_of
from market_sim.blockchain.gas import batch_gas
from market_sim.blockchain.register import Balance, Token
from market_sim.blockchain.settlement import Genesis
from market_sim.core.models.market_events import AccountOpened, Deposited, InstrumentListed
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.core.randomness import Randomness
from tests.unit.blockchain.rig import ALICE, BOB, CASH, GENESIS, RUN, SHARES, Rig, wallet
from tests.unit.blockchain.test_handover import NOTICE, plan
from tests.unit.blockchain.town import Town

GOLDEN_SALE = 108_903
GOLDEN_CROWD = 733_918
WITH_TWO_TOKENS = 107_728
"""A payment from one account to another on a contract of two tokens."""


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


def test_the_bound_knows_the_sum_of_every_token_of_the_contract() -> None:
    settlement = eth_tester_settlement()
    validators = [wallet(f"validator/{number}") for number in range(4)]
    tokens = tuple(Token(number, f"T{number}", 0) for number in range(40))
    owners = tuple(wallet(f"account/{number}").address for number in range(1, 4))
    balances = Balance(ALICE, CASH, 1_000), Balance(BOB, CASH, 1_000)
    settlement.open(Genesis(GENESIS, tuple(each.address for each in validators), tokens, owners, balances, RUN))
    rig = Rig.__new__(Rig)
    rig.settlement, rig.validators = settlement, validators
    rows = (ALICE, CASH, -1), (BOB, CASH, 1)
    rig.settle(rig.batch(*rows))
    batch = rig.batch(*rows)
    used = rig.settle(batch).gas
    assert 38 * 100 < used - WITH_TWO_TOKENS <= 38 * 200, "tokens that do not move cost something, too"
    assert used <= gas_of(batch, signatures=3, tokens=40)


def test_the_bound_knows_what_a_handover_to_the_largest_committee_costs(chain_rig: Rig) -> None:
    members = [wallet(f"member/{number}") for number in range(64)]
    plan(chain_rig, epoch=5, wallets=members)
    chain_rig.settlement.chain.travel(NOTICE)
    batch = chain_rig.sale(epoch=5, set_id=2)
    digest = batch.digest(chain_rig.settlement.domain)
    signed = certificate({place: each.sign(digest) for place, each in enumerate(members[:43])})
    settlement = chain_rig.settlement
    prepared = settlement.prepare(batch, signed, settlement.next_nonce(), attempt=4)
    settlement.send(prepared.raw)
    receipt = settlement.receipt(prepared.transaction)
    assert receipt is not None and receipt.succeeded
    assert gas_of(batch, 43) < receipt.gas <= batch_gas(43, 4, 4, 4, 0, tokens=2, seats=64)
