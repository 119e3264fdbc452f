# The fixtures of the site's unit tests are used here, too.
# ruff: noqa: F401, F811
"""A backtest on the site is a job; its page has the board, the picture and the trades of the command's backtest."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from plotly.graph_objects import Figure

from market_sim.analysis.results.performance import performances
from market_sim.analysis.visualization.as_of import finished
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.models.market_events import Trade
from market_sim.simulation.backtest import Backtest, backtest
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.guests import guest
from market_sim.ui.backtest_report import boards, sentences
from market_sim.ui.cli.main import main
from tests.unit.ui.web.conftest import folders, run_address, small_run, visitor

NOISE = "noise,name=me,cash=10000,holdings=ACME:50"
OWN = """
from market_sim import Buy, Strategy


class Once(Strategy):
    def decide(self, view):
        market = view["ACME"]
        if market.position == 0 and market.ask is not None and not view.orders:
            yield Buy("ACME", 1, market.ask)
"""


def answered(visitor, run_address, **typed):
    """The page of a finished backtest."""
    answer = visitor.post(f"{run_address}/backtest", typed)
    assert answer.status_code == 303, answer.text
    address = answer.headers["Location"]
    visitor.get(f"{address.replace('/backtest/', '/live/')}/events").get_data()  # until it has ended
    return address


@pytest.fixture(scope="module")
def expected(small_run) -> tuple[Backtest, list[list[tuple[str, ...]]]]:
    journal = archive.load(small_run).journal
    found = backtest(journal, guest(NOISE), FirstMarket(traders=6))
    return found, list(boards(found, performances(journal), Words(journal)).values())


def test_a_backtest_on_the_site_is_that_of_the_command_line(
    visitor, run_address, small_run, expected, tmp_path, capsys
):
    found, boards_here = expected
    address = answered(visitor, run_address, strategy=NOISE)
    page = unescape(visitor.get(address).text)
    assert all(sentence in page for sentence in sentences(found))
    rows = re.findall(r'<th scope="row">([^<]+)</th><td class="text[^"]*">([^<]*)</td>((?:<td>[^<]*</td>)+)', page)
    told = [(name, kind, *re.findall("<td>([^<]*)</td>", cells)) for name, kind, cells in rows]
    for row in boards_here[0]:
        assert row in told
    fills = [trade for trade in found.journal.of(Trade) if "me" in (trade.maker, trade.taker)]
    assert fills, "the canary: it trades"
    drawn = list(Figure(finished(visitor.get(f"{address}/figure.json").get_json()["figure"])).data)
    traces = {trace.name: trace for trace in drawn if trace.name}
    assert list(traces) == ["middle", "it bought", "it sold", "inventory", "gain"]
    assert len(traces["it bought"].x) + len(traces["it sold"].x) == len(fills)
    [mine] = found.performances
    assert traces["inventory"].y[-1] == sum(
        trade.quantity * (trade.side if trade.taker == "me" else -trade.side) for trade in fills
    )
    assert traces["gain"].y[-1] == pytest.approx(mine.gain.from_trading / 100, abs=1.0)
    trades = list(csv.DictReader(io.StringIO(visitor.get(f"{address}/trades.csv").text)))
    assert [float(row["price"]) for row in trades] == [trade.price / 100 for trade in fills]
    figures = [cell for row in trades for name, cell in row.items() if name != "side"]
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", cell) for cell in figures), figures
    assert visitor.get(address.replace("/backtest/", "/live/")).headers["Location"] == address
    assert main(["backtest", str(small_run), "--with", NOISE, "--plot", str(tmp_path / "picture.html")]) == 0
    said = capsys.readouterr()
    assert "picture.html" in said.err and all(sentence in said.out for sentence in sentences(found))
    assert "me bought" in (tmp_path / "picture.html").read_text(encoding="utf-8")


def test_a_strategy_of_ones_own_is_tested_apart_from_the_site(visitor, run_address):
    page = unescape(visitor.get(answered(visitor, run_address, own_strategy=OWN)).text)
    assert "once: 1 order; 1 filled on arrival, 0 in the book" in page
    assert "KeptApart" not in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "name a shipped strategy, or write one of your own: one of the two"),
        ({"strategy": "noise", "own_strategy": OWN}, "one of the two"),
        ({"strategy": "nose"}, "there is no strategy 'nose'; did you mean noise?"),
        ({"strategy": "own.py:Mine"}, "a strategy of your own joins on the command line"),
        ({"strategy": "noise,name=maker-0"}, "maker-0 took part in this run; choose another name, name=me"),
        ({"own_strategy": "class Half(Strategy"}, "line 1: this is not Python"),
    ],
)
def test_what_cannot_be_tested_is_one_sentence_and_keeps_what_was_typed(visitor, run_address, typed, sentence):
    answer = visitor.post(f"{run_address}/backtest", typed)
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert sentence in page and all(text in page for text in typed.values())
    assert not visitor.app.extensions["jobs"].pending


def test_one_that_is_refused_on_its_way_leads_back_to_the_form(visitor, run_address):
    address = answered(visitor, run_address, strategy="noise,holdings=HATS:5")
    answer = visitor.get(address)
    assert answer.headers["Location"] == f"{run_address}/backtest"
    assert "There is no backtest: " in visitor.get(f"{run_address}/backtest").text
    assert visitor.get(f"{address}/trades.csv").status_code == visitor.get("/backtest/99").status_code == 404


def test_one_that_never_trades_has_no_picture(visitor, run_address):
    address = answered(visitor, run_address, strategy="noise,name=me,trade_probability=0")
    assert "It has not traded" in visitor.get(address).text
    assert visitor.get(f"{address}/figure.json").status_code == 404


def test_the_page_of_a_run_leads_to_it(visitor, run_address):
    assert f'href="{run_address}/backtest"' in visitor.get(run_address).text
