"""Contracts beside the settlement: what a scenario deploys, what its host on a chain offers, and how it is reconciled.

An adapter says in one place what a contract is called, which functions participants may call with which arguments, how
it is deployed, and what it should hold by the journal. A host is a chain as adapters see it: the Ethereum one carries
the compiled contracts, the one in memory their twins, and an adapter cannot tell which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from market_sim.blockchain.register import Register
from market_sim.core.errors import RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet

Arguments = tuple[int | str, ...]


class TokenPlace(NamedTuple):
    """An argument that stands for the address of a token's contract."""

    token: int


class Invoked(NamedTuple):
    """What a call that succeeded gave: the numbers of its event, and what it took."""

    numbers: Numbers
    transaction: str
    gas: int


class ContractHost(Protocol):
    """A chain that contracts stand on."""

    def deploy(self, contract: str, *arguments: Any) -> str:
        """Put a contract onto the chain; where it stands."""

    def invoke(self, owner: Wallet, place: str, function: str, *arguments: Any) -> Invoked:
        """Call a contract from a wallet; raises `ChainReverted` when it refuses."""

    def allow(self, owner: Wallet, place: str, token: int, amount: int) -> int:
        """Let a contract take so much of a token from a wallet; the gas that it took."""

    def ask(self, place: str, function: str, *arguments: Any) -> int:
        """A number that a contract answers with."""

    def give(self, owner: bytes, token: int, amount: int) -> None:
        """The operator brings new tokens into a wallet."""

    def in_wallet(self, owner: bytes, token: int) -> int:
        """What an address holds of a token."""


class ChainContext(NamedTuple):
    """What an adapter works with."""

    host: ContractHost
    register: Register
    wallet: Callable[[int], Wallet]


class ContractAdapter(Protocol):
    """An adapter: one contract of a run."""

    kind: ClassVar[str]
    functions: ClassVar[Mapping[str, tuple[type, ...]]]
    """What participants may call, and the types of the arguments."""
    name: str
    """What participants call it; one of a kind in a run."""

    def deploy(self, context: ChainContext) -> str:
        """Put it onto the chain; where it stands."""

    def terms(self) -> Numbers:
        """What it was deployed with, for the journal."""

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Refuse a call that names what does not exist."""

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Carry out a call in the name of the owner of a wallet."""

    def count(self, submitted: CallSubmitted, executed: CallExecuted) -> None:
        """Add the effect of a call that succeeded to what the contract should hold by the journal."""

    def reconcile(self, context: ChainContext) -> Numbers:
        """Compare the contract with the journal; raises `InvariantBroken` where they differ, else what was compared."""


def check_call(contract: ContractAdapter, function: str, arguments: object) -> None:
    """Refuse a function that the contract does not have, or arguments of other types."""
    if function not in contract.functions:
        known = ", ".join(contract.functions)
        raise RuleViolation("UNKNOWN_FUNCTION", contract=contract.name, function=str(function)[:40], known=known)
    wanted = contract.functions[function]
    found = [type(each) for each in arguments] if isinstance(arguments, tuple | list) else None
    if found != list(wanted) or any(isinstance(each, int) and not 0 <= each < 2**63 for each in arguments):  # type: ignore[attr-defined]
        names = ", ".join({int: "a whole number", str: "a name"}[kind] for kind in wanted)
        raise RuleViolation("BAD_ARGUMENTS", function=function, expected=names or "nothing")
