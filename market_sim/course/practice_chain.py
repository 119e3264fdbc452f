"""The practice chain: a block tree to which a check adds proposals and votes by hand, with its journal.

The product's own block tree and finalized chain decide which blocks are notarized and final, so a lesson teaches
exactly what the product does. Signatures count as valid without verification.
"""

from __future__ import annotations

from market_sim.core.consensus.block_tree import BlockTree
from market_sim.core.consensus.blocks import Block, Rules, make_block
from market_sim.core.consensus.finality import FinalizedChain
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    EpochStarted,
    MessageRefused,
    VoteCast,
)
from market_sim.core.models.run_events import CommitteeSeated, RunEnded, RunStarted

WATCHER = 0
"""The validator in whose view blocks are notarized and final."""


class PracticeChain:
    """A block tree in the view of one validator, whose blocks have the names that a lesson gives them."""

    def __init__(self, name: str, validators: int = 4, seed: int = 0) -> None:
        self.rules = Rules(validators)
        self.genesis = self.rules.genesis(())
        self.view = BlockTree(self.genesis, self.rules.quorum)
        self.chain = FinalizedChain(self.genesis)
        self.journal = Journal()
        self.blocks: dict[str, Block] = {"genesis": self.genesis}
        self._now = 0
        self._epoch = 0
        faults, quorum = self.rules.faults, self.rules.quorum
        self.journal.record(RunStarted(0, name, seed, 0, {}, {}))
        self.journal.record(CommitteeSeated(0, validators, faults, quorum, "round-robin", self.genesis.hash.hex(), ()))

    def propose(self, name: str, parent: str, epoch: int) -> None:
        """The leader of an epoch proposes a block on top of another one."""
        while self._epoch < epoch:
            self._epoch += 1
            self._now = self._epoch * self.rules.epoch_ns
            self.journal.record(EpochStarted(self._now, self._epoch, self.rules.leader(self._epoch)))
        block = make_block(self.blocks[parent].hash, epoch, name.encode())
        self.blocks[name] = block
        height = (self.view.length_of(self.blocks[parent]) or 0) + 1
        leader = self.rules.leader(epoch)
        digest = block.payload_digest.hex()
        self.journal.record(
            BlockProposed(self._next(), epoch, block.hash.hex(), block.parent.hex(), height, leader, digest, 0)
        )
        self._learn(self.view.add_block(block, name.encode()))

    def vote(self, voter: int, name: str) -> None:
        """A vote arrives; a repeated vote and a vote of an unknown validator are ignored."""
        block = self.blocks[name]
        signers = self.view.signatures.setdefault((block.epoch, block.hash), {})
        if voter in signers:
            return
        if not 0 <= voter < self.rules.validators:
            numbers: dict[str, int | str] = {"sender": voter, "last": self.rules.validators - 1}
            self.journal.record(MessageRefused(self._next(), self._epoch, WATCHER, voter, "UNKNOWN_VALIDATOR", numbers))
            return
        signers[voter] = b""
        self.journal.record(VoteCast(self._next(), self._epoch, voter, block.hash.hex(), ""))
        self._learn(self.view.notarize_from(block))

    def notarized(self) -> list[str]:
        """The names of the notarized blocks, in the order in which they were proposed."""
        return [name for name, block in self.blocks.items() if block.hash in self.view.height and name != "genesis"]

    def final(self) -> list[str]:
        """The names of the final blocks, oldest first."""
        names = {block.hash: name for name, block in self.blocks.items()}
        return [names[block.hash] for block in self.chain.blocks[1:]]

    def may_vote(self, parent: str) -> bool:
        """Whether a validator may vote for a new block on this parent (R6)."""
        return self.view.height.get(self.blocks[parent].hash) == self.view.longest

    def end(self) -> Journal:
        """End the run; returns its journal."""
        self.journal.record(RunEnded(self._now + self.rules.epoch_ns, True))
        return self.journal

    def _learn(self, fresh: list[Block]) -> None:
        for block in fresh:
            height, voters = self.view.height[block.hash], tuple(sorted(self.view.signers(block)))
            self.journal.record(BlockNotarized(self._next(), self._epoch, WATCHER, block.hash.hex(), height, voters))
            three = self.chain.three_that_end_with(block, self.view)
            if three is None:
                continue
            because = (three[0].hash.hex(), three[1].hash.hex(), three[2].hash.hex())
            for final in self.chain.extend(three, self.view):
                height = self.view.height[final.hash]
                self.journal.record(
                    BlockFinalized(self._next(), self._epoch, WATCHER, final.hash.hex(), height, because)
                )

    def _next(self) -> int:
        self._now += 1_000_000
        return self._now
