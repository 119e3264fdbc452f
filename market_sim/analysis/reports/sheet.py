"""A sheet: a table of a report with the kind of each column, for files as it is and for people in words.

A file has the integers of the journal; a page and the terminal have prices, amounts and times as people read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from market_sim.analysis.results.table import Column, Table, Value
from market_sim.core.models.figures import Figures
from market_sim.core.money import written
from market_sim.core.units import MILLISECOND

ABSENT = "–"
UNBROKEN = 16
"""A text of up to this many characters stays in one line of its cell."""


@dataclass(frozen=True)
class Head:
    """One column: its name, its meaning and its kind.

    text, count, ratio, percent and ms say themselves; price and size are of the row's symbol, money of its currency.
    """

    name: str
    kind: str
    means: str


@dataclass(frozen=True)
class Sheet:
    """One table of a report, with its title and a sentence about it."""

    name: str
    title: str
    sentence: str
    heads: tuple[Head, ...]
    rows: Sequence[tuple[Value, ...]]

    @property
    def table(self) -> Table:
        """The same for a file."""
        return Table(self.name, tuple(Column(head.name, head.means) for head in self.heads), self.rows)

    @property
    def labels(self) -> tuple[str, ...]:
        """The head of the table for people."""
        unit = {"ms": " in ms", "percent": " in %"}
        return tuple(head.name.replace("_", " ") + unit.get(head.kind, "") for head in self.heads)

    @property
    def texts(self) -> int:
        """The number of columns up to the last one of text: they are left-aligned."""
        return max((place for place, head in enumerate(self.heads, start=1) if head.kind == "text"), default=1)

    def shown(self, figures: Figures) -> list[tuple[str, ...]]:
        """The rows for people."""
        names = [head.name for head in self.heads]
        found = []
        for row in self.rows:
            cells = dict(zip(names, row, strict=True))
            symbol, currency = str(cells.get("symbol", "")), str(cells.get("currency", ""))
            found.append(tuple(_cell(head.kind, cells[head.name], figures, symbol, currency) for head in self.heads))
        return found


def _cell(kind: str, value: Value, figures: Figures, symbol: str, currency: str) -> str:
    if value is None:
        return ABSENT
    if kind == "text":
        text = str(value)
        return text.replace(" ", "\u00a0") if len(text) <= UNBROKEN else text
    if kind == "money":
        return figures.figure(currency, int(value))
    if kind == "size":
        return figures.size(symbol, int(value))
    if kind == "price":
        return figures.price(symbol, round(float(value)))
    if kind == "ms":
        return f"{float(value) / MILLISECOND:,.1f}"
    if kind == "percent":
        return f"{float(value):.1f}"
    return f"{float(value):.3f}" if kind == "ratio" else written(int(value), decimals=0)
