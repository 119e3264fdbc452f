"""A validator signs one result for each block, and never another one."""

from __future__ import annotations

import pytest

from market_sim.blockchain.certificate import Batch, Domain, Header, Signer
from market_sim.core.errors import InvariantBroken
from tests.unit.blockchain.rig import wallet

DOMAIN = Domain(31337, bytes(20), bytes(32))


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
