"""The chain backend: the port to an Ethereum chain, and the common base of all chains behind web3.

Only `receipt` makes receipts, and only `transact` judges them: web3 raises no exception for a failed transaction, so an
unchecked status would look like success.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal, NamedTuple, Protocol

import rlp  # type: ignore[import-untyped]
from web3 import Web3
from web3.exceptions import ContractLogicError, TransactionNotFound

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.artifacts import Artifact, artifact, refusal
from market_sim.blockchain.ethereum.transactions import Signed, signed
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import Answer, ChainReverted, Log, Receipt
from market_sim.blockchain.settlement_log import SettlementLog
from market_sim.core.errors import SettlementError

PLENTY_OF_GAS: Final = 16_000_000
"""The gas limit of transactions whose need is small and known; below the limit of one transaction in any fork."""


ANY_SENDER: Final = bytes(19) + b"\1"
"""The sender of calls for which the sender does not matter."""


class ChainBlock(NamedTuple):
    """A block of the chain, without its hash, which differs from run to run."""

    number: int
    timestamp: int
    state_root: str
    receipts_root: str


class DeployedContract(NamedTuple):
    """A contract on a chain."""

    artifact: Artifact
    address: bytes

    @property
    def written(self) -> str:
        """The address in hexadecimal, as arguments of calls have it."""
        return "0x" + self.address.hex()


class ChainBackend(Protocol):
    """An Ethereum chain with contracts."""

    name: str
    chain_id: int
    capabilities: frozenset[str]
    transactions: int
    """The number of transactions of `deploy` and `transact`."""
    gas: int
    """The gas that these have used."""

    def remember(self, log: SettlementLog) -> None:
        """Ask this log before the chain, if the chain outlives this program."""

    def deploy(self, sender: Wallet, name: str, *arguments: Any) -> DeployedContract:
        """Deploy a compiled contract."""

    def check(self, contract: DeployedContract) -> None:
        """Refuse to work with an address that does not hold this contract."""

    def call(
        self,
        contract: DeployedContract,
        function: str,
        *arguments: Any,
        sender: Wallet | None = None,
        block: int | Literal["latest"] = "latest",
    ) -> Any:
        """Ask a contract, as of a block; raises `ChainReverted` when it refuses to answer."""

    def transact(
        self, sender: Wallet, contract: DeployedContract, function: str, *arguments: Any, gas: int = ...
    ) -> Receipt:
        """Change something; raises `ChainReverted` when the contract refuses."""

    def logs(self, contract: DeployedContract, event: str, number: int) -> list[Log]:
        """The log entries of an event of a contract whose first indexed parameter is this number."""

    def send_raw(self, raw: bytes) -> Answer:
        """Hand over signed bytes."""

    def receipt(self, transaction: str) -> Receipt | None:
        """What became of a transaction, if a block holds it."""

    def next_nonce(self, wallet: Wallet) -> int:
        """The nonce of this wallet's next transaction."""

    def block(self) -> ChainBlock:
        """The latest block."""

    def fund(self, wallet: Wallet) -> None:
        """Give a wallet ether for gas, if this chain can."""

    def mine(self) -> None:
        """Mine an empty block."""

    def grow(self) -> bool:
        """Make or await a further block; returns whether there is one."""

    def next_time(self) -> int:
        """The earliest time of the next block."""

    def travel(self, seconds: int) -> None:
        """Advance the time of the chain; this mines a block."""

    def snapshot(self) -> Any:
        """A snapshot for `revert`."""

    def revert(self, mark: Any) -> None:
        """Go back to a snapshot; from outside this looks like a reorganisation."""


class Web3Chain:
    """The common base of eth-tester and JSON-RPC nodes."""

    name = "web3"
    capabilities: frozenset[str] = frozenset()
    nonces_at: ClassVar[Literal["latest", "pending"]] = "latest"

    def __init__(self, w3: Web3, chain_id: int) -> None:
        self.w3 = w3
        self.chain_id = chain_id
        self.transactions = self.gas = 0
        found = w3.eth.chain_id
        if found != chain_id:
            raise SettlementError(f"expected the chain with the id {chain_id}, found {found}")

    def remember(self, log: SettlementLog) -> None:
        """Nothing is to be asked again of a chain that ends with this program."""

    def deploy(self, sender: Wallet, name: str, *arguments: Any) -> DeployedContract:
        """Deploy a compiled contract, and check the deployed code."""
        nonce, compiled = self.next_nonce(sender), artifact(name)
        self._transact(sender, b"", compiled.creation(*arguments), PLENTY_OF_GAS)
        contract = DeployedContract(compiled, keccak(rlp.encode([sender.address, nonce]))[12:])
        self.check(contract)
        return contract

    def check(self, contract: DeployedContract) -> None:
        """Refuse to work with an address that does not hold this contract."""
        if not self._holds(contract):
            raise SettlementError(f"{contract.written} does not hold the contract {contract.artifact.name}")

    def _holds(self, contract: DeployedContract) -> bool:
        code = bytes(self.w3.eth.get_code(Web3.to_checksum_address(contract.address)))
        return contract.artifact.is_code(code)

    def call(
        self,
        contract: DeployedContract,
        function: str,
        *arguments: Any,
        sender: Wallet | None = None,
        block: int | Literal["latest"] = "latest",
    ) -> Any:
        """Ask a contract; raises `ChainReverted` when it refuses to answer."""
        entry = contract.artifact.functions[function]
        asked = {
            "to": Web3.to_checksum_address(contract.address),
            "from": Web3.to_checksum_address(sender.address if sender else ANY_SENDER),
            "data": entry.call(*arguments),
        }
        return entry.answer(self._ask(asked, block))

    def transact(
        self, sender: Wallet, contract: DeployedContract, function: str, *arguments: Any, gas: int = PLENTY_OF_GAS
    ) -> Receipt:
        """Change something; raises `ChainReverted` when the contract refuses."""
        return self._transact(sender, contract.address, contract.artifact.functions[function].call(*arguments), gas)

    def logs(self, contract: DeployedContract, event: str, number: int) -> list[Log]:
        """The log entries of an event of a contract whose first indexed parameter is this number."""
        (topic,) = (each.topic for each in contract.artifact.events.values() if each.name == event)
        asked = {
            "fromBlock": 0,  # eth-tester finds nothing from "earliest" on
            "toBlock": "latest",
            "address": Web3.to_checksum_address(contract.address),
            "topics": ["0x" + topic.hex(), "0x" + number.to_bytes(32, "big").hex()],
        }
        return list(map(_log, self.w3.eth.get_logs(asked)))  # type: ignore[arg-type]

    def send_raw(self, raw: bytes) -> Answer:
        """Hand over signed bytes."""
        raise NotImplementedError

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

    def block(self, number: int | Literal["latest"] = "latest") -> ChainBlock:
        """The latest block, or the block with this number."""
        found: Any = self.w3.eth.get_block(number)
        state, receipts = (bytes(found[root]).hex() for root in ("stateRoot", "receiptsRoot"))
        return ChainBlock(int(found["number"]), int(found["timestamp"]), state, receipts)

    def next_time(self) -> int:
        """The earliest time of the next block."""
        return self.block().timestamp + 1

    def _ask(self, asked: dict[str, Any], block: int | Literal["latest"]) -> bytes:
        try:
            return bytes(self.w3.eth.call(asked, block))  # type: ignore[arg-type]
        except ContractLogicError as reverted:
            data = reverted.data if isinstance(reverted.data, str) else ""
            raise refusal(bytes.fromhex(data.removeprefix("0x"))) from None

    def _transact(self, sender: Wallet, to: bytes, data: bytes, gas: int) -> Receipt:
        receipt = self._delivered(signed(sender, self.chain_id, self.next_nonce(sender), to, data, gas))
        self.transactions += 1
        self.gas += receipt.gas
        if not receipt.succeeded:
            raise ChainReverted(receipt.error, receipt.arguments)
        return receipt

    def _delivered(self, transaction: Signed) -> Receipt:
        """Send a transaction and await the block that holds it."""
        answer = self.send_raw(transaction.raw)
        receipt = self.receipt(transaction.hash) if answer == "sent" else None
        if receipt is None:
            raise SettlementError(f"a transaction was not executed; the chain answered: {answer}")
        return receipt

    def _why(self, sent: Any, number: int) -> ChainReverted:
        """Why a transaction failed: repeat it as a call on the block before, and decode the error."""
        asked = {name: sent[name] for name in ("from", "gas")} | {"data": sent["input"]}
        if sent.get("to"):
            asked["to"] = sent["to"]
        try:
            self._ask(asked, number - 1)
        except ChainReverted as why:
            return why
        return ChainReverted("ReasonUnknown")


def _log(found: Any) -> Log:
    return Log(bytes.fromhex(found["address"][2:]), tuple(map(bytes, found["topics"])), bytes(found["data"]))
