"""Ed25519 signatures of validators: keys from the seed, the signed bytes, and their verification (R13).

The signed bytes are domain, chain id, genesis hash, epoch and block hash, the same for a proposal and a vote. So a
signature from another chain, for another purpose or of another epoch is invalid on this chain.

Verification costs more than the rest of the protocol together. A verdict is a pure function of (public key, signed
bytes, signature), so the validators of one process may share a cache of verdicts: it saves time and changes no verdict.
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
    """Signs with the private key of one validator."""

    def sign(self, epoch: int, block: bytes) -> bytes:
        """The signature on this block of this epoch."""


class Verifier(Protocol):
    """Verifies the signatures of one chain's validators."""

    def is_valid(self, signer: int, epoch: int, block: bytes, signature: bytes) -> bool:
        """Whether this is the validator's signature on this block of this epoch."""


class Scheme(Protocol):
    """A signature scheme: the committee's public keys, and the signers and verifiers of one chain."""

    public_keys: Sequence[bytes]

    def signer(self, index: int, chain_id: int, genesis: bytes) -> Signer:
        """The signer of one validator."""

    def verifiers(self, chain_id: int, genesis: bytes, mode: VerifyMode) -> list[Verifier]:
        """One verifier for each validator."""


def signing_prefix(chain_id: int, genesis: bytes) -> bytes:
    """The common prefix of all signed statements of one chain (R13)."""
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
    """Verifies each signature anew, without a cache."""

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
    """A cache of verdicts that several validators of one process share; dropping an entry costs only time."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        # The chain is fixed, so a signer's index identifies its public key, and epoch and block the signed bytes.
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
    """Ed25519 keys of the committee, derived from the seed of the run."""

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
        """One verifier for each validator: its own (`each`), or one cache for all (`shared`)."""
        own: list[Verifier] = [Ed25519Verifier(self._public, signing_prefix(chain_id, genesis)) for _ in self._private]
        if mode == "each":
            return own
        return [SharedVerifier(own[0])] * len(own)
