"""The contracts of a run on an Ethereum chain, as adapters reach them (market_sim/blockchain/contracts.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.contracts import Invoked, TokenPlace
from market_sim.blockchain.ethereum.chain import ChainBackend, DeployedContract
from market_sim.core.models.event import Numbers


class EthereumHost:
    """Deploys beside the settlement, on the same chain and with the same tokens."""

    def __init__(self, chain: ChainBackend, operator: Wallet, tokens: Sequence[DeployedContract]) -> None:
        self._chain = chain
        self._operator = operator
        self._tokens = tokens
        self._contracts: dict[str, DeployedContract] = {}

    def deploy(self, contract: str, *arguments: Any) -> str:
        """Deploy the compiled contract of this name."""
        given = [self._tokens[each.token].written if isinstance(each, TokenPlace) else each for each in arguments]
        deployed = self._chain.deploy(self._operator, contract, *given)
        self._contracts[deployed.written] = deployed
        return deployed.written

    def invoke(self, owner: Wallet, place: str, function: str, *arguments: Any) -> Invoked:
        """Send a transaction from a wallet; the numbers are those of the contract's own event."""
        self._chain.fund(owner)
        contract = self._contracts[place]
        receipt = self._chain.transact(owner, contract, function, *arguments)
        numbers: Numbers = {}
        for log in receipt.logs:
            if log.contract == contract.address:
                numbers |= contract.artifact.events[log.topics[0]].read(log)
        return Invoked(numbers, receipt.transaction, receipt.gas)

    def allow(self, owner: Wallet, place: str, token: int, amount: int) -> int:
        """The ERC-20 allowance."""
        self._chain.fund(owner)
        return self._chain.transact(owner, self._tokens[token], "approve", place, amount).gas

    def ask(self, place: str, function: str, *arguments: Any) -> int:
        """Ask a contract."""
        return int(self._chain.call(self._contracts[place], function, *arguments))

    def give(self, owner: bytes, token: int, amount: int) -> None:
        """Mint into a wallet."""
        self._chain.transact(self._operator, self._tokens[token], "mint", "0x" + owner.hex(), amount)

    def in_wallet(self, owner: bytes, token: int) -> int:
        """What an address holds of a token."""
        return int(self._chain.call(self._tokens[token], "balanceOf", "0x" + owner.hex()))
