"""Signed transactions (EIP-1559)."""

from __future__ import annotations

from typing import Final, NamedTuple

import rlp  # type: ignore[import-untyped]

from market_sim.blockchain.certificate import Wallet
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
