"""The settlement over time: which blocks became final, which batches paid for them, what went wrong on the way."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.analysis.words import entry_noun
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed
from market_sim.core.models.settlement_events import (
    BlockSettled,
    Reconciled,
    ReorgSeen,
    SettlementOpened,
    SettlementReverted,
)


@dataclass(frozen=True)
class Batch:
    """A settled batch and the moments at which its blocks were proposed."""

    settled: BlockSettled
    proposed: tuple[int, ...]
    number: int = 0
    """The place of its settlement in the journal."""

    @property
    def name(self) -> str:
        """The heights it pays for."""
        first, last = self.settled.first, self.settled.last
        return str(first) if first == last else f"{first}–{last}"


@dataclass(frozen=True)
class FinalBlock:
    """A block that is final for somebody, and may be paid for."""

    height: int
    proposed: int
    number: int
    """The place of its finality in the journal."""


@dataclass(frozen=True)
class SettlementHistory:
    """All that happened on the way to the chain."""

    opened: SettlementOpened
    batches: tuple[Batch, ...]
    troubles: tuple[tuple[int, SettlementReverted | ReorgSeen], ...]
    """With their places in the journal."""
    reconciled: int
    blocks: tuple[FinalBlock, ...]
    """One for each final height."""
    noun: tuple[str, str] = ("trade", "trades")
    """What a batch pays: trades, or entries where transfers are among them."""

    @property
    def final(self) -> int:
        """The height of the last block that is final for anybody."""
        return max((block.height for block in self.blocks), default=0)


def settlement_history(journal: Journal) -> SettlementHistory | None:
    """The settlement of a run; None when it has none."""
    opened = next(journal.of(SettlementOpened), None)
    if opened is None:
        return None
    proposed: dict[str, int] = {}
    blocks: dict[int, FinalBlock] = {}
    batches, troubles, compared = [], [], 0
    for number, event in enumerate(journal):
        if isinstance(event, BlockProposed):
            proposed[event.block] = event.time
        elif isinstance(event, BlockFinalized) and event.block in proposed:
            blocks.setdefault(event.height, FinalBlock(event.height, proposed[event.block], number))
        elif isinstance(event, BlockSettled):
            heights = [height for height in range(event.first, event.last + 1) if height in blocks]
            batches.append(Batch(event, tuple(blocks[height].proposed for height in heights), number))
        elif isinstance(event, (SettlementReverted, ReorgSeen)):
            troubles.append((number, event))
        elif isinstance(event, Reconciled):
            compared += 1
    return SettlementHistory(
        opened, tuple(batches), tuple(troubles), compared, tuple(blocks.values()), entry_noun(journal)
    )
