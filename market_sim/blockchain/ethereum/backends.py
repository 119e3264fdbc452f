"""The chain inside this process: eth-tester, asked directly. web3 would take as long to load again as eth-tester does,
and is needed only for nodes outside the program: market_sim/blockchain/ethereum/json_rpc.py.

The chain id is always set explicitly: by default all eth-tester chains have the same id, and a signature for one of two
chains with the same id is valid on the other.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed, TransactionNotFound
from eth_utils.address import to_checksum_address
from eth_utils.exceptions import ValidationError

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.artifacts import refusal
from market_sim.blockchain.ethereum.chain import ANY_SENDER, Chain, ChainBlock, DeployedContract
from market_sim.blockchain.ethereum.in_process import FIRST_CHAIN_ID, GENESIS_TIME, WEALTH, gift
from market_sim.blockchain.ethereum.remembered_tries import remember
from market_sim.blockchain.settlement import Answer, ChainReverted, Log, Moment, Receipt


class EthTesterChain(Chain):
    """An eth-tester chain inside this process; transactions and state roots are the same in every run."""

    name = "eth-tester"
    capabilities = frozenset({"snapshot", "travel", "reorg", "drop", "alone"})

    def __init__(
        self,
        rich: Wallet,
        chain_id: int = FIRST_CHAIN_ID,
        block_gas: int | None = None,
        also_rich: Sequence[Wallet] = (),
    ) -> None:
        super().__init__(chain_id)
        remember()
        settings = {"timestamp": GENESIS_TIME} | ({"gas_limit": block_gas} if block_gas else {})
        backend = PyEVMBackend(
            genesis_parameters=PyEVMBackend.generate_genesis_params(settings),
            genesis_state={
                who: {"balance": WEALTH, "nonce": 0, "code": b"", "storage": {}}
                for who in (rich.address, ANY_SENDER, *(wallet.address for wallet in also_rich))
            },
        )
        # Each backend has a class of its own, so this sets the id of this chain only.
        type(backend.chain).chain_id = chain_id
        self._rich = rich
        self._tester = EthereumTester(backend)

    def send_raw(self, raw: bytes) -> Answer:
        """Execute a transaction at once, in a block of its own."""
        try:
            self._tester.send_raw_transaction("0x" + raw.hex())
        except ValidationError as refused:
            if "nonce" in str(refused):
                return "nonce too low"
            raise
        return "sent"

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction, if a block holds it."""
        try:
            found = self._tester.get_transaction_receipt("0x" + transaction)
        except TransactionNotFound:
            return None
        number, gas = found["block_number"], found["gas_used"]
        block = self.block(number)
        roots = block.state_root, block.receipts_root
        if found["status"] == 1:
            return Receipt(transaction, True, gas, number, "", {}, False, *roots, tuple(map(_log, found["logs"])))
        sent = self._tester.get_transaction_by_hash("0x" + transaction)
        spent = gas >= sent["gas"]
        why = ChainReverted("OutOfGas") if spent else self._why(sent, number)
        return Receipt(transaction, False, gas, number, why.error, why.arguments, spent, *roots)

    def next_nonce(self, wallet: Wallet) -> int:
        """The nonce of this wallet's next transaction."""
        return int(self._tester.get_nonce(to_checksum_address(wallet.address)))

    def block(self, number: Moment = "latest") -> ChainBlock:
        """The latest block, or the block with this number."""
        found = self._tester.get_block_by_number(number)
        roots = (found[root].removeprefix("0x") for root in ("state_root", "receipts_root"))
        return ChainBlock(found["number"], found["timestamp"], *roots)

    def logs(self, contract: DeployedContract, event: str, number: int, until: Moment = "latest") -> list[Log]:
        """The log entries of an event of a contract whose first indexed parameter is this number, up to a block."""
        (topic,) = (each.topic for each in contract.artifact.events.values() if each.name == event)
        topics = ["0x" + topic.hex(), "0x" + number.to_bytes(32, "big").hex()]
        place = to_checksum_address(contract.address)
        return list(map(_log, self._tester.get_logs(from_block=0, to_block=until, address=place, topics=topics)))

    def fund(self, wallet: Wallet) -> None:
        """Give a wallet ether for gas when it has little; the rich wallets are funded in the genesis block."""
        gift(self, self._rich, wallet, self._tester.get_balance(to_checksum_address(wallet.address)))

    def _code(self, address: bytes) -> bytes:
        return bytes.fromhex(self._tester.get_code(to_checksum_address(address)).removeprefix("0x"))

    def _ask(self, sender: bytes, to: bytes, data: bytes, block: Moment) -> bytes:
        asked = {"from": to_checksum_address(sender), "to": to_checksum_address(to), "data": "0x" + data.hex()}
        return self._call(asked, block)

    def _call(self, asked: dict[str, Any], block: Moment) -> bytes:
        """The answer of a contract; eth-tester gives the data of a refusal as the printed form of bytes."""
        try:
            return bytes.fromhex(self._tester.call(asked, block).removeprefix("0x"))
        except TransactionFailed as failed:
            said = str(failed.args[0])
            raise refusal(ast.literal_eval(said) if said[:2] in ("b'", 'b"') else b"") from None

    def _why(self, sent: dict[str, Any], number: int) -> ChainReverted:
        """Why a transaction failed: repeat it as a call on the block before, and decode the error."""
        try:
            self._call({name: sent[name] for name in ("from", "to", "gas", "data") if sent[name]}, number - 1)
        except ChainReverted as why:
            return why
        return ChainReverted("ReasonUnknown")

    def mine(self) -> None:
        """Mine an empty block."""
        self._tester.mine_block()

    def grow(self) -> bool:
        """Mine an empty block; returns that there is one."""
        self.mine()
        return True

    def travel(self, seconds: int) -> None:
        """Advance the time, counted from the pending block."""
        self._tester.time_travel(self._tester.get_block_by_number("pending")["timestamp"] + seconds)

    def snapshot(self) -> Any:
        """A snapshot for `revert`."""
        return self._tester.take_snapshot()

    def revert(self, mark: Any) -> None:
        """Go back to a snapshot."""
        self._tester.revert_to_snapshot(mark)


def _log(found: dict[str, Any]) -> Log:
    topics = tuple(bytes.fromhex(topic.removeprefix("0x")) for topic in found["topics"])
    return Log(bytes.fromhex(found["address"][2:]), topics, bytes.fromhex(found["data"].removeprefix("0x")))


def signature_backend() -> str:
    """The library that computes signatures for eth-tester; without coincurve this takes five times as long."""
    from eth_keys.backends import get_backend

    return type(get_backend()).__name__.removesuffix("ECCBackend").lower()
