"""The chain story: the proposed blocks with their voters, notarizations and finality, and the reasons for these.

It is built event by event, so it can be used while a run goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
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
    """One block with its votes, notarizations and finalizations."""

    block: str
    parent: str
    epoch: int
    height: int
    proposer: int
    trades: int
    voters: list[int] = field(default_factory=list)
    notarized_by: list[int] = field(default_factory=list)
    notarized_in_epoch: int | None = None
    final_for: list[int] = field(default_factory=list)
    final_in_epoch: int | None = None
    final_because: str | None = None
    """The last of the three blocks that made it final."""


def story_of(journal: Journal) -> ChainStory:
    """The chain story of a whole run."""
    story = ChainStory()
    for event in journal:  # nearly all events of a run are orders
        if event.area == "consensus" or isinstance(event, CommitteeSeated):
            story.read(event)
    return story


class ChainStory:
    """All blocks of a run so far, in the order in which they were proposed."""

    def __init__(self) -> None:
        self.blocks: dict[str, BlockStory] = {}
        self.leaders: dict[int, int] = {}
        self.finalized: dict[int, list[str]] = {}
        """The finalized chain of each validator, oldest block first."""
        self.genesis, self.validators, self.quorum = "", 0, 0
        self.byzantine: tuple[int, ...] = ()
        """The byzantine validators, whose finalized chains do not count at any time."""
        self._early_votes: dict[str, list[int]] = {}

    def read(self, event: Event) -> None:
        """Add one event."""
        if isinstance(event, CommitteeSeated):
            self.byzantine, self.genesis = event.byzantine, event.genesis
            self.validators, self.quorum = event.validators, event.quorum
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
                block = self.blocks[event.block]
                block.notarized_by.append(event.validator)
                if block.notarized_in_epoch is None:
                    block.notarized_in_epoch = event.epoch
        elif isinstance(event, BlockFinalized) and event.block in self.blocks:
            block = self.blocks[event.block]
            block.final_for.append(event.validator)
            if block.final_in_epoch is None:
                block.final_in_epoch, block.final_because = event.epoch, event.because[2]
            self.finalized.setdefault(event.validator, []).append(event.block)

    def of_epoch(self, epoch: int) -> list[BlockStory]:
        """The blocks proposed in this epoch: one from an honest leader, none from a silent one."""
        return [block for block in self.blocks.values() if block.epoch == epoch]

    def became_notarized_late_in(self, epoch: int) -> list[BlockStory]:
        """The blocks of earlier epochs that the first validator saw notarized in this epoch."""
        return [block for block in self.blocks.values() if block.notarized_in_epoch == epoch > block.epoch]

    def became_final_in(self, epoch: int) -> list[BlockStory]:
        """The blocks that the first validator finalized in this epoch."""
        return [block for block in self.blocks.values() if block.final_in_epoch == epoch]

    @property
    def notarized(self) -> list[BlockStory]:
        """The blocks that at least one validator saw notarized."""
        return [block for block in self.blocks.values() if block.notarized_by]

    @property
    def notarized_tips(self) -> list[BlockStory]:
        """The last blocks of the longest notarized chains: what the next leader may extend (R5)."""
        longest = max((block.height for block in self.notarized), default=0)
        return [block for block in self.notarized if block.height == longest]

    @property
    def _honest_chains(self) -> list[list[str]]:
        return [chain for validator, chain in self.finalized.items() if validator not in self.byzantine]

    @property
    def honest(self) -> int:
        """The number of honest validators."""
        return self.validators - len(self.byzantine)

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
        """The digest of a finalized chain: SHA-256 over the hashes of its blocks."""
        return hashlib.sha256("".join(block.block for block in chain).encode()).hexdigest()

    def why_not_final(self) -> str:
        """Why the newest block is not final yet, in one sentence."""
        if not self.blocks:
            return "No block was proposed, so there is nothing to finalize."
        led = [block for block in self.blocks.values() if self.leaders.get(block.epoch) == block.proposer]
        newest = max(
            led or self.blocks.values(), key=lambda block: (block.epoch, bool(block.notarized_by), block.height)
        )
        if newest.final_for:
            return f"Block {newest.epoch} is final: nothing is pending."
        if not newest.notarized_by:
            votes = counted(len(newest.voters), "validator")
            short = len(newest.voters) < self.quorum
            why = f"a quorum is {self.quorum}" if short else "too few of their votes arrived in time"
            return f"Block {newest.epoch} is not final: {votes} voted for it and {why}, so it is not notarized."
        unfinished = {block.block for block in self.notarized if not block.final_for}
        under = [block for block in self._chain_to(newest) if block.block in unfinished]
        parent = self.blocks.get(newest.parent)
        follows = newest.epoch - (parent.epoch if parent else 0) == 1
        needs = (
            f"it needs a notarized block of epoch {newest.epoch + 1} on top of it"
            if follows
            else f"it follows no block of the epoch before it, so it needs notarized blocks of epochs "
            f"{newest.epoch + 1} and {newest.epoch + 2} on top of it"
        )
        pending = f"{counted(len(under), 'block')} pending: block {newest.epoch} is notarized but not final"
        below = f"; the {len(under) - 1:,} below become final with it" if len(under) > 1 else ""
        if len(under) == 2:
            below = "; the one below becomes final with it"
        beside = len(unfinished) - len(under)
        others = f" {counted(beside, 'notarized block')} on other branches {was(beside)} never final." if beside else ""
        return f"{pending}, because {needs}{below}.{others}"

    def _chain_to(self, block: BlockStory) -> Iterator[BlockStory]:
        """A block and its ancestors, newest first."""
        at: BlockStory | None = block
        while at is not None:
            yield at
            at = self.blocks.get(at.parent)
