"""`simulate.py microscope` prints true tables, writes them as CSV and JSON, and refuses what it cannot measure."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from market_sim.analysis.impact import impacts
from market_sim.analysis.microstructure import adverse_selection
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.report_rows import TITLES, Money, presented
from market_sim.analysis.microstructure.report_tables import report
from market_sim.analysis.results.stored import open_run
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import InstrumentListed
from market_sim.market.exchange.markouts import ranked
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.execution_school import ExecutionSchool
from market_sim.ui.cli.main import main


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results")
    asked = ["--scenario", "execution-school", "--epochs", "8", "--headless", "--no-plot", "-q", "--no-settle"]
    assert main([*asked, "--out", str(out)]) == 0
    return next(path for path in out.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def tables(run):
    return {table.name: table for table in report(Microscope(open_run(run).journal))}


def test_the_causes_of_each_order_add_up_to_its_total(tables):
    orders: dict[str, dict[str, float]] = {}
    for row in tables["shortfall"]:
        orders.setdefault(row["agent"], {})[row["cause"]] = row["cost"]
    assert list(orders) == ["at-once", "twap", "almgren-chriss"]
    for parts in orders.values():
        assert parts.pop("total") == sum(parts.values())
        assert len(parts) == 4


def test_every_cut_of_slippage_adds_up_to_the_whole_and_every_spread_to_its_parts(tables):
    sums: dict[tuple[str, str], list[float]] = {}
    for row in tables["slippage"]:
        cell = sums.setdefault((row["book"], row["cut"]), [0, 0, 0, 0])
        for place, name in enumerate(("trades", "quantity", "value", "cost")):
            cell[place] += row[name]
    for (book, _), cell in sums.items():
        assert cell == sums[book, "whole"]
    assert len(sums) == 3 * 6
    for row in tables["spreads"]:
        assert row["realised"] + row["impact"] == pytest.approx(row["effective_then"])


def test_the_takers_with_the_best_trades_stand_first(run, tables):
    for book in Microscope(open_run(run).journal).books:
        mine = [row["account"] for row in tables["markouts"] if row["book"] == book.name]
        takers = [one.account for one in ranked(book.markouts)]
        assert mine[: len(takers)] == takers != []


@pytest.fixture(scope="module")
def money(run):
    return Money(open_run(run).journal.of(InstrumentListed))


def test_each_column_says_what_it_means_and_each_table_has_a_title(tables, money):
    assert {*tables, "truth", "adverse"} == set(TITLES)
    for table in tables.values():
        assert all(column.means for column in table.columns)
        head, *rows = presented(table, money)
        assert len(rows) == len(table) and all(len(row) == len(head) for row in rows)


def test_the_terminal_has_the_figures_of_the_tables(run, tables, money, capsys):
    assert main(["microscope", str(run)]) == 0
    said = capsys.readouterr().out
    for row in presented(tables["shortfall"], money)[1:]:
        assert re.search(r"\s+".join(map(re.escape, row)), said)
    assert TITLES["estimates"] in said and TITLES["toxicity"] not in said
    assert "more, with --csv or --json" in said


def test_prices_and_costs_are_in_dollars_as_many_as_the_files_have_cents(run, tables, capsys):
    assert main(["microscope", str(run)]) == 0
    said = capsys.readouterr().out
    shown = [line.split() for line in said.splitlines()]
    for row in tables["shortfall"]:
        [dollars] = [line[6] for line in shown if line[:1] == [row["agent"]] and line[5:6] == [row["cause"]]]
        assert Decimal(dollars.replace(",", "")) == Decimal(row["cost"]) / 100
    for row in tables["spreads"]:
        [quoted] = [line[3] for line in shown if line[:3] == [row["book"], str(row["trades"]), str(row["quantity"])]]
        assert float(quoted) == pytest.approx(row["quoted"] / 100, abs=1e-4)
    whole = next(row for row in tables["slippage"] if row["cut"] == "whole")
    [*_, value, cost, _] = next(line for line in shown if line[1:3] == ["whole", "all"])
    assert [Decimal(one.replace(",", "")) * 100 for one in (value, cost)] == [whole["value"], whole["cost"]]
    assert "Prices and costs are in the currency of their book" in said and "Roll spread" in said


def test_a_figure_has_the_decimals_of_its_currency_and_of_its_quantity():
    coin = InstrumentListed(0, "BTC", "spot", 1, 1, "USDC", 1, 2, 4)
    money = Money([coin])
    book = "BTC on SIM-A"
    assert money.cell(book, "", "cost", 1_234_567.5) == "1.2345675"
    assert money.cell(book, "", "value", 1_234_567) == "1.234567"
    assert money.cell(book, "", "after_50_ms", -250.0) == "-2.5000"
    assert money.cell(book, "", "quoted", 0.25) == "0.002500"
    assert money.cell(book, "", "quantity", 15_000) == "1.5000"
    assert money.cell(book, "price a unit", "truth", 300.0) == "3.0000"
    assert money.cell(book, "price a unit", "unit", "price a unit") == "USDC a unit"
    assert money.cell(book, "a million", "estimate", 2.0) == 2_000_000.0
    assert money.cell(book, "bps", "estimate", 2.0) == 2.0 and money.cell(book, "", "bps", 3.5) == 3.5
    assert money.cell("", "", "cost", 5) == 5 and money.cell(book, "", "cost", None) is None


def test_one_participant_has_its_own_orders(run, capsys):
    assert main(["microscope", str(run), "--agent", "noise-A-0", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["agent"] for row in told["shortfall"]} == {"noise-A-0"}
    assert {row["benchmark"] for row in told["benchmarks"]} == {"arrival", "VWAP", "TWAP", "close"}


def test_each_table_is_a_csv_file(run, tables, tmp_path, capsys):
    folder = tmp_path / "deep" / "tables"
    assert main(["microscope", str(run), "--csv", str(folder)]) == 0
    assert {path.stem for path in folder.iterdir()} == set(tables)
    assert f"{folder / 'spreads'}.csv: 3 rows" in capsys.readouterr().out
    with (folder / "markouts.csv").open(encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == tables["markouts"].names and len(rows) == len(tables["markouts"])


def test_the_truth_stands_beside_each_estimate_with_its_error_over_seeds(run, capsys):
    assert main(["microscope", str(run), "--agent", "at-once", "--truth", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    told = {row["estimator"]: row for row in found["truth"]}
    assert list(told) == ["arrival", "effective", "model", "learned", "square root", "nothing"]
    unseen = [market_alone(ExecutionSchool(), seed, 8) for seed in (8, 9)]
    learned = adverse_selection.models(open_run(run).journal)
    assert found["adverse"] == list(adverse_selection.adverse_errors(learned, unseen)) and len(found["adverse"]) == 9
    true = []
    for seed in (8, 9):
        scenario = ExecutionSchool()
        pair = [market_alone(scenario, seed, 8), market_alone(scenario, seed, 8, without="at-once")]
        [one] = [one for one in impacts(*pair, "at-once") if one.fills]
        true.append((one.true / one.value * 10_000, one.arrival / one.value * 10_000))
    (first, guess), (second, other) = true
    assert told["nothing"]["true"] == pytest.approx((first + second) / 2)
    assert told["nothing"]["rms_error"] == pytest.approx(((first**2 + second**2) / 2) ** 0.5)
    assert told["arrival"]["error"] == pytest.approx((guess + other - first - second) / 2)
    assert told["arrival"]["runs"] == 2
    assert told["arrival"]["rms_error"] < told["nothing"]["rms_error"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["--truth", "3"], "--truth needs --agent NAME"),
        (["--agent", "nobody"], "there is no participant 'nobody' in this run; there are maker-A, noise-A-0"),
        (["--csv", "{run}/manifest.json"], "cannot write there"),
    ],
)
def test_bad_input_is_one_sentence(run, typed, sentence, capsys):
    assert main(["microscope", str(run), *(one.format(run=run) for one in typed)]) == 2
    assert sentence in capsys.readouterr().err


def test_a_run_without_trades_is_refused():
    with pytest.raises(InputError, match="nothing was traded"):
        Microscope(Journal())


def test_two_venues_have_shares_of_discovery_or_a_reason():
    journal = simulate("two-venues", epochs=5, settlement="none").journal
    [row] = next(table for table in report(Microscope(journal)) if table.name == "discovery")
    assert (row["first"], row["second"]) == ("ACME on SIM-A", "ACME on SIM-B")
    low, high = sorted((row["hasbrouck_first"], row["hasbrouck_last"]))
    assert 0 <= low <= row["middle"] <= high <= 1
