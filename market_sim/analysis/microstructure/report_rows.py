"""The tables of the microscope as people read them: titles, heads and written numbers."""

from __future__ import annotations

from market_sim.analysis.results.table import Table, Value

TITLES = {
    "shortfall": "Implementation shortfall: paper less real, by cause",
    "benchmarks": "Orders beside their benchmarks",
    "recommendations": "What would have been cheaper, on the same fills",
    "spreads": "Spreads: effective = realised + impact",
    "slippage": "Slippage of takers, by size, venue, time, side and taker",
    "markouts": "Markouts: the gain for each unit a while after a trade",
    "estimates": "Estimates from prices and volumes, beside the truth",
    "efficiency": "Can returns be foreseen? Statistics with their bands",
    "evidence": "Does the price go up next? Sources and rules",
    "discovery": "Price discovery between venues",
    "alerts": "Liquidity alerts: depth gone and price falling",
    "toxicity": "Toxicity of the flow by volume",
    "truth": "What its trades really cost, and what was estimated, over seeds",
}
UNITS = "prices and costs are in the smallest unit of the currency; a cost is positive"
ABSENT = "–"
SECOND_NS = 1_000_000_000


def presented(table: Table) -> list[tuple[str, ...]]:
    """The head and the rows of a table, as texts."""
    head = tuple(name.replace("e_q", "E/Q").replace("_", " ") for name in table.names)
    return [
        tuple("time in s" if name == "time" else name for name in head),
        *(tuple(_cell(name, value) for name, value in zip(table.names, row, strict=True)) for row in table.rows),
    ]


def texts_first(table: Table) -> int:
    """The number of columns of text at the left, which are left-aligned."""
    texts = [isinstance(value, str) for value in table.rows[0]] if table.rows else []
    return texts.index(False) if False in texts else len(texts)


def _cell(name: str, value: Value) -> str:
    if value is None:
        return ABSENT
    if name == "time":
        return f"{int(value) / SECOND_NS:.2f}"
    if isinstance(value, float):
        small = value and abs(value) < 1
        return f"{value:.4f}" if small else f"{value:,.1f}" if abs(value) >= 1_000 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
