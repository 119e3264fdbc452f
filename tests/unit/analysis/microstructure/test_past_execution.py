"""An execution in the past: nothing of the future in it, figures that follow from the table, limits that are normal."""

from __future__ import annotations

import csv
from decimal import Decimal
from random import Random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_sim.analysis.microstructure.candle_file import TimedCandle, candle_text, candles_of, read_candles
from market_sim.analysis.microstructure.past_execution import (
    HIGH_RISK,
    NORMAL,
    NOTE,
    OPTIMAL,
    ImpactPoint,
    PastExecution,
    PastOrder,
    Slice,
    execute,
    impact_curve,
    slices,
)
from market_sim.analysis.visualization.past_picture import curve_sentence, past_chart, past_figures
from market_sim.core.data import archive
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.ui.cli.main import main

WEEK = PastOrder.typed("buy", "500", "168", "0.01", "0.01")


def hours(count: int = 720, seed: int = 7) -> list[TimedCandle]:
    """Hourly candles of a month, with a wild day near its end."""
    chance, price, found = Random(seed), 150.0, []
    for hour in range(count):
        path = [price]
        for _ in range(6):
            path.append(path[-1] * (1 + chance.gauss(0, 0.04 if 640 <= hour < 664 else 0.002)))
        path = [round(value, 2) for value in path]
        volume = round(chance.lognormvariate(4, 1), 2)
        found.append(TimedCandle(str(hour), path[0], max(path), min(path), path[-1], volume))
        price = path[-1]
    return found


MONTH = hours()


def test_five_hundred_in_seven_days_have_slippage_periods_and_windows():
    found = execute(MONTH, WEEK)
    assert sum(one.asked for one in found.slices[:1]) == 298
    assert found.filled + (found.slices[-1].asked - found.slices[-1].filled) == WEEK.lots == 50_000
    assert len(found.slices) == 168 and found.slices[-1].time == "719"
    assert found.least_slippage < 50 < 200 < found.most_slippage, "the month has calm hours and wild ones"
    assert found.stretches(HIGH_RISK) and len(found.stretches(OPTIMAL)) > 1


@settings(max_examples=60)
@given(st.integers(0, 29), st.integers(1, 10_000), st.integers(0, 3))
def test_what_comes_later_changes_no_slice(place, factor, seed):
    candles, first, schedule = MONTH[620:], 25, [298] * 30
    whole = list(slices(candles, first, schedule, WEEK))
    cut = candles[: first + place + 1]
    assert list(slices(cut, first, schedule, WEEK)) == whole[: place + 1]
    now = cut[-1]  # of its own candle, a slice knows the first price only
    other = TimedCandle(now.time, now.open, now.high * factor, now.low / factor, now.low, 7 + now.volume * factor)
    changed = [*cut[:-1], other, *hours(20, seed)]
    assert list(slices(changed, first, schedule, WEEK))[: place + 1] == whole[: place + 1]


def test_the_figures_follow_from_the_table_and_the_shades_from_the_slippage(tmp_path, capsys):
    file, table = tmp_path / "sol.csv", tmp_path / "slices.csv"
    file.write_text(candle_text(MONTH))
    assert read_candles(file.read_text()) == MONTH
    assert main(["execution", str(file), "--buy", "500", "--csv", str(table), "--plot", str(tmp_path / "p.html")]) == 0
    said = capsys.readouterr().out
    assert NOTE in said and "written" in said
    found = execute(MONTH, WEEK)
    rows = list(csv.DictReader(table.read_text().splitlines()))
    filled = [Decimal(row["filled"]) for row in rows]
    prices, middles = ([Decimal(row[name]) for row in rows] for name in ("price", "middle"))
    total = sum(filled)
    cost = sum((p - m) * f for p, m, f in zip(prices, middles, filled, strict=True))
    own = {
        "average fill price": f"{sum(map(Decimal.__mul__, prices, filled)) / total:,.4f} USD",
        "theoretical total cost": f"{cost:,.2f} USD",
        "average spread": f"{fmean(float(row['spread_bps']) for row in rows):.2f} bps",
        "widest spread": f"{max(float(row['spread_bps']) for row in rows):.2f} bps",
        "volatility percentile": f"{fmean(float(row['percentile']) for row in rows):.1f}",
    }
    figures = dict(past_figures(found))
    assert own.items() <= figures.items()
    assert all(name in said and value in said for name, value in figures.items())
    kinds = "".join({HIGH_RISK: "h", OPTIMAL: "o"}.get(row["kind"], " ") for row in rows)
    stretches = {kind: len(kinds.replace({"h": "o", "o": "h"}[kind], " ").split()) for kind in "ho"}
    assert figures["periods above 200 bps"] == str(stretches["h"])
    assert figures["windows below 50 bps"] == str(stretches["o"])
    [_, slippage] = past_chart(found).panels()
    assert len(slippage.shapes) == sum(stretches.values())
    for shape in slippage.shapes:
        inside = kinds[int(shape["x0"] - 0.5) : int(shape["x1"] - 0.5)]
        assert inside and set(inside) in ({"h"}, {"o"})


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_slippage_never_falls_from_once_to_a_hundred_times_the_order(side, tmp_path, capsys):
    order = PastOrder.typed(side, "50", "40", "0.01", "0.01")
    curve = impact_curve(MONTH, order)
    assert [one.times for one in curve] == [1, 2, 5, 10, 20, 50, 100]
    bps = [one.slippage_bps for one in curve]
    assert bps == sorted(bps) and bps[-1] > 2 * bps[0]
    alone = [next(slices(MONTH[: 681 + number], 680 + number, [1_250], order)) for number in range(40)]
    assert bps[3] == pytest.approx(fmean(one.slippage_bps for one in alone)), "10 times 1.25 in each of 40 slices"
    (tmp_path / "sol.csv").write_text(candle_text(MONTH))
    assert main(["execution", str(tmp_path / "sol.csv"), f"--{side}", "50", "--over", "40"]) == 0
    said = capsys.readouterr().out
    assert curve_sentence(curve) in said and f"100 times {bps[-1]:.2f}." in said


def test_where_the_books_hold_less_than_the_order_the_curve_is_flat_and_says_so():
    order = PastOrder.typed("buy", "10", "40", "0.01", "0.01")
    curve = impact_curve(MONTH, order)
    for one in curve:
        alone = [next(slices(MONTH[: 681 + number], 680 + number, [25 * one.times], order)) for number in range(40)]
        assert one.held == pytest.approx(sum(each.filled for each in alone) / (25 * one.times * 40))
    held = [one.held for one in curve]
    assert held == sorted(held, reverse=True) and held[0] == 1 > held[-1] > 0
    short = next(one for one in curve if one.held < 1)
    said = curve_sentence(curve)
    assert f"From {short.times} times on it is more than the books hold" in said
    assert said.endswith(f"of 100 times the order they hold {100 * held[-1]:.1f}%.")
    assert "the books hold" not in curve_sentence(curve[:1])
    assert "The order itself is more" in curve_sentence([ImpactPoint(1, 2.0, 0.5), ImpactPoint(2, 2.0, 0.25)])


@pytest.mark.parametrize(("bps", "kind"), [
    (49.999999, OPTIMAL), (50.0, NORMAL), (200.0, NORMAL), (200.000001, HIGH_RISK),
])  # fmt: skip
def test_both_limits_are_normal(bps, kind):
    assert Slice("", 100.0, 1.0, 50.0, 1.0, 1, 1, 100.0, bps).kind == kind


def test_a_price_that_lies_on_a_limit_is_normal_in_floating_point():
    flat = [TimedCandle(str(number), 0.3, 0.3, 0.3, 0.3, 1_000) for number in range(15)]
    for tick, bps in (("0.006", 200.0), ("0.0015", 50.0)):
        [one] = execute(flat, PastOrder.typed("buy", "1", "1", "1", tick)).slices
        assert (one.slippage_bps, one.kind) == (bps, NORMAL)


def test_what_found_no_depth_is_asked_for_again_and_told():
    thin = [one._replace(volume=30.0) for one in MONTH]
    found = execute(thin, PastOrder.typed("sell", "500", "4", "1", "0.01"))
    assert isinstance(found, PastExecution) and found.filled < 500
    assert found.slices[0].asked == 125
    assert all(b.asked == 125 + a.asked - a.filled for a, b in zip(found.slices, found.slices[1:], strict=False))
    assert f"{500 - found.filled} found no depth in time" in past_chart(found).sentence
    assert found.cost > 0, "a seller receives less than the middle"


@pytest.mark.parametrize(("text", "says"), [
    ("", "the first line names the columns"),
    ("time,open,high,low,close\n", "missing: volume"),
    ("time,open,high,low,close,volume\n1,2,3\n", "line 2: expected 6 cells as in the first line, found 3"),
    ("time,open,high,low,close,volume\n1,1,1,1,x,5\n", "line 2: close is a number, more than zero, found 'x'"),
    ("time,open,high,low,close,volume\n1,1,1,1,inf,5\n", "line 2: close is a number"),
    ("time,open,high,low,close,volume\n1,1,1,1,1,-5\n", "line 2: volume is a number, zero or more, found '-5'"),
    ("time,open,high,low,close,volume\n1,3,2,1,1,5\n", "line 2: open and close lie between low and high"),
    ("time,open,high,low,close,volume\n9,1,1,1,1,5\n10,1,1,1,1,5\n9,1,1,1,1,5\n", "line 4: times increase, found 9"),
])  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_sentence(text, says, tmp_path, capsys):
    with pytest.raises(InputError, match=says):
        read_candles(text)
    (tmp_path / "candles.csv").write_text(text)
    assert main(["execution", str(tmp_path / "candles.csv"), "--buy", "5"]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "says"), [
    (("hold", "5", "1", "1", "1"), "a side is buy or sell, found 'hold'"),
    (("buy", "much", "1", "1", "1"), "a quantity is a number from 1e-12"),
    (("buy", "1.5", "1", "1", "1"), "whole lots of 1, found 1.5"),
    (("buy", "5", "1.5", "1", "1"), "the number of candles is whole, found 1.5"),
    (("buy", "5", "1", "1", "-1"), "a tick is a number"),
    (("buy", "5", "1", "0", "1"), "a lot is a number"),
    (("buy", "5", "707", "1", "1"), "707 slices need 721 candles, 14 of them before the first slice, found 720"),
    (("buy", "5", "9", "1", "1"), "9 slices need as many lots of 1, found 5"),
    (("buy", "1000000", "1", "1000000", "1"), "choose a smaller lot"),
    (("buy", "5", "1", "1", "1", "a dollar"), "a currency is at most 12 letters or digits such as USD, found 'a dol"),
    (("buy", "5", "1", "1", "1", ""), "such as USD, found ''"),
])  # fmt: skip
def test_an_order_that_cannot_be_used_is_one_sentence(typed, says):
    with pytest.raises(InputError, match=says):
        execute(MONTH, PastOrder.typed(*typed))


def test_a_run_has_candles_too(tmp_path, capsys):
    result = simulate(FirstMarket(traders=6), Options(epochs=4, settlement="none"))
    archive.save(result.journal, tmp_path / "run")
    assert main(["execution", str(tmp_path / "run"), "--buy", "60"]) == 0
    candles, tick, currency = candles_of(result.journal, "ACME")
    [listed] = result.journal.of(InstrumentListed)
    trades = [*result.journal.of(Trade)]
    assert (tick, currency) == (Decimal(listed.tick) / 100, "USD")
    assert candles[0].open == trades[0].price / 100 and candles[-1].close == trades[-1].price / 100
    assert max(one.high for one in candles) == max(trade.price for trade in trades) / 100, "dollars, not cents"
    found = execute(candles, PastOrder.typed("buy", "60", "50", "0.1", "0.01"))
    said = capsys.readouterr().out
    assert past_chart(found).sentence in said
    assert f" {found.average_price:,.4f} USD" in said and f" {found.cost:,.2f} USD" in said
    assert main(["execution", str(tmp_path / "run"), "--buy", "60", "--currency", "EUR"]) == 2
    assert "a book of a run has its own" in capsys.readouterr().err
    assert main(["execution", str(tmp_path / "run"), "--buy", "60", "--book", "NONE"]) == 2
    assert "this run has the books ACME, found 'NONE'" in capsys.readouterr().err
