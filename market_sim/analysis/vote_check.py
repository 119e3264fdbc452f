"""The verification of one vote: its stored signature is checked again, by Ed25519 with keys derived from the seed.

The hash of genesis commits to all public keys (rule R4), so the keys of another run, or other rules, do not match the
chain in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from market_sim.core.consensus.blocks import Rules, leader_rule
from market_sim.core.consensus.signing import Ed25519Scheme, signed_bytes, signing_prefix
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockProposed, EpochStarted, VoteCast
from market_sim.core.models.run_events import CommitteeSeated, RunStarted
from market_sim.core.randomness import Randomness


@dataclass(frozen=True)
class VoteCheck:
    """The facts and the result of a verification."""

    voter: int
    epoch: int
    block: str
    signature: str
    public_key: str
    signed: str
    """The bytes under the signature, in hexadecimal: domain, chain id, genesis, epoch, block."""
    is_valid: bool
    genesis_matches: bool

    @property
    def verdict(self) -> str:
        """One word: valid or invalid."""
        return "valid" if self.is_valid else "invalid"


def check_vote(journal: Journal, number: int) -> VoteCheck | None:
    """Verify the vote with this event number; None when the event is no vote."""
    vote = journal[number] if number < len(journal) else None
    if not isinstance(vote, VoteCast):
        return None
    seated = next(journal.of(CommitteeSeated))
    scheme = Ed25519Scheme(Randomness(next(journal.of(RunStarted)).seed), seated.validators)
    rules = _rules(journal, seated, scheme.public_keys)
    genesis = bytes.fromhex(seated.genesis)
    # A vote signs the epoch of its block, whenever it was cast.
    epoch = next((event.epoch for event in journal.of(BlockProposed) if event.block == vote.block), vote.epoch)
    block, signature = _bytes(vote.block), _bytes(vote.signature)
    [verifier, *_] = scheme.verifiers(rules.chain_id, genesis, "each")
    known = vote.voter < seated.validators
    return VoteCheck(
        vote.voter,
        epoch,
        vote.block,
        vote.signature,
        scheme.public_keys[vote.voter].hex() if known else "",
        signed_bytes(signing_prefix(rules.chain_id, genesis), epoch, block).hex(),
        known and verifier.is_valid(vote.voter, epoch, block, signature),
        rules.genesis(scheme.public_keys).hash == genesis,
    )


def _rules(journal: Journal, seated: CommitteeSeated, keys: Sequence[bytes]) -> Rules:
    """The consensus rules of a journal: epoch length from two starts, the variant from the hash of genesis."""
    starts = [event.time for event in journal.of(EpochStarted)]
    rules = Rules(
        validators=seated.validators,
        leader_rule=leader_rule(seated.leaders),
        beyond_the_bound=True,
    )
    rules = replace(rules, delta_ns=(starts[1] - starts[0]) // 2) if len(starts) > 1 else rules
    crash = replace(rules, variant="crash")
    return crash if crash.genesis(keys).hash.hex() == seated.genesis else rules


def _bytes(text: str) -> bytes:
    """The bytes of a hexadecimal text; empty when the text is none."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
