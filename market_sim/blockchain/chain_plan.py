"""A chain as a place: what a scenario puts onto it before a run begins.

    chain = world.chain("eth-tester")           # a chain that runs on the run's clock
    escrow = chain.deploy(Escrow(asset="USD"))  # a contract stands on it
    chain.give("buyer", "USD", dollars(500))    # the wallet of a participant has something to begin with

Trades are settled by one contract among several, which is always there; `world.settle_on` is the short form for a
chain without others. What is planned here is deployed when the run opens its chain; on a run that settles on no chain
nothing is, and whoever calls a contract is told so.
"""

from __future__ import annotations

from typing import TypeVar

from market_sim.blockchain.contracts import ContractAdapter
from market_sim.core.errors import InputError

C = TypeVar("C", bound=ContractAdapter)


class ChainPlan:
    """The plan of a chain: its contracts and what wallets hold at the start."""

    def __init__(self) -> None:
        self.contracts: list[ContractAdapter] = []
        self.gifts: list[tuple[str, str, int]] = []

    def deploy(self, contract: C) -> C:
        """Let a contract stand on this chain from the beginning of the run."""
        if any(each.name == contract.name for each in self.contracts):
            raise InputError(
                f"two contracts of a chain need two names, and there is already one named {contract.name!r}"
            )
        self.contracts.append(contract)
        return contract

    def give(self, account: str, asset: str, amount: int) -> None:
        """Put something into the wallet of a participant; it belongs to no account of the exchange."""
        if type(amount) is not int or amount <= 0:
            raise InputError(f"a wallet is given a positive whole number of the smallest unit, found {amount!r}")
        self.gifts.append((account, asset, amount))
