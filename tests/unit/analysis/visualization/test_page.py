"""The page: one file, three charts with sentence and table, light and dark, nothing from any other host."""

from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs

from market_sim.analysis.gain_table import gain_rows
from market_sim.analysis.gains import gains
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import MANY_EPOCHS, TimeAxis
from market_sim.analysis.refusal_table import refusal_rows, refusal_sentence
from market_sim.analysis.refusals import refusals
from market_sim.analysis.results.result import Result
from market_sim.analysis.visualization.charts import chart_figure, charts_of
from market_sim.analysis.visualization.page import FURTHER_BOOKS, timeline_page
from market_sim.analysis.visualization.palette import ROLES, dark_changes
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import InstrumentListed
from market_sim.core.models.run_events import RunStarted
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from tests.unit.analysis.visualization.journals import Chain, eventful


class Page(HTMLParser):
    """What a reader of the page meets: elements with their attributes, and the text of captions and tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def result() -> Result:
    return simulate(FirstMarket(), Options(epochs=12, settlement="memory"))


@pytest.fixture(scope="module")
def text(result) -> str:
    return timeline_page(result)


@pytest.fixture(scope="module")
def own(text) -> str:
    """The page without plotly itself."""
    return text.replace(get_plotlyjs(), "")


def test_the_page_refers_to_no_other_host(own):
    assert not re.findall(r"https?://|//cdn|@import|url\(", own)
    assert [one for one in Page(own).all("script") if "src" in one] == []
    assert [one["href"] for one in Page(own).all("link")] == ["data:,"]


def test_the_policy_forbids_what_the_page_does_not_need(own):
    [policy] = [one["content"] for one in Page(own).all("meta") if "http-equiv" in one]
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy


def test_nothing_offers_to_upload_the_students_work(own):
    data = embedded(own)
    assert data["config"]["showSendToCloud"] is False
    assert data["config"]["plotlyServerURL"] == ""
    assert data["config"]["displaylogo"] is False


def test_the_figures_say_their_sentences_and_have_their_tables(result, own):
    page = Page(own)
    figures = page.all("figure")
    assert {(one["role"], one["aria-roledescription"]) for one in figures} == {("group", "chart")}
    charts = charts_of(RunHistory(result.journal))
    assert len(charts) == 5
    together = " ".join(chart.sentence for chart in charts if chart.shared)
    assert [one["aria-label"] for one in figures] == [
        together,
        *(chart.sentence for chart in charts if not chart.shared),
    ]
    paragraphs = [one.strip() for one in page.texts["p"]]
    cells = page.texts["td"] + page.texts["th"]
    for chart in charts:
        assert chart.sentence in paragraphs
        assert chart.table.rows
        assert {cell for row in chart.table.rows for cell in row} <= {"", *cells}


def test_whatever_scrolls_can_be_reached_by_keyboard(own):
    boxes = [one for one in Page(own).all("div") if one.get("class") == "scroll"]
    assert len(boxes) >= 4
    assert all(box["tabindex"] == "0" and box["aria-label"] for box in boxes)


def test_a_page_of_twelve_epochs_is_small_beside_plotly(text, own):
    assert len(own.encode()) < 370_000, "with the versions of every mark, which stepping shows, and the inventories"
    assert len(text.encode()) < 5_300_000


def test_the_same_run_gives_the_same_page(result, text):
    again = simulate(FirstMarket(), Options(epochs=12, settlement="memory"))
    assert timeline_page(again) == text


def test_all_panels_share_one_time_axis_in_which_epochs_are_ticks(result):
    figure = chart_figure(result)
    assert {trace.xaxis for trace in figure.data} == {"x"}
    assert {trace.yaxis for trace in figure.data} == {"y", "y2", "y3", "y4", "y5"}
    assert list(figure.layout.xaxis.tickvals) == list(range(1, 13))
    assert figure.layout.xaxis.ticktext[4] == "5<br>5 s"


def test_each_chart_can_be_drawn_alone(result):
    assert {trace.yaxis for trace in chart_figure(result, "order-book", "ACME").data} == {"y", "y2"}
    assert {trace.yaxis for trace in chart_figure(result, "consensus").data} == {"y", "y2"}
    assert {trace.yaxis for trace in chart_figure(result, "settlement").data} == {"y"}


def test_a_market_without_validators_is_drawn_against_seconds():
    world = World(seed=3)
    FirstMarket().build(world)
    world.start(1_000 * MILLISECOND)
    world.clock.run(until=3_000 * MILLISECOND)
    result = Result("market-only", 3, 0, {}, world.journal)
    page = Page(timeline_page(result))
    assert page.all("figure")[0]["aria-label"].startswith("ACME: ")
    with pytest.raises(InputError, match="no chart 'consensus', it has order-book ACME"):
        chart_figure(result, "consensus")
    with pytest.raises(InputError, match="no chart 'settlement', it has order-book ACME"):
        chart_figure(result, "settlement")


def test_a_chain_without_a_market_is_drawn_too():
    page = Page(timeline_page(eventful().end()))
    assert page.all("figure")[0]["aria-label"].startswith("4 validators, quorum 3")


def test_the_page_says_what_the_run_comes_to_and_what_went_wrong_in_it(result):
    told = dataclasses.replace(
        result, complete=False, conclusion="the price fell", warnings=("a shock never happens",), failures=("ann: oh",)
    )
    page = timeline_page(told, cut="12 bytes after the last whole epoch were cut off").replace(get_plotlyjs(), "")
    assert '<p class="conclusion">The price fell</p>' in page
    assert [one.strip() for one in Page(page).texts["li"] if ":" in one or "cut off" in one][:4] == [
        "interrupted in epoch 12 of 12: what happened until then stands",
        "12 bytes after the last whole epoch were cut off",
        "warning: a shock never happens",
        "stopped: ann: oh",
    ]
    plain = timeline_page(dataclasses.replace(result, conclusion="")).replace(get_plotlyjs(), "")
    assert "interrupted" not in plain and 'class="failures"' not in plain and 'class="conclusion"' not in plain


def test_the_page_has_the_refusals_and_the_gains_of_the_whole_run():
    result = simulate(FirstMarket(), Options(epochs=4, settlement="none", byzantine="n3:forge@2"))
    own = timeline_page(result).replace(get_plotlyjs(), "")
    cells = Page(own).texts["td"] + Page(own).texts["th"]
    found = refusals(result.journal)
    assert found and refusal_sentence(found) in own
    assert {cell for row in refusal_rows(found) for cell in row.cells} <= set(cells)
    rows = gain_rows(gains(result.journal), Words(result.journal))
    assert len(rows) > 5 and {cell for row in rows for cell in row} <= set(cells)
    assert "What was refused in the whole run" in own and "What each account made of it" in own


def test_an_empty_journal_gives_an_empty_page():
    assert "<h1>nothing</h1>" in timeline_page(Result("nothing", 1, 0, {}, Journal()))


def test_further_instruments_have_an_order_book_of_their_own():
    journal = Journal()
    for number in range(FURTHER_BOOKS + 3):
        journal.record(InstrumentListed(0, f"S{number}", "stock", 1, 1, "USD", 1, 2, 0))
    page = timeline_page(Result("many", 1, 0, {}, journal))
    assert len(Page(page).all("figure")) == 1 + FURTHER_BOOKS
    assert "Without a chart here: S6, S7." in page


def test_what_people_typed_is_shown_and_not_executed():
    chain = Chain()
    chain.journal.record(RunStarted(0, "x", 1, 1, {"title": "</script><script>alert(1)</script>"}, {}))
    result = Result("<img src=x onerror=alert(1)>", 1, 1, {}, chain.journal, True, ("<b>bold</b> failed",))
    own = timeline_page(result).replace(get_plotlyjs(), "")
    assert "<script>alert" not in own and "<img" not in own and "<b>bold" not in own
    assert "&lt;img src=x" in own


def test_a_long_run_opens_on_its_last_thirty_epochs_without_text():
    chain = Chain()
    parent = "G"
    for epoch in range(1, MANY_EPOCHS + 11):
        chain.ordinary(epoch, str(epoch), parent)
        parent = str(epoch)
    result = chain.end()
    figure = chart_figure(result, "consensus")
    first, last = figure.layout.xaxis.range
    assert 40 < first < 41 and 71 < last < 72
    assert figure.layout.dragmode == "pan"
    assert all(trace.mode in ("markers", "lines") for trace in figure.data)
    own = timeline_page(result).replace(get_plotlyjs(), "")
    assert 'data-window="back"' in own and "30 epochs" in own


def test_a_run_too_long_to_draw_is_drawn_from_its_end_and_says_so():
    chain = Chain(validators=4)
    for epoch in range(1, 1_001):
        chain.start(epoch)
    axis = TimeAxis.of(chain.end().journal)
    assert (axis.total, len(axis.epochs), axis.epochs[-1].number) == (1_000, 833, 1_000)
    assert not axis.shows_all
    assert axis.first == axis.epochs[0].start


def test_every_colour_means_one_thing_so_that_the_dark_can_be_looked_up():
    for place in (0, 1):
        colours = [pair[place] for pair in ROLES.values()]
        assert len(colours) == len(set(colours))


def test_in_the_dark_no_light_colour_is_left(result):
    figure = json.loads(chart_figure(result).to_json())
    figure["layout"].pop("template", None)
    changes = dark_changes(figure)
    for path, light, dark in changes:
        part = figure
        for step in path[:-1]:
            part = part[step]
        assert part[path[-1]] == light
        part[path[-1]] = dark
    rest = set(re.findall(r'"(#[0-9a-f]{6})"', json.dumps(figure)))
    assert rest and rest <= {dark for _, dark in ROLES.values()}


def embedded(own: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', own, re.S)[1])


def test_the_steps_follow_the_journal(own):
    steps = embedded(own)["steps"]
    assert steps["times"] == sorted(steps["times"])
    assert steps["texts"][0] == "epoch 1 starts, validator 1 leads"
    told = ("validator 1 proposes block 1 ", "block 1 is notarized", "block 1 is final", "height 1 settled")
    signed = [one for one in steps["texts"] if " signs block 1: " in one]
    assert [one.partition(": ")[2] for one in signed] == [
        f"{count} signature{'s' * (count > 1)}, and 3 notarize it" for count in (1, 2, 3, 4)
    ]
    order = [next(place for place, one in enumerate(steps["texts"]) if one.startswith(what)) for what in told]
    assert order == sorted(order)
