"""Settlement: the port through which batches reach the contracts, whatever chain they stand on.

A settlement is opened once, then receives prepared transactions and answers questions about what it holds. Delivering
each batch exactly once is the work of the outbox; checking the result is the work of the reconciliation. Behind the
port stand `InMemorySettlement`, which needs no chain, and the Ethereum one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from market_sim.blockchain.certificate import Batch, Domain, Wallet
from market_sim.blockchain.execution import BalanceKey
from market_sim.blockchain.register import Balance, Token
from market_sim.core.errors import SettlementError
from market_sim.core.models.event import Numbers

if TYPE_CHECKING:
    from market_sim.blockchain.contracts import ContractHost


class Genesis(NamedTuple):
    """What the contracts are opened with: the consensus chain they follow, its validators, and the money."""

    block: bytes
    validators: tuple[bytes, ...]
    """The Ethereum addresses of the validators, in order."""
    tokens: tuple[Token, ...]
    owners: tuple[bytes, ...]
    """The Ethereum address of the owner of each account; account 1 is the first."""
    balances: tuple[Balance, ...]


class Opened(NamedTuple):
    """What opening gave: where the contracts stand, and what it took."""

    token_contracts: tuple[str, ...]
    transactions: int
    gas: int


class Head(NamedTuple):
    """How far the contract has settled: height, epoch and hash of the last block, and the root of its trades."""

    height: int
    epoch: int
    block: bytes
    trades_root: bytes


class Prepared(NamedTuple):
    """A signed transaction that has not been sent: the same bytes can be sent again at any time."""

    nonce: int
    raw: bytes
    transaction: str


Answer = Literal["sent", "already known", "nonce too low", "underpriced", "unknown"]
"""What a node says to a transaction. Unknown means that the question may or may not have arrived."""


class Log(NamedTuple):
    """An event as a chain keeps it: which contract, what can be searched for, and the rest."""

    contract: bytes
    topics: tuple[bytes, ...]
    data: bytes


class Receipt(NamedTuple):
    """What became of a transaction that stands in a block."""

    transaction: str
    succeeded: bool
    gas: int
    block: int
    """The height of the block of the settlement chain."""
    error: str = ""
    arguments: Numbers | None = None
    out_of_gas: bool = False
    state_root: str = ""
    receipts_root: str = ""
    logs: tuple[Log, ...] = ()


class Movement(NamedTuple):
    """A deposit, a request or a claim that the vault took: its own number for it, how much, and what it took."""

    number: int
    amount: int
    transaction: str
    gas: int


class Statement(NamedTuple):
    """Everything the contract says about money, at one moment."""

    balances: dict[BalanceKey, int]
    """Every balance that is not zero."""
    held: tuple[int, ...]
    """What the vault holds of each token."""
    claimable: tuple[int, ...]
    """What owners may claim of each token."""


class ChainReverted(SettlementError):
    """A contract refused a call: the name of its error and the arguments."""

    def __init__(self, error: str, arguments: Numbers | None = None) -> None:
        self.error = error
        self.arguments: Numbers = arguments or {}
        super().__init__(f"{error}({', '.join(f'{name}={value}' for name, value in self.arguments.items())})")


class Settlement(Protocol):
    """A place where certified batches are paid out."""

    name: str
    confirmations: int
    """How many blocks must follow before a batch counts as settled."""

    def open(self, genesis: Genesis) -> Opened:
        """Deploy the contracts and fund the accounts."""

    @property
    def domain(self) -> Domain:
        """The contract and the chain that certificates must name."""

    def head(self) -> Head:
        """How far the contract has settled."""

    def statement(self) -> Statement:
        """Every balance, and what the vault holds."""

    def deposit(self, account: int, token: int, amount: int) -> Movement:
        """The operator brings new tokens in: the vault takes them and credits the account."""

    def deposit_from(self, owner: Wallet, account: int, token: int, amount: int) -> Movement:
        """The owner of an account pays tokens of the wallet in."""

    def request(self, owner: Wallet, account: int, token: int, amount: int) -> Movement:
        """The owner asks for a withdrawal: nothing moves until a batch carries it out."""

    def claim(self, owner: Wallet, account: int, token: int) -> Movement:
        """The owner has the vault pay out what is claimable."""

    def in_wallet(self, owner: bytes, token: int) -> int:
        """What a wallet holds of a token."""

    def claimable(self, account: int, token: int) -> int:
        """What the owner of an account may claim of a token."""

    def host(self) -> ContractHost:
        """The chain as further contracts see it."""

    def next_nonce(self) -> int:
        """The nonce of the relayer's next transaction."""

    def prepare(self, batch: Batch, certificate: bytes, nonce: int, attempt: int) -> Prepared:
        """A signed transaction for this batch; a later attempt offers a higher fee and more gas."""

    def send(self, raw: bytes) -> Answer:
        """Hand a transaction to the chain."""

    def receipt(self, transaction: str) -> Receipt | None:
        """What became of a transaction; nothing when no block holds it."""

    def block_number(self) -> int:
        """The height of the settlement chain itself."""

    def confirm(self) -> bool:
        """Let the chain grow by one block if it can be asked to; says whether it could."""
