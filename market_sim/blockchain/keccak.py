"""Keccak-256, the hash function of Ethereum.

>>> keccak(b"").hex()
'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
"""

from __future__ import annotations

from sha3 import keccak_256


def keccak(data: bytes) -> bytes:
    """The 32-byte Keccak digest; not SHA3-256, which pads differently."""
    digest: bytes = keccak_256(data).digest()
    return digest
