"""The two ends of the scale: eth-tester inside this process, and any node that speaks JSON-RPC, such as anvil.

The id of the chain is always set explicitly: by default every eth-tester chain has the same one, web3 answers the
question from a constant, and two chains with one id cannot tell their signatures apart.
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
"""In the future, so that blocks step by one second each and nothing of the machine's clock enters the chain."""
FIRST_CHAIN_ID: Final = 31337
_RICH: Final = 10**30
_GIFT: Final = _RICH // 10**6


class EthTesterChain(Web3Chain):
    """A chain inside this process: pip only, and the same transactions and state roots in every run."""

    name = "eth-tester"
    capabilities = frozenset({"snapshot", "travel", "reorg", "drop"})

    def __init__(
        self,
        rich: Wallet,
        chain_id: int = FIRST_CHAIN_ID,
        block_gas: int | None = None,
        also_rich: Sequence[Wallet] = (),
    ) -> None:
        # Imported here and not above, because a run against a node does not need them.
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
        # The class is made anew for each backend, so this sets the id of this one chain.
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
        """Execute it in a block of its own, at once."""
        from eth_utils.exceptions import ValidationError

        try:
            self.w3.eth.send_raw_transaction(raw)
        except ValidationError as refused:
            if "nonce" in str(refused):
                return "nonce too low"
            raise
        return "sent"

    def fund(self, wallet: Wallet) -> None:
        """The rich wallets are funded in the genesis block; others receive from the first when they are poor."""
        if self.w3.eth.get_balance(Web3.to_checksum_address(wallet.address)) < _GIFT // 2:
            nonce = self.next_nonce(self._rich)
            gift = signed(self._rich, self.chain_id, nonce, wallet.address, b"", 21_000, value=_GIFT)
            self.send_raw(gift.raw)

    def mine(self) -> None:
        """Make an empty block."""
        self._tester.mine_block()

    def travel(self, seconds: int) -> None:
        """Let time pass; counted from the block that would come next."""
        self._tester.time_travel(self._tester.get_block_by_number("pending")["timestamp"] + seconds)

    def snapshot(self) -> Any:
        """A mark that `revert` goes back to."""
        return self._tester.take_snapshot()

    def revert(self, mark: Any) -> None:
        """Forget everything since the mark."""
        self._tester.revert_to_snapshot(mark)


class JsonRpcChain(Web3Chain):
    """A node behind a URL; the abilities beyond plain Ethereum are those of anvil."""

    name = "json-rpc"
    nonces_at = "pending"
    patience_s = 10.0
    """How long to wait for a block with our transaction before the outbox asks again."""

    def __init__(self, url: str, chain_id: int) -> None:
        super().__init__(Web3(HTTPProvider(url), middleware=[]), chain_id)
        if "anvil" in self.w3.client_version.lower():
            self.name = "anvil"
            self.capabilities = frozenset({"snapshot", "travel", "reorg", "drop"})

    def send_raw(self, raw: bytes) -> Answer:
        """Hand over signed bytes; when the line breaks, they may have arrived all the same."""
        try:
            self.w3.eth.send_raw_transaction(raw)
        except Web3RPCError as refused:
            return _meaning(str(refused))
        except OSError:  # no connection, reset, timeout, an answer with a status of 4xx or 5xx
            return "unknown"
        return "sent"

    def receipt(self, transaction: str) -> Receipt | None:
        """What became of a transaction; a node may need a moment to put it into a block."""
        until = time.monotonic() + self.patience_s
        while (found := super().receipt(transaction)) is None and self._is_waiting(transaction):
            if time.monotonic() > until:
                return None
            time.sleep(0.02)
        return found

    def fund(self, wallet: Wallet) -> None:
        """Make a wallet rich where a node of the sandbox allows it; elsewhere its owner has to."""
        if self.name == "anvil":
            self.request("anvil_setBalance", "0x" + wallet.address.hex(), hex(_RICH))

    def mine(self) -> None:
        """Make an empty block."""
        self.request("evm_mine")

    def travel(self, seconds: int) -> None:
        """Let time pass."""
        self.request("evm_increaseTime", seconds)
        self.request("evm_mine")

    def snapshot(self) -> Any:
        """A mark that `revert` goes back to."""
        return self.request("evm_snapshot")

    def revert(self, mark: Any) -> None:
        """Forget everything since the mark."""
        self.request("evm_revert", mark)

    def request(self, method: str, *arguments: Any) -> Any:
        """Ask for something beyond plain Ethereum."""
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
    """What a node's refusal means for the outbox; nodes have no common codes, only common words."""
    lowered = said.lower()
    for words, meaning in _MEANINGS:
        if words in lowered:
            return meaning
    raise Web3RPCError(said)


def _call_with_reason(tester: Any, params: Any) -> Any:
    """Ask eth-tester, and give the reason of a refusal as data, the way a node does.

    eth-tester tells it as the printed form of bytes inside an exception.
    """
    from eth_tester.exceptions import TransactionFailed

    try:
        return tester.call(*params)
    except TransactionFailed as failed:
        said = str(failed.args[0])
        data = ast.literal_eval(said) if said[:2] in ("b'", 'b"') else b""
        raise ContractCustomError(said, data="0x" + data.hex()) from None


def signature_backend() -> str:
    """Who computes signatures for eth-tester: without coincurve everything works and takes five times as long."""
    from eth_keys.backends import get_backend

    return type(get_backend()).__name__.removesuffix("ECCBackend").lower()
