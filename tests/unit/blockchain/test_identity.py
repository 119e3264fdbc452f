"""A validator's two keys: each is signed by the other, and nobody can borrow one."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from market_sim.blockchain.certificate import Batch, Domain, Header, Signer
from market_sim.blockchain.identity import Identity, bound, is_bound
from market_sim.core.errors import InvariantBroken
from tests.unit.blockchain.rig import wallet

VOTING = Ed25519PrivateKey.from_private_bytes(bytes([5]) * 32)
DOMAIN = Domain(31337, bytes(20))


def identity(validator: int = 0) -> Identity:
    return bound(validator, VOTING.public_key().public_bytes_raw(), VOTING.sign, wallet(f"validator/{validator}"))


def test_both_keys_name_each_other() -> None:
    assert is_bound(identity())


@pytest.mark.parametrize("field", ["validator", "voting_key", "address", "voting_key_says", "address_says"])
def test_no_part_can_be_taken_from_another_identity(field: str) -> None:
    other = bound(
        1,
        Ed25519PrivateKey.from_private_bytes(bytes([6]) * 32).public_key().public_bytes_raw(),
        Ed25519PrivateKey.from_private_bytes(bytes([6]) * 32).sign,
        wallet("validator/1"),
    )
    assert not is_bound(msgspec.structs.replace(identity(), **{field: getattr(other, field)}))


def test_a_key_that_is_no_key_is_no_identity() -> None:
    assert not is_bound(msgspec.structs.replace(identity(), voting_key=b"short"))


def header(first: int, last: int, block: int = 1) -> Batch:
    return Batch(Header(1, first, last, last, bytes(32), bytes([block]) * 32, bytes(32), 1), b"", b"")


def test_a_validator_signs_one_digest_for_each_height_and_repeats_itself_when_asked_again() -> None:
    signer = Signer(wallet("validator/0"))
    signature = signer.sign(header(1, 3), DOMAIN)
    assert signer.sign(header(1, 3), DOMAIN) == signature
    for other in (header(1, 3, block=2), header(3, 4), header(2, 2)):
        with pytest.raises(InvariantBroken, match="signed already"):
            signer.sign(other, DOMAIN)
    signer.sign(header(4, 5), DOMAIN)


def test_what_was_signed_outlives_a_restart() -> None:
    kept: dict[int, bytes] = {}
    Signer(wallet("validator/0"), kept).sign(header(1, 1), DOMAIN)
    with pytest.raises(InvariantBroken, match="block 1 is signed already"):
        Signer(wallet("validator/0"), kept).sign(header(1, 1, block=2), DOMAIN)
