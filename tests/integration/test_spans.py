"""The spans of a run: each trade hangs below the order that made it, and times agree with the three clocks."""

from __future__ import annotations

import json

import pytest

from market_sim.analysis.history.spans import document, of_order, slowest, spans_of, tree
from market_sim.analysis.results.result import Result
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.ui.cli.main import main


@pytest.fixture(scope="module")
def run() -> Result:
    return simulate(StreamletDemo(), Options(epochs=5, settlement="memory", seed=7))


def test_every_order_and_every_trade_has_its_span(run):
    found = spans_of(run)
    assert [span.number for span in found if span.name == "order"] == [
        one.order for one in run.journal.of(OrderAccepted)
    ]
    matches = {span.number: span for span in found if span.name == "match"}
    assert sorted(matches) == [trade.trade for trade in run.journal.of(Trade)]
    for trade in run.journal.of(Trade):
        match = matches[trade.trade]
        assert (match.root.number, match.waited, match.start) == (trade.taker_order, trade.maker_order, trade.time)


def test_blocks_and_settlements_have_the_times_of_the_three_clocks(run):
    found = spans_of(run)
    block = {span.number: span for span in found if span.name == "block"}
    settle = {span.number: span for span in found if span.name == "settle"}
    final = 0
    for row in run.trades:
        assert (block[row["trade"]].start, block[row["trade"]].end) == (row["time"], row["finalized"])
        if row["finalized"] is None:
            assert row["trade"] not in settle
            continue
        final += 1
        assert (settle[row["trade"]].start, settle[row["trade"]].end) == (row["finalized"], row["settled"])
        assert block[row["trade"]].facts["epoch"] == row["epoch"]
    assert 0 < final < len(run.trades)
    without = simulate(StreamletDemo(), Options(epochs=3, settlement="none", seed=7))
    assert "settle" not in {span.name for span in spans_of(without)}


def test_the_file_is_a_forest_of_one_trace_for_each_order_and_the_same_each_time(run):
    told = document(run, spans_of(run))
    assert told == document(run, spans_of(run))
    ((scope,),) = [one["scopeSpans"] for one in told["resourceSpans"]]
    spans = {one["spanId"]: one for one in scope["spans"]}
    assert len(spans) == len(scope["spans"]), "no two have one id"
    for one in scope["spans"]:
        assert int(one["startTimeUnixNano"]) <= int(one["endTimeUnixNano"]) <= run.journal[-1].time
        assert (len(one["traceId"]), len(one["spanId"])) == (32, 16)
        if "parentSpanId" in one:
            assert spans[one["parentSpanId"]]["traceId"] == one["traceId"]
        else:
            assert one["name"].startswith("order ")
        for link in one.get("links", ()):
            assert spans[link["spanId"]]["name"].startswith("order ")


def test_the_command_prints_a_tree_and_writes_the_file(run, tmp_path, capsys):
    archive.save(run.journal, tmp_path / "run")
    found = spans_of(run)
    assert main(["spans", str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    lines = tree(of_order(found, slowest(found)), Words(run.journal))
    assert said.splitlines()[1:] == lines
    assert [line.split()[0] for line in lines][:4] == ["order", "match", "block", "settle"]
    assert [len(line) - len(line.lstrip()) for line in lines][:4] == [0, 2, 4, 6]
    assert json.loads((tmp_path / "run" / "spans.json").read_text()) == document(run, found)
    assert main(["spans", str(tmp_path / "run"), "--order", "999999"]) == 2
    assert "accepted no order 999999" in capsys.readouterr().err
