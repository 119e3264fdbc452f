"""Execution: the effect of a range of final blocks on the balances; each validator computes it for itself.

The result depends on the finalized chain alone, so all honest validators sign the same digest. Trades are executed in
the order of matching on running balances. A trade that would make a balance negative is refused: it changes neither
rows nor root, and the execution goes on with the next one. So a batch never reverts because an account cannot pay,
which would stop the settlement of all later batches (rulebook P-6). The exchange makes no such entry
(docs/decisions/0039); validators do not rely on that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from struct import Struct
from typing import Final, NamedTuple

from market_sim.blockchain.items import Call, calls_of, decoded_call, entries_of
from market_sim.blockchain.keccak import keccak
from market_sim.blockchain.merkle import merkle_root
from market_sim.blockchain.payload import DEPOSIT, TRADE, TRANSFER, WITHDRAWAL, TradeRecord, decoded, records_in
from market_sim.blockchain.register import Balance, Register
from market_sim.core.consensus.blocks import FinalBlock
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Numbers

ROW: Final = Struct(">II16s")
"""A net row in the format of the contract: account, token, and the signed change in 128 bits."""

BalanceKey = tuple[int, int]
"""The key of a balance: (account number, token number)."""


class Row(NamedTuple):
    """One net change: the balance of an account in a token changes by `delta`."""

    account: int
    token: int
    delta: int


class RefusedTrade(NamedTuple):
    """A refused trade: its number, the account that could not deliver, the reason code and its numbers."""

    trade: int
    account: int
    reason: str
    numbers: Numbers


class Execution(NamedTuple):
    """The result of executing a range: net rows, the Merkle root of its trades, exits, calls, and refused trades."""

    first: int
    last: int
    epoch: int
    parent: bytes
    block: bytes
    accepted: tuple[int, ...]
    """The numbers of the accepted trades, in order."""
    trades_root: bytes
    rows: tuple[Row, ...]
    exits: tuple[int, ...]
    """The withdrawal requests that the batch carries out, ascending."""
    deposits: tuple[int, ...]
    """The vault's numbers of the deposits that are counted here, ascending."""
    outside: tuple[Row, ...]
    """Deposits and withdrawals: the contract books these itself, so they are in no row."""
    calls: tuple[Call, ...]
    """The contract calls in the order of the blocks; they are executed one by one after the batch."""
    refused: tuple[RefusedTrade, ...]


class ExecutionState:
    """The balances after the last executed range; they depend on the finalized chain alone."""

    def __init__(self, genesis: bytes, balances: Iterable[Balance]) -> None:
        self.height = 0
        self.head = genesis
        self.balances: dict[BalanceKey, int] = {(account, token): amount for account, token, amount in balances}
        self.counted: set[int] = set()
        """The vault's numbers of the deposits that were counted during the run."""

    @property
    def digest(self) -> bytes:
        """The state as one number: SHA-256 over all balances that are not zero, ascending by account and token."""
        rows = (Row(*place, amount) for place, amount in sorted(self.balances.items()) if amount)
        return sha256(packed_rows(rows)).digest()

    def apply(self, execution: Execution) -> None:
        """Apply the next executed range."""
        if (execution.first, execution.parent) != (self.height + 1, self.head):
            raise InvariantBroken(f"blocks from {execution.first} on do not follow block {self.height}")
        for account, token, delta in (*execution.rows, *execution.outside):
            place = account, token
            self.balances[place] = self.balances.get(place, 0) + delta
        self.counted.update(execution.deposits)
        self.height, self.head = execution.last, execution.block


def execute(
    state: ExecutionState,
    blocks: Sequence[FinalBlock],
    register: Register,
    has_vault: bool = True,
    root: Callable[[tuple[bytes, ...]], bytes] = merkle_root,
) -> Execution:
    """The execution of these blocks on this state, which is not changed; without a vault there are no exits."""
    height, head = state.height, state.head
    for block in blocks:
        if block.height != height + 1 or block.parent != head:
            raise InvariantBroken(f"block {block.height} does not follow block {height}")
        height, head = block.height, block.hash
    running = dict(state.balances)
    accepted: list[int] = []
    leaves: list[bytes] = []
    refused: list[RefusedTrade] = []
    exits: list[int] = []
    deposits: set[int] = set()
    calls: list[Call] = []
    outside: dict[BalanceKey, int] = {}
    for block in blocks:
        entries = entries_of(block.payload)
        calls += map(decoded_call, calls_of(block.payload))
        for record, leaf in zip(decoded(entries), records_in(entries), strict=True):
            refusal = None
            if record.kind == DEPOSIT and has_vault:
                refusal = _count(record, deposits, state.counted, register)
            if refusal is None:
                refusal = _pay(record, running, register)
            if refusal is None:
                accepted.append(record.trade)
                leaves.append(leaf)
                if record.kind >= DEPOSIT and record.token < len(register.tokens):
                    _cross(record, outside, exits, register if has_vault else None)
            else:
                refused.append(refusal)
    before = state.balances
    changes = (
        (place, amount - before.get(place, 0) - outside.get(place, 0)) for place, amount in sorted(running.items())
    )
    rows = tuple(Row(account, token, delta) for (account, token), delta in changes if delta)
    tip = blocks[-1]
    return Execution(
        blocks[0].height,
        tip.height,
        tip.epoch,
        state.head,
        tip.hash,
        tuple(accepted),
        root(tuple(leaves)),
        rows,
        tuple(sorted(exits)),
        tuple(sorted(deposits)),
        tuple(Row(*place, change) for place, change in sorted(outside.items()) if change),
        tuple(calls),
        tuple(refused),
    )


def _cross(record: TradeRecord, outside: dict[BalanceKey, int], exits: list[int], register: Register | None) -> None:
    """Add a deposit or a withdrawal to what moves into and out of the vault."""
    if record.kind == DEPOSIT:
        place, change = (record.buyer, record.token), record.quantity
    else:
        place, change = (record.seller, record.token), -record.quantity
        if register is not None:
            exits.append(_request(record.trade, register))
    outside[place] = outside.get(place, 0) + change


def _count(record: TradeRecord, here: set[int], before: set[int], register: Register) -> RefusedTrade | None:
    """Count a deposit under the vault's own number; a refusal when the vault has none, or it was counted before."""
    number = register.deposits.get(record.trade)
    if number is None or number in here or number in before:
        numbers: Numbers = {"trade": record.trade, "number": 0 if number is None else number}
        return RefusedTrade(record.trade, record.buyer, "SETTLEMENT_NO_DEPOSIT", numbers)
    here.add(number)
    return None


def _request(withdrawal: int, register: Register) -> int:
    number = register.requests.get(withdrawal)
    if number is None:
        raise InvariantBroken(f"withdrawal {withdrawal} is final, but the vault has no request for it")
    return number


def _pay(record: TradeRecord, running: dict[BalanceKey, int], register: Register) -> RefusedTrade | None:
    """Apply one trade to the running balances; return a refusal and change nothing if it cannot be paid."""
    trade = record.trade
    moves = _moves(record, register)
    if moves is None:
        return RefusedTrade(
            trade, _parties(record)[0], "SETTLEMENT_UNKNOWN_TOKEN", {"trade": trade, "token": record.token}
        )
    for account in (record.buyer, record.seller) if record.kind <= TRANSFER else _parties(record):
        if account not in register.names:
            return RefusedTrade(trade, account, "SETTLEMENT_UNKNOWN_ACCOUNT", {"trade": trade, "account": account})
    short = False
    for place, change in moves:
        running[place] = left = running.get(place, 0) + change
        short = short or left < 0
    # A balance may be negative between two moves when one account is on both sides; only the result counts.
    if not short or all(running[place] >= 0 for place, _ in moves):
        return None
    guilty, wanted = next((place, change) for place, change in moves if running[place] < 0)
    for place, change in moves:
        running[place] -= change
    account, asset = guilty
    numbers: Numbers = {
        "trade": trade,
        "asset": register.tokens[asset].symbol,
        "held": running[guilty],
        "needed": -wanted,
    }
    return RefusedTrade(trade, account, "SETTLEMENT_SHORT", numbers)


def _parties(record: TradeRecord) -> Sequence[int]:
    """The accounts of a record: a deposit has no seller, a withdrawal no buyer."""
    if record.kind == DEPOSIT:
        return (record.buyer,)
    if record.kind == WITHDRAWAL:
        return (record.seller,)
    return record.buyer, record.seller


def _moves(record: TradeRecord, register: Register) -> Sequence[tuple[BalanceKey, int]] | None:
    """The changes of balances by one record; None when its token does not exist."""
    kind, _, token, price, quantity, buyer, seller, buyer_fee, seller_fee = record
    terms = register.terms_of.get(token)
    if kind != TRADE:
        if token < len(register.tokens):
            given, got = ((seller, token), -quantity), ((buyer, token), quantity)
            return (given, got) if kind == TRANSFER else (got,) if kind == DEPOSIT else (given,)
        return None if terms is None else ()
    if terms is None:
        return None
    cash_token = terms.cash_token
    cash = price * quantity * terms.multiplier
    moves = (
        ((buyer, cash_token), -cash - buyer_fee),
        ((seller, cash_token), cash - seller_fee),
        ((register.collector, cash_token), buyer_fee + seller_fee),
    )
    if not terms.delivered:
        return moves
    return (*moves, ((seller, token), -quantity), ((buyer, token), quantity))


def packed_rows(rows: Iterable[Row]) -> bytes:
    """Net rows in the format of the contract: 24 bytes each, ascending by account and token."""
    return b"".join(ROW.pack(account, token, delta.to_bytes(16, "big", signed=True)) for account, token, delta in rows)


def packed_exits(exits: Iterable[int]) -> bytes:
    """Withdrawal requests in the format of the contract: 4 bytes for each number, ascending."""
    return b"".join(number.to_bytes(4, "big") for number in exits)


def net_hash(rows: bytes, exits: bytes) -> bytes:
    """The hash of rows and exits that validators sign; each is hashed first, so no byte can move between them."""
    return keccak(keccak(rows) + keccak(exits))
