"""Events of consensus: epochs, blocks, votes, refusals, network faults, evidence of equivocation.

Blocks are named by their hash and signatures by their bytes, both in lower-case hexadecimal. Each signature is in the
journal once, in `VoteCast`: a proposal is its leader's vote, so it has a `VoteCast` too. `epoch` is the epoch in which
the event happened; the epoch of a block is that of its `BlockProposed`.
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from market_sim.core.models.event import Area, Event, Numbers

Verdict = Literal["waiting", "refused", "expired"]
Triple = tuple[str, str, str]
"""Three adjacent blocks of consecutive epochs; genesis may be the first."""


class CallsSeen(NamedTuple):
    """A signed part of the log of a validator: from this place on it has seen these calls, in this order."""

    validator: int
    first: int
    calls: tuple[int, ...]
    signature: str


class ConsensusEvent(Event, frozen=True):
    """Base of the events of consensus; each happens in an epoch."""

    area: ClassVar[Area] = "consensus"

    epoch: int


class EpochStarted(ConsensusEvent, frozen=True):
    """An epoch begins and this validator may propose in it."""

    leader: int


class BlockProposed(ConsensusEvent, frozen=True):
    """A validator signed a block and sent it; `group` numbers the blocks of a leader that sends several."""

    block: str
    parent: str
    height: int
    proposer: int
    payload_digest: str
    trades: int
    group: int = 0


class CallsOrdered(ConsensusEvent, frozen=True, omit_defaults=True):
    """A leader put contract calls into its block, after the entries, in this order."""

    block: str
    calls: tuple[int, ...]
    reports: tuple[CallsSeen, ...] = ()
    """What validators have seen, as far as the block carries it: a fair order follows from that (rulebook P-14)."""


class ProposalJudged(ConsensusEvent, frozen=True):
    """A validator did not vote for a proposal, or not yet, with the reason code and its numbers."""

    validator: int
    block: str
    verdict: Verdict
    reason: str
    numbers: Numbers


class VoteCast(ConsensusEvent, frozen=True):
    """A validator signed a block."""

    voter: int
    block: str
    signature: str


class BlockNotarized(ConsensusEvent, frozen=True):
    """In this validator's view a quorum has signed the block, and its parent is notarized."""

    validator: int
    block: str
    height: int
    voters: tuple[int, ...]


class BlockFinalized(ConsensusEvent, frozen=True):
    """The block is final for this validator; `because` are the three blocks that made it so."""

    validator: int
    block: str
    height: int
    because: Triple


class MessageRefused(ConsensusEvent, frozen=True):
    """A validator dropped an invalid message; `sender` is the validator that the message claims as its signer."""

    validator: int
    sender: int
    reason: str
    numbers: Numbers


class FloodDropped(ConsensusEvent, frozen=True):
    """A validator dropped a message because of a bound, so that its memory stays bounded."""

    validator: int
    sender: int
    reason: str
    numbers: Numbers


class BlockRequested(ConsensusEvent, frozen=True):
    """A validator misses a block or votes, and asks its peers for this block and the signatures on it."""

    validator: int
    block: str
    signatures: int
    """The number of signatures that it holds already."""


class NetworkFault(ConsensusEvent, frozen=True):
    """A fault of the network or of a validator, which affects these senders and receivers until this time."""

    kind: str
    senders: tuple[int, ...]
    receivers: tuple[int, ...]
    until: int


class ByzantineAct(ConsensusEvent, frozen=True):
    """A byzantine validator deviated from the protocol; the simulator knows it, and no other validator reads it."""

    validator: int
    behaviour: str
    blocks: tuple[str, ...]
    targets: tuple[int, ...]


class EquivocationSeen(ConsensusEvent, frozen=True):
    """A validator holds two signatures of one culprit on two blocks of one epoch: evidence for any third party."""

    validator: int
    culprit: int
    signed_epoch: int
    blocks: tuple[str, str]
    signatures: tuple[str, str]


class SafetyViolated(ConsensusEvent, frozen=True):
    """The rules finalized a block that conflicts with the finalized chain; the first chain is kept."""

    validator: int
    height: int
    kept: Triple
    conflicting: Triple


class MonitorHit(ConsensusEvent, frozen=True):
    """A monitor found a broken invariant."""

    invariant: str
    validators: tuple[int, ...]
    blocks: tuple[str, ...]
    found: str
