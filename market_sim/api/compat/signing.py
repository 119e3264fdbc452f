"""Signed requests: a key that names a member, and a secret with which it signs what it asks for.

A member gets a pair for its token. Secrets are needed in plain form to check a signature, so they are kept in memory
alone: they end with the site, and a new pair ends the one before.

>>> signature_of("secret", "symbol=ACMEUSD&timestamp=1")[:16]
'd13dcdd689e90caf'
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading

import msgspec

from market_sim.api.members import Member


class KeyPair(msgspec.Struct, frozen=True, rename="camel"):
    """What a program of the other exchange is configured with."""

    api_key: str
    secret: str


class Keys:
    """The pairs of the members, one for each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pairs: dict[str, KeyPair] = {}
        self._owners: dict[str, Member] = {}

    def issue(self, member: Member) -> KeyPair:
        """A new pair of a member, in place of the one that it may have."""
        pair = KeyPair(secrets.token_hex(32), secrets.token_hex(32))
        with self._lock:
            before = self._pairs.get(member.name)
            if before is not None:
                del self._owners[before.api_key]
            self._pairs[member.name] = pair
            self._owners[pair.api_key] = member
        return pair

    def owner(self, api_key: str) -> Member | None:
        """Who has this key."""
        with self._lock:
            return self._owners.get(api_key)

    def is_signed(self, owner: Member, text: str, signature: str) -> bool:
        """Whether this is the owner's signature, compared in a time that tells nothing about it."""
        with self._lock:
            secret = self._pairs[owner.name].secret
        return hmac.compare_digest(signature_of(secret, text).encode(), signature.encode("utf-8", "replace"))


def signature_of(secret: str, text: str) -> str:
    """The HMAC-SHA256 of a text."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
