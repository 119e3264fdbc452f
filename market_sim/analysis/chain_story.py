"""The story of the chain: which blocks were proposed, who voted, what became notarized and final, and why.

Read from the journal, event by event, so that it can be told while a run goes on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    EpochStarted,
    VoteCast,
)
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import CommitteeSeated


@dataclass
class BlockStory:
    """What became of one block."""

    block: str
    parent: str
    epoch: int
    height: int
    proposer: int
    trades: int
    voters: list[int] = field(default_factory=list)
    notarized_by: list[int] = field(default_factory=list)
    final_for: list[int] = field(default_factory=list)
    final_in_epoch: int | None = None


class ChainStory:
    """All blocks of a run so far, in the order in which they were proposed."""

    def __init__(self) -> None:
        self.blocks: dict[str, BlockStory] = {}
        self.leaders: dict[int, int] = {}
        self.finalized: dict[int, list[str]] = {}
        """The finalized chain of each validator, oldest block first."""
        self.byzantine: tuple[int, ...] = ()
        """The validators that break the rules sooner or later: what they finalize before that binds nobody."""
        self._early_votes: dict[str, list[int]] = {}

    def read(self, event: Event) -> None:
        """Let one event add to the story."""
        if isinstance(event, CommitteeSeated):
            self.byzantine = event.byzantine
        elif isinstance(event, EpochStarted):
            self.leaders[event.epoch] = event.leader
        elif isinstance(event, BlockProposed):
            if event.block not in self.blocks:
                voters = self._early_votes.pop(event.block, [])
                self.blocks[event.block] = BlockStory(
                    event.block, event.parent, event.epoch, event.height, event.proposer, event.trades, voters
                )
        elif isinstance(event, VoteCast):
            known = self.blocks.get(event.block)
            voters = known.voters if known else self._early_votes.setdefault(event.block, [])
            if event.voter not in voters:
                voters.append(event.voter)
        elif isinstance(event, BlockNotarized):
            if event.block in self.blocks:
                self.blocks[event.block].notarized_by.append(event.validator)
        elif isinstance(event, BlockFinalized) and event.block in self.blocks:
            block = self.blocks[event.block]
            block.final_for.append(event.validator)
            if block.final_in_epoch is None:
                block.final_in_epoch = event.epoch
            self.finalized.setdefault(event.validator, []).append(event.block)

    def of_epoch(self, epoch: int) -> list[BlockStory]:
        """The blocks proposed in this epoch: one from an honest leader, none from a silent one."""
        return [block for block in self.blocks.values() if block.epoch == epoch]

    def became_final_in(self, epoch: int) -> list[BlockStory]:
        """The blocks that the first validator finalized in this epoch."""
        return [block for block in self.blocks.values() if block.final_in_epoch == epoch]

    @property
    def notarized(self) -> list[BlockStory]:
        """The blocks that at least one validator saw notarized."""
        return [block for block in self.blocks.values() if block.notarized_by]

    @property
    def _honest_chains(self) -> list[list[str]]:
        return [chain for validator, chain in self.finalized.items() if validator not in self.byzantine]

    @property
    def agreement(self) -> bool:
        """Whether the finalized chain of every honest validator is a prefix of the longest one."""
        chains = self._honest_chains
        longest = max(chains, key=len, default=[])
        return all(chain == longest[: len(chain)] for chain in chains)

    def shared_chain(self) -> list[BlockStory]:
        """The blocks that are final for every honest validator that finalizes anything, oldest first."""
        chains = self._honest_chains
        shared: list[BlockStory] = []
        for same_height in zip(*chains, strict=False):
            if len(set(same_height)) != 1:
                break
            shared.append(self.blocks[same_height[0]])
        return shared

    @staticmethod
    def chain_digest(chain: list[BlockStory]) -> str:
        """One number for a finalized chain: SHA-256 over the hashes of its blocks."""
        return hashlib.sha256("".join(block.block for block in chain).encode()).hexdigest()

    def why_not_final(self) -> str:
        """One sentence on why the newest block is not final yet."""
        if not self.blocks:
            return "No block was proposed, so there is nothing to finalize."
        newest = max(self.blocks.values(), key=lambda block: (block.epoch, block.height))
        if newest.final_for:
            return f"Block {newest.epoch} is final: nothing is pending."
        if not newest.notarized_by:
            return (
                f"Block {newest.epoch} is not final: only {len(newest.voters)} validators voted for it, "
                "so it is not notarized."
            )
        pending = sum(1 for block in self.notarized if not block.final_for)
        return (
            f"{pending} block{'s' if pending > 1 else ''} pending: block {newest.epoch} is notarized but not final, "
            f"because it needs a notarized block of epoch {newest.epoch + 1} on top of it."
        )
