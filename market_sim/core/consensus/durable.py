"""What a validator must not forget: what it signed, its lock, and what is final.

A signature is sent only after the memory of it is on the disk. Case X > 7 of the paper's consistency proof fails
without the lock, and two signatures in one epoch become possible without the epoch.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from market_sim.core.consensus.blocks import FinalBlock


class Signed(msgspec.Struct, frozen=True, gc=False):
    """A signature that is about to leave: the epoch, the block, the length of the parent's chain."""

    epoch: int
    block: bytes
    parent_height: int


Durable = Signed | FinalBlock


class DurableRecord:
    """What one validator's disk holds: the last epoch it signed in, its lock and its finalized chain."""

    def __init__(self) -> None:
        self.signed_epoch = 0
        self.lock = 0
        self.finalized: list[FinalBlock] = []

    def write(self, items: Iterable[Durable]) -> None:
        """Put the durable part of a step on the disk."""
        for item in items:
            if isinstance(item, Signed):
                self.signed_epoch = max(self.signed_epoch, item.epoch)
                self.lock = max(self.lock, item.parent_height)
            else:
                self.finalized.append(item)
