"""What happens between a finalized block and the money on the chain: certified, settled, refused, reconciled.

No event holds a hash of an Ethereum block: those contain the wall clock of the machine. Transaction hashes, state
roots and receipt roots repeat from run to run, and they stand here instead.
"""

from __future__ import annotations

from typing import ClassVar

from market_sim.core.models.event import Area, Event, Numbers


class SettlementEvent(Event, frozen=True):
    """Something that happened on the way from a finalized block to the chain."""

    area: ClassVar[Area] = "settlement"


class SettlementOpened(SettlementEvent, frozen=True):
    """The contracts stand and the accounts are funded; a token's number is its place in `tokens`."""

    backend: str
    chain_id: int
    contract: str
    tokens: tuple[str, ...]
    token_contracts: tuple[str, ...]
    validators: tuple[str, ...]
    accounts: int
    transactions: int
    gas: int


class DepositTaken(SettlementEvent, frozen=True):
    """The vault has taken the tokens of a deposit and credited the account; validators count it with its entry."""

    trade: int
    account: str
    asset: str
    amount: int
    number: int
    """The contract's own number of the deposit."""
    from_wallet: bool
    """Whether the owner's wallet paid; otherwise the operator brought new tokens in."""
    transaction: str
    gas: int


class WithdrawalRequested(SettlementEvent, frozen=True):
    """The owner of an account has asked the vault for what a withdrawal took out; nothing moves before its batch."""

    trade: int
    account: str
    asset: str
    amount: int
    number: int
    """The contract's own number of the request, by which a batch carries it out."""
    transaction: str
    gas: int


class WithdrawalClaimed(SettlementEvent, frozen=True):
    """The vault has paid settled withdrawals out to the wallet of the owner."""

    account: str
    asset: str
    amount: int
    transaction: str
    gas: int


class WalletFunded(SettlementEvent, frozen=True):
    """The wallet of an owner holds something from the beginning, beside what the account holds."""

    account: str
    asset: str
    amount: int


class ContractDeployed(SettlementEvent, frozen=True):
    """A contract stands on the chain beside the settlement; contracts are numbered in this order, from 1."""

    contract: str
    kind: str
    address: str
    terms: Numbers


class CallSubmitted(SettlementEvent, frozen=True):
    """A participant calls a contract; the call waits for a block. Calls have one count of their own, from 1."""

    call: int
    account: str
    contract: str
    function: str
    arguments: tuple[int | str, ...]


class CallExecuted(SettlementEvent, frozen=True):
    """A call of a final block was made on the chain: what the contract told of it, or why it refused."""

    call: int
    account: str
    contract: str
    function: str
    succeeded: bool
    reason: str
    numbers: Numbers
    transaction: str
    gas: int


class ContractReconciled(SettlementEvent, frozen=True):
    """What a contract holds was compared with the journal, and nothing differed."""

    contract: str
    numbers: Numbers


class TradeRefused(SettlementEvent, frozen=True):
    """A finalized trade has no effect on the chain, because it would make a balance negative."""

    trade: int
    account: str
    reason: str
    numbers: Numbers


class BatchCertified(SettlementEvent, frozen=True):
    """A quorum of validators executed the same range of blocks and signed the same result."""

    first: int
    last: int
    epoch: int
    block: str
    trades: int
    trades_root: str
    net_hash: str
    digest: str
    signers: tuple[int, ...]


class BlockSettled(SettlementEvent, frozen=True):
    """The blocks from `first` to `last` are paid out: one transaction, `rows` net changes of balances."""

    first: int
    last: int
    epoch: int
    transaction: str
    gas: int
    trades: int
    refused: int
    rows: int
    confirmations: int
    state_root: str
    receipts_root: str


class Reconciled(SettlementEvent, frozen=True):
    """Every balance on the chain was compared with the journal added up again, and none differed."""

    last: int
    balances: int
    totals: tuple[int, ...]
    """The sum of all accounts, for each token in the order of its number."""
    surplus: tuple[int, ...]
    """What the vault holds beyond what it owes: somebody sent tokens to it without a deposit."""


class SettlementReverted(SettlementEvent, frozen=True):
    """The contract refused a batch; relaying stops, because the same batch would be refused again."""

    first: int
    last: int
    error: str
    arguments: Numbers


class ReorgSeen(SettlementEvent, frozen=True):
    """The chain forgot a block that held our transaction; the same bytes are sent again."""

    first: int
    last: int
    transaction: str
    depth: int
