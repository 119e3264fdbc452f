"""What web3 answers about a chain, as its port has it: the base of JSON-RPC nodes."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from web3 import Web3
from web3.exceptions import ContractLogicError, TransactionNotFound

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.artifacts import refusal
from market_sim.blockchain.ethereum.chain import Chain, ChainBlock, DeployedContract
from market_sim.blockchain.settlement import ChainReverted, Log, Moment, Receipt


class Web3Chain(Chain):
    """A chain that is asked through web3."""

    name = "web3"
    nonces_at: ClassVar[Literal["latest", "pending"]] = "latest"

    def __init__(self, w3: Web3, chain_id: int) -> None:
        super().__init__(chain_id)
        self.w3 = w3

    def logs(self, contract: DeployedContract, event: str, number: int, until: Moment = "latest") -> list[Log]:
        """The log entries of an event of a contract whose first indexed parameter is this number, up to a block."""
        (topic,) = (each.topic for each in contract.artifact.events.values() if each.name == event)
        asked = {
            "fromBlock": 0,  # eth-tester finds nothing from "earliest" on
            "toBlock": until,
            "address": Web3.to_checksum_address(contract.address),
            "topics": ["0x" + topic.hex(), "0x" + number.to_bytes(32, "big").hex()],
        }
        return list(map(_log, self.w3.eth.get_logs(asked)))  # type: ignore[arg-type]

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction, if a block holds it."""
        try:
            found: Any = self.w3.eth.get_transaction_receipt("0x" + transaction)  # type: ignore[arg-type]
        except TransactionNotFound:
            return None
        number, gas = int(found["blockNumber"]), int(found["gasUsed"])
        block = self.block(number)
        if found["status"] == 1:
            roots = block.state_root, block.receipts_root
            return Receipt(transaction, True, gas, number, "", {}, False, *roots, tuple(map(_log, found["logs"])))
        sent: Any = self.w3.eth.get_transaction("0x" + transaction)  # type: ignore[arg-type]
        spent = gas >= int(sent["gas"])
        why = ChainReverted("OutOfGas") if spent else self._why(sent, number)
        return Receipt(
            transaction, False, gas, number, why.error, why.arguments, spent, block.state_root, block.receipts_root
        )

    def next_nonce(self, wallet: Wallet) -> int:
        """The nonce of this wallet's next transaction."""
        return int(self.w3.eth.get_transaction_count(Web3.to_checksum_address(wallet.address), self.nonces_at))

    def block(self, number: Moment = "latest") -> ChainBlock:
        """The latest block, or the block with this number."""
        found: Any = self.w3.eth.get_block(number)
        state, receipts = (bytes(found[root]).hex() for root in ("stateRoot", "receiptsRoot"))
        return ChainBlock(int(found["number"]), int(found["timestamp"]), state, receipts)

    def _code(self, address: bytes) -> bytes:
        return bytes(self.w3.eth.get_code(Web3.to_checksum_address(address)))

    def _ask(self, sender: bytes, to: bytes, data: bytes, block: Moment) -> bytes:
        return self._call(
            {"from": Web3.to_checksum_address(sender), "to": Web3.to_checksum_address(to), "data": data}, block
        )

    def _call(self, asked: dict[str, Any], block: Moment) -> bytes:
        try:
            return bytes(self.w3.eth.call(asked, block))  # type: ignore[arg-type]
        except ContractLogicError as reverted:
            # Without data of the contract, web3 has a word of its own there.
            data = reverted.data if isinstance(reverted.data, str) and reverted.data[:2] == "0x" else "0x"
            raise refusal(bytes.fromhex(data[2:])) from None

    def _why(self, sent: Any, number: int) -> ChainReverted:
        """Why a transaction failed: repeat it as a call on the block before, and decode the error."""
        asked = {name: sent[name] for name in ("from", "gas")} | {"data": sent["input"]}
        if sent.get("to"):
            asked["to"] = sent["to"]
        try:
            self._call(asked, number - 1)
        except ChainReverted as why:
            return why
        return ChainReverted("ReasonUnknown")


def _log(found: Any) -> Log:
    return Log(bytes.fromhex(found["address"][2:]), tuple(map(bytes, found["topics"])), bytes(found["data"]))
