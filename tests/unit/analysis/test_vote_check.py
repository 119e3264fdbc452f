"""The second look at a vote: real keys, the rules of the run, the bytes that were signed."""

from __future__ import annotations

from functools import cache

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import replace

from market_sim.analysis.vote_check import check_vote
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockProposed, VoteCast
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo

KINDS = {
    "default": {},
    "crash": {"variant": "crash"},
    "five that may crash": {"variant": "crash", "validators": 5},
    "seven with leaders by hash": {"validators": 7, "leaders": "hash"},
    "one epoch": {"epochs": 1, "variant": "crash"},
}


@cache
def played(kind: str) -> Journal:
    return simulate(StreamletDemo(), Options(**{"epochs": 3, "settlement": "none", **KINDS[kind]})).journal


def votes(journal: Journal) -> list[int]:
    return [number for number, event in enumerate(journal) if isinstance(event, VoteCast)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_vote_of_a_run_is_valid_under_its_own_rules_and_by_another_library_call(kind: str):
    journal = played(kind)
    epochs = {event.block: event.epoch for event in journal.of(BlockProposed)}
    for number in votes(journal):
        check = check_vote(journal, number)
        vote = journal[number]
        assert (check.voter, check.block, check.epoch) == (vote.voter, vote.block, epochs[vote.block])
        assert (check.verdict, check.genesis_matches) == ("valid", True)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(check.public_key))
        key.verify(bytes.fromhex(vote.signature), bytes.fromhex(check.signed))


def test_votes_of_the_two_variants_are_signed_for_different_chains():
    """The hash of genesis commits to the variant, and every signature to genesis."""
    crash, default = (check_vote(run, votes(run)[0]).signed for run in (played("crash"), played("default")))
    epoch_and_block = 2 * (8 + 32)
    assert crash[:-epoch_and_block] != default[:-epoch_and_block]


@pytest.mark.parametrize("part", ["signature", "block", "voter"])
def test_a_vote_with_one_part_changed_is_invalid(part: str):
    journal = played("crash")
    number = votes(journal)[0]
    vote = journal[number]
    changed = {
        "signature": {"signature": vote.signature[:-2] + ("00" if vote.signature[-2:] != "00" else "11")},
        "block": {"block": "ab" * 32},
        "voter": {"voter": (vote.voter + 1) % 4},
    }[part]
    forged = Journal()
    for place, event in enumerate(journal):
        forged.record(replace(event, **changed) if place == number else event)
    check = check_vote(forged, number)
    assert check.verdict == "invalid"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(check.public_key))
    with pytest.raises(InvalidSignature):
        key.verify(bytes.fromhex(check.signature), bytes.fromhex(check.signed))


def test_what_is_no_vote_is_not_checked():
    journal = played("default")
    assert check_vote(journal, 0) is None
    assert check_vote(journal, len(journal)) is None
