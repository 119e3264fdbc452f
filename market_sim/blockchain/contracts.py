"""Interfaces for further contracts: the adapter of a contract, and the host, which is a chain as adapters see it.

An adapter defines the name of a contract, the functions that participants may call and their arguments, how the
contract is deployed, and what it should hold according to the journal. The Ethereum host runs the compiled contracts,
the in-memory host their Python versions; adapters are the same for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Protocol, runtime_checkable

from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted

if TYPE_CHECKING:  # a run without a chain needs no curve
    from market_sim.blockchain.certificate import Wallet
    from market_sim.blockchain.double_signing import SignedResults

Arguments = tuple[int | str, ...]


class TokenPlace(NamedTuple):
    """A placeholder argument for the address of a token's contract."""

    token: int


class ClockPlace(NamedTuple):
    """A placeholder argument for the address of the settlement contract, whose epoch is the clock of contracts."""


NO_EPOCHS: Final = "a contract that counts epochs stands on the chain of the settlement, and not on another one"


class Invoked(NamedTuple):
    """The result of a successful call: the numbers of its event, the transaction, and its gas."""

    numbers: Numbers
    transaction: str
    gas: int


class ContractHost(Protocol):
    """A chain on which contracts can be deployed and called."""

    @property
    def chain_id(self) -> int:
        """The id of the chain."""

    @property
    def token_contracts(self) -> tuple[str, ...]:
        """The addresses of the tokens, by number."""

    def epoch(self) -> int:
        """The epoch that contracts see now, that of the last batch on the chain; 0 where no contract counts epochs."""

    @property
    def gas(self) -> int:
        """The gas that the transactions of this chain have used so far, failed ones too."""

    def keep_time(self, elapsed: int) -> int:
        """Let at least these seconds have passed since the first call; returns the time of the chain at that call."""

    def deploy(self, contract: str, *arguments: Any) -> str:
        """Deploy a contract; returns its address."""

    def invoke(self, owner: Wallet, place: str, function: str, *arguments: Any) -> Invoked:
        """Call a contract from a wallet; raises `ChainReverted` when the contract reverts."""

    def administer(self, place: str, function: str, *arguments: Any) -> None:
        """Call a contract as its deployer."""

    def allow(self, owner: Wallet, place: str, token: int, amount: int) -> int:
        """Allow a contract to take an amount of a token from a wallet; returns the gas used."""

    def ask(self, place: str, function: str, *arguments: Any) -> int:
        """A number that a contract returns from a read-only call; an argument is the key of a mapping."""

    def give(self, owner: bytes, token: int, amount: int) -> None:
        """Mint new tokens into a wallet."""

    def in_wallet(self, owner: bytes, token: int) -> int:
        """The token balance of an address."""


class ChainContext(NamedTuple):
    """The surroundings of an adapter: host, register, wallets of accounts, time, validators, and the final chain."""

    host: ContractHost
    register: Register
    wallet: Callable[[int], Wallet]
    now: Callable[[], int] = lambda: 0
    validators: Sequence[Wallet] = ()
    run: bytes = bytes(32)
    last_price: Callable[[str, int], int | None] = lambda symbol, epoch: None
    """The price of the last trade of a symbol on the final chain, up to an epoch."""
    settled_epoch: Callable[[], int] = lambda: 0
    """The epoch of the last settled block."""
    results: SignedResults | None = None
    """What each validator signed, as the collector of signatures knows it."""
    domain: bytes = bytes(32)
    """The domain separator of what validators sign for the settlement."""

    def address_of(self, account: str) -> str:
        """The address of an account's wallet."""
        return "0x" + self.wallet(self.register.accounts[account]).address.hex()

    def held(self, place: str, asset: str) -> int:
        """What a contract has of an asset."""
        return self.host.in_wallet(bytes.fromhex(place[2:]), self.register.token(asset))

    def pay(
        self, owner: Wallet, place: str, taken: Iterable[tuple[str, int]], function: str, *arguments: Any
    ) -> Invoked:
        """Call a contract that takes at most these amounts, by asset, which the owner approves before."""
        allowed = sum(self.host.allow(owner, place, self.register.token(asset), amount) for asset, amount in taken)
        done = self.host.invoke(owner, place, function, *arguments)
        return done._replace(gas=done.gas + allowed)


class ContractAdapter(Protocol):
    """An adapter for one contract of a run."""

    kind: ClassVar[str]
    functions: ClassVar[Mapping[str, tuple[type, ...]]]
    """The functions that participants may call, with the types of their arguments."""
    name: str
    """The name that participants use; unique in a run."""

    def deploy(self, context: ChainContext) -> str:
        """Deploy the contract; returns its address."""

    def terms(self) -> Numbers:
        """The parameters of the deployment, for the journal."""

    def check(self, account: str, function: str, arguments: Arguments, register: Register) -> None:
        """Raise RuleViolation for a call with an argument that does not exist."""

    def execute(self, context: ChainContext, owner: Wallet, function: str, arguments: Arguments) -> Invoked:
        """Execute a call from the owner's wallet."""

    def count(self, submitted: CallSubmitted, executed: CallExecuted, context: ChainContext) -> None:
        """Add the effect of a successful call to the balance expected from the journal."""

    def reconcile(self, context: ChainContext) -> Numbers:
        """Compare contract and journal; returns the compared numbers, raises `InvariantBroken` if they differ."""


@runtime_checkable
class ComparesRefusals(Protocol):
    """An adapter whose twin must refuse what the contract refuses."""

    def refused(self, submitted: CallSubmitted, refused: ChainReverted, context: ChainContext) -> None:
        """Repeat a refused call on the twin; raises `InvariantBroken` if it does not refuse it alike."""


def check_account(account: int | str, register: Register) -> None:
    """Raise RuleViolation for a name without an account."""
    if account not in register.accounts:
        raise RuleViolation("UNKNOWN_ACCOUNT", account=account)


def check_call(contract: ContractAdapter, function: str, arguments: object) -> None:
    """Raise RuleViolation for an unknown function, or for arguments of the wrong types."""
    if function not in contract.functions:
        known = ", ".join(contract.functions)
        raise RuleViolation("UNKNOWN_FUNCTION", contract=contract.name, function=str(function)[:40], known=known)
    wanted = contract.functions[function]
    found = [type(each) for each in arguments] if isinstance(arguments, tuple | list) else None
    if found != list(wanted) or any(isinstance(each, int) and not 0 <= each < 2**63 for each in arguments):  # type: ignore[attr-defined]
        names = ", ".join({int: "a whole number", str: "a name"}[kind] for kind in wanted)
        raise RuleViolation("BAD_ARGUMENTS", function=function, expected=names or "nothing")
