"""The finalized chain of one validator: how it grows (R8) and why it never shrinks (R12)."""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.consensus.block_tree import BlockTree
from market_sim.core.consensus.blocks import Block

Three = tuple[Block, Block, Block]


class Conflict(Exception):
    """The rules finalize a block that conflicts with the finalized chain: possible only beyond the fault bound."""

    def __init__(self, height: int, kept: Three, conflicting: Three) -> None:
        super().__init__(f"two final blocks at height {height}")
        self.height = height
        self.kept = kept
        self.conflicting = conflicting


class FinalizedChain:
    """The blocks that a validator never reverts, genesis first, and the three blocks that made each of them final."""

    def __init__(self, genesis: Block) -> None:
        self.blocks: list[Block] = [genesis]
        self.because: dict[bytes, Three] = {}

    @property
    def height(self) -> int:
        """The number of final blocks; genesis is final from the start and is not counted."""
        return len(self.blocks) - 1

    def adopt(self, blocks: Sequence[Block]) -> None:
        """Restore the chain from the disk."""
        self.blocks.extend(blocks)

    def three_that_end_with(self, third: Block, view: BlockTree) -> Three | None:
        """R8: the block with its parent and grandparent, when their epochs are e, e+1, e+2; genesis is epoch 0."""
        second = view.blocks[third.parent]
        if second.epoch == 0:
            return None
        first = view.blocks[second.parent]
        return (first, second, third) if first.epoch + 2 == second.epoch + 1 == third.epoch else None

    def extend(self, three: Three, view: BlockTree) -> list[Block]:
        """R8: the middle block and its whole prefix are final, whatever epoch gaps the prefix has."""
        middle = three[1]
        height = view.height[middle.hash]
        if height <= self.height:
            self._demand_same(self.blocks[height], middle, three)
            return []
        path = [middle]
        while len(path) < height - self.height:
            path.append(view.blocks[path[-1].parent])
        self._demand_same(self.blocks[-1], view.blocks[path[-1].parent], three)
        path.reverse()
        for block in path:
            self.blocks.append(block)
            self.because[block.hash] = three
        return path

    def _demand_same(self, kept: Block, found: Block, three: Three) -> None:
        """R12: keep the first chain."""
        if kept.hash != found.hash:
            height = self.blocks.index(kept)
            raise Conflict(height, self.because.get(kept.hash, (kept, kept, kept)), three)
