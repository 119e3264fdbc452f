"""The report of a backtest, for the command and the site: a board beside those who made the record, and sentences."""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.analysis.refusals import refusals
from market_sim.analysis.results.performance import Performance
from market_sim.analysis.results.performance_table import performance_tables
from market_sim.analysis.words import Words
from market_sim.core.english import counted
from market_sim.simulation.backtest import Backtest

RULES = (
    "An order that arrives takes what the recorded book shows, nothing twice; one that rests is behind all that is "
    "shown at its price, and recorded trades fill it at that price after them, or at once where they go through it.",
    "The recorded market does not react, so only small orders are judged fairly; --with plays a strategy in a market "
    "that does. Nothing is final or settled in a backtest.",
)


def boards(found: Backtest, others: Iterable[Performance], words: Words) -> dict[str, list[tuple[str, ...]]]:
    """By currency, the strategy and those who made the record, the best first."""
    rows = sorted(
        (*others, *found.performances),
        key=lambda one: (one.gain.currency, -one.gain.from_trading, one.gain.account != found.name, one.gain.account),
    )
    return performance_tables(rows, words)


def sentences(found: Backtest) -> list[str]:
    """Its orders, what was refused and why, and what stopped it."""
    filled = f"{found.took:,} filled on arrival, {found.rested:,} in the book"
    return [
        f"{found.name}: {counted(found.orders, 'order')}; {filled}",
        *(f"refused {counted(one.count, 'time')}: {one.reason}, {one.rule}" for one in refusals(found.journal)),
        *(f"stopped: {failure}" for failure in found.failures),
    ]
