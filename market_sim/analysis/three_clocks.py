"""The three clocks: the equity of accounts by matched, by final, and by settled entries.

A trade is matched first, final some epochs later, and settled after that. Entries have one sequence of numbers, and the
chain holds them without gaps. So each clock is the number of the last entry that counts, and equity at a clock is the
sum over the journal up to that entry (market_sim/market/mechanisms/equity.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from market_sim.analysis.history.chain_story import story_of
from market_sim.core.data.journal import Journal
from market_sim.core.models.derivatives import KINDS
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import InstrumentListed, Trade, entry_number
from market_sim.core.models.mechanism_events import ContractSpecified
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.market.mechanisms.equity import Terms, equity_after

ClockName = Literal["matched", "finalized", "settled"]
CLOCKS: tuple[ClockName, ...] = ("matched", "finalized", "settled")


def last_entry(journal: Journal, clock: ClockName) -> int:
    """The number of the last entry that counts at this clock; 0 when none does."""
    if clock == "matched":
        return max(map(entry_number, journal), default=0)
    if clock == "settled":
        return sum(event.trades + event.refused for event in journal.of(BlockSettled))
    return sum(block.trades for block in story_of(journal).shared_chain())


def terms_in(events: Iterable[Event]) -> dict[str, Terms]:
    """The terms of each instrument from its listing, with the multiplier of margined contracts."""
    terms: dict[str, Terms] = {}
    for event in events:
        if isinstance(event, InstrumentListed):
            terms[event.symbol] = Terms(event.quote, event.multiplier, KINDS[event.kind].on_margin)
        elif isinstance(event, ContractSpecified):
            terms[event.symbol] = terms[event.symbol]._replace(multiplier=event.multiplier)
    return terms


def marks_in(events: Iterable[Event], until: int | None = None) -> dict[str, int]:
    """The mark of each instrument at a time: its believed value, otherwise its last trade."""
    values: dict[str, int] = {}
    trades: dict[str, int] = {}
    for event in events:
        if until is not None and event.time > until:
            break
        if isinstance(event, ValueMoved):
            values[event.symbol] = event.value
        elif isinstance(event, Trade):
            trades[event.symbol] = event.price
    return trades | values


def equity_at(journal: Journal, clock: ClockName, marks: dict[str, int] | None = None) -> dict[str, int]:
    """The equity of every account at one of the three clocks; at the last known prices, unless others are given."""
    prices = marks_in(journal) if marks is None else marks
    return equity_after(journal, last_entry(journal, clock), prices, terms_in(journal))
