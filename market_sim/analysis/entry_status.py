"""The status of a run's entries: how many are in no block yet, in a block, final, settled, or refused by the chain.

Entries have one sequence of numbers, and every chain of blocks holds them without gaps. So each status is a range of
numbers: all entries up to one number are settled, up to the next final, up to the next in a block that can still become
final. Each entry has exactly one status, so the counts sum to the matched entries.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from market_sim.analysis.history.chain_story import ChainStory
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import ENTRIES, Trade, Transferred, entry_number
from market_sim.core.models.settlement_events import BlockSettled, TradeRefused


class StatusCounts(NamedTuple):
    """The number of entries by status."""

    settled: int
    refused: int
    """Final, and refused by the chain, where it has no effect."""
    final: int
    """Final and not settled: on its way to the chain, or in a run without a chain."""
    in_block: int
    """In a block that can still become final."""
    in_no_block: int

    @property
    def matched(self) -> int:
        """The number of all entries."""
        return sum(self)

    def said(self, with_settlement: bool) -> str:
        """The counts in words, without empty ones except for the regular states."""
        words = [f"{self.settled:,} settled"] if with_settlement else []
        words += [f"{self.refused:,} refused by the chain"] if self.refused else []
        if self.final or not with_settlement:
            words.append(f"{self.final:,} final{' and not settled' if with_settlement else ''}")
        words += [f"{self.in_block:,} in a block that is not final"] if self.in_block else []
        words += [f"{self.in_no_block:,} in no block yet"] if self.in_no_block else []
        return ", ".join(words)


def status_counts(journal: Journal, story: ChainStory) -> tuple[StatusCounts, StatusCounts, StatusCounts]:
    """The counts of trades, of transfers, and of deposits and withdrawals."""
    trades: list[int] = []
    transfers: list[int] = []
    movements: list[int] = []
    for event in journal:
        if isinstance(event, ENTRIES) and event.trade:
            kind = trades if type(event) is Trade else transfers if type(event) is Transferred else movements
            kind.append(entry_number(event))
    settled = sum(event.trades + event.refused for event in journal.of(BlockSettled))
    final = sum(block.trades for block in story.shared_chain())
    in_block = final + most_pending(story)
    refused = {event.trade for event in journal.of(TradeRefused)}
    found = [_counted(numbers, refused, settled, final, in_block) for numbers in (trades, transfers, movements)]
    return found[0], found[1], found[2]


def _counted(numbers: list[int], refused: Collection[int], settled: int, final: int, in_block: int) -> StatusCounts:
    counts = [0] * len(StatusCounts._fields)
    for number in numbers:
        if number in refused:
            place = 1
        elif number <= settled:
            place = 0
        elif number <= final:
            place = 2
        else:
            place = 3 if number <= in_block else 4
        counts[place] += 1
    return StatusCounts(*counts)


def most_pending(story: ChainStory) -> int:
    """The number of entries after the last final block, on the chain with the most of them."""
    chain = story.shared_chain()
    held = {chain[-1].block if chain else story.genesis: 0}
    for block in story.blocks.values():  # in the order of proposal, so a parent comes before its children
        if block.parent in held:
            held[block.block] = held[block.parent] + block.trades
    return max(held.values())
