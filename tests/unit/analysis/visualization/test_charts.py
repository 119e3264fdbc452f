"""The list of charts: what stands in it is on the written page and on the site, and nothing else need be told."""

from __future__ import annotations

from itertools import pairwise

import pytest
from plotly.offline import get_plotlyjs

from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.visualization import charts
from market_sim.analysis.visualization.as_of import figure_as_of
from market_sim.analysis.visualization.charts import chart_figure, charts_of, drawn_together, together
from market_sim.analysis.visualization.page import timeline_page
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import InstrumentListed
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.induced_values import InducedValues
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from tests.unit.analysis.visualization.journals import Chain, eventful
from tests.unit.analysis.visualization.queue_chart import queue_charts


@pytest.fixture
def with_another_chart(monkeypatch):
    monkeypatch.setattr(charts, "CHARTS", (*charts.CHARTS, queue_charts))


def test_a_chart_in_the_list_is_on_the_page_with_its_sentence_and_its_table(with_another_chart):
    own = timeline_page(eventful().end()).replace(get_plotlyjs(), "")
    assert "<h2>Who waits</h2>" in own
    assert 'aria-label="Seven people wait."' in own
    assert "Table: People waiting" in own
    assert '"text":"<b>The queue</b>"'.replace("<", "\\u003c") in own


def test_the_charts_on_the_time_axis_come_first_and_show_one_instrument():
    journal = simulate(OptionExpiry(expiry_day=2), Options(epochs=3, settlement="memory")).journal
    found = charts_of(RunHistory(journal))
    books = [chart.symbol for chart in found if chart.name == "order-book"]
    assert len(books) > 2
    assert [chart.name for chart in together(found)] == [
        "order-book", "decisions", "transfers", "consensus", "settlement",
    ]  # fmt: skip
    assert together(found)[0].symbol == books[0]
    assert together(found, books[2])[0].symbol == books[2]
    assert together(found, "NOPE")[0].symbol == books[0]
    assert [chart.name for chart in found if not chart.shared] == ["inventory", "open-interest", "payoff"]


def test_every_chart_of_a_run_has_a_sentence_and_rows_as_wide_as_their_head():
    journal = simulate(OptionExpiry(expiry_day=2), Options(epochs=3, settlement="memory")).journal
    for chart in charts_of(RunHistory(journal)):
        assert chart.sentence.endswith(".") and chart.panels()
        assert chart.table.rows and {len(row) for row in chart.table.rows} == {len(chart.table.head)}


def test_every_panel_keeps_its_axis_when_nothing_is_drawn_in_it_yet():
    journal = simulate(OptionExpiry(expiry_day=2), Options(epochs=3, settlement="memory")).journal
    run = RunHistory(journal)
    figure = drawn_together(run, together(charts_of(run)))
    axes = {name.replace("axis", "") for name in figure["layout"] if name.startswith("yaxis")}
    begun = figure_as_of(figure, 0)
    assert {trace["yaxis"] for trace in begun["data"] if trace.get("x", True)} == axes
    assert len(axes) == 7


def test_a_run_with_nothing_in_it_has_one_chart_that_says_so():
    [chart] = charts_of(RunHistory(Journal()))
    assert "nothing to draw" in chart.sentence


def test_a_chart_that_a_run_does_not_have_is_refused_with_those_that_it_has():
    chain = Chain()
    chain.record(InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0))
    with pytest.raises(InputError, match="no chart 'funding', it has order-book ACME, consensus"):
        chart_figure(chain.end(), "funding")


def test_a_title_touches_no_label_of_the_panel_above():
    """Prices down to the lowest tick have a label at the very bottom of their panel, half of which stands below it."""
    layout = chart_figure(simulate(InducedValues(), Options(epochs=2, settlement="none"))).layout
    height = layout.height - layout.margin.t - layout.margin.b
    domains = [layout[f"yaxis{number or ''}"].domain for number in (0, 2, 3)]
    label, (title, *_) = layout.font.size, [one for one in layout.annotations if one.text.startswith("<b>")]
    line = 1.3  # a line of text, in sizes of its font
    for above, below in pairwise(domains):
        free = (above[0] - below[1]) * height - label * line / 2
        assert free >= title.yshift + title.font.size * line + 2, "plotly leaves a pixel around a text"
