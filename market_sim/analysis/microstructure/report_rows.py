"""The tables of the microscope as people read them: titles, heads, and figures in the money of each book.

The tables themselves count money in the smallest unit of the currency, like the journal. Means and halves of it are no
whole numbers, so a cost has one decimal more than the currency, and a price two more.
"""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.analysis.results.table import Table, Value
from market_sim.core.models.market_events import InstrumentListed
from market_sim.core.money import written
from market_sim.core.units import SECOND

TITLES = {
    "shortfall": "Implementation shortfall: paper less real, by cause",
    "benchmarks": "Orders beside their benchmarks",
    "recommendations": "What would have been cheaper, on the same fills",
    "spreads": "Spreads: effective = realised + impact",
    "slippage": "Slippage of takers, by size, venue, time, side and taker",
    "markouts": "Markouts: the gain for each unit a while after a trade, the best takers after 1,000 ms first",
    "quotes": "Quotes of makers at the end, and the terms of their models",
    "estimates": "Estimates from prices and volumes, beside the truth",
    "efficiency": "Can returns be foreseen? Statistics with their bands",
    "evidence": "Does the price go up next? Sources and rules",
    "discovery": "Price discovery between venues",
    "alerts": "Liquidity alerts: depth gone and price falling",
    "regimes": "Calm and wild times",
    "toxicity": "Toxicity of the flow by volume",
    "adverse": "Adverse selection foretold: the model of this run on other seeds, in basis points",
    "truth": "What its trades really cost, and what was estimated, over seeds",
}
HEADS = {
    "e_q": "E/Q", "gonzalo_granger": "Gonzalo-Granger", "hasbrouck_first": "Hasbrouck, first leads",
    "hasbrouck_last": "Hasbrouck, second leads",
}  # fmt: skip
"""Heads that are not the name of their column in words."""
UNITS = "Prices and costs are in the currency of their book, in files in its smallest unit; a cost is positive."
PRICES = frozenset({
    "price", "quoted", "effective", "effective_then", "realised", "impact", "improvement", "trend", "bid", "ask",
    "reference", "inventory_term", "volatility_term", "risk_term",
})  # fmt: skip
MARKOUT = "after_"
"""How the columns of markouts begin, which are prices."""
SUMS = frozenset({"cost", "saving", "value"})
SIZES = frozenset({"quantity", "filled", "bid_size", "ask_size", "inventory"})
OF_UNIT = frozenset({"estimate", "truth"})
"""The columns whose unit is in the column `unit`."""
PER_MILLION = "a million"
"""The unit of what is measured for a million of value."""
ABSENT = "–"
TIMES = frozenset({"time", "end"})


class Money:
    """How the figures of each book are written."""

    def __init__(self, listed: Iterable[InstrumentListed]) -> None:
        self._listed = {one.symbol: one for one in listed}

    def cell(self, book: str, unit: str, name: str, value: Value) -> Value:
        """A figure in the money or the quantity of its book, as text; another value as it is."""
        listed = self._listed.get(book.partition(" on ")[0])
        if listed is None:
            return value
        decimals = listed.price_decimals
        if name == "unit":
            return str(value).replace("price", listed.quote)
        if not isinstance(value, int | float):
            return value
        if name in SIZES and isinstance(value, int):
            return written(value, listed.quantity_decimals)
        if name in SUMS:
            cash = listed.cash_decimals
            return written(value, cash) if isinstance(value, int) else f"{value / 10**cash:,.{cash + 1}f}"
        if name in OF_UNIT and unit == PER_MILLION:
            return value * 10**listed.cash_decimals
        if name in PRICES or name.startswith(MARKOUT) or (name in OF_UNIT and unit.startswith("price")):
            more = 4 if value and abs(value) < 1 and not name.startswith(MARKOUT) else 2
            return f"{value / 10**decimals:,.{decimals + more}f}"
        return value


def presented(table: Table, money: Money) -> list[tuple[str, ...]]:
    """The head and the rows of a table, as texts."""
    head = tuple(HEADS.get(name, name.replace("_", " ")) for name in table.names)
    rows = []
    for row in table:
        book, unit = str(row.get("book", "")), str(row.get("unit", ""))
        rows.append(tuple(_cell(name, money.cell(book, unit, name, value)) for name, value in row.items()))
    return [tuple(f"{name} in s" if name in TIMES else name for name in head), *rows]


def texts_around(table: Table) -> tuple[int, int]:
    """The number of columns of text at the left and at the right, which are left-aligned."""
    texts = [isinstance(value, str) for value in table.rows[0]] if table.rows else []
    if False not in texts:
        return len(texts), 0
    return texts.index(False), texts[::-1].index(False)


def _cell(name: str, value: Value) -> str:
    if value is None:
        return ABSENT
    if name in TIMES:
        return f"{int(value) / SECOND:.2f}"
    if isinstance(value, float):
        small = value and abs(value) < 1
        return f"{value:.4f}" if small else f"{value:,.1f}" if abs(value) >= 1_000 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
