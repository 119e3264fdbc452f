"""A newcomer's path: the README's strategy joins a market, and a scenario of one's own is checked, run and shown.

Each number is read from every place that shows it: the summary, the page, the notebook's display.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from market_sim import open_run
from market_sim.core.money import written
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.ui.cli.main import main
from market_sim.ui.web.application import create_app
from tests.conftest import ROOT
from tests.unit.ui.web.conftest import Visitor

QUICK = ["--epochs", "4", "--no-settle", "--no-plot", "-q"]


def site(folder: Path, *own: str) -> Visitor:
    places = {name.upper(): str(folder / name) for name in ("results", "instance", "lessons", "answers")}
    (folder / "lessons").mkdir(exist_ok=True)
    return Visitor(create_app({**places, "TESTING": False, "SCENARIOS": (*map(find_scenario, own), *SCENARIOS)}))


def test_the_readmes_strategy_has_one_gain_in_summary_page_and_notebook(tmp_path, capsys) -> None:
    found = re.search(r"```python\n(# buy_the_dip\.py\n.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    own = tmp_path / "buy_the_dip.py"
    own.write_text(found[1])
    assert main([*QUICK, "--with", f"{own}:BuyTheDip,cash=2500", "--out", str(tmp_path / "results")]) == 0
    summary = capsys.readouterr().out
    told = re.search(r"guest        buy-the-dip gained \S+ USD \((\S+) USD by trading\): place \d+ of \d+", summary)
    assert told is not None, summary
    [run] = (tmp_path / "results").iterdir()
    result = open_run(str(run))
    [row] = [each for each in result.leaderboard if each["account"] == "buy-the-dip"]
    assert row["trades"], "it traded, so that there is something to compare"
    assert written(row["from_trading"]) == told[1]
    # The notebook shows the table, the page shows it with a sign.
    cells = re.search(r"<tr><td>buy-the-dip</td>(.*?)</tr>", result._repr_html_(), re.DOTALL)
    assert cells is not None
    assert f"<td>{row['from_trading']}</td>" in cells[1]
    page = site(tmp_path).get(f"/runs/{run.name}").text
    board = page[page.index("What each account made of it") :]
    mine = re.search(r">buy-the-dip</th>(.*?)</tr>", board, re.DOTALL)
    assert mine is not None
    shown = f"{'+' if row['from_trading'] > 0 else ''}{told[1]}"
    assert re.findall(r"<td[^>]*>([^<]*)</td>", mine[1])[:2] == ["BuyTheDip", shown]


@pytest.fixture
def own(tmp_path, monkeypatch, capsys) -> Path:
    """A new scenario with three of its lines changed."""
    monkeypatch.chdir(tmp_path)
    assert main(["new-scenario", "bank_run"]) == 0
    file = tmp_path / "bank_run.py"
    text = file.read_text()
    for old, new in (
        ('"""Bad news in epoch 3: the price falls by about as much as the news says."""',
         '"""A run on a bank: how far does a rumour take its share?"""'),
        ("    traders: int = 12", "    traders: int = 6"),
        ("    fall_percent: float = -5.0", "    fall_percent: float = -8.0"),
    ):  # fmt: skip
        assert text.count(old) == 1
        text = text.replace(old, new)
    file.write_text(text)
    capsys.readouterr()
    return file


def test_a_scenario_of_ones_own_is_checked_run_listed_and_played_on_the_site(own, tmp_path, capsys) -> None:
    assert main(["check", str(own), "--seeds", "3", "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert (checked["held"], checked["parameters"]) == (3, {"traders": 6, "fall_percent": -8.0})
    assert main([*QUICK, "--scenario", str(own), "--out", str(tmp_path / "results"), "--json"]) == 0
    played = json.loads(capsys.readouterr().out)
    assert played["scenario"] == "bank-run"

    visitor = site(tmp_path, str(own))
    listing = visitor.get("/scenarios").text
    assert 'href="/scenarios/bank-run"' in listing
    assert "A run on a bank: how far does a rumour take its share?" in listing
    form = visitor.get("/scenarios/bank-run").text
    assert re.search(r'name="p-fall_percent"[^>]*value="-8\.0"|value="-8\.0"[^>]*name="p-fall_percent"', form)
    asked = {"seed": "7", "epochs": "4", "p-traders": "6", "p-fall_percent": "-8", "settlement": "none"}
    started = visitor.post("/scenarios/bank-run", asked)
    assert started.status_code == 303, started.text
    live = started.headers["Location"]
    assert "event: done" in visitor.get(f"{live}/events").text
    name = visitor.get(live).headers["Location"].rpartition("/")[2]
    # The run of the page is that of the command line.
    assert open_run(str(tmp_path / "results" / name)).fingerprint == played["fingerprint"]
    assert "bank-run" in visitor.get("/runs").text
