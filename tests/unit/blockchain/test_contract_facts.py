"""What others may rely on about the contracts: who acts, what a batch tells, and the units of a token."""

from __future__ import annotations

import pytest

from market_sim.blockchain.ethereum.artifacts import artifact
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import ChainReverted
from tests.unit.blockchain.rig import ALICE, BOB, CASH, SHARES, Rig

SETTLED = keccak(b"Settled(uint64,uint64,uint64,uint64,bytes32,bytes32,bytes32)")


def test_a_contract_that_an_owner_calls_does_not_act_in_the_owners_name(chain_rig: Rig) -> None:
    """Authority is that of the caller (`msg.sender`), not of the signer of the transaction (`tx.origin`)."""
    chain, vault, alice = chain_rig.settlement.chain, chain_rig.settlement.contract, chain_rig.owners[1]
    chain.fund(alice)
    trap = chain.deploy(chain_rig.settlement.operator, "HostileToken")
    request = artifact("BatchSettlement").functions["requestWithdrawal"].call(ALICE, CASH, 400)
    with pytest.raises(ChainReverted, match=r"NotOwner\(account=2"):
        chain.transact(alice, trap, "call", vault.written, request)
    assert chain.call(vault, "counts")[2] == 0


def test_a_settled_batch_tells_its_range_and_its_roots(chain_rig: Rig) -> None:
    """Each batch has its event on the chain, also one from another relayer."""
    batch = chain_rig.sale()
    receipt = chain_rig.settle(batch)
    (told,) = [log for log in receipt.logs if log.topics[0] == SETTLED]
    header = batch.header
    assert int.from_bytes(told.topics[1], "big") == header.last
    data = told.data
    assert [int.from_bytes(data[place : place + 32], "big") for place in (0, 32, 64)] == [
        header.first,
        header.epoch,
        header.trades,
    ]
    assert (data[96:128], data[128:160]) == (header.block, header.trades_root)


def test_tokens_on_the_chain_count_in_the_units_of_the_exchange(chain_rig: Rig) -> None:
    """Cash has 2 decimals, shares have none, and a balance is the exchange's integer without scaling."""
    settlement = chain_rig.settlement
    chain, tokens = settlement.chain, settlement.tokens
    assert [chain.call(tokens[number], "decimals") for number in (CASH, SHARES)] == [2, 0]
    assert chain.call(settlement.contract, "balanceOf", ALICE, CASH) == 1_000
    assert chain.call(settlement.contract, "balanceOf", BOB, SHARES) == 10
    assert [chain.call(tokens[number], "totalSupply") for number in (CASH, SHARES)] == [1_305, 12]
