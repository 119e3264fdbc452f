"""Verification of Ed25519 signatures with the standard library alone, for answers that check who signed what.

An answer's process sees nothing that is installed, `cryptography` included, so this is RFC 8032, section 5.1, written
out: slow (a few milliseconds), and without secrets to protect, because it only verifies. The product's own validators
use `cryptography`; a test compares the two.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha512

TYPE_CHECKING = False
if TYPE_CHECKING:  # the student's process starts once for each check
    Point = tuple[int, int, int, int]
    """A point of the curve in extended coordinates: X, Y, Z, T with x = X/Z, y = Y/Z and xy = T/Z."""

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
"""The number of points in the group that the base point generates."""
CURVE_D = -121665 * pow(121666, -1, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)
NEUTRAL: Point = (0, 1, 1, 0)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is that of the key's owner on exactly this message; any wrong byte makes it False."""
    return _verified(*(bytes(memoryview(part)) for part in (public_key, message, signature)))


@lru_cache(maxsize=4096)  # an answer that compares each vote with each other one asks the same many times
def _verified(public_key: bytes, message: bytes, signature: bytes) -> bool:
    if len(public_key) != 32 or len(signature) != 64:
        return False
    owner = _decoded(public_key)
    scalar = int.from_bytes(signature[32:], "little")
    if owner is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    # scalar * base = commitment + challenge * owner, so what remains after the challenge is the commitment.
    return _encoded(_sum_of_products(scalar, BASE, ORDER - challenge, owner)) == signature[:32]


def _sum_of_products(first: int, one: Point, second: int, other: Point) -> Point:
    """first * one + second * other, doubling once for both."""
    both, total = _add(one, other), NEUTRAL
    for place in range(ORDER.bit_length() - 1, -1, -1):
        total = _add(total, total)
        bits = first >> place & 1, second >> place & 1
        if bits == (1, 1):
            total = _add(total, both)
        elif bits != (0, 0):
            total = _add(total, one if bits[0] else other)
    return total


def _add(left: Point, right: Point) -> Point:
    """The sum of two points; the formula holds for equal ones, too (RFC 8032, section 5.1.4)."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = left, right
    a, b = (y1 - x1) * (y2 - x2) % PRIME, (y1 + x1) * (y2 + x2) % PRIME
    c, d = 2 * CURVE_D * t1 * t2 % PRIME, 2 * z1 * z2 % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def _decoded(text: bytes) -> Point | None:
    """The point that 32 bytes stand for: y, and the sign of x in the highest bit (RFC 8032, section 5.1.3)."""
    number = int.from_bytes(text, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= PRIME:
        return None
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    if x * x % PRIME != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = PRIME - x
    return x, y, 1, x * y % PRIME


def _encoded(point: Point) -> bytes:
    """The 32 bytes of a point."""
    x, y, z, _ = point
    inverse = pow(z, -1, PRIME)
    x, y = x * inverse % PRIME, y * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE_Y = 4 * pow(5, -1, PRIME) % PRIME
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
"""The base point: y is 4/5, and x is the even one of the two that belong to it."""
BASE: Point = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % PRIME)
