"""The chain backends: eth-tester inside this process, and a JSON-RPC node such as anvil.

The chain id is always set explicitly: by default all eth-tester chains have the same id, web3 returns a constant for
it, and a signature for one of two chains with the same id is valid on the other.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Sequence
from typing import Any, Final

from web3 import HTTPProvider, Web3
from web3.exceptions import ContractCustomError, Web3RPCError

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.chain import ANY_SENDER, Web3Chain
from market_sim.blockchain.ethereum.transactions import signed
from market_sim.blockchain.settlement import Answer, Receipt

GENESIS_TIME: Final = 4_000_000_000
"""A time in the future: so blocks advance by one second each, and the machine's clock never enters the chain."""
FIRST_CHAIN_ID: Final = 31337
_RICH: Final = 10**30
_GIFT: Final = _RICH // 10**6


class EthTesterChain(Web3Chain):
    """An eth-tester chain inside this process; transactions and state roots are the same in every run."""

    name = "eth-tester"
    capabilities = frozenset({"snapshot", "travel", "reorg", "drop"})

    def __init__(
        self,
        rich: Wallet,
        chain_id: int = FIRST_CHAIN_ID,
        block_gas: int | None = None,
        also_rich: Sequence[Wallet] = (),
    ) -> None:
        # Imported late, because a run on a JSON-RPC node does not need them.
        from eth_tester import EthereumTester, PyEVMBackend
        from web3 import EthereumTesterProvider
        from web3.providers.eth_tester.defaults import API_ENDPOINTS

        settings = {"timestamp": GENESIS_TIME} | ({"gas_limit": block_gas} if block_gas else {})
        backend = PyEVMBackend(
            genesis_parameters=PyEVMBackend.generate_genesis_params(settings),
            genesis_state={
                who: {"balance": _RICH, "nonce": 0, "code": b"", "storage": {}}
                for who in (rich.address, ANY_SENDER, *(wallet.address for wallet in also_rich))
            },
        )
        # Each backend has a class of its own, so this sets the id of this chain only.
        type(backend.chain).chain_id = chain_id
        self._rich = rich
        self._tester = EthereumTester(backend)
        answers = {
            **API_ENDPOINTS,
            "eth": {**API_ENDPOINTS["eth"], "chainId": lambda *_: hex(chain_id), "call": _call_with_reason},
        }
        provider = EthereumTesterProvider(self._tester, answers)
        super().__init__(Web3(provider, middleware=[]), chain_id)

    def send_raw(self, raw: bytes) -> Answer:
        """Execute a transaction at once, in a block of its own."""
        from eth_utils.exceptions import ValidationError

        try:
            self.w3.eth.send_raw_transaction(raw)
        except ValidationError as refused:
            if "nonce" in str(refused):
                return "nonce too low"
            raise
        return "sent"

    def fund(self, wallet: Wallet) -> None:
        """Give a wallet ether for gas when it has little; the rich wallets are funded in the genesis block."""
        if self.w3.eth.get_balance(Web3.to_checksum_address(wallet.address)) < _GIFT // 2:
            nonce = self.next_nonce(self._rich)
            gift = signed(self._rich, self.chain_id, nonce, wallet.address, b"", 21_000, value=_GIFT)
            self.send_raw(gift.raw)

    def mine(self) -> None:
        """Mine an empty block."""
        self._tester.mine_block()

    def travel(self, seconds: int) -> None:
        """Advance the time, counted from the pending block."""
        self._tester.time_travel(self._tester.get_block_by_number("pending")["timestamp"] + seconds)

    def snapshot(self) -> Any:
        """A snapshot for `revert`."""
        return self._tester.take_snapshot()

    def revert(self, mark: Any) -> None:
        """Go back to a snapshot."""
        self._tester.revert_to_snapshot(mark)


class JsonRpcChain(Web3Chain):
    """A node behind a URL; methods beyond standard JSON-RPC are those of anvil."""

    name = "json-rpc"
    nonces_at = "pending"
    patience_s = 10.0
    """How long to wait for a receipt before the outbox asks again."""

    def __init__(self, url: str, chain_id: int) -> None:
        super().__init__(Web3(HTTPProvider(url), middleware=[]), chain_id)
        if "anvil" in self.w3.client_version.lower():
            self.name = "anvil"
            self.capabilities = frozenset({"snapshot", "travel", "reorg", "drop"})

    def send_raw(self, raw: bytes) -> Answer:
        """Send signed bytes; if the connection breaks, they may still have arrived."""
        try:
            self.w3.eth.send_raw_transaction(raw)
        except Web3RPCError as refused:
            return _meaning(str(refused))
        except OSError:  # no connection, reset, timeout, an answer with a status of 4xx or 5xx
            return "unknown"
        return "sent"

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction; waits while the transaction is pending."""
        until = time.monotonic() + self.patience_s
        while (found := super().receipt(transaction)) is None and self._is_waiting(transaction):
            if time.monotonic() > until:
                return None
            time.sleep(0.02)
        return found

    def fund(self, wallet: Wallet) -> None:
        """Give a wallet ether on anvil; on another node the owner must fund it."""
        if self.name == "anvil":
            self.request("anvil_setBalance", "0x" + wallet.address.hex(), hex(_RICH))

    def mine(self) -> None:
        """Mine an empty block."""
        self.request("evm_mine")

    def travel(self, seconds: int) -> None:
        """Advance the time."""
        self.request("evm_increaseTime", seconds)
        self.request("evm_mine")

    def snapshot(self) -> Any:
        """A snapshot for `revert`."""
        return self.request("evm_snapshot")

    def revert(self, mark: Any) -> None:
        """Go back to a snapshot."""
        self.request("evm_revert", mark)

    def request(self, method: str, *arguments: Any) -> Any:
        """Call a method beyond standard JSON-RPC."""
        answer = self.w3.provider.make_request(method, list(arguments))  # type: ignore[arg-type]
        if "error" in answer:
            raise Web3RPCError(str(answer["error"]))
        return answer["result"]

    def _is_waiting(self, transaction: str) -> bool:
        found = self.w3.provider.make_request("eth_getTransactionByHash", ["0x" + transaction])  # type: ignore[arg-type]
        return bool(found.get("result"))


_MEANINGS: Final[tuple[tuple[str, Answer], ...]] = (
    ("already known", "already known"),
    ("already imported", "already known"),
    ("nonce too low", "nonce too low"),
    ("underpriced", "underpriced"),
    ("fee too low", "underpriced"),
    ("max fee per gas less than block base fee", "underpriced"),
    ("too many requests", "unknown"),
    ("timeout", "unknown"),
)


def _meaning(said: str) -> Answer:
    """The meaning of a node's refusal for the outbox; nodes share no error codes, only phrases."""
    lowered = said.lower()
    for words, meaning in _MEANINGS:
        if words in lowered:
            return meaning
    raise Web3RPCError(said)


def _call_with_reason(tester: Any, params: Any) -> Any:
    """Call eth-tester, and return the revert data as a node does.

    eth-tester gives them as the printed form of bytes inside an exception.
    """
    from eth_tester.exceptions import TransactionFailed

    try:
        return tester.call(*params)
    except TransactionFailed as failed:
        said = str(failed.args[0])
        data = ast.literal_eval(said) if said[:2] in ("b'", 'b"') else b""
        raise ContractCustomError(said, data="0x" + data.hex()) from None


def signature_backend() -> str:
    """The library that computes signatures for eth-tester; without coincurve this takes five times as long."""
    from eth_keys.backends import get_backend

    return type(get_backend()).__name__.removesuffix("ECCBackend").lower()
