"""What byzantine validators share: one plan for all of them, since they know everything and act together.

The plan of the two-faced: the honest validators are split into two sides, and each side is shown a chain of its own.
Whoever lies and leads signs a block for each side, on top of that side's last one; whoever lies signs both, each for
its side alone. With f liars one side at most has a quorum; with more, both have.
"""

from __future__ import annotations

from collections.abc import Sequence


class Plot:
    """The sides, and which block is meant for which."""

    def __init__(self, validators: int, byzantine: Sequence[int]) -> None:
        honest = [index for index in range(validators) if index not in byzantine]
        half = (len(honest) + 1) // 2
        self._liars = tuple(byzantine)
        self._sides = tuple(honest[:half]), tuple(honest[half:])
        self.side_of: dict[bytes, int] = {}
        self.tips: list[bytes | None] = [None, None]
        """The last block that each side was shown."""

    def audience(self, side: int, teller: int) -> tuple[int, ...]:
        """Who hears of a side's block: the honest validators on it, and the other liars."""
        return tuple(sorted({*self._sides[side], *self._liars} - {teller}))

    def show(self, side: int, block: bytes) -> None:
        """A block is meant for this side."""
        self.side_of[block] = side
        self.tips[side] = block
