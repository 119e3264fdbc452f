"""At every place of a journal the chart shows what is known there, no more and no less.

The drawn state is compared with a fold of the events up to the place that shares no code with the charts, and with the
chart of a journal that ends there.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from itertools import pairwise

import pytest

from market_sim.analysis.history.block_versions import block_versions
from market_sim.analysis.history.chain_history import chain_history
from market_sim.analysis.history.lifespan import END, gathered
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import seconds
from market_sim.analysis.visualization.as_of import figure_as_of, finished
from market_sim.analysis.visualization.charts import chart_figure, charts_of, drawn_alone, drawn_together, together
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    EpochStarted,
    VoteCast,
)
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.funding import Funding
from market_sim.simulation.scenarios.margin_call import MarginCall
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from market_sim.simulation.scenarios.prediction_market import PredictionMarketScenario
from market_sim.simulation.scenarios.warrant_dilution import WarrantDilution

PLACES = 60


@pytest.fixture(scope="module", params=["", "n2:equivocate@2-6"])
def run(request):
    """An honest run, and one whose liar leaves orphans."""
    options = Options(epochs=9, settlement="memory", byzantine=request.param or None)
    result = simulate(FirstMarket(), options)
    return result.journal, drawn(result.journal)


def drawn(journal: Journal):
    """The timeline of a run with all versions of its marks."""
    run = RunHistory(journal)
    return drawn_together(run, together(charts_of(run)))


def places(journal: Journal) -> list[int]:
    """Random ones, all around what the chain does, and both ends."""
    chain = [place for place, event in enumerate(journal) if event.area in ("consensus", "settlement")]
    chosen = random.Random(4)
    some = chosen.sample(range(len(journal)), PLACES) + chosen.sample(chain, PLACES)
    return sorted({0, len(journal) - 1, *some})


def cut(journal: Journal, place: int) -> Journal:
    """The journal up to this event."""
    shorter = Journal()
    for number in range(place + 1):
        shorter.record(journal[number])
    return shorter


class Known:
    """The knowledge of a reader of the journal up to an event, by an independent reading of the protocol's rules."""

    def __init__(self, journal: Journal, place: int) -> None:
        events = [journal[number] for number in range(place + 1)]
        self.parents = {event.block: event.parent for event in events if type(event) is BlockProposed}
        self.notarized = {event.block for event in events if type(event) is BlockNotarized}
        self.final = {event.block: event.height for event in events if type(event) is BlockFinalized}
        self.votes = {(event.block, event.voter) for event in events if type(event) is VoteCast}
        self.epochs = sum(type(event) is EpochStarted for event in events)
        self.settled = [event for event in events if type(event) is BlockSettled]
        self.trades = [event for event in events if type(event) is Trade]
        self.genesis = next((event.genesis for event in events if type(event) is CommitteeSeated), "")

    def fate(self, block: str) -> str:
        tip = max(self.final, key=self.final.__getitem__, default=self.genesis)
        if block in self.final:
            return "finalized"
        above = block
        while above in self.parents and above != tip:
            above = self.parents[above]
        if above != tip:
            return "orphaned"
        return "notarized" if block in self.notarized else "proposed"

    def fates(self) -> Counter:
        return Counter(self.fate(block) for block in self.parents)


def traces(figure, name: str) -> list:
    return [trace for trace in figure["data"] if trace["name"] == name]


def unnamed(text: str) -> str:
    """A text without the letter that a block gets when its epoch has another one; its hash tells which one it is."""
    return re.sub(r"block (\d+)[ab]?", r"block \1", text)


def texts(figure, name: str) -> list[str]:
    """What the marks of a kind say; genesis is there before anything is known."""
    said = [text for trace in traces(figure, name) for text in trace["customdata"]]
    return sorted(unnamed(text) for text in said if "genesis " not in text)


def count(figure, name: str) -> int:
    return sum(len(trace["x"]) for trace in traces(figure, name))


def test_blocks_votes_and_counts_are_those_of_the_place(run):
    journal, figure = run
    seen = Counter()
    for place in places(journal):
        known, shown = Known(journal, place), figure_as_of(figure, place)
        for fate in ("proposed", "notarized", "orphaned", "finalized"):
            genesis = fate == "finalized"
            assert count(shown, fate) - genesis == known.fates()[fate], (place, fate)
            here = sum(known.fate(block) == fate for block, _ in known.votes)
            assert count(shown, f"vote: {fate}") == here, (place, fate)
        counts = Counter(
            text for name in ("quorum", "no quorum") for trace in traces(shown, name) for text in trace["text"]
        )
        votes = Counter(block for block, _ in known.votes if block in known.parents)
        assert counts == Counter(f"{votes[block]}/4" for block in known.parents), place
        assert count(shown, "leader") == known.epochs
        hovered = {
            text.split("hash ")[1][:6]: text
            for trace in traces(shown, "finalized")
            for text in trace["customdata"]
            if "hash " in text
        }
        assert set(hovered) == {block[:6] for block in known.final}
        seen += known.fates()
    assert seen["proposed"] and seen["notarized"] and seen["finalized"], "the canary: every fate was met"


def test_the_final_ground_reaches_to_the_last_final_block(run):
    journal, figure = run
    times = {event.block: event.time for event in journal if type(event) is BlockProposed}
    for place in places(journal):
        known, shown = Known(journal, place), figure_as_of(figure, place)
        tip = max(known.final, key=known.final.__getitem__, default=None)
        grounds = [
            shape for shape in shown["layout"]["shapes"] if shape["type"] == "rect" and shape["yref"] == "y3 domain"
        ]
        notes = [one for one in shown["layout"]["annotations"] if "final up to here" in one["text"]]
        assert len(grounds) == len(notes) == 1, place
        assert grounds[0]["x1"] == pytest.approx(notes[0]["x"])
        assert grounds[0]["x1"] == pytest.approx((seconds(times[tip]) if tip else 0) + 0.4)
        checks = [one["text"] for one in shown["layout"]["annotations"] if one["text"].startswith("✔")]
        assert sum(len(text.split(",")) for text in checks) == len(known.final)


def test_trades_volumes_batches_and_the_book_are_those_of_the_place(run):
    journal, figure = run
    for place in places(journal):
        known, shown = Known(journal, place), figure_as_of(figure, place)
        orders = {(trade.taker_order, trade.time) for trade in known.trades}
        assert count(shown, "aggressive buy") + count(shown, "aggressive sell") == len(orders), place
        for name, side in (("bought", 1), ("sold", -1)):
            [bars] = traces(shown, name)
            assert sum(bars["y"]) == sum(trade.quantity * trade.side for trade in known.trades if trade.side == side)
        assert count(shown, "batch") == len(known.settled)
        assert count(shown, "final block") == len(known.final)
        now = journal[place].time
        [depth] = traces(shown, "resting quantity")
        columns = int(depth["z"]["shape"].split(",")[1])
        for line in ("best bid", "best ask"):
            assert all(x <= seconds(now) for x in traces(shown, line)[0]["x"]) or place == len(journal) - 1
            assert len(traces(shown, line)[0]["x"]) == columns or place == len(journal) - 1


def test_nothing_drawn_depends_on_what_comes_later(run):
    """The last state of a journal that ends at a place is the state of the longer one there, but for its layout."""
    journal, figure = run
    for place in places(journal)[::12]:
        ended = finished(drawn(cut(journal, place)))
        stepped = figure_as_of(figure, place)
        for name in (
            "proposed",
            "notarized",
            "finalized",
            "vote: proposed",
            "vote: notarized",
            "vote: finalized",
            "aggressive buy",
            "aggressive sell",
            "batch",
            "final block",
            "leader",
            "no vote",
        ):
            mine, own = (
                sorted(
                    unnamed(text)
                    for trace in traces(one, name)
                    for text in trace["customdata"]
                    if "genesis " not in text
                )
                for one in (stepped, ended)
            )
            assert mine == own, (place, name)


def test_the_last_version_of_a_block_has_the_fate_of_its_history(run):
    history = chain_history(run[0])
    for name, versions in block_versions(history).items():
        if history.fates[name] != "stray":
            assert versions[-1].fate == history.fates[name]
            assert sorted(versions[-1].voters) == sorted(history.story.blocks[name].voters)
            assert all(before.gone == after.born for before, after in pairwise(versions))


def test_at_its_end_the_figure_is_the_one_without_steps(run):
    journal, figure = run
    last = figure_as_of(figure, len(journal) - 1)
    assert json.dumps(last) == json.dumps(finished(figure))
    assert "born" not in json.dumps(last)


def test_bands_end_at_the_moment_of_the_place(run):
    _, figure = run
    shown = figure_as_of(figure, END - 1, 2.0)
    rectangles = [shape for shape in shown["layout"]["shapes"] if shape["type"] == "rect"]
    assert rectangles and all(shape["x1"] <= 2.0 for shape in rectangles)
    assert shown["layout"]["shapes"][-1]["x0"] == 2.0


def test_a_mark_of_many_events_never_counts_later_ones():
    numbers = [10 * place for place in range(1, 101)]
    versions = list(gathered(numbers))
    assert versions[0] == (1, 10, 20) and versions[-1] == (100, 1_000, END)
    for place in range(10, 1_200, 7):
        [(told, _, _)] = [one for one in versions if one[1] <= place < one[2]]
        assert told <= sum(number <= place for number in numbers)


def test_a_journal_that_has_just_begun_is_drawn():
    journal = simulate(FirstMarket(), Options(epochs=2, settlement="memory")).journal
    for place in (0, 1, 5, 20, 200):
        assert finished(drawn(cut(journal, place)))["data"] is not None
    assert chart_figure(simulate(FirstMarket(), Options(epochs=2, settlement="none"))).data


MECHANISMS = (
    Funding(),
    MarginCall(),
    OptionExpiry(expiry_day=3),
    PredictionMarketScenario(),
    WarrantDilution(exercise_day=2),
)


def ends(figure: dict) -> list[float]:
    """When the interval of each bar, and the moment of each mark, is over."""
    return [
        x + (trace["width"][place] / 2 if "width" in trace else 0)
        for trace in figure["data"]
        for place, x in enumerate(trace["x"])
        if x is not None
    ]


@pytest.mark.parametrize("scenario", MECHANISMS, ids=lambda one: one.name)
def test_a_chart_along_time_shows_at_no_place_what_is_not_yet_over(scenario):
    journal = simulate(scenario, Options(epochs=5, settlement="none")).journal
    history = RunHistory(journal)
    alone = [chart for chart in charts_of(history) if not chart.shared and chart.follows]
    assert alone, "the canary: there is a chart to look at"
    for chart in alone:
        figure = drawn_alone(history, chart)
        everything = ends(figure)
        for place in [*random.Random(5).sample(range(len(journal)), 25), len(journal) - 1]:
            now, here = seconds(journal[place].time), figure_as_of(figure, place)
            told = ends(here)
            assert all(end <= now + 1e-6 for end in told), (chart.name, place)
            assert sum(end < now - 1e-6 for end in everything) <= len(told), (chart.name, place)
            texts = [one for one in here["layout"]["annotations"] if one["xref"] == "x"]
            assert all(one["x"] <= now for one in texts), (chart.name, place)
        assert len(told) == len(everything)
