"""The events of a comparison of consensus protocols, which mean the same in each of them.

The harness records which blocks are final in a validator's view and which ones left its chain; it reads both off the
validator, so no protocol counts its own reversals. Blocks are named by their hash in lower-case hexadecimal. A
comparison is not a run: no stored journal has these events, and the codec does not know them.
"""

from __future__ import annotations

from typing import Literal

from market_sim.core.models.consensus_events import ConsensusEvent

Phase = Literal["prevote", "precommit"]


class BlockFinal(ConsensusEvent, frozen=True):
    """The block became final for this validator."""

    validator: int
    block: str
    height: int


class BlocksReverted(ConsensusEvent, frozen=True):
    """These blocks left this validator's chain, lowest first; the first `final` of them had been final."""

    validator: int
    blocks: tuple[str, ...]
    final: int


class BallotCast(ConsensusEvent, frozen=True):
    """A validator signed a block in one of the two phases."""

    voter: int
    phase: Phase
    block: str
    signature: str


class BlockLocked(ConsensusEvent, frozen=True):
    """A validator saw a quorum of prevotes: it prevotes for no other block until it sees a later quorum."""

    validator: int
    block: str
    height: int
