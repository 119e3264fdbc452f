"""The same contracts on a real node: anvil agrees with eth-tester, and brings faults that eth-tester cannot have."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator

import pytest

from market_sim.blockchain.ethereum.in_process import GENESIS_TIME
from market_sim.blockchain.ethereum.json_rpc import JsonRpcChain
from market_sim.blockchain.ethereum.settlement import EthereumSettlement, eth_tester_settlement, json_rpc_settlement
from market_sim.blockchain.ethereum.transactions import signed
from market_sim.blockchain.outbox import MemoryRows, Outbox, OutboxRow
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import SettlementError
from market_sim.core.models.settlement_events import BlockSettled, Reconciled, SettlementOpened, TradeRefused
from tests.anvil import running
from tests.integration import settlement_faults
from tests.unit.blockchain.office import chained
from tests.unit.blockchain.rig import Rig
from tests.unit.blockchain.test_refusals import REFUSALS, Case
from tests.unit.blockchain.test_settlement_machine import FATES, fates_of
from tests.unit.blockchain.test_statement_pages import calls_for_pages
from tests.unit.blockchain.town import Town

pytestmark = pytest.mark.system
CHAIN_ID = 31337


GENERATION = ("--chain-id", str(CHAIN_ID), "--hardfork", "cancun", "--timestamp", str(GENESIS_TIME))
"""The same chain as eth-tester has."""


@pytest.fixture(scope="module")
def node(needs: Callable[[str], str]) -> Iterator[str]:
    with running(needs("anvil"), *GENERATION) as address:
        yield address


@pytest.fixture
def fresh_node(needs: Callable[[str], str]) -> Iterator[str]:
    """Nothing happened here yet, so nonces and addresses are those of a fresh eth-tester."""
    with running(needs("anvil"), *GENERATION) as address:
        yield address


def settlement_on(node: str, confirmations: int = 0) -> EthereumSettlement:
    return json_rpc_settlement(node, CHAIN_ID, confirmations=confirmations)


@pytest.fixture(scope="module")
def opened(node: str) -> Rig:
    return Rig(settlement_on(node))


@pytest.fixture
def rig(opened: Rig) -> Iterator[Rig]:
    chain = opened.settlement.chain
    mark = chain.snapshot()
    yield opened
    chain.request("evm_setAutomine", True)
    chain.revert(mark)
    opened.settlement.confirmations = 0


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.__name__)
def test_anvil_refuses_what_the_python_twin_refuses(rig: Rig, case: Case) -> None:
    batch, signed_by = case(rig)
    with pytest.raises(ChainReverted) as refused:
        rig.settle(batch, signed_by)
    assert str(refused.value).startswith(REFUSALS[case])


def test_in_thirty_lives_on_anvil_the_contract_and_its_python_twin_never_differ(fresh_node: str) -> None:
    seen = fates_of(30, settlement_on(fresh_node))
    assert [fate for fate in FATES if not seen[fate]] == [], seen


def test_anvil_and_eth_tester_agree_on_balances_gas_and_transactions(fresh_node: str) -> None:
    on_anvil = settlement_on(fresh_node)
    # One second for each block, as on eth-tester: the contract stores the time of the last batch.
    on_anvil.chain.request("anvil_setBlockTimestampInterval", 1)
    towns = [Town(settlement=settlement) for settlement in (on_anvil, eth_tester_settlement())]
    for town in towns:
        town.finalize(town.block(), town.block(town.trade(100, 3, 1, 2), town.trade(900, 9)))
        town.finalize(town.block(town.trade(50, 2)))
    anvil, tester = towns
    assert anvil.service.settlement.statement() == tester.service.settlement.statement()
    for kind in (Reconciled, TradeRefused):
        assert anvil.of(kind) == tester.of(kind)
    paid = [
        [(e.first, e.last, e.trades, e.rows, e.gas, e.transaction) for e in town.of(BlockSettled)] for town in towns
    ]
    assert paid[0] == paid[1]
    opened = [town.of(SettlementOpened)[0] for town in towns]
    assert opened[0].backend == "anvil" and opened[0].gas == opened[1].gas


def test_on_anvil_the_pages_of_a_statement_are_the_statement(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    assert calls_for_pages(rig, monkeypatch) == [9, 3, 3, 2, 1]


def test_a_node_of_another_chain_is_refused(node: str) -> None:
    with pytest.raises(SettlementError, match="expected the chain with the id 31338, found 31337"):
        json_rpc_settlement(node, 31338)


def test_a_line_that_breaks_is_an_unknown_result_and_not_a_failure(rig: Rig) -> None:
    chain: JsonRpcChain = rig.settlement.chain
    good = chain.w3.provider.endpoint_uri
    batch = rig.sale()
    prepared = rig.settlement.prepare(batch, rig.certified(batch), rig.settlement.next_nonce(), attempt=0)
    with socket.socket() as deaf:  # it has the port and does not listen: nobody can be reached there
        deaf.bind(("127.0.0.1", 0))
        chain.w3.provider.endpoint_uri = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        try:
            assert chain.send_raw(prepared.raw) == "unknown"
        finally:
            chain.w3.provider.endpoint_uri = good
    assert chain.send_raw(prepared.raw) == "sent"


def test_the_answers_of_the_node_are_told_apart(rig: Rig) -> None:
    settlement, chain = rig.settlement, rig.settlement.chain
    chain.request("evm_setAutomine", False)
    nonce = settlement.next_nonce()
    first, same_fee, higher = (
        signed(settlement.relayer, CHAIN_ID, nonce, bytes(19) + bytes([to]), b"", 21_000, attempt)
        for to, attempt in ((1, 0), (2, 0), (2, 2))
    )
    assert chain.send_raw(first.raw) == "sent"
    assert chain.send_raw(first.raw) == "already known"
    assert chain.send_raw(same_fee.raw) == "underpriced"
    assert chain.send_raw(higher.raw) == "sent"
    chain.mine()
    assert chain.receipt(first.hash) is None
    assert chain.receipt(higher.hash) is not None
    assert chain.send_raw(first.raw) == "nonce too low"


class Office:
    """An outbox on the node, and what it told."""

    def __init__(self, rig: Rig, confirmations: int, batches: int = 2) -> None:
        rig.settlement.confirmations = confirmations
        self.settled: list[OutboxRow] = []
        self.depths: list[int] = []
        self.store = MemoryRows()
        self.outbox = Outbox(
            rig.settlement, self.store, self.settled.append, lambda row, depth: self.depths.append(depth)
        )
        self.rig = rig
        for batch in chained(rig, batches):
            self.outbox.add(batch, rig.certified(batch))

    def saw_reorg(self, row: OutboxRow, depth: int) -> None:
        self.depths.append(depth)

    def finish(self) -> None:
        for _ in range(20):
            self.outbox.advance()
            if not self.outbox.waiting:
                return
            self.rig.settlement.confirm()
        raise AssertionError("never settled")


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_a_reorg_is_seen_and_the_same_bytes_are_settled_again(rig: Rig, depth: int) -> None:
    office = Office(rig, confirmations=6)
    office.outbox.advance()
    for _ in range(depth - 1):
        rig.settlement.confirm()
    rig.settlement.chain.request("anvil_reorg", depth, [])
    assert rig.settlement.head().height < 2, "the canary: the chain forgot a batch"
    office.finish()
    assert rig.settlement.head().height == 2
    assert office.depths and len(office.settled) == 2
    assert all(len(row.prepared) == 1 for row in office.store.rows())


def test_the_campaign_of_faults_plays_lives_on_both_chains_and_counts_them(
    needs: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert needs("anvil") and settlement_faults.main(["8", "--no-kills"]) == 0
    told = capsys.readouterr().out
    for name in ("eth-tester", "anvil"):
        assert re.search(f"^{name}: 8 lives in [0-9]+ s, each batch settled once, balances equal$", told, re.M)
    counted = [list(map(int, re.findall("[0-9]+", line))) for line in told.splitlines() if "unknown result" in line]
    assert len(counted) == 2 and all(unknown >= 4 and reorgs >= 2 for unknown, reorgs in counted), told


def test_a_dropped_transaction_is_sent_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = rig.settlement.chain
    chain.request("evm_setAutomine", False)
    office = Office(rig, confirmations=0, batches=1)
    with monkeypatch.context() as hasty:
        hasty.setattr(chain, "patience_s", 0.2)
        office.outbox.advance()
    (row,) = office.store.rows()
    assert row.status == "sent"
    chain.request("anvil_dropTransaction", "0x" + row.prepared[0].transaction)
    chain.mine()
    assert rig.settlement.head().height == 0
    chain.request("evm_setAutomine", True)
    office.finish()
    assert rig.settlement.head().height == 1
    assert len(office.store.rows()[0].prepared) == 1
