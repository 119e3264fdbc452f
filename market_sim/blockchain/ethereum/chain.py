"""The chain backend: the port to an Ethereum chain, and the common base of all chains.

Only `receipt` makes receipts, and only `transact` judges them: a failed transaction raises no exception, so an
unchecked status would look like success.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Final, NamedTuple, Protocol

import rlp  # type: ignore[import-untyped]

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.artifacts import Artifact, artifact
from market_sim.blockchain.ethereum.transactions import Signed, signed
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.settlement import Answer, ChainReverted, Log, Moment, Receipt
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
        block: Moment = "latest",
    ) -> Any:
        """Ask a contract, as of a block; raises `ChainReverted` when it refuses to answer."""

    def transact(
        self, sender: Wallet, contract: DeployedContract, function: str, *arguments: Any, gas: int = ...
    ) -> Receipt:
        """Change something; raises `ChainReverted` when the contract refuses."""

    def logs(self, contract: DeployedContract, event: str, number: int, until: Moment = "latest") -> list[Log]:
        """The log entries of an event of a contract whose first indexed parameter is this number, up to a block."""

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


class Chain:
    """The common base of all chains: what follows from receipts, answers, nonces and blocks."""

    capabilities: frozenset[str] = frozenset()

    def __init__(self, chain_id: int) -> None:
        self.chain_id = chain_id
        self.transactions = self.gas = 0

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

    def call(
        self,
        contract: DeployedContract,
        function: str,
        *arguments: Any,
        sender: Wallet | None = None,
        block: Moment = "latest",
    ) -> Any:
        """Ask a contract; raises `ChainReverted` when it refuses to answer."""
        entry = contract.artifact.functions[function]
        asker = sender.address if sender else ANY_SENDER
        return entry.answer(self._ask(asker, contract.address, entry.call(*arguments), block))

    def transact(
        self, sender: Wallet, contract: DeployedContract, function: str, *arguments: Any, gas: int = PLENTY_OF_GAS
    ) -> Receipt:
        """Change something; raises `ChainReverted` when the contract refuses."""
        return self._transact(sender, contract.address, contract.artifact.functions[function].call(*arguments), gas)

    @abstractmethod
    def send_raw(self, raw: bytes) -> Answer:
        """Hand over signed bytes."""

    @abstractmethod
    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction, if a block holds it."""

    @abstractmethod
    def next_nonce(self, wallet: Wallet) -> int:
        """The nonce of this wallet's next transaction."""

    @abstractmethod
    def block(self, number: Moment = "latest") -> ChainBlock:
        """The latest block, or the block with this number."""

    def next_time(self) -> int:
        """The earliest time of the next block."""
        return self.block().timestamp + 1

    @abstractmethod
    def _code(self, address: bytes) -> bytes:
        """The code at an address."""

    @abstractmethod
    def _ask(self, sender: bytes, to: bytes, data: bytes, block: Moment) -> bytes:
        """The answer of a contract; raises `ChainReverted` when it refuses."""

    def _holds(self, contract: DeployedContract) -> bool:
        return contract.artifact.is_code(self._code(contract.address))

    def _transact(self, sender: Wallet, to: bytes, data: bytes, gas: int) -> Receipt:
        receipt = self._delivered(signed(sender, self.chain_id, self.next_nonce(sender), to, data, gas))
        self.transactions += 1
        self.gas += receipt.gas
        if not receipt.succeeded:
            raise ChainReverted(receipt.error, receipt.arguments, receipt.transaction, receipt.gas)
        return receipt

    def _delivered(self, transaction: Signed) -> Receipt:
        """Send a transaction and await the block that holds it."""
        answer = self.send_raw(transaction.raw)
        receipt = self.receipt(transaction.hash) if answer == "sent" else None
        if receipt is None:
            raise SettlementError(f"a transaction was not executed; the chain answered: {answer}")
        return receipt
