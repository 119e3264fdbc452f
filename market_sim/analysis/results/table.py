"""A table: named columns and rows of plain values, for a person at a prompt, a notebook or another program.

>>> table = Table("trades", (Column("trade", "its number"), Column("price", "in ticks")), [(1, 10_003), (2, 10_001)])
>>> table.column("price"), len(table), table[0]
([10003, 10001], 2, {'trade': 1, 'price': 10003})

For more than columns and rows, convert a table to pandas or write it to a file: CSV or JSON by the standard library,
Parquet where pyarrow is installed.
"""

from __future__ import annotations

import csv
import html
import importlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from market_sim.analysis.results.text_table import aligned
from market_sim.core.errors import InputError

Value = int | float | str | bool | None
FORMATS = ("csv", "json", "parquet")
SHOWN = 10
"""The number of rows shown at each end of a long table."""
NEEDS_EXTRA = "needs the extra [tables], which pip installs beside this package"


@dataclass(frozen=True)
class Column:
    """One column: its name and its meaning."""

    name: str
    means: str


def columns(**means: str) -> tuple[Column, ...]:
    """The columns of a table, from left to right, each with what it says."""
    return tuple(Column(name, text) for name, text in means.items())


@dataclass(frozen=True, repr=False)
class Table:
    """Rows under named columns."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Value, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, from left to right."""
        return tuple(column.name for column in self.columns)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Value]]:
        names = self.names
        return (dict(zip(names, row, strict=True)) for row in self.rows)

    def __getitem__(self, place: int) -> dict[str, Value]:
        return dict(zip(self.names, self.rows[place], strict=True))

    def column(self, name: str) -> list[Value]:
        """All values of one column."""
        if name not in self.names:
            raise InputError(f"the table {self.name} has no column {name!r}, it has {', '.join(self.names)}")
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def to_pandas(self) -> Any:
        """The same as a pandas DataFrame, where pandas is installed."""
        # With the type `object`, so that integers stay integers beside missing values.
        return _library("pandas").DataFrame(list(self.rows), columns=list(self.names), dtype=object).infer_objects()

    def csv_text(self) -> str:
        """The same as the text of a CSV file."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.names)
        writer.writerows(self.rows)
        return text.getvalue()

    def save(self, path: Path) -> None:
        """Write it to a file whose name ends in .csv, .json or .parquet."""
        kind = path.suffix.removeprefix(".")
        if kind not in FORMATS:
            raise InputError(f"a table is written to a file that ends in .csv, .json or .parquet, found {path.name}")
        if kind == "csv":
            path.write_bytes(self.csv_text().encode())
            return
        if kind == "json":
            path.write_text(json.dumps(list(self), indent=1) + "\n", encoding="utf-8")
            return
        arrow = _library("pyarrow")
        columns = {name: self.column(name) for name in self.names}
        _library("pyarrow.parquet").write_table(arrow.table(columns), path)

    def __repr__(self) -> str:
        cells = [list(self.names), *([_cell(value) for value in row] for row in self._shown())]
        return "\n".join([f"{self.name}: {len(self):,} rows", *aligned(cells, left=())])

    def _repr_html_(self) -> str:
        """The display in a notebook."""
        head = "".join(
            f'<th title="{html.escape(column.means)}">{html.escape(column.name)}</th>' for column in self.columns
        )
        body = "".join(
            f"<tr>{''.join(f'<td>{html.escape(_cell(value))}</td>' for value in row)}</tr>" for row in self._shown()
        )
        return f"<table><caption>{html.escape(self.name)}: {len(self):,} rows</caption><tr>{head}</tr>{body}</table>"

    def _shown(self) -> list[tuple[Value, ...]]:
        if len(self.rows) <= 2 * SHOWN:
            return list(self.rows)
        return [*self.rows[:SHOWN], ("…",) * len(self.columns), *self.rows[-SHOWN:]]


def _cell(value: Value) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(f"{name.partition('.')[0]} is not installed here: it {NEEDS_EXTRA}") from None
