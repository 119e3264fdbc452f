"""Raise the volatility of the default scenario: the quoted spread widens, and the chart and the tables say why."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.results.result import Result
from market_sim.analysis.visualization.chart import Chart
from market_sim.analysis.visualization.charts import chart_figure, charts_of
from market_sim.core.models.run_events import ParameterChanged
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.ui.cli.main import main


def spread_of(result: Result) -> Chart:
    [chart] = [one for one in charts_of(RunHistory(result.journal)) if one.name == "spread"]
    return chart


@pytest.fixture(scope="module")
def ordinary() -> Result:
    return simulate(FirstMarket(), Options(epochs=6, settlement="none"))


@pytest.fixture(scope="module")
def wild() -> Result:
    return simulate(FirstMarket(volatility_bps=30.0), Options(epochs=6, settlement="none"))


def median_spread(chart: Chart) -> float:
    told = chart.sentence.partition("the quoted spread was ")[2]
    return float(told.partition(" bps")[0])


def test_more_volatility_widens_the_quoted_spread_on_the_chart(ordinary: Result, wild: Result) -> None:
    calm, wide = spread_of(ordinary), spread_of(wild)
    assert median_spread(wide) > 1.5 * median_spread(calm)
    assert calm.sentence.endswith("3 makers had no reason to change their spread.")
    assert [row[1:4] for row in calm.table.rows] == [("", "8", "maker-0"), ("", "12", "maker-1"), ("", "16", "maker-2")]
    [panel] = wide.panels()
    assert [trace["name"] for trace in panel.traces][:3] == ["quoted spread", "maker-0", "maker-0 changes"]
    line = next(trace for trace in panel.traces if trace["name"] == "maker-0")
    assert max(line["y"]) > 20 > line["y"][0] == 8


def test_the_table_has_every_change_with_its_reason(wild: Result) -> None:
    changes = list(wild.journal.of(ParameterChanged))
    assert changes, "the canary: the makers adapted"
    rows = [row for row in spread_of(wild).table.rows if row[1]]
    assert [(row[2], row[3], row[4]) for row in rows] == [(f"{e.after:g}", e.agent, e.reason) for e in changes]
    assert wild.adaptations.column("reason") == [event.reason for event in changes]
    assert "times the 15 bps that the spread is made for" in changes[0].reason
    assert chart_figure(wild, "spread").layout.yaxis.title.text is None


def test_the_command_line_takes_the_volatility_and_exports_the_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--volatility-bps", "30", "--epochs", "4", "--no-settle", "--no-plot", "-q", "--out", str(tmp_path)]
    assert main(arguments) == 0
    [folder] = tmp_path.iterdir()
    assert main(["export", str(folder)]) == 0
    assert "adaptations.csv: " in capsys.readouterr().out
    assert "spread_bps,8.0," in (folder / "tables" / "adaptations.csv").read_text()
    assert main(["--volatility-bps", "51"]) == 2
    assert "volatility_bps must be a finite number from 0.0 to 50.0, found '51'" in capsys.readouterr().err
