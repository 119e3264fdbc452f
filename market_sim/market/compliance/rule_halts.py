"""Halts by rule, as conclusions and the summary count them from the journal."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import AuctionHeld, PhaseChanged
from market_sim.market.exchange.listing import BY_RULE, CONTINUOUS, HALTED


@dataclass
class RuleHalt:
    """One halt of one book by a rule: its reason, its beginning, and its end if it came."""

    symbol: str
    venue: str
    code: str
    numbers: dict[str, int | str]
    began: int
    ended: int | None = None
    price: int | None = None
    """The price of the reopening auction, if it had one."""


def rule_halts(journal: Journal) -> list[RuleHalt]:
    """Every halt that a rule declared, in order; a halt that replaces another one ends it."""
    halts: list[RuleHalt] = []
    running: dict[tuple[str, str], RuleHalt] = {}
    for event in journal:
        if type(event) is AuctionHeld:
            if (event.symbol, event.venue) in running:
                running[event.symbol, event.venue].price = event.price
        elif type(event) is PhaseChanged:
            book = event.symbol, event.venue
            if event.phase == HALTED and event.reason.startswith(BY_RULE):
                if book in running:
                    running.pop(book).ended = event.time
                halts.append(RuleHalt(*book, event.reason, dict(event.numbers), event.time))
                running[book] = halts[-1]
            elif event.phase == CONTINUOUS and book in running:
                running.pop(book).ended = event.time
    return halts
