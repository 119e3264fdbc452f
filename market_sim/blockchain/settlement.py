"""Settlement: the port between the run and the settlement contract, the same for every chain.

A settlement is opened once, then receives prepared transactions and reports balances. The outbox delivers each batch
exactly once; the reconciliation checks the result. `InMemorySettlement`, which needs no chain, and
`EthereumSettlement` implement the port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from market_sim.blockchain.register import Balance, Token
from market_sim.core.errors import SettlementError
from market_sim.core.models.event import Numbers

if TYPE_CHECKING:
    # Contracts of scenarios import this port, and a run without a chain needs neither hash nor curve.
    from market_sim.blockchain.certificate import Batch, Domain, Wallet
    from market_sim.blockchain.contracts import ContractHost
    from market_sim.blockchain.execution import BalanceKey
    from market_sim.blockchain.settlement_log import SettlementLog


Moment = int | Literal["latest"]
"""A block of the settlement chain by its height, or the latest one."""


class Genesis(NamedTuple):
    """The initial state of the contracts: genesis block of the consensus chain, validators, owners, balances."""

    block: bytes
    validators: tuple[bytes, ...]
    """The Ethereum addresses of the validators, in order."""
    tokens: tuple[Token, ...]
    owners: tuple[bytes, ...]
    """The Ethereum address of the owner of each account; account 1 is the first."""
    balances: tuple[Balance, ...]
    run: bytes
    """The identity of the run, which is part of the domain of its certificates."""


class Opened(NamedTuple):
    """The result of opening: the addresses of the token contracts, transactions and gas used."""

    token_contracts: tuple[str, ...]
    transactions: int
    gas: int


class Head(NamedTuple):
    """The progress of the contract: its last settled block, and the numbers of deposits and of requests so far."""

    height: int
    epoch: int
    block: bytes
    trades_root: bytes
    """The root of the trades of the last settled block."""
    deposits: int = 0
    """The number of deposits that the vault has taken."""
    requests: int = 0
    """The number of withdrawals that owners have requested."""


class Prepared(NamedTuple):
    """A signed transaction; the same bytes can be sent again at any time."""

    nonce: int
    raw: bytes
    transaction: str


Answer = Literal["sent", "already known", "nonce too low", "underpriced", "unknown"]
"""The answer of a node to a transaction; "unknown" if the transaction may or may not have arrived."""


class Log(NamedTuple):
    """A log entry of a contract's event: its address, indexed topics, and data."""

    contract: bytes
    topics: tuple[bytes, ...]
    data: bytes


class Receipt(NamedTuple):
    """The result of a transaction in a block."""

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
    """A deposit, request or claim in the vault: the vault's number of it, amount, transaction and gas."""

    number: int
    amount: int
    transaction: str
    gas: int


class Request(NamedTuple):
    """A request for a withdrawal: its deadline, and whether it was executed or refused."""

    account: int
    token: int
    amount: int
    deadline: int
    done: bool = False


class Statement(NamedTuple):
    """All balances of the contract at one moment."""

    balances: dict[BalanceKey, int]
    """Every balance that is not zero."""
    held: tuple[int, ...]
    """The vault's holdings by token."""
    claimable: tuple[int, ...]
    """The claimable amounts by token."""


class ChainReverted(SettlementError):
    """A contract reverted a call: the name and the arguments of its error, and the transaction if there is one."""

    def __init__(self, error: str, arguments: Numbers | None = None, transaction: str = "", gas: int = 0) -> None:
        self.error = error
        self.arguments: Numbers = arguments or {}
        self.transaction, self.gas = transaction, gas
        super().__init__(f"{error}({', '.join(f'{name}={value}' for name, value in self.arguments.items())})")


class Settlement(Protocol):
    """The port to the settlement contract and its vault."""

    name: str
    confirmations: int
    """The number of blocks that must follow before a batch counts as settled."""

    def remember(self, log: SettlementLog) -> None:
        """Keep what the chain answers in this log; a chain that ends with this program has nothing to keep."""

    def open(self, genesis: Genesis) -> Opened:
        """Deploy the contracts and fund the accounts."""

    def open_account(self, owner: bytes) -> None:
        """Open one more account; it has the next number."""

    @property
    def domain(self) -> Domain:
        """The domain that certificates must name: contract, chain and run."""

    def moment(self) -> Moment:
        """What `head` and `statement` are asked as of, so that nothing comes between the two."""

    def head(self, at: Moment = "latest") -> Head:
        """The last settled block."""

    def statement(self, at: Moment = "latest") -> Statement:
        """All balances, and the vault's holdings."""

    def deposit(self, account: int, token: int, amount: int) -> Movement:
        """The operator mints tokens and deposits them; the vault credits the account."""

    def deposit_from(self, owner: Wallet, account: int, token: int, amount: int) -> Movement:
        """The owner of an account deposits tokens from the wallet."""

    def request(self, owner: Wallet, account: int, token: int, amount: int) -> Movement:
        """The owner requests a withdrawal; no balance changes until a batch executes it."""

    def claim(self, owner: Wallet, account: int, token: int) -> Movement:
        """The owner claims; the vault pays the claimable amount into the wallet."""

    def deposit_at(self, number: int) -> Balance:
        """The deposit of the run with this number: account, token and amount."""

    def request_at(self, number: int) -> Request:
        """The withdrawal request with this number."""

    def refuse(self, number: int, certificate: bytes) -> Movement:
        """End a request that its account cannot pay; two thirds of the validators sign that."""

    def beats(self) -> int:
        """The number of heartbeats so far."""

    def heartbeat(self, beat: int, certificate: bytes) -> Movement:
        """Two thirds of the validators sign that they are alive and have nothing to settle."""

    def in_wallet(self, owner: bytes, token: int) -> int:
        """The token balance of a wallet."""

    def claimable(self, account: int, token: int) -> int:
        """The amount of a token that the owner of an account can claim."""

    def paid_out(self, account: int, token: int, at: Moment = "latest") -> int:
        """The sum of a token that the owner of an account has claimed so far."""

    def host(self) -> ContractHost:
        """The host of further contracts."""

    def beside(self, number: int) -> ContractHost:
        """The host of another chain, whose id is greater by this number, with tokens of its own."""

    def next_nonce(self) -> int:
        """The nonce of the relayer's next transaction."""

    def prepare(self, batch: Batch, certificate: bytes, nonce: int, attempt: int) -> Prepared:
        """A signed transaction for this batch; a later attempt offers a higher fee and more gas."""

    def send(self, raw: bytes) -> Answer:
        """Send a transaction to the chain."""

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction; None when no block holds it."""

    def is_paused(self) -> bool:
        """Whether the contract takes no batch now; a pause ends by itself."""

    def block_number(self) -> int:
        """The height of the settlement chain."""

    def confirm(self) -> bool:
        """Make the chain grow by one block, where possible; returns whether it did."""
