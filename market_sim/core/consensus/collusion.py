"""Collusion: the plan that all two-faced validators share, since byzantine validators may act together.

The honest validators are split into two sides, and each side is shown a chain of its own. A two-faced leader signs one
block for each side, on top of that side's last block. Every two-faced validator signs both blocks and shows each
signature only to its side. With at most f byzantine validators, at most one side reaches a quorum; with more, both may.
"""

from __future__ import annotations

from collections.abc import Sequence


class Collusion:
    """The two sides, and the side for which each block is meant."""

    def __init__(self, validators: int, byzantine: Sequence[int]) -> None:
        honest = [index for index in range(validators) if index not in byzantine]
        half = (len(honest) + 1) // 2
        self._liars = tuple(byzantine)
        self._sides = tuple(honest[:half]), tuple(honest[half:])
        self.side_of: dict[bytes, int] = {}
        self.tips: list[bytes | None] = [None, None]
        """The last block that was shown to each side."""

    def audience(self, side: int, sender: int) -> tuple[int, ...]:
        """The receivers of a side's messages: the honest validators on that side, and the other byzantine ones."""
        return tuple(sorted({*self._sides[side], *self._liars} - {sender}))

    def show(self, side: int, block: bytes) -> None:
        """Show a block to this side."""
        self.side_of[block] = side
        self.tips[side] = block
