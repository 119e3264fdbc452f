"""The history of settlement: final blocks, the batches that paid them, and failures."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.analysis.words import entry_noun
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed
from market_sim.core.models.settlement_events import (
    BatchDelayed,
    BlockSettled,
    Reconciled,
    ReorgSeen,
    SettlementOpened,
    SettlementReverted,
)


@dataclass(frozen=True)
class Batch:
    """A settled batch and the times at which its blocks were proposed."""

    settled: BlockSettled
    proposed: tuple[int, ...]
    number: int = 0
    """The number of the settlement event."""

    @property
    def name(self) -> str:
        """The heights of its blocks."""
        first, last = self.settled.first, self.settled.last
        return str(first) if first == last else f"{first}–{last}"


@dataclass(frozen=True)
class FinalBlock:
    """A block that is final for at least one validator."""

    height: int
    proposed: int
    number: int
    """The number of the event of its finality."""


@dataclass(frozen=True)
class SettlementHistory:
    """The settlement events of a run."""

    opened: SettlementOpened
    batches: tuple[Batch, ...]
    troubles: tuple[tuple[int, SettlementReverted | BatchDelayed | ReorgSeen], ...]
    """Failures with their event numbers."""
    reconciled: int
    blocks: tuple[FinalBlock, ...]
    """One for each final height."""
    noun: tuple[str, str] = ("trade", "trades")
    """What a batch pays: trades, or entries where transfers are among them."""

    @property
    def final(self) -> int:
        """The largest height that is final for a validator."""
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
        elif isinstance(event, (SettlementReverted, BatchDelayed, ReorgSeen)):
            troubles.append((number, event))
        elif isinstance(event, Reconciled):
            compared += 1
    return SettlementHistory(
        opened, tuple(batches), tuple(troubles), compared, tuple(blocks.values()), entry_noun(journal)
    )
