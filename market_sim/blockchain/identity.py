"""A validator's identity: its two keys, each signed by the other, so that nobody can claim a stranger's key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from market_sim.blockchain.certificate import Wallet, recovered
from market_sim.blockchain.keccak import keccak

_DOMAIN: Final = b"market-sim/validator/identity/1"


class Identity(msgspec.Struct, frozen=True):
    """One validator: the key it votes with, the address it certifies with, and both statements."""

    validator: int
    voting_key: bytes
    address: bytes
    voting_key_says: bytes
    """Signature of the Ed25519 key on the address."""
    address_says: bytes
    """Signature of the secp256k1 key on the voting key."""


def bound(validator: int, voting_key: bytes, sign: Callable[[bytes], bytes], wallet: Wallet) -> Identity:
    """The identity of a validator that holds both keys; `sign` signs bytes with the Ed25519 key."""
    said = _statement(validator, voting_key, wallet.address)
    return Identity(validator, voting_key, wallet.address, sign(said), wallet.sign(keccak(said)))


def is_bound(identity: Identity) -> bool:
    """Whether both keys really named each other."""
    said = _statement(identity.validator, identity.voting_key, identity.address)
    try:
        Ed25519PublicKey.from_public_bytes(identity.voting_key).verify(identity.voting_key_says, said)
    except (InvalidSignature, ValueError):
        return False
    return recovered(keccak(said), identity.address_says) == identity.address


def _statement(validator: int, voting_key: bytes, address: bytes) -> bytes:
    return _DOMAIN + validator.to_bytes(4, "big") + voting_key + address
