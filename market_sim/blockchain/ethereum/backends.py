"""The chain inside this process: eth-tester. A node outside it is in market_sim/blockchain/ethereum/json_rpc.py.

The chain id is always set explicitly: by default all eth-tester chains have the same id, web3 returns a constant for
it, and a signature for one of two chains with the same id is valid on the other.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from web3 import Web3
from web3.exceptions import ContractCustomError

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.ethereum.chain import ANY_SENDER
from market_sim.blockchain.ethereum.in_process import FIRST_CHAIN_ID, GENESIS_TIME, WEALTH, gift
from market_sim.blockchain.ethereum.web3_chain import Web3Chain
from market_sim.blockchain.settlement import Answer


class EthTesterChain(Web3Chain):
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
        # Imported late, because a run on a JSON-RPC node does not need them.
        from eth_tester import EthereumTester, PyEVMBackend
        from web3 import EthereumTesterProvider
        from web3.providers.eth_tester.defaults import API_ENDPOINTS

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
        gift(self, self._rich, wallet, self.w3.eth.get_balance(Web3.to_checksum_address(wallet.address)))

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
