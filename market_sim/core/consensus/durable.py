"""The durable state of a validator: what it signed, its lock, and its finalized chain.

A signature leaves only after it is recorded on the disk. Without the lock, case X > 7 of the paper's consistency proof
fails; without the epoch, a restarted validator could sign twice in one epoch.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from market_sim.core.consensus.blocks import FinalBlock


class Signed(msgspec.Struct, frozen=True, gc=False):
    """A signature that is about to leave: its epoch, its block, and the height of the block's parent."""

    epoch: int
    block: bytes
    parent_height: int


Durable = Signed | FinalBlock


class DurableRecord:
    """The disk of one validator: the last epoch in which it signed, its lock and its finalized chain."""

    def __init__(self) -> None:
        self.signed_epoch = 0
        self.lock = 0
        self.finalized: list[FinalBlock] = []

    def write(self, items: Iterable[Durable]) -> None:
        """Write the durable part of a step to the disk."""
        for item in items:
            if isinstance(item, Signed):
                self.signed_epoch = max(self.signed_epoch, item.epoch)
                self.lock = max(self.lock, item.parent_height)
            else:
                self.finalized.append(item)
