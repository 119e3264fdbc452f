"""The page of the microscope: its pictures say what was measured, its tables are files, mistakes are one sentence."""

from __future__ import annotations

import csv
import io
import re
from itertools import accumulate

import pytest
from plotly.graph_objects import Figure

from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.report_rows import TITLES
from market_sim.analysis.microstructure.shortfall import CAUSES, shortfall
from market_sim.analysis.visualization.as_of import finished
from market_sim.analysis.visualization.microscope_picture import microscope_charts
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.markouts import ranked
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.almgren_chriss import AlmgrenChrissScenario
from market_sim.simulation.scenarios.toxic_flow import ToxicFlow


@pytest.fixture(scope="module")
def desk() -> Journal:
    return simulate(AlmgrenChrissScenario(), Options(epochs=10, settlement="none")).journal


@pytest.fixture(scope="module")
def flow() -> Journal:
    return market_alone(ToxicFlow(), 3, 16)


@pytest.fixture
def stored(folders, tmp_path, desk) -> str:
    archive.save(desk, tmp_path / "results" / "desk")
    return "/runs/desk"


def drawn(found: Microscope, journal: Journal):
    return {one.name: one for one in microscope_charts(found, TimeAxis.of(journal))}


def test_the_page_is_one_link_from_the_run_and_its_pictures_are_drawn(visitor, stored):
    assert f'href="{stored}/microscope"' in visitor.get(stored).text
    page = visitor.get(f"{stored}/microscope").text
    addresses = re.findall(r'data-figure="([^"]+)"', page)
    assert [one.rpartition("/")[2] for one in addresses] == [
        "shortfall.json", "schedule-0.json", "regimes.json", "efficiency.json", "markouts.json", "beliefs.json",
    ]  # fmt: skip
    for address in addresses:
        told = visitor.get(address).get_json()
        assert told["config"]["showSendToCloud"] is False
        assert Figure(finished(told["figure"])).data
    for title in ("shortfall", "spreads", "markouts", "estimates"):
        assert f">{TITLES[title]}</h2>" in page


def test_each_table_is_a_file_and_those_of_a_participant_are_its_own(visitor, stored):
    page = visitor.get(f"{stored}/microscope?agent=noise-1").text
    files = re.findall(r'href="([^"]+\.csv[^"]*)" download', page)
    assert len(files) >= 8 and all(one.endswith("?agent=noise-1") for one in files)
    rows = {one: list(csv.DictReader(io.StringIO(visitor.get(one).text))) for one in files}
    [costs] = [some for one, some in rows.items() if "/shortfall.csv" in one]
    assert {row["agent"] for row in costs} == {"noise-1"}
    assert len(costs) % 5 == 0


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("microscope?agent=nobody", 422, "hoose one of the participants of this run, found &#39;nobody&#39;"),
        ("microscope/none.json", 404, "no such picture"),
        ("microscope/none.csv", 404, "no such table"),
    ],
)
def test_a_wrong_address_is_one_sentence(visitor, stored, address, status, sentence):
    answer = visitor.get(f"{stored}/{address}")
    assert answer.status_code == status
    assert sentence in answer.text


def test_a_run_without_trades_is_one_sentence(visitor, folders, tmp_path):
    journal = Journal()
    for event in simulate(AlmgrenChrissScenario(), Options(epochs=1, settlement="none")).journal:
        if type(event) is not Trade:
            journal.record(event)
    archive.save(journal, tmp_path / "results" / "quiet")
    answer = visitor.get("/runs/quiet/microscope")
    assert answer.status_code == 409
    assert "nothing was traded in this run" in answer.text


def test_the_bars_of_the_waterfall_end_where_the_next_begins_and_the_last_is_the_sum(desk):
    found = Microscope(desk)
    chart = drawn(found, desk)["shortfall"]
    [panel] = chart.panels()
    heights = [trace["y"][0] for trace in panel.traces]
    bases = [trace["base"][0] for trace in panel.traces]
    assert bases[:-1] == pytest.approx([0, *accumulate(heights[:-2])])
    assert heights[-1] == pytest.approx(sum(heights[:-1])) and bases[-1] == 0
    cost = shortfall(found.orders[0])
    for cause, height in zip(CAUSES, heights, strict=False):
        assert height == pytest.approx(getattr(cost, cause) / 200)
        assert f"{cause} {getattr(cost, cause) / 200:.3f}" in chart.sentence
    assert f"is {cost.total / 200:.3f} USD" in chart.sentence


def test_the_schedule_is_drawn_beside_the_fills(desk):
    found = Microscope(desk)
    [one] = found.progresses
    scenario = AlmgrenChrissScenario()
    assert [round(left) for _, left in one.planned] == pytest.approx(scenario.schedule, abs=1)
    assert [left for _, left in one.even] == pytest.approx([600 * (15 - slice_) / 16 for slice_ in range(16)])
    assert one.done[-1][1] == 0 and one.furthest <= 1
    chart = drawn(found, desk)["schedule-0"]
    assert f"600 of 600 traded; at the end of a slice at most {one.furthest:,.1f} more or less" in chart.sentence
    [panel] = chart.panels()
    assert [trace["name"] for trace in panel.traces] == ["even slices", "schedule", "in fact"]
    assert [left for left in panel.traces[2]["y"]][-1] == 0


def test_the_pictures_of_flow_say_the_figures_of_the_tables(flow):
    found = Microscope(flow)
    [book] = found.books
    charts = drawn(found, flow)
    assert list(charts) == ["toxicity", "regimes", "efficiency", "markouts", "beliefs"]
    most = max(book.toxicity, key=lambda one: one[1])
    assert f"at most {most[1]:.0%} of the volume" in charts["toxicity"].sentence
    assert f"takers it was {most[2]:.0%} then" in charts["toxicity"].sentence
    price, strip = charts["toxicity"].panels()
    assert strip.traces[0]["y"] == tuple(one[1] for one in book.toxicity)
    assert len(price.traces[0]["x"]) <= 3_000
    first, *_, last = ranked(book.markouts)
    assert first.account == "informed"
    said = charts["markouts"].sentence
    assert f"informed had made {first.means[4] / 100:+.4f} USD" in said
    assert f"{last.account} {last.means[4] / 100:+.4f}" in said
    [panel] = charts["beliefs"].panels()
    assert [trace["name"] for trace in panel.traces] == ["consensus", "price", "value"]
    assert all(len(trace["y"]) == len(book.moments) for trace in panel.traces)
