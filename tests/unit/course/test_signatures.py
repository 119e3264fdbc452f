"""The verification that answers use gives the verdict of `cryptography`, on genuine and on damaged signatures."""

from random import Random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from market_sim.course.student_side import signatures
from market_sim.course.student_side.signatures import ORDER, verify

LUCK = Random(6)
SIGNED = []
for size in (0, 1, 32, 100, 1000):
    key = Ed25519PrivateKey.from_private_bytes(LUCK.randbytes(32))
    message = LUCK.randbytes(size)
    SIGNED.append((key.public_key().public_bytes_raw(), message, key.sign(message)))


def of_the_library(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def flipped(text: bytes, bit: int) -> bytes:
    return (int.from_bytes(text, "little") ^ 1 << bit).to_bytes(len(text), "little")


@pytest.mark.parametrize("signed", SIGNED)
def test_a_genuine_signature_is_accepted(signed):
    assert of_the_library(*signed)
    assert verify(*signed) is True


@pytest.mark.parametrize("part", range(3))
def test_one_changed_bit_anywhere_is_refused_as_the_library_does(part):
    for signed in SIGNED:
        if not signed[part]:
            continue
        for bit in LUCK.sample(range(8 * len(signed[part])), 8):
            damaged = [*signed]
            damaged[part] = flipped(signed[part], bit)
            assert verify(*damaged) is of_the_library(*damaged) is False


def test_wrong_lengths_and_a_scalar_beyond_the_order_are_refused():
    public_key, message, signature = SIGNED[2]
    larger = int.from_bytes(signature[32:], "little") + ORDER
    assert larger < 2**256
    for key, proof in [
        (public_key[:31], signature),
        (public_key, signature[:63]),
        (public_key, signature + b"\0"),
        (public_key, signature[:32] + larger.to_bytes(32, "little")),
        (b"\xff" * 32, signature),
    ]:
        assert verify(key, message, proof) is of_the_library(key, message, proof) is False


def test_it_reproduces_the_published_example():
    """RFC 8032, section 7.1, test 1: the empty message."""
    public_key = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert verify(public_key, b"", signature)


def test_the_same_question_is_computed_once_so_that_comparing_all_pairs_is_not_too_slow():
    asked = signatures._verified.cache_info().misses
    for _ in range(3):
        assert verify(*SIGNED[1]) and not verify(SIGNED[1][0], b"something else", SIGNED[1][2])
    assert signatures._verified.cache_info().misses <= asked + 2


def test_what_is_no_bytes_is_a_type_error_and_not_a_bad_signature():
    with pytest.raises(TypeError, match="bytes-like object is required, not 'int'"):
        verify(2, *SIGNED[1][1:])
    assert verify(*(bytearray(part) for part in SIGNED[1]))
