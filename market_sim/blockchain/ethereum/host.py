"""The host of further contracts on an Ethereum chain (the port is in market_sim/blockchain/contracts.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market_sim.blockchain.certificate import Wallet
from market_sim.blockchain.contracts import NO_EPOCHS, ClockPlace, Invoked, TokenPlace
from market_sim.blockchain.ethereum.artifacts import readable
from market_sim.blockchain.ethereum.chain import ChainBackend, DeployedContract
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers


class EthereumHost:
    """Deploys and calls contracts on the chain of the settlement, with the same tokens."""

    def __init__(
        self,
        chain: ChainBackend,
        operator: Wallet,
        tokens: Sequence[DeployedContract],
        settlement: DeployedContract | None = None,
    ) -> None:
        self._chain = chain
        self._operator = operator
        self._tokens = tokens
        self._settlement = settlement
        self._contracts: dict[str, DeployedContract] = {}
        self._began: int | None = None

    @property
    def chain_id(self) -> int:
        """The id of the chain."""
        return self._chain.chain_id

    @property
    def token_contracts(self) -> tuple[str, ...]:
        """The addresses of the tokens, by number."""
        return tuple(token.written for token in self._tokens)

    def epoch(self) -> int:
        """The epoch that contracts see now."""
        return 0 if self._settlement is None else int(self._chain.call(self._settlement, "epoch"))

    @property
    def gas(self) -> int:
        """The gas that the transactions of this chain have used so far, failed ones too."""
        return self._chain.gas

    def keep_time(self, elapsed: int) -> int:
        """Let at least these seconds have passed since the first call; returns the time of the chain at that call."""
        if "alone" not in self._chain.capabilities:
            raise InputError(
                "a contract with deadlines needs a chain whose time the run sets: eth-tester, fast or memory"
            )
        following = self._chain.next_time()
        if self._began is None:
            self._began = following
        if self._began + elapsed > following:
            self._chain.travel(self._began + elapsed - following)
        return self._began

    def deploy(self, contract: str, *arguments: Any) -> str:
        """Deploy the compiled contract with this name; returns its address."""
        deployed = self._chain.deploy(self._operator, contract, *map(self._given, arguments))
        self._contracts[deployed.written] = deployed
        return deployed.written

    def _given(self, argument: Any) -> Any:
        """An argument with the address in the place of a placeholder."""
        if isinstance(argument, ClockPlace):
            if self._settlement is None:
                raise InputError(NO_EPOCHS)
            return self._settlement.written
        return self._tokens[argument.token].written if isinstance(argument, TokenPlace) else argument

    def invoke(self, owner: Wallet, place: str, function: str, *arguments: Any) -> Invoked:
        """Send a transaction from a wallet; the numbers are those of the contract's event."""
        self._chain.fund(owner)
        contract = self._contracts[place]
        receipt = self._chain.transact(owner, contract, function, *arguments)
        numbers: Numbers = {}
        for log in receipt.logs:
            if log.contract == contract.address:
                happened = contract.artifact.events[log.topics[0]].read(log)
                numbers |= {name: readable(value) for name, value in happened.items()}
        return Invoked(numbers, receipt.transaction, receipt.gas)

    def administer(self, place: str, function: str, *arguments: Any) -> None:
        """Call a contract as its deployer."""
        self._chain.transact(self._operator, self._contracts[place], function, *arguments)

    def allow(self, owner: Wallet, place: str, token: int, amount: int) -> int:
        """Approve an ERC-20 allowance; returns the gas used."""
        self._chain.fund(owner)
        return self._chain.transact(owner, self._tokens[token], "approve", place, amount).gas

    def ask(self, place: str, function: str, *arguments: Any) -> int:
        """The number that a read-only call returns."""
        return int(self._chain.call(self._contracts[place], function, *arguments))

    def give(self, owner: bytes, token: int, amount: int) -> None:
        """Mint new tokens into a wallet."""
        self._chain.transact(self._operator, self._tokens[token], "mint", "0x" + owner.hex(), amount)

    def in_wallet(self, owner: bytes, token: int) -> int:
        """The token balance of an address."""
        return int(self._chain.call(self._tokens[token], "balanceOf", "0x" + owner.hex()))
