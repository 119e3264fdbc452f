"""A table answers by row and column, and writes what it holds into files that other programs read."""

from __future__ import annotations

import csv
import importlib

import pytest

from market_sim.analysis.results.table import SHOWN, Column, Table
from market_sim.core.errors import InputError

COLUMNS = (Column("trade", "its number"), Column("symbol", "of what"), Column("settled", "when"))
TABLE = Table("trades", COLUMNS, [(1, "A&B", 5), (2, "ACME", None)])


def test_rows_columns_and_cells_have_their_names():
    assert list(TABLE) == [{"trade": 1, "symbol": "A&B", "settled": 5}, {"trade": 2, "symbol": "ACME", "settled": None}]
    assert TABLE[-1]["symbol"] == "ACME"
    assert TABLE.column("settled") == [5, None]


def test_a_column_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(InputError, match="no column 'price', it has trade, symbol, settled"):
        TABLE.column("price")


def test_csv_holds_every_row_and_leaves_empty_what_has_not_happened(tmp_path):
    TABLE.save(tmp_path / "trades.csv")
    with (tmp_path / "trades.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["trade", "symbol", "settled"], ["1", "A&B", "5"], ["2", "ACME", ""]]


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"ends in \.csv, \.json or \.parquet, found trades\.xlsx"):
        TABLE.save(tmp_path / "trades.xlsx")


def test_a_library_that_is_missing_is_named(tmp_path, monkeypatch):
    real = importlib.import_module

    def without(name: str):
        if name.partition(".")[0] in ("pandas", "pyarrow"):
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(importlib, "import_module", without)
    for ask, library in ((TABLE.to_pandas, "pandas"), (lambda: TABLE.save(tmp_path / "a.parquet"), "pyarrow")):
        with pytest.raises(InputError, match=rf"{library} is not installed here: it needs the extra \[tables\]"):
            ask()


def test_a_notebook_shows_the_text_as_text():
    shown = TABLE._repr_html_()
    assert "<td>A&amp;B</td>" in shown
    assert '<th title="its number">trade</th>' in shown


def test_a_long_table_is_shown_by_its_ends():
    long = Table("numbers", COLUMNS[:1], [(number,) for number in range(100)])
    lines = repr(long).splitlines()
    assert lines[0] == "numbers: 100 rows"
    assert [line.strip() for line in lines[2:]] == [
        *map(str, range(SHOWN)),
        "…",
        *map(str, range(100 - SHOWN, 100)),
    ]
