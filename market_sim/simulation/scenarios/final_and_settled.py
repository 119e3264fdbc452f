"""The three times of each trade: matched, finalized, settled, computed from a journal.

Blocks hold entries in order and without gaps, so the number of entries in the final chain tells which are final.
"""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed
from market_sim.core.models.market_events import Trade, entry_number
from market_sim.core.models.settlement_events import BlockSettled


@dataclass
class TradeClock:
    """The three times of one trade; None until it has got there."""

    matched: int
    finalized: int | None = None
    settled: int | None = None


def clocks_of_trades(journal: Journal) -> list[TradeClock]:
    """The times of all trades, in the order of matching."""
    held = {event.block: event.trades for event in journal.of(BlockProposed)}
    final_at, settled_at = {0: 0}, {0: 0}
    height = 0
    upto = [0]
    for event in journal.of(BlockFinalized):
        if event.height == height + 1:
            height += 1
            upto.append(upto[-1] + held[event.block])
            for number in range(upto[-2] + 1, upto[-1] + 1):
                final_at[number] = event.time
    for paid in journal.of(BlockSettled):  # which is after it was final
        for number in range(len(settled_at), upto[paid.last] + 1):
            settled_at[number] = paid.time
    numbers = ((trade.time, entry_number(trade)) for trade in journal.of(Trade))
    return [TradeClock(time, final_at.get(number), settled_at.get(number)) for time, number in numbers]
