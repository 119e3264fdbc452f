"""`simulate.py results`, `export` and `dashboard` read a stored run; what they print is what the result says."""

from __future__ import annotations

import csv
import json

import pytest

from market_sim import open_run
from market_sim.core.models.intents import SIDE_NAMES
from market_sim.core.models.market_events import Trade
from market_sim.core.money import written
from market_sim.ui.cli.main import main


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    assert main(["--epochs", "3", "--headless", "--no-plot", "-q", "--no-settle", "--out", str(folder)]) == 0
    (found,) = folder.iterdir()
    return found


def test_the_board_names_every_account_with_its_figures(run, capsys):
    assert main(["results", str(run)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for row in open_run(run).leaderboard:
        (line,) = [line for line in lines if line.startswith(f"{row['account']} ")]
        cells = line.split()
        assert written(row["from_trading"]) in [cell.lstrip("+") for cell in cells]
        assert written(row["turnover"]) in cells
        assert written(row["trading_drawdown"]) in cells
    assert lines[0] == "in USD"


def test_every_table_is_a_file(run, capsys):
    assert main(["export", str(run)]) == 0
    printed = capsys.readouterr().out
    for table in open_run(run).tables:
        path = run / "tables" / f"{table.name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        assert tuple(head) == table.names
        assert rows == [["" if value is None else str(value) for value in row] for row in table.rows]
        assert f"{path}: {len(rows):,} row" in printed


def test_the_tape_has_the_same_rows_in_every_format_and_they_are_the_trades_of_the_journal(run, capsys):
    for kind in ("csv", "json"):
        assert main(["export", str(run), "--format", kind]) == 0
    tape = ("trade", "maker_order", "taker_order", "side", "time", "price", "quantity")
    with (run / "tables" / "trades.csv").open(encoding="utf-8", newline="") as file:
        from_csv = [tuple(row[name] for name in tape) for row in csv.DictReader(file)]
    from_json = json.loads((run / "tables" / "trades.json").read_text(encoding="utf-8"))
    assert [tuple(str(row[name]) for name in tape) for row in from_json] == from_csv
    assert from_csv == [
        tuple(str({"side": SIDE_NAMES[one.side]}.get(name, getattr(one, name))) for name in tape)
        for one in open_run(run).journal.of(Trade)
    ]
    assert len(from_csv) > 10


def test_the_tables_beside_a_run_do_not_damage_it(run, capsys):
    assert main(["export", str(run)]) == 0
    assert main(["verify", str(run)]) == 0


@pytest.mark.parametrize("command", ["results", "export", "dashboard"])
def test_a_folder_that_is_no_run_is_one_sentence(command, tmp_path, capsys):
    assert main([command, str(tmp_path / "nothing")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_place_where_nothing_can_be_written_is_one_sentence(run, tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    assert main(["export", str(run), "--to", str(tmp_path / "taken" / "tables")]) == 2
    assert "cannot write there" in capsys.readouterr().err
    assert main(["dashboard", str(run), "--to", str(tmp_path / "taken" / "page.html")]) == 2
    assert "cannot write there" in capsys.readouterr().err


def test_the_dashboard_is_a_file_beside_the_run(run, capsys):
    assert main(["dashboard", str(run)]) == 0
    path = run / "dashboard.html"
    assert capsys.readouterr().out == f"{path}\n"
    assert path.read_text(encoding="utf-8") == open_run(run).dashboard.generate_html_dashboard()
    assert main(["verify", str(run)]) == 0, "the file does not damage the run"


def test_the_board_says_that_wallets_and_contracts_are_beside_it(run, capsys, tmp_path):
    kept = ["--headless", "--no-plot", "-q", "--out", str(tmp_path)]
    assert main(["--scenario", "escrow", "--epochs", "5", "--settlement", "memory", *kept]) == 0
    told = capsys.readouterr().out
    (stored,) = tmp_path.iterdir()
    # The payer has paid 400.00 out of its wallet, and its account neither gained nor lost.
    assert "400.00 was released by the payer" in told
    assert {row["gain"] for row in open_run(stored).leaderboard if row["account"] == "payer"} == {0}
    beside = "these are accounts of the exchange: wallets and contracts of the chain are not counted\n"
    assert beside in told.partition("gains in USD")[2]
    assert main(["results", str(run)]) == 0
    assert "accounts: those of the exchange; what is in wallets and in contracts" in capsys.readouterr().out
    assert main(["--epochs", "3", "--settlement", "memory", *kept]) == 0
    assert beside not in capsys.readouterr().out
