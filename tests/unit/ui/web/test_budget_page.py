"""The page of a latency budget: every stage with its largest, for both stacks, and one link from a run and an order."""

from __future__ import annotations

import csv
from html import unescape

import pytest

from market_sim.analysis.results.stored import open_run
from market_sim.core.data import archive
from market_sim.core.randomness import Randomness
from market_sim.market.venues.latency_budget import BYPASS, KERNEL, STAGES, drawn
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.ui.order_budget import NOTE, after_the_match, critical_path, path_sentence
from tests.unit.ui.web.test_allocation_page import Empty


@pytest.mark.parametrize("stack", [KERNEL, pytest.param(BYPASS, marks=pytest.mark.thorough)])
def test_the_page_has_every_stage_and_what_follows_the_match(visitor, run_address, folders, stack):
    address = f"{run_address}/budget?stack={stack}"
    page = unescape(visitor.get(address).text)
    result = open_run(f"{folders['RESULTS']}/{run_address.rpartition('/')[2]}")
    paths = drawn(stack, 10_000, Randomness(result.seed).stream("latency budget"))
    assert NOTE in page and path_sentence(stack, paths, "one message of 100, of 10,000 that are drawn,") in page
    waits = after_the_match(result)
    simulated = {stage.name: [path[place] for path in paths] for place, stage in enumerate(STAGES)} | waits
    assert critical_path(simulated) in page
    rows = list(csv.DictReader(visitor.get(f"{address}&as=csv").text.splitlines()))
    assert [row["stage"] for row in rows] == [*simulated] and "block" in simulated
    columns = [[float(row[name] or 0) for row in rows] for name in ("simulated_mean_us", "measured_median_us")]
    assert columns[0] == [sum(took) / len(took) / 1_000 for took in simulated.values()]
    assert rows[0]["measured_median_us"] == "", "the network card is not measured"
    for column in columns:
        assert f"<td>{max(column):,.2f}*</td>" in page, "the largest of each column is marked"


def test_the_pages_of_a_run_and_of_an_order_lead_to_it(visitor, run_address):
    for page in (run_address, f"{run_address}/orders/1"):
        assert f'href="{run_address}/budget"' in visitor.get(page).text
    assert visitor.get(f"{run_address}/budget?stack=magic").status_code == 422


def test_a_run_without_an_order_is_one_sentence(visitor, folders, tmp_path):
    archive.save(simulate(Empty(), Options(epochs=1, settlement="none")).journal, tmp_path / "results" / "empty")
    answer = visitor.get("/runs/empty/budget")
    assert answer.status_code == 409
    assert "budget needs a run in which a limit order was accepted" in answer.text
