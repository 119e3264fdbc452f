"""What happens among the validators: epochs, blocks, votes, refusals, faults of the network, evidence of lies.

Blocks are named by their hash and signatures by their bytes, both in lower-case hexadecimal. Each signature stands in
the journal once, in `VoteCast`: a proposal is its leader's vote, so it has a `VoteCast` too. `epoch` is the epoch in
which the thing happened; the epoch of a block is that of its `BlockProposed`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from market_sim.core.models.event import Area, Event, Numbers

Verdict = Literal["waiting", "refused", "expired"]
Triple = tuple[str, str, str]
"""Three adjacent blocks of consecutive epochs; genesis may be the first."""


class ConsensusEvent(Event, frozen=True):
    """Something that happened among the validators during an epoch."""

    area: ClassVar[Area] = "consensus"

    epoch: int


class EpochStarted(ConsensusEvent, frozen=True):
    """An epoch begins and this validator may propose in it."""

    leader: int


class BlockProposed(ConsensusEvent, frozen=True):
    """A validator signed a block and sent it; `group` counts the blocks of one leader who sends several."""

    block: str
    parent: str
    height: int
    proposer: int
    payload_digest: str
    trades: int
    group: int = 0


class CallsOrdered(ConsensusEvent, frozen=True):
    """A leader put calls of contracts into its block, after the entries, in this order."""

    block: str
    calls: tuple[int, ...]


class ProposalJudged(ConsensusEvent, frozen=True):
    """A validator did not vote for a proposal, or not yet: the reason code and its numbers."""

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
    """This validator will never give the block up; `because` are the three blocks that made it final."""

    validator: int
    block: str
    height: int
    because: Triple


class MessageRefused(ConsensusEvent, frozen=True):
    """A validator threw a message away; `sender` is whose signature the message claims to carry."""

    validator: int
    sender: int
    reason: str
    numbers: Numbers


class FloodDropped(ConsensusEvent, frozen=True):
    """A validator keeps no more of a kind of message, so that its memory stays bounded."""

    validator: int
    sender: int
    reason: str
    numbers: Numbers


class BlockRequested(ConsensusEvent, frozen=True):
    """A validator lacks what a quorum may know, and asks its peers for this block and the signatures on it."""

    validator: int
    block: str
    signatures: int
    """How many signatures it holds already."""


class NetworkFault(ConsensusEvent, frozen=True):
    """The network did not deliver in the ordinary way between these validators until this time."""

    kind: str
    senders: tuple[int, ...]
    receivers: tuple[int, ...]
    until: int


class ByzantineAct(ConsensusEvent, frozen=True):
    """A validator left the protocol: the simulator's truth, never read by another validator."""

    validator: int
    behaviour: str
    blocks: tuple[str, ...]
    targets: tuple[int, ...]


class EquivocationSeen(ConsensusEvent, frozen=True):
    """A validator holds two signatures of one culprit for two blocks of one epoch: evidence for anybody."""

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
    """A monitor saw an invariant broken."""

    invariant: str
    validators: tuple[int, ...]
    blocks: tuple[str, ...]
    found: str
