"""Signed transactions (EIP-1559)."""

from __future__ import annotations

from typing import Final, NamedTuple

import rlp  # type: ignore[import-untyped]

from market_sim.blockchain.certificate import Wallet, recovered
from market_sim.blockchain.keccak import keccak

_KIND: Final = b"\x02"
_TIP: Final = 10**9
FEE: Final = 1_000 * 10**9
"""The maximum fee for one unit of gas, far above the base fee of sandbox chains."""


class Signed(NamedTuple):
    """A signed transaction and its hash."""

    raw: bytes
    hash: str


def signed(
    wallet: Wallet, chain_id: int, nonce: int, to: bytes, data: bytes, gas: int, attempt: int = 0, value: int = 0
) -> Signed:
    """A signed transaction of a wallet; `to` is empty for a deployment. Each later attempt offers an eighth more."""
    fee, tip = (price * 9**attempt // 8**attempt + attempt for price in (FEE, _TIP))
    fields = [chain_id, nonce, tip, fee, gas, to, value, data, []]
    signature = wallet.sign(keccak(_KIND + rlp.encode(fields)))
    r, s = (int.from_bytes(signature[place : place + 32], "big") for place in (0, 32))
    raw = _KIND + rlp.encode([*fields, signature[64], r, s])
    return Signed(raw, keccak(raw).hex())


class Transaction(NamedTuple):
    """What signed bytes ask for, and who signed them."""

    hash: str
    sender: bytes
    chain_id: int
    nonce: int
    tip: int
    fee: int
    gas: int
    to: bytes
    value: int
    data: bytes


def read(raw: bytes) -> Transaction:
    """The transaction in signed bytes; the sender is recovered from the signature."""
    fields = rlp.decode(raw[1:])
    chain_id, nonce, tip, fee, gas, to, value, data, _, parity, r, s = fields
    digest = keccak(_KIND + rlp.encode(fields[:9]))
    signature = r.rjust(32, b"\0") + s.rjust(32, b"\0") + parity.rjust(1, b"\0")
    return Transaction(
        hash=keccak(raw).hex(),
        sender=recovered(digest, signature),
        chain_id=_number(chain_id),
        nonce=_number(nonce),
        tip=_number(tip),
        fee=_number(fee),
        gas=_number(gas),
        to=to,
        value=_number(value),
        data=data,
    )


def _number(encoded: bytes) -> int:
    return int.from_bytes(encoded, "big")
