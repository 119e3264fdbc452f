"""The chain plan: the contracts that a scenario deploys, and the initial content of wallets.

    chain = world.chain("eth-tester")           # a chain that runs on the run's clock
    escrow = chain.deploy(Escrow(asset="USD"))  # a contract on that chain
    chain.give("buyer", "USD", dollars(500))    # initial money in the wallet of a participant
    away = chain.beside("away")                 # another chain, with an id, tokens, contracts and wallets of its own

The settlement contract is always on the chain; `world.settle_on` is the short form for a chain without further
contracts. Another chain has nothing to do with the exchange and its committee: validators of its own, which are not
modelled, execute each call at once. The plan is deployed when the run opens its chain. In a run without a chain nothing
is deployed, and calls of a contract are refused.
"""

from __future__ import annotations

from typing import TypeVar

from market_sim.blockchain.contracts import ContractAdapter
from market_sim.core.errors import InputError

C = TypeVar("C", bound=ContractAdapter)


class ChainPlan:
    """The contracts and the initial wallets of a chain, and the chains beside it."""

    def __init__(self) -> None:
        self.others: dict[str, ChainPlan] = {}
        self.contracts: list[ContractAdapter] = []
        self.gifts: list[tuple[str, str, int]] = []

    def beside(self, name: str) -> ChainPlan:
        """The plan of another chain with this name, which is new unless it was planned before."""
        if not name:
            raise InputError("another chain needs a name")
        return self.others.setdefault(name, ChainPlan())

    def deploy(self, contract: C) -> C:
        """Deploy a contract at the beginning of the run."""
        if any(each.name == contract.name for each in self.contracts):
            raise InputError(
                f"two contracts of a chain need two names, and there is already one named {contract.name!r}"
            )
        self.contracts.append(contract)
        return contract

    def give(self, account: str, asset: str, amount: int) -> None:
        """Put an amount into the wallet of a participant; a wallet is separate from the account at the exchange."""
        if type(amount) is not int or amount <= 0:
            raise InputError(f"a wallet is given a positive whole number of the smallest unit, found {amount!r}")
        self.gifts.append((account, asset, amount))
