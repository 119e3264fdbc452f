"""A play: what one protocol did over the same trades, in the same network, with the same seed."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.network import Conditions
from market_sim.core.data.journal import Journal


@dataclass(frozen=True)
class Play:
    """One protocol's run: its journal, its honest validators, and its messages."""

    protocol: str
    rules: Rules
    conditions: Conditions
    first_epoch_at: int
    epochs: int
    journal: Journal
    honest: tuple[int, ...]
    messages: int
    bytes_sent: int
    signatures: int
    confirmations: int | None
    """The depth at which blocks are final, for a protocol with finality by depth."""
    meaningless: tuple[str, ...]
    """A sentence for each byzantine behaviour that was asked for and means nothing in this protocol."""

    def epoch_of(self, time: int) -> int:
        """The epoch that holds this moment."""
        return (time - self.first_epoch_at) // self.rules.epoch_ns + 1
