"""The payload: the bytes of a block, with one record of fixed width for each trade, in the order of matching.

A record holds the whole trade, not a digest, so a party with the finalized chain can execute it without further data.
A payload continues the chain without gaps: if w is the last trade on the chain that the leader extends, the payload
holds the trades w + 1, w + 2, ... (docs/decisions/0005). So a leader cannot leave out a trade and include a later
one, and one integer tells which trades are in the chain.

The first byte of a record is its kind: a trade, a transfer by a mechanism, a deposit, or a withdrawal during the run.
All kinds share one sequence of numbers. Contract calls can follow the records (market_sim/blockchain/items.py); this
module is about the records alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from market_sim.blockchain.register import Register
from market_sim.core.errors import InvariantBroken, ProtocolViolation
from market_sim.core.models.market_events import Deposited, Entry, Transferred, Withdrawn

TRADE: Final = 1
"""The kind byte of a trade record."""

TRANSFER: Final = 2
"""The kind byte of a transfer: a quantity of a token goes from the "seller" to the "buyer", at price 0."""

DEPOSIT: Final = 3
"""The kind byte of a deposit to the "buyer"; the seller is number 0, which is no account."""

WITHDRAWAL: Final = 4
"""The kind byte of a withdrawal from the "seller"; the buyer is number 0, which is no account."""

KINDS: Final = (TRADE, TRANSFER, DEPOSIT, WITHDRAWAL)

RECORD: Final = Struct(">BQIqQIIqq")
"""Kind, trade, token of the instrument, price, quantity, buyer, seller, fee of the buyer, fee of the seller."""

LARGEST_PAYLOAD: Final = 10_000
"""The most trades in one block (rulebook P-1)."""


class TradeRecord(NamedTuple):
    """One trade as the validators see it: numbers only, buyer and seller instead of maker and taker."""

    kind: int
    trade: int
    token: int
    price: int
    quantity: int
    buyer: int
    seller: int
    buyer_fee: int
    seller_fee: int


def encoded(trade: Entry, register: Register) -> bytes:
    """The record of this entry."""
    accounts = register.accounts
    if isinstance(trade, Transferred):
        parties = accounts[trade.target], accounts[trade.source]
        return RECORD.pack(TRANSFER, trade.trade, register.token(trade.asset), 0, trade.amount, *parties, 0, 0)
    if isinstance(trade, Deposited):
        return RECORD.pack(
            DEPOSIT, trade.trade, register.token(trade.asset), 0, trade.amount, accounts[trade.account], 0, 0, 0
        )
    if isinstance(trade, Withdrawn):
        return RECORD.pack(
            WITHDRAWAL, trade.trade, register.token(trade.asset), 0, trade.amount, 0, accounts[trade.account], 0, 0
        )
    maker, taker = accounts[trade.maker], accounts[trade.taker]
    token = register.terms[trade.symbol].token
    if trade.side > 0:
        sides = taker, maker, trade.taker_fee, trade.maker_fee
    else:
        sides = maker, taker, trade.maker_fee, trade.taker_fee
    return RECORD.pack(TRADE, trade.trade, token, trade.price, trade.quantity, *sides)


def decoded(entries: bytes) -> Iterator[TradeRecord]:
    """The records of a payload, in order.

    >>> record = TradeRecord(TRADE, 1, 1, 10_000, 5, 2, 3, 10, 0)
    >>> next(decoded(RECORD.pack(*record))) == record
    True
    """
    if len(entries) % RECORD.size:
        raise ProtocolViolation("PAYLOAD_MALFORMED", size=len(entries), record=RECORD.size)
    return map(TradeRecord._make, RECORD.iter_unpack(entries))


def trades_in(payload: bytes) -> int:
    """The number of records in a payload."""
    return len(payload) // RECORD.size


def records_in(payload: bytes) -> list[bytes]:
    """The records of a payload as bytes, the leaves of the Merkle tree."""
    size = RECORD.size
    return [payload[place : place + size] for place in range(0, len(payload), size)]


def withdrawals_in(payload: bytes) -> int:
    """The number of withdrawals among the records of a payload."""
    return payload[:: RECORD.size].count(WITHDRAWAL)


def last_trade(payload: bytes) -> int:
    """The number of the last trade in a payload that is not empty."""
    number: int = RECORD.unpack_from(payload, len(payload) - RECORD.size)[1]
    return number


class TradeRecords:
    """A cache of the encoded records of all trades, shared by all validators of a run.

    Sharing saves time and changes no result, because a record depends on its trade alone. Which trades a validator
    knows is decided by its own `TradePool`, not by this cache.
    """

    def __init__(self, register: Register) -> None:
        self.register = register
        self._records, self._known = bytearray(), bytearray()
        """The record of trade n at place n - 1, and a byte that says whether it is there."""

    def add(self, trade: Entry) -> None:
        """Encode a trade, unless that was done before."""
        number, known = trade.trade, self._known
        if number > len(known):
            missing = number - len(known)
            known.extend(bytes(missing))
            self._records.extend(bytes(missing * RECORD.size))
        if not known[number - 1]:
            known[number - 1] = 1
            self._records[(number - 1) * RECORD.size : number * RECORD.size] = encoded(trade, self.register)

    def between(self, first: int, last: int) -> bytes:
        """The records of these trades, one after the other."""
        if last < first:
            return b""
        gap = self._known.find(0, first - 1, last)
        if gap >= 0 or last > len(self._known):
            raise InvariantBroken(f"trade {gap + 1 if gap >= 0 else len(self._known) + 1} was never encoded")
        return bytes(memoryview(self._records)[(first - 1) * RECORD.size : last * RECORD.size])
