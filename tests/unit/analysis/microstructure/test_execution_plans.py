"""Plans for an order in the past: what is shown is not dominated, nothing else is missing, and the figures follow."""

from __future__ import annotations

import csv
from itertools import pairwise
from math import exp, sqrt
from random import Random
from statistics import pstdev

import pytest

from market_sim.analysis.microstructure.candle_file import candle_text
from market_sim.analysis.microstructure.execution_plans import URGENCIES, Plan, Plans, held, plans_of
from market_sim.analysis.microstructure.past_execution import PastOrder, execute, slices
from market_sim.analysis.visualization.plans_picture import plans_chart, plans_file, plans_sentence
from market_sim.ui.cli.main import main
from tests.unit.analysis.microstructure.test_past_execution import MONTH

FIFTY = PastOrder.typed("buy", "50", "168", "0.01", "0.01")
FOUND = plans_of(MONTH, FIFTY)


def is_worse(one, other):
    """Naively: nowhere better and somewhere worse."""
    better = [one.cost_bps < other.cost_bps, one.risk_bps < other.risk_bps, one.done < other.done]
    worse = [one.cost_bps > other.cost_bps, one.risk_bps > other.risk_bps, one.done > other.done]
    return not any(better) and any(worse)


@pytest.mark.parametrize("order", [FIFTY, PastOrder.typed("sell", "20", "60", "0.01", "0.01")])
def test_no_plan_that_is_shown_is_dominated_and_every_other_one_is(order):
    found = plans_of(MONTH, order)
    shown = {
        one for one in found.finished if not any(is_worse(one, other) for other in found.finished if other is not one)
    }
    assert set(found.worth_choosing) == shown and 1 < len(shown) < len(found.finished)
    chart = plans_chart(found)
    points = {(x, y) for trace in chart.panels()[0].traces for x, y in zip(trace["x"], trace["y"], strict=True)}
    assert points == {(one.risk_bps, one.cost_bps) for one in shown}
    assert len(chart.table.rows) == len(shown) == len(plans_file(found))


def test_dominance_among_random_plans_is_that_of_its_definition():
    chance = Random(3)
    plans = tuple(Plan(n, 0, chance.randrange(4), chance.randrange(4), chance.randrange(4)) for n in range(200))
    shown = [one for one in plans if not any(is_worse(one, other) for other in plans)]
    kept = Plans(FIFTY, 1.0, plans, 0, 0).worth_choosing
    assert sorted(kept) == sorted(shown)
    assert [one.done for one in kept] == sorted(one.done for one in shown), "the fastest first"


def test_the_even_plan_over_all_candles_costs_what_the_execution_costs():
    [even] = [one for one in FOUND.finished if (one.candles, one.urgency) == (168, 0)]
    done = execute(MONTH, FIFTY)
    assert even.cost_bps == pytest.approx(done.average_slippage, abs=1e-6)
    left, exposed = done.filled, 0
    for one in done.slices:
        left -= one.filled
        exposed += left**2
    closes = [one.close for one in MONTH[: len(MONTH) - 168]]
    sigma = pstdev(b / a - 1 for a, b in pairwise(closes)) * 10_000
    assert FOUND.sigma_bps == pytest.approx(sigma)
    assert even.risk_bps == pytest.approx(sigma * sqrt(exposed) / FIFTY.lots, abs=1e-5)
    assert even.done == max(place for place, one in enumerate(done.slices, start=1) if one.filled)


def test_what_the_first_candle_does_not_hold_waits_for_the_next_ones():
    [at_once] = [one for one in FOUND.finished if one.candles == 1]
    alone = list(slices(MONTH, len(MONTH) - 168, [FIFTY.lots, *[0] * 167], FIFTY))
    assert at_once.done == sum(one.filled > 0 for one in alone) > 1
    assert at_once.words == "all in the first candle"


def test_an_urgency_is_the_bend_of_the_trajectory():
    for urgency in URGENCIES[1:]:
        path = held(1_000, urgency)
        for at in (100, 500, 900):
            time = at / 1_000
            sinh = [exp(urgency * rest) - exp(-urgency * rest) for rest in (1 - time, 1)]
            assert path[at] == pytest.approx(sinh[0] / sinh[1], rel=1e-6)
    assert held(4, 0) == [1.0, 0.75, 0.5, 0.25, 0.0]


def test_the_command_says_the_sentence_and_writes_the_plans(tmp_path, capsys):
    (tmp_path / "sol.csv").write_text(candle_text(MONTH))
    file = tmp_path / "plans.csv"
    assert main(["execution", str(tmp_path / "sol.csv"), "--buy", "50", "--plans", str(file)]) == 0
    assert plans_sentence(FOUND) in capsys.readouterr().out
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [float(row["cost_bps"]) for row in rows] == [one.cost_bps for one in FOUND.worth_choosing]
    assert [int(row["done"]) for row in rows] == sorted(int(row["done"]) for row in rows)


def test_an_order_that_no_plan_fills_is_still_executed_and_said(tmp_path, capsys):
    order = PastOrder.typed("buy", "5000", "20", "0.01", "0.01")
    found = plans_of(MONTH, order)
    assert not found.finished and plans_chart(found) is None and len(plans_file(found)) == 0
    (tmp_path / "sol.csv").write_text(candle_text(MONTH))
    assert main(["execution", str(tmp_path / "sol.csv"), "--buy", "5000", "--over", "20"]) == 0
    assert (
        "No plan fills the whole order in 20 candles: all their books together hold 180.39." in capsys.readouterr().out
    )


def test_the_sentence_names_the_cheapest_and_the_fastest():
    cheap = min(one.cost_bps for one in FOUND.finished)
    fast = min(one.done for one in FOUND.finished)
    said = plans_sentence(FOUND)
    assert f"Of {len(FOUND.finished)} plans for the same order, {len(FOUND.worth_choosing)} are not dominated" in said
    assert f": {cheap:.2f} bps, risk" in said.partition("the fastest")[0]
    assert f"done in candle {fast}" in said.partition("the fastest")[2]
