"""An upper bound for the gas of a batch, computed from its contents alone: the same number for every validator.

A payload whose batch would exceed `LARGEST_BATCH_GAS` is invalid, so a batch always fits into one transaction. The gas
costs below are upper bounds of measurements of the contract (rulebook P-6).
"""

from __future__ import annotations

from typing import Final

from market_sim.blockchain.payload import RECORD, WITHDRAWAL, trades_in, withdrawals_in
from market_sim.blockchain.register import Register

LARGEST_BATCH_GAS: Final = 2**24
"""The cap of one transaction since EIP-7825 (16,777,216), whatever a block of the chain holds."""
LARGEST_COMMITTEE: Final = 128
"""The most validators in one set: a certificate has seven bits for the index of a signer."""

_BASE: Final = 100_000
_SIGNATURE: Final = 7_000
_SLOT: Final = 5_000
_FIRST_WRITE: Final = 17_100
_ROW: Final = 800
_EXIT: Final = 60_000  # measured: 57,000 when the account and the token never had a claim before


_TOKEN: Final = 200  # measured: 120, for the sum of each token of the contract, whether the batch moves it or not
_HANDOVER: Final = 60_000
_SEAT: Final = 25_000
_PAIR: Final = 110  # a handover compares each new validator with each other one


def batch_gas(
    signatures: int, slots: int, first_writes: int, rows: int, exits: int, tokens: int = 0, seats: int = 0
) -> int:
    """The bound for a batch with these numbers of signatures, storage slots (of two balances each), rows and exits.

    `tokens` are those of the contract; `seats` are those of the set of validators that takes over with this batch.
    """
    handover = _HANDOVER + _SEAT * seats + _PAIR * seats * seats if seats else 0
    moved = _SLOT * slots + _FIRST_WRITE * first_writes + _ROW * rows + _EXIT * exits
    return _BASE + _SIGNATURE * signatures + moved + _TOKEN * tokens + handover


def fitting(payload: bytes, register: Register) -> int:
    """The number of trades from the start of this payload that fit into one transaction, for any committee."""
    trades = trades_in(payload)
    # Two cheap bounds first, which nearly every payload keeps.
    slots, rows = (
        len(register.accounts) * (len(register.tokens) + 1) // 2,
        len(register.accounts) * len(register.tokens),
    )
    cash_tokens = len({terms.cash_token for terms in register.terms.values()})
    slots, rows = min(slots, 4 * trades + cash_tokens), min(rows, 4 * trades + cash_tokens)
    if _fresh(slots, rows, withdrawals_in(payload), len(register.tokens)) <= LARGEST_BATCH_GAS:
        return trades
    return _counted(payload, register)


def _counted(payload: bytes, register: Register) -> int:
    """The exact number: count the slots and rows that each record touches."""
    slots: set[tuple[int, int]] = set()
    rows: set[tuple[int, int]] = set()
    collector = register.collector
    exits = 0
    for number, (kind, _, token, _, _, buyer, seller, _, _) in enumerate(RECORD.iter_unpack(payload)):
        terms = register.terms_of.get(token)
        cash = terms.cash_token if terms else 0
        for place in ((buyer, cash), (buyer, token), (seller, cash), (seller, token), (collector, cash)):
            rows.add(place)
            slots.add((place[0], place[1] // 2))
        exits += kind == WITHDRAWAL
        if _fresh(len(slots), len(rows), exits, len(register.tokens)) > LARGEST_BATCH_GAS:
            return number
    return trades_in(payload)


def _fresh(slots: int, rows: int, exits: int, tokens: int) -> int:
    """The bound when every slot is written for the first time, and the largest committee takes over and signs."""
    return batch_gas(LARGEST_COMMITTEE, slots, slots, rows, exits, tokens, LARGEST_COMMITTEE)
