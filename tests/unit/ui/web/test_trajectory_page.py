"""The page of a trajectory: its answer is the formula's, dynamic programming agrees, and the slider moves the curve."""

from __future__ import annotations

import csv
import re
from html import unescape
from math import acosh, sinh, sqrt

import pytest
from plotly.graph_objects import Figure

from market_sim.analysis.visualization.as_of import finished
from market_sim.analysis.visualization.trajectory_picture import Sale, trajectory_chart, trajectory_sentence
from market_sim.pricing.execution import Impact
from market_sim.simulation.scenarios.almgren_chriss import AlmgrenChrissScenario

USUAL = Sale(600, 16, 8.0, Impact(10.0, 0.5), 0.002)


def figure_of(visitor, page: str) -> Figure:
    [address] = [unescape(part.partition('"')[0]) for part in page.split('data-figure="')[1:]]
    return Figure(finished(visitor.get(address).get_json()["figure"]))


def test_the_page_draws_the_schedule_of_the_scenario_by_formula_and_by_programming(visitor):
    page = visitor.get("/trajectory").text
    assert trajectory_sentence(USUAL) in unescape(page)
    assert USUAL.children == AlmgrenChrissScenario().desk.children()
    drawn = {trace.name: list(trace.y) for trace in figure_of(visitor, page).data if trace.name}
    kappa = acosh(1 + 0.002 * 100 / 0.5 * 0.25 / 2) / 0.5
    by_hand = [600 * sinh(kappa * (8 - 0.5 * number)) / sinh(8 * kappa) for number in range(1, 17)]
    assert drawn["formula"][:-1] == pytest.approx(by_hand)
    assert drawn["programming"] == pytest.approx(by_hand, abs=1e-6)
    assert drawn["even slices"][:-1] == pytest.approx([600 - 37.5 * number for number in range(1, 17)])
    assert "Dynamic programming gives the same schedule as the formula." in page


def test_the_sentence_has_the_costs_of_the_paper(visitor):
    """By hand, in cents: eta / tau times the squares of trades, and sigma squared tau times those of what is left."""
    page = unescape(visitor.get("/trajectory?quantity=100&slices=2&seconds=2&sigma=3&eta=1&risk_aversion=0").text)
    assert "half of the 100 shares is sold after slice 1 of 2. It costs 50.00 USD on average" in page
    assert f"with a standard deviation of {sqrt(9 * 50**2) / 100:.2f} USD; even slices cost 50.00 USD" in page
    feared = unescape(visitor.get("/trajectory?quantity=100&slices=2&seconds=2&sigma=3&eta=1&risk_aversion=1").text)
    kept = 100 / (2 + 9)  # what is left after the first slice minimizes (100 - x)^2 + x^2 + 9 x^2
    cost, deviation = ((100 - kept) ** 2 + kept**2) / 100, 3 * kept / 100
    assert f"It costs {cost:.2f} USD on average, with a standard deviation of {deviation:.2f} USD" in feared
    assert f"the half-life 1/κ is {1 / acosh(1 + 9 / 2):.3g} s" in feared


def test_the_slider_has_what_is_asked_and_moves_the_curve(visitor):
    lefts = []
    for aversion in ("0", "0.0005", "0.002", "0.01"):
        page = visitor.get(f"/trajectory?risk_aversion={aversion}").text
        [slider] = re.findall(r'<input type="range"[^>]*>', page)
        assert f'value="{float(aversion)}"' in slider and 'name="risk_aversion"' in slider and 'min="0"' in slider
        lefts.append(next(trace.y[3] for trace in figure_of(visitor, page).data if trace.name == "formula"))
    assert lefts == sorted(lefts, reverse=True) and lefts[0] == 450 and lefts[-1] < 100
    [most] = re.findall(r'<input type="range"[^>]* max="([^"]*)"', visitor.get("/trajectory?risk_aversion=7").text)
    assert float(most) == 7, "the slider reaches what was typed"


def test_every_slice_is_a_row_of_the_table_and_of_the_file(visitor):
    rows = list(csv.DictReader(visitor.get("/trajectory.csv?slices=5&quantity=17").text.splitlines()))
    sale = USUAL._replace(slices=5, quantity=17)
    assert [int(row["quantity"]) for row in rows] == sale.children and sum(sale.children) == 17
    assert [float(row["left"]) for row in rows] == sale.held[1:]
    assert [float(row["begins_s"]) for row in rows] == pytest.approx([0, 1.6, 3.2, 4.8, 6.4])
    table = trajectory_chart(sale).table
    assert [row[2] for row in table.rows] == [f"{child}" for child in sale.children]
    page = unescape(visitor.get("/trajectory?slices=5&quantity=17").text)
    assert all(f"<td>{cell}</td>" in page for row in table.rows for cell in row[1:])


@pytest.mark.parametrize(("query", "run"), [
    ("", "--quantity 600 --risk-aversion 0.002"),
    ("quantity=90&risk_aversion=0.0123456", "--quantity 90 --risk-aversion 0.0123456"),
    ("risk_aversion=0.2", ""),
    ("quantity=5", ""),
    ("slices=15", ""),
    ("gamma=0.1", ""),
])  # fmt: skip
def test_a_run_is_named_where_the_scenario_can_follow_the_schedule(visitor, query, run):
    page = visitor.get(f"/trajectory?{query}").text
    if not run:
        assert "--scenario" not in page
        return
    assert f"<code>python simulate.py --scenario almgren-chriss {run}</code>" in page
    words = run.split()
    desk = AlmgrenChrissScenario(quantity=int(words[1]), risk_aversion=float(words[3])).desk
    table = re.findall(r"<tr><th scope=\"row\">\d+</th><td>[^<]*</td><td>([\d,]+)</td>", page)
    assert [int(cell) for cell in table] == desk.children()


@pytest.mark.parametrize(("query", "says"), [
    ("quantity=much", "Shares to sell: a number from 1 to 1e+09, found 'much'"),
    ("slices=2.5", "slices is a whole number, found 2.5"),
    ("slices=501", "Slices: a number from 1 to 500, found '501'"),
    ("seconds=0", "Seconds in all: a number from 0.001 to 1e+06, found '0'"),
    ("gamma=3", "temporary impact outweighs half of the permanent one of a step"),
])  # fmt: skip
def test_what_cannot_be_is_a_sentence_and_stays_in_the_form(visitor, query, says):
    answer = visitor.get(f"/trajectory?{query}")
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert says[1:] in page
    field, _, value = query.partition("=")
    assert f'value="{value}" id="{field}"' in page
    for other in ("json", "csv"):
        assert visitor.get(f"/trajectory.{other}?{query}").status_code == 422


def test_the_page_of_a_run_leads_to_it(visitor, run_address):
    assert 'href="/trajectory"' in visitor.get(run_address).text
