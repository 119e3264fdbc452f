"""The block tree of one validator, its *view* in the paper's words: blocks, signatures, and notarized blocks (R7).

A block is notarized in a view, never as such. Signatures may arrive before their block, blocks before their parents, in
any order and long after their epoch; nothing that counts is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.consensus.blocks import Block, FinalBlock, make_block


class BlockTree:
    """The blocks and signatures that one validator holds; no other validator touches them."""

    def __init__(self, genesis: Block, quorum: int) -> None:
        self.genesis = genesis
        self.quorum = quorum
        self.blocks: dict[bytes, Block] = {genesis.hash: genesis}
        self.payloads: dict[bytes, bytes] = {}
        # By epoch and block: a vote for the right block with a wrong epoch must not replace the correct vote.
        self.signatures: dict[tuple[int, bytes], dict[int, bytes]] = {}
        # The notarized blocks with their distance from genesis, which is notarized by definition (R4).
        self.height: dict[bytes, int] = {genesis.hash: 0}
        self.longest = 0
        self.tips: list[Block] = [genesis]
        self._children: dict[bytes, list[Block]] = {}

    def add_block(self, block: Block, payload: bytes) -> list[Block]:
        """Add a block; returns the newly notarized blocks."""
        self.blocks[block.hash] = block
        self.payloads[block.hash] = payload
        self._children.setdefault(block.parent, []).append(block)
        return self.notarize_from(block)

    def signers(self, block: Block) -> dict[int, bytes]:
        """The signatures on a block by validator, so that each validator counts once (R7)."""
        return self.signatures.get((block.epoch, block.hash), {})

    def notarize_from(self, block: Block) -> list[Block]:
        """R7: a block with a quorum and a notarized parent is notarized; check it, then its descendants."""
        fresh: list[Block] = []
        candidates = [block]
        while candidates:
            candidate = candidates.pop()
            if self._becomes_notarized(candidate):
                self._note(candidate, self.height[candidate.parent] + 1)
                fresh.append(candidate)
                candidates.extend(self._children.get(candidate.hash, ()))
        return fresh

    def _becomes_notarized(self, block: Block) -> bool:
        if block.hash in self.height or block.parent not in self.height:
            return False
        # R4: a block whose epoch is not after its parent's is part of no valid chain, with any signatures.
        return block.epoch > self.blocks[block.parent].epoch and len(self.signers(block)) >= self.quorum

    def _note(self, block: Block, height: int) -> None:
        self.height[block.hash] = height
        if height > self.longest:
            self.longest = height
            self.tips = [block]
        elif height == self.longest:
            self.tips.append(block)

    def length_of(self, block: Block) -> int | None:
        """The distance of a block from genesis, notarized or not; None while an ancestor is missing."""
        steps = 0
        while block.hash not in self.height:
            parent = self.blocks.get(block.parent)
            if parent is None:
                return None
            block, steps = parent, steps + 1
        return self.height[block.hash] + steps

    def forget(self, closed: int, faults: int) -> None:
        """Drop blocks up to this epoch that at most f validators signed; the epoch is long before the last final block.

        No such block can become final any more: epochs increase along a chain (R4).
        """
        junk = [
            place
            for place, signers in self.signatures.items()
            if place[0] <= closed and len(signers) <= faults and place[1] not in self.height
        ]
        for place in junk:
            del self.signatures[place]
            block = self.blocks.get(place[1])
            if block is not None and block.epoch == place[0]:
                del self.blocks[block.hash], self.payloads[block.hash]
                siblings = self._children[block.parent]
                siblings.remove(block)
                if not siblings:
                    del self._children[block.parent]

    def adopt(self, finalized: Sequence[FinalBlock]) -> None:
        """Restore a finalized chain from the disk: its blocks need no signatures any more."""
        for final in finalized:
            block = make_block(final.parent, final.epoch, final.payload)
            self.blocks[block.hash] = block
            self.payloads[block.hash] = final.payload
            self._note(block, final.height)
