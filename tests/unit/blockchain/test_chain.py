"""The traps of the chain inside this process, each with its test."""

from __future__ import annotations

from itertools import pairwise

import pytest
import rlp

from market_sim.blockchain.certificate import Domain
from market_sim.blockchain.ethereum.backends import EthTesterChain, signature_backend
from market_sim.blockchain.ethereum.in_process import GENESIS_TIME
from market_sim.blockchain.ethereum.json_rpc import JsonRpcChain
from market_sim.blockchain.ethereum.settlement import eth_tester_settlement
from market_sim.blockchain.ethereum.transactions import signed
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import SettlementError
from market_sim.core.models.settlement_events import BlockSettled, Reconciled, SettlementOpened, SettlementReverted
from tests.faulty_node import FaultyNode, on_eth_tester, serving
from tests.unit.blockchain.rig import Rig, wallet
from tests.unit.blockchain.town import Town

RICH = wallet("relayer/0")


def test_each_chain_has_the_id_it_was_given() -> None:
    chains = [EthTesterChain(RICH, number) for number in (31337, 31338)]
    for chain, number in zip(chains, (31337, 31338), strict=True):
        me = "0x" + RICH.address.hex()
        contract = chain.deploy(RICH, "BatchSettlement", [], [me], me, bytes(32), bytes([number % 2]) * 32)
        assert chain.call(contract, "domain") == Domain(number, contract.address, bytes([number % 2]) * 32).separator


def test_two_fresh_chains_give_the_same_address_and_only_the_id_tells_certificates_apart() -> None:
    one, other = (Rig(eth_tester_settlement(chain_id=number)) for number in (31337, 31338))
    assert one.settlement.contract.address == other.settlement.contract.address
    batch = one.sale()
    with pytest.raises(ChainReverted, match="WrongSigner"):
        other.settle(batch, one.certified(batch))


def test_the_chain_does_not_stop_a_transaction_that_was_signed_for_another_one() -> None:
    """Why every digest names its chain: the same bytes are valid on both chains."""
    chain = EthTesterChain(RICH, 31338)
    meant_for_31337 = signed(RICH, 31337, 0, bytes(20), b"", 21_000)
    assert chain.send_raw(meant_for_31337.raw) == "sent"
    receipt = chain.receipt(meant_for_31337.hash)
    assert receipt is not None and receipt.succeeded


def test_a_wrong_chain_is_refused() -> None:
    with (
        serving(FaultyNode(on_eth_tester())) as url,
        pytest.raises(SettlementError, match="expected the chain with the id 1, found 31337"),
    ):
        JsonRpcChain(url, RICH, 1)


def test_blocks_step_by_one_second_from_a_time_that_no_clock_shows() -> None:
    chain = EthTesterChain(RICH)
    first = chain.block()
    chain.mine()
    chain.mine()
    assert (first.timestamp, chain.block().timestamp) == (GENESIS_TIME, GENESIS_TIME + 2)
    chain.travel(3600)
    assert chain.block().timestamp == GENESIS_TIME + 2 + 3600


def test_a_failed_transaction_raises_only_because_transact_reads_its_status(chain_rig: Rig) -> None:
    settlement = chain_rig.settlement
    chain, me = settlement.chain, settlement.operator
    data = settlement.contract.artifact.functions["claim"].call(2, 0)
    failing = signed(me, chain.chain_id, chain.next_nonce(me), settlement.contract.address, data, 200_000)
    assert chain.send_raw(failing.raw) == "sent"
    receipt = chain.receipt(failing.hash)
    assert receipt is not None
    assert (receipt.succeeded, receipt.error, receipt.out_of_gas) == (False, "NotOwner", False)
    with pytest.raises(ChainReverted, match="NotOwner"):
        chain.transact(me, settlement.contract, "claim", 2, 0)


def test_the_same_bytes_a_second_time_are_a_nonce_too_low(chain_rig: Rig) -> None:
    chain, me = chain_rig.settlement.chain, chain_rig.settlement.operator
    gift = signed(me, chain.chain_id, chain.next_nonce(me), bytes(20), b"", 21_000)
    assert [chain.send_raw(gift.raw), chain.send_raw(gift.raw)] == ["sent", "nonce too low"]


def test_each_later_attempt_offers_at_least_an_eighth_more_of_both_prices() -> None:
    offers = []
    for attempt in range(6):
        kind, *fields = signed(RICH, 5, 3, bytes(20), b"", 21_000, attempt).raw
        [chain_id, nonce, tip, fee, gas, *_] = rlp.decode(bytes(fields))
        assert (kind, chain_id, nonce, gas) == (2, b"\x05", b"\x03", (21_000).to_bytes(2, "big"))
        offers.append((int.from_bytes(tip, "big"), int.from_bytes(fee, "big")))
    for before, after in pairwise(offers):
        assert all(8 * now >= 9 * then for then, now in zip(before, after, strict=True))
        assert all(8 * now < 10 * then for then, now in zip(before, after, strict=True))


def test_a_transaction_that_no_block_holds_has_no_receipt(chain_rig: Rig) -> None:
    chain = chain_rig.settlement.chain
    assert chain.receipt("ab" * 32) is None


def test_coincurve_computes_the_signatures() -> None:
    assert signature_backend() == "coincurve"


def test_a_settled_market_on_contracts_tells_the_same_story_as_in_memory() -> None:
    towns = [Town(settlement=settlement) for settlement in (eth_tester_settlement(), None)]
    for town in towns:
        town.finalize(town.block(), town.block(town.trade(100, 3, 1, 2), town.trade(900, 9)))
        town.finalize(town.block(town.trade(50, 2)))
    for kind in (Reconciled,):
        assert towns[0].of(kind) == towns[1].of(kind)
    chain, memory = ([(e.first, e.last, e.trades, e.refused, e.rows) for e in town.of(BlockSettled)] for town in towns)
    assert chain == memory == [(1, 2, 1, 1, 5), (3, 3, 1, 0, 4)]
    assert towns[0].service.settlement.statement() == towns[1].service.settlement.statement()
    (opened,) = towns[0].of(SettlementOpened)
    assert (opened.backend, opened.chain_id, opened.tokens) == ("eth-tester", 31337, ("USD", "ACME"))
    assert opened.gas > 0 and opened.transactions == 10
    assert all(event.gas > 21_000 and len(event.transaction) == 64 for event in towns[0].of(BlockSettled))


def test_a_batch_that_reverts_is_told_with_the_name_of_the_error() -> None:
    town = Town(settlement=eth_tester_settlement())
    settlement = town.service.settlement
    silence, day = 2**256 - 1, 24 * 3600
    settlement.chain.travel(8 * day)
    settlement.chain.transact(settlement.operator, settlement.contract, "planEscape", silence)
    settlement.chain.travel(3 * day)
    settlement.chain.transact(settlement.operator, settlement.contract, "escape", silence)
    with pytest.raises(ChainReverted, match="SettlementEscaped"):
        town.finalize(town.block(town.trade(100, 1)))
    (reverted,) = town.of(SettlementReverted)
    assert (reverted.first, reverted.last, reverted.error) == (1, 1, "SettlementEscaped")
    assert reverted.gas == settlement.receipt(reverted.transaction).gas > 21_000


def test_settled_blocks_wait_for_their_confirmations_and_are_told_at_the_end() -> None:
    settlement = eth_tester_settlement()
    settlement.confirmations = 2
    town = Town(settlement=settlement)
    town.finalize(town.block(town.trade(100, 1)), town.block(town.trade(100, 1)))
    assert town.of(BlockSettled) == []
    town.finalize(town.block(town.trade(100, 1)))
    town.service.finish()
    assert [event.last for event in town.of(BlockSettled)] == [1, 2, 3]
    assert town.service.summary().reconciled


def test_half_a_deposit_is_refused(chain_rig: Rig) -> None:
    settlement = chain_rig.settlement
    with pytest.raises(ChainReverted, match=r"BadDepositsLength\(length=19\)"):
        settlement.chain.transact(settlement.operator, settlement.contract, "depositMany", 0, bytes(19))
