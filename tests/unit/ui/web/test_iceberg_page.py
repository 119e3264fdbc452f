"""The page of an iceberg: its answer is that of the command, for a market that is typed or that of a run."""

from __future__ import annotations

import csv
from html import unescape

import pytest
from plotly.graph_objects import Figure

from market_sim.analysis.microstructure.iceberg_of_a_run import iceberg_market_of
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.visualization.as_of import finished
from market_sim.analysis.visualization.iceberg_picture import SHARES, iceberg_chart
from market_sim.pricing.iceberg import IcebergMarket, cheapest, slice_costs

USUAL = IcebergMarket(300, 50, 4, 300, 20)


def test_the_page_names_the_best_slice_and_what_others_cost(visitor):
    page = unescape(visitor.get("/iceberg").text)
    costs = slice_costs(1_000, USUAL)
    chart = iceberg_chart(costs)
    assert chart.sentence in page
    for share in SHARES:
        assert f"<td>{costs[int(1_000 * share) - 1].total_bps:.2f}</td>" in page
    assert f"{cheapest(costs).display:,} (best)</th>" in page
    [figure] = [part.partition('"')[0] for part in page.split('data-figure="')[1:]]
    drawn = Figure(finished(visitor.get(figure).get_json()["figure"]))
    assert [trace.name for trace in drawn.data if trace.name] == ["in all", "waiting", "being seen", "best"]
    rows = list(csv.DictReader(visitor.get(figure.replace("/iceberg.json", "/iceberg.csv")).text.splitlines()))
    assert [float(row["total_bps"]) for row in rows] == [one.total_bps for one in costs]


def test_what_is_typed_is_what_is_compared(visitor):
    page = visitor.get("/iceberg?quantity=600&lot=3&information_bps=0").text
    assert "Display 600 of 600" in page, "where being seen costs nothing, all of it is displayed"
    assert 'value="3" id="lot"' in page


def test_the_page_of_a_run_leads_to_its_own_market(visitor, run_address, folders):
    name = run_address.rpartition("/")[2]
    assert f'href="/iceberg?run={name}"' in visitor.get(run_address).text
    market = iceberg_market_of(open_run(f"{folders['RESULTS']}/{name}").journal, "ACME")
    page = unescape(visitor.get(f"/iceberg?run={name}").text)
    assert iceberg_chart(slice_costs(round(10 * market.depth), market)).sentence in page
    assert f'value="{market.rate:g}" id="rate"' in page and "in seconds of its clock" in page
    typed = unescape(visitor.get(f"/iceberg?run={name}&quantity=77&risk_aversion=3").text)
    assert iceberg_chart(slice_costs(77, market._replace(risk_aversion=3.0))).sentence in typed


@pytest.mark.parametrize(("query", "says"), [
    ("quantity=much", "Quantity of the whole order: a number from 0 to 1e12, found 'much'"),
    ("quantity=1.5", "quantity and lot are whole numbers, found 1.5 and 1"),
    ("quantity=10001", "this page compares at most 10,000 lots, found 10,001"),
    ("rate=0", "rate and depth are more than zero"),
    ("lot=0", "1 to 100,000 whole lots, found 1000 in lots of 0"),
    ("run=small-run&book=NONE", "this run has the books ACME, found 'NONE'"),
])  # fmt: skip
def test_what_cannot_be_is_a_sentence_and_stays_in_the_form(visitor, query, says):
    answer = visitor.get(f"/iceberg?{query}")
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert says[1:] in page
    field, _, value = query.partition("=")
    assert field == "run" or f'value="{value}" id="{field}"' in page
    if field != "run":
        assert visitor.get(f"/iceberg.csv?{query}").status_code == 422
