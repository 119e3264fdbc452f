"""Ed25519 signatures of validators: keys from the seed, what is signed, and who checks it (R13).

The signed bytes are domain, chain id, genesis hash, epoch and block hash, the same for a proposal and a vote. So a
signature from another chain, for another purpose or of another epoch is worthless here.

Checking costs more than all the rest of the protocol together. A verdict is a pure function of (public key, signed
bytes, signature), so validators of one process may share a cache of verdicts: that changes time and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from market_sim.core.randomness import Randomness

_DOMAIN = b"market-sim/streamlet/vote/1"
_CACHE_LIMIT = 200_000

VerifyMode = Literal["each", "shared"]


class Signer(Protocol):
    """Whoever signs with one validator's key."""

    def sign(self, epoch: int, block: bytes) -> bytes:
        """The signature on this block of this epoch."""


class Verifier(Protocol):
    """Whoever checks signatures of a chain's validators."""

    def is_valid(self, signer: int, epoch: int, block: bytes, signature: bytes) -> bool:
        """Whether this is the validator's signature on this block of this epoch."""


class Scheme(Protocol):
    """A way to sign: the committee's keys, and the signers and verifiers of one chain."""

    public_keys: Sequence[bytes]

    def signer(self, index: int, chain_id: int, genesis: bytes) -> Signer:
        """The signer of one validator."""

    def verifiers(self, chain_id: int, genesis: bytes, mode: VerifyMode) -> list[Verifier]:
        """One verifier for each validator."""


def signing_prefix(chain_id: int, genesis: bytes) -> bytes:
    """What every signed statement of one chain starts with (R13)."""
    return _DOMAIN + chain_id.to_bytes(8, "big") + genesis


def signed_bytes(prefix: bytes, epoch: int, block: bytes) -> bytes:
    """The statement "I sign this block of this epoch on this chain" (R13)."""
    return prefix + epoch.to_bytes(8, "big") + block


class Ed25519Signer:
    """One validator's private key, bound to one chain."""

    def __init__(self, key: Ed25519PrivateKey, prefix: bytes) -> None:
        self._key = key
        self._prefix = prefix

    def sign(self, epoch: int, block: bytes) -> bytes:
        """The signature on this block of this epoch."""
        return self._key.sign(signed_bytes(self._prefix, epoch, block))


class Ed25519Verifier:
    """Checks each signature by arithmetic, every time."""

    def __init__(self, keys: Sequence[Ed25519PublicKey], prefix: bytes) -> None:
        self._keys = keys
        self._prefix = prefix

    def is_valid(self, signer: int, epoch: int, block: bytes, signature: bytes) -> bool:
        """Whether this is the validator's signature on this block of this epoch."""
        try:
            self._keys[signer].verify(signature, signed_bytes(self._prefix, epoch, block))
        except InvalidSignature:
            return False
        return True


class SharedVerifier:
    """Verdicts that several validators of one process share; forgetting one costs time only."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        # The chain is fixed here, so a signer's number stands for its public key, and epoch and block for the bytes.
        self._verdicts: dict[tuple[int, int, bytes, bytes], bool] = {}

    def is_valid(self, signer: int, epoch: int, block: bytes, signature: bytes) -> bool:
        """Whether this is the validator's signature on this block of this epoch."""
        question = (signer, epoch, block, signature)
        verdict = self._verdicts.get(question)
        if verdict is None:
            if len(self._verdicts) >= _CACHE_LIMIT:
                self._verdicts.clear()
            verdict = self._verdicts[question] = self._verifier.is_valid(signer, epoch, block, signature)
        return verdict


class Ed25519Scheme:
    """The committee's Ed25519 keys, derived from the seed of the run."""

    def __init__(self, randomness: Randomness, validators: int) -> None:
        self._private = [
            Ed25519PrivateKey.from_private_bytes(randomness.secret(f"validator/{index}/ed25519"))
            for index in range(validators)
        ]
        self._public = [key.public_key() for key in self._private]
        self.public_keys: Sequence[bytes] = tuple(key.public_bytes_raw() for key in self._public)

    def signer(self, index: int, chain_id: int, genesis: bytes) -> Ed25519Signer:
        """The signer of one validator."""
        return Ed25519Signer(self._private[index], signing_prefix(chain_id, genesis))

    def verifiers(self, chain_id: int, genesis: bytes, mode: VerifyMode) -> list[Verifier]:
        """One verifier for each validator: its own, or one cache that all share."""
        own: list[Verifier] = [Ed25519Verifier(self._public, signing_prefix(chain_id, genesis)) for _ in self._private]
        if mode == "each":
            return own
        return [SharedVerifier(own[0])] * len(own)
