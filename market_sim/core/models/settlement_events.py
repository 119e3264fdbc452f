"""Events of settlement, from a finalized block to the payment on the chain: certified, settled, refused, reconciled.

No event holds the hash of an Ethereum block, because it depends on the wall clock of the machine. Transaction hashes,
state roots and receipt roots are the same in every run, so the events hold these instead.
"""

from __future__ import annotations

from typing import ClassVar

from market_sim.core.models.event import Area, Event, Numbers


class SettlementEvent(Event, frozen=True):
    """Base of the events of settlement."""

    area: ClassVar[Area] = "settlement"


class StateReached(SettlementEvent, frozen=True):
    """A validator has executed a final block on its own copy of the balances; equal states have equal digests."""

    validator: int
    height: int
    epoch: int
    """The epoch of the block."""
    block: str
    state: str


class SettlementOpened(SettlementEvent, frozen=True):
    """The contracts are deployed and the accounts are funded; a token's number is its index in `tokens`."""

    backend: str
    chain_id: int
    contract: str
    tokens: tuple[str, ...]
    token_contracts: tuple[str, ...]
    validators: tuple[str, ...]
    accounts: int
    transactions: int
    gas: int
    run: str = ""
    """The identity of the run, which every certificate names."""


class DepositTaken(SettlementEvent, frozen=True):
    """The vault has taken the tokens of a deposit and credited the account; a batch counts it with its entry."""

    trade: int
    account: str
    asset: str
    amount: int
    number: int
    """The contract's own number of the deposit."""
    from_wallet: bool
    """Whether a wallet paid, the owner's or a stranger's; otherwise the operator brought in new tokens."""
    transaction: str
    gas: int


class WithdrawalRequested(SettlementEvent, frozen=True):
    """The owner of an account has requested a withdrawal from the vault; nothing moves before its batch."""

    trade: int
    account: str
    asset: str
    amount: int
    number: int
    """The contract's own number of the request; a batch refers to it."""
    transaction: str
    gas: int


class DepositIgnored(SettlementEvent, frozen=True):
    """A deposit reached the vault directly and is worth no entry: it stays there and counts for nobody."""

    account: str
    asset: str
    amount: int
    number: int
    """The contract's own number of the deposit."""
    reason: str
    """DUST, UNKNOWN_TOKEN or UNKNOWN_ACCOUNT."""


class RequestRefused(SettlementEvent, frozen=True):
    """The validators refused a withdrawal request that the account cannot pay."""

    account: str
    asset: str
    amount: int
    number: int
    """The contract's own number of the request."""
    held: int
    """The balance on the chain."""
    transaction: str
    gas: int


class HeartbeatGiven(SettlementEvent, frozen=True):
    """Two thirds of the validators signed that they are alive, in a time in which nothing was to be settled."""

    number: int
    transaction: str
    gas: int


class WithdrawalClaimed(SettlementEvent, frozen=True):
    """The vault has paid settled withdrawals out to the wallet of the owner."""

    account: str
    asset: str
    amount: int
    transaction: str
    gas: int


class ChainOpened(SettlementEvent, frozen=True):
    """Another chain was opened; a token has the same number there, and a contract of its own."""

    chain: str
    chain_id: int
    token_contracts: tuple[str, ...]


class WalletFunded(SettlementEvent, frozen=True, omit_defaults=True):
    """The initial balance of an owner's wallet, apart from the account."""

    account: str
    asset: str
    amount: int
    chain: str = ""
    """The name of the other chain; empty for the chain of the settlement."""


class ContractDeployed(SettlementEvent, frozen=True, omit_defaults=True):
    """A contract beside the settlement was deployed; contracts are numbered in this order, from 1."""

    contract: str
    kind: str
    address: str
    terms: Numbers
    chain: str = ""
    """The name of the other chain; empty for the chain of the settlement."""


class CallSubmitted(SettlementEvent, frozen=True):
    """A participant submitted a contract call, which waits for a block; calls are numbered from 1."""

    call: int
    account: str
    contract: str
    function: str
    arguments: tuple[int | str, ...]


class CallExecuted(SettlementEvent, frozen=True):
    """A call in a final block was executed on the chain, with the contract's answer or the reason of its refusal."""

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
    """The balances of a contract were compared with the journal, and none differed."""

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


class DoubleSigned(SettlementEvent, frozen=True):
    """A validator signed two results of the same blocks; with its address the two signatures prove it to anybody."""

    validator: int
    first: int
    last: int
    epoch: int
    digests: tuple[str, str]
    signatures: tuple[str, str]


class BlockSettled(SettlementEvent, frozen=True):
    """The blocks from `first` to `last` are settled: one transaction with `rows` net changes of balances."""

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
    """The tokens that the vault holds beyond what it owes, because they were sent to it without a deposit."""


class VaultShort(SettlementEvent, frozen=True):
    """The vault holds less of a token than it owes; the run ends with this hole in its reserves."""

    last: int
    asset: str
    held: int
    owed: int
    """What the contract owes: all balances, and the settled withdrawals that are not claimed yet."""


class SettlementReverted(SettlementEvent, frozen=True, omit_defaults=True):
    """The contract reverted a batch; relaying stops, because the same batch would revert again."""

    first: int
    last: int
    error: str
    arguments: Numbers
    transaction: str = ""
    gas: int = 0


class BatchDelayed(SettlementEvent, frozen=True):
    """A transaction with a batch failed in a block of the chain, and settlement goes on.

    It met a pause, had too little gas, or another relayer was first.
    """

    first: int
    last: int
    error: str
    arguments: Numbers
    transaction: str
    gas: int


class ReorgSeen(SettlementEvent, frozen=True):
    """A reorganization removed a block with our transaction; the same bytes are sent again."""

    first: int
    last: int
    transaction: str
    depth: int
