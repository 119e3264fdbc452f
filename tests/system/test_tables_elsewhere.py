"""The tables of a run in pandas and in Parquet, which a run does not need: they hold the same values."""

from __future__ import annotations

import importlib

import pytest

from market_sim.analysis.results.table import Column, Table
from market_sim.simulation.run import simulate
from market_sim.ui.cli.main import main


@pytest.fixture
def pandas():
    """Imported when a test runs: an ordinary run skips these tests and has no pandas."""
    return importlib.import_module("pandas")


def test_pandas_keeps_whole_numbers_whole_beside_what_is_missing(pandas):
    table = Table("trades", (Column("trade", ""), Column("settled", "")), [(1, 5), (2**60 + 1, None)])
    frame = table.to_pandas()
    assert frame["trade"].tolist() == [1, 2**60 + 1]
    assert frame["settled"].isna().tolist() == [False, True]


def test_every_table_of_a_run_is_the_same_when_it_is_read_back_from_parquet(tmp_path, pandas):
    result = simulate("first-market", epochs=3, settlement="memory")
    for table in result.tables:
        path = tmp_path / f"{table.name}.parquet"
        table.save(path)
        read = pandas.read_parquet(path)
        assert list(read.columns) == list(table.names)
        assert len(read) == len(table)
        for name in table.names:
            kept = [None if pandas.isna(value) else value for value in read[name]]
            assert kept == table.column(name), f"{table.name}.{name}"


def test_the_command_writes_parquet(tmp_path, capsys):
    assert main(["--epochs", "2", "--headless", "--no-plot", "-q", "--no-settle", "--out", str(tmp_path)]) == 0
    (run,) = tmp_path.iterdir()
    assert main(["export", str(run), "--format", "parquet", "--to", str(tmp_path / "tables")]) == 0
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == [
        "adaptations.parquet",
        "alerts.parquet",
        "blocks.parquet",
        "candles.parquet",
        "competition.parquet",
        "depth.parquet",
        "extracted.parquet",
        "fees.parquet",
        "gains.parquet",
        "inventory.parquet",
        "leaderboard.parquet",
        "making.parquet",
        "opportunities.parquet",
        "orders.parquet",
        "quotes.parquet",
        "refusals.parquet",
        "routes.parquet",
        "trades.parquet",
        "venues.parquet",
    ]
