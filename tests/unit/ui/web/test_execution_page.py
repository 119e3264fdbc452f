"""The page of an execution in the past: its answer is that of the command, and what is refused loses nothing."""

from __future__ import annotations

import csv
import re
from html import unescape

from plotly.graph_objects import Figure

from market_sim.analysis.microstructure.candle_file import candle_text, candles_of, read_candles
from market_sim.analysis.microstructure.execution_plans import plans_of
from market_sim.analysis.microstructure.past_execution import NOTE, PastOrder, execute, impact_curve
from market_sim.analysis.results.stored import open_run
from market_sim.analysis.visualization.as_of import finished
from market_sim.analysis.visualization.past_picture import curve_sentence, past_chart, past_figures, past_file
from market_sim.analysis.visualization.plans_picture import plans_chart
from tests.unit.analysis.microstructure.test_past_execution import MONTH

SEVEN_DAYS = {"side": "buy", "quantity": "500", "over": "168", "lot": "0.01", "tick": "0.01", "currency": "USD"}


def test_the_answer_has_the_figures_the_picture_and_the_table(visitor):
    sent = visitor.post("/execution", {**SEVEN_DAYS, "candles": candle_text(MONTH)})
    assert sent.status_code == 303
    page = unescape(visitor.get(sent.location).text)
    found = execute(MONTH, PastOrder.typed(*SEVEN_DAYS.values()))
    chart = past_chart(found)
    assert NOTE in page and chart.sentence in page
    assert curve_sentence(impact_curve(MONTH, found.order)) in page
    for name, value in past_figures(found):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page
    assert all(f"<td>{cell}</td>" in page for cell in chart.table.rows[5][1:])
    drawn = Figure(finished(visitor.get(f"{sent.location}.json").get_json()["figure"]))
    assert [trace.name for trace in drawn.data if trace.name] == ["middle", "fills", "slippage"]
    assert visitor.get(f"{sent.location}.csv").text == past_file(found).csv_text(), "all digits, as --csv writes them"


def test_the_answer_has_the_plans_as_picture_table_and_file(visitor):
    sent = visitor.post("/execution", {**SEVEN_DAYS, "quantity": "50", "candles": candle_text(MONTH)})
    page = unescape(visitor.get(sent.location).text)
    found = plans_of(MONTH, PastOrder.typed(*{**SEVEN_DAYS, "quantity": "50"}.values()))
    chart = plans_chart(found)
    assert chart.sentence in page and f'data-figure="{sent.location}/plans.json"' in page
    assert all(f"<td>{cell}</td>" in page for row in chart.table.rows for cell in row[1:])
    drawn = Figure(finished(visitor.get(f"{sent.location}/plans.json").get_json()["figure"]))
    points = [len(trace.x) for trace in drawn.data if trace.name and trace.yaxis in (None, "y")]
    assert sum(points) == len(found.worth_choosing)
    rows = list(csv.reader(visitor.get(f"{sent.location}/plans.csv").text.splitlines()))
    assert rows[1:] == [[str(cell) for cell in one] for one in found.worth_choosing]


def test_an_order_that_no_plan_fills_has_a_sentence_in_place_of_the_picture(visitor):
    sent = visitor.post("/execution", {**SEVEN_DAYS, "quantity": "5000", "over": "20", "candles": candle_text(MONTH)})
    page = visitor.get(sent.location).text
    assert "No plan fills the whole order in 20 candles" in page and "plans.json" not in page
    assert visitor.get(f"{sent.location}/plans.json").status_code == 404


def test_the_page_of_a_run_leads_to_its_candles(visitor, run_address, folders):
    name = run_address.rpartition("/")[2]
    assert f'href="/execution?run={name}"' in visitor.get(run_address).text
    page = unescape(visitor.get(f"/execution?run={name}").text)
    text = page.partition('name="candles"')[2].partition(">")[2].partition("</textarea>")[0].lstrip("\n")
    assert read_candles(text) == read_candles(candle_text(candles_of(_journal(folders, name), "ACME").candles))
    volume = sum(one.volume for one in read_candles(text)[-50:])
    quantity = f"{max(5, volume / 40):.1f}"
    assert re.search(rf'value="{quantity}" id="quantity"', page), "a quarter of what the books of the model hold"
    fields = dict(re.findall(r'value="([^"]*)" id="(\w+)"', page))
    form = {name: value for value, name in fields.items()} | {"side": "buy", "candles": text}
    chosen = unescape(visitor.get(visitor.post("/execution", form).location).text)
    assert re.search(r"Of \d\d plans for the same order, \d+ are not dominated", chosen), "there is a choice"
    answer = visitor.get(f"/execution?run={name}&book=NONE")
    assert answer.status_code == 409
    assert "his run has the books ACME, found 'NONE'" in unescape(answer.text)


def test_what_is_refused_stays_in_the_form(visitor):
    answer = visitor.post("/execution", {**SEVEN_DAYS, "quantity": "much", "candles": "my,candles"})
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert "This cannot be executed: a quantity is a number" in page
    assert "my,candles" in page and 'value="much"' in page


def test_an_answer_that_is_not_remembered_is_a_sentence(visitor):
    for address in ("/execution/0123", "/execution/0123.json", "/execution/0123.csv"):
        assert visitor.get(address).status_code == 404
    assert "send its candles again" in visitor.get("/execution/0123").text


def _journal(folders, name):
    return open_run(f"{folders['RESULTS']}/{name}").journal
