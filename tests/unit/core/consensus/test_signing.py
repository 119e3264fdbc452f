"""Ed25519 keys come from the seed, signatures bind chain, epoch and block, and sharing verdicts changes nothing."""

from __future__ import annotations

import pytest

from market_sim.core.consensus.signing import Ed25519Scheme, SharedVerifier
from market_sim.core.data.journal import Journal
from market_sim.core.randomness import Randomness
from tests.unit.core.consensus.table import run_committee

GENESIS, BLOCK = b"g" * 32, b"b" * 32


def test_keys_belong_to_the_seed():
    keys = Ed25519Scheme(Randomness(1), 4).public_keys
    assert keys == Ed25519Scheme(Randomness(1), 4).public_keys
    assert len({*keys, *Ed25519Scheme(Randomness(2), 4).public_keys}) == 8


@pytest.mark.parametrize("mode", ["each", "shared"])
def test_every_bit_of_a_statement_counts(mode):
    scheme = Ed25519Scheme(Randomness(1), 4)
    signature = scheme.signer(2, 1, GENESIS).sign(5, BLOCK)
    verifier = scheme.verifiers(1, GENESIS, mode)[0]
    assert verifier.is_valid(2, 5, BLOCK, signature)
    for bit in range(0, 512, 37):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not verifier.is_valid(2, 5, BLOCK, bytes(flipped))
    assert not verifier.is_valid(3, 5, BLOCK, signature)
    assert not verifier.is_valid(2, 6, BLOCK, signature)
    assert not verifier.is_valid(2, 5, b"c" * 32, signature)
    assert not verifier.is_valid(2, 5, BLOCK, b"short")
    assert not scheme.verifiers(2, GENESIS, mode)[0].is_valid(2, 5, BLOCK, signature)
    assert not scheme.verifiers(1, BLOCK, mode)[0].is_valid(2, 5, BLOCK, signature)


def test_a_shared_verdict_is_asked_for_once():
    scheme = Ed25519Scheme(Randomness(1), 1)
    signature = scheme.signer(0, 1, GENESIS).sign(5, BLOCK)

    class Counting:
        asked = 0

        def is_valid(self, *question):
            Counting.asked += 1
            return scheme.verifiers(1, GENESIS, "each")[0].is_valid(*question)

    shared = SharedVerifier(Counting())
    assert [shared.is_valid(0, 5, BLOCK, signature) for _ in range(3)] == [True] * 3
    assert [shared.is_valid(0, 5, BLOCK, b"x" * 64) for _ in range(3)] == [False] * 3
    assert Counting.asked == 2


@pytest.mark.parametrize("byzantine", ["", "n3:forge,n3:replay,n1:equivocate@2-5"])
def test_both_ways_to_verify_write_the_same_journal(byzantine):
    journals: list[Journal] = [
        run_committee(epochs=8, byzantine=byzantine, verify=mode, news_every=200_000_000, paranoid=False).journal
        for mode in ("each", "shared")
    ]
    assert len(journals[0]) > 80
    assert list(journals[0]) == list(journals[1])
