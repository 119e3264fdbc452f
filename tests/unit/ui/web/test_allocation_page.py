"""The allocation page: the frontier of a run's books, led to from the page of the run."""

from __future__ import annotations

import csv

import pytest
from plotly.graph_objects import Figure

from market_sim.analysis.microstructure.allocation_of_books import allocation_of
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.visualization.as_of import finished
from market_sim.core.data import archive
from market_sim.core.models.instruments import Stock
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.thin_market import ThinMarket


@pytest.fixture
def two_books(folders, tmp_path) -> str:
    result = simulate(ThinMarket(), Options(epochs=4, settlement="none"))
    archive.save(result.journal, tmp_path / "results" / "two-books")
    return "two-books"


def test_the_frontier_is_one_link_from_the_page_of_the_run(visitor, two_books, tmp_path):
    assert f'href="/runs/{two_books}/allocation"' in visitor.get(f"/runs/{two_books}").text
    page = visitor.get(f"/runs/{two_books}/allocation").text
    found = allocation_of(open_run(tmp_path / "results" / two_books).journal)
    for one in found.choices:
        for cell in (f"{one.gain:.3f}", f"{one.deviation:.3f}", *(f"{weight:.1%}" for weight in one.weights)):
            assert f"<td>{cell}</td>" in page
    rows = list(csv.DictReader(visitor.get(f"/runs/{two_books}/allocation?as=csv").text.splitlines()))
    assert [float(row["gain_bps"]) for row in rows] == [one.gain for one in (*found.choices, *found.alone)]
    assert all(float(row["DEEP"]) + float(row["SHALLOW"]) == pytest.approx(1) for row in rows)
    drawn = visitor.get(f"/runs/{two_books}/allocation.json").get_json()
    assert drawn["config"]["showSendToCloud"] is False
    accepted = Figure(finished(drawn["figure"]))
    names = [trace.name for trace in accepted.data if trace.name]
    assert names == ["frontier", "aversions", "one book", "DEEP", "SHALLOW"]


class Empty(Scenario):
    """A share that nobody quotes."""

    name = "empty"

    def build(self, world):
        world.list(Stock("ACME"))


def test_a_run_without_quotes_is_one_sentence(visitor, folders, tmp_path):
    archive.save(simulate(Empty(), Options(epochs=1, settlement="none")).journal, tmp_path / "results" / "empty")
    answer = visitor.get("/runs/empty/allocation")
    assert answer.status_code == 409
    assert "n allocation needs a book that was quoted for 20 tenths of a day" in answer.text


def test_one_book_is_a_sentence_and_a_table_without_a_picture(visitor, folders, tmp_path):
    result = simulate(FirstMarket(traders=4, makers=1), Options(epochs=4, settlement="none"))
    archive.save(result.journal, tmp_path / "results" / "one-book")
    page = visitor.get("/runs/one-book/allocation").text
    assert "There is one book, ACME, so all capital is in it." in page
    assert "Table: Weights by aversion to risk" in page
    assert "data-figure" not in page


@pytest.mark.parametrize("address", ["allocation", "backtest", "microscope"])
def test_a_page_of_a_run_belongs_to_the_runs(address, visitor, two_books):
    assert '<a href="/runs" aria-current="page">Runs</a>' in visitor.get(f"/runs/{two_books}/{address}").text
