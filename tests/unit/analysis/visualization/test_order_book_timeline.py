"""The order-book chart: shades, price range, a mark for each aggressive order, sentence and table as in the journal."""

from __future__ import annotations

from array import array
from base64 import b64decode

import pytest

from market_sim.analysis.history.book_history import Sample, Taker
from market_sim.analysis.history.lifespan import END
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import MOST_MARKS
from market_sim.analysis.results.result import Result
from market_sim.analysis.visualization.as_of import trace_as_of
from market_sim.analysis.visualization.charts import chart_figure
from market_sim.analysis.visualization.depth_grid import MOST_ROWS, depth_grid, price_range
from market_sim.analysis.visualization.event_lines import event_lines
from market_sim.analysis.visualization.order_book_timeline import (
    joined_takers,
    order_book_panels,
    order_book_rows,
    order_book_sentence,
)
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import InstrumentListed, PhaseChanged, Trade
from market_sim.course.replay import PracticeExchange
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.marksim import Marksim


@pytest.fixture(scope="module")
def result() -> Result:
    return simulate(FirstMarket(), Options(epochs=8, settlement="none"))


@pytest.fixture(scope="module")
def market(result):
    return RunHistory(result.journal).markets[0]


def numbers(spec: dict[str, str]) -> list[list[int]]:
    """The rows of a typed array."""
    flat = array({"u1": "B", "i1": "b", "i2": "h", "i4": "i"}[spec["dtype"]], b64decode(spec["bdata"]))
    rows, columns = map(int, spec["shape"].split(", "))
    return [list(flat[row * columns : (row + 1) * columns]) for row in range(rows)]


def test_shades_are_the_signed_logarithm_in_one_byte_and_sizes_stay_whole():
    samples = [Sample(0, {99: 1, 98: 100}, {101: 10}), Sample(1, {}, {})]
    grid = depth_grid(samples, tick=1)
    shades, sizes = numbers(grid.shades), numbers(grid.sizes)
    row = {price: price - grid.low for price in (98, 99, 100, 101)}
    assert grid.shades["dtype"] == "i1"
    assert (shades[row[98]][0], shades[row[99]][0], shades[row[101]][0]) == (127, 19, -66)
    assert shades[row[100]] == [0, 0]
    assert [sizes[row[price]][0] for price in (98, 99, 100, 101)] == [100, 1, 0, 10]
    assert all(row[1] == 0 for row in shades)


def test_the_replay_of_a_check_of_a_few_milliseconds_has_cells_and_marks_of_its_own():
    stage = PracticeExchange("a short day")
    stage.play("ann", Sell("ACME", 5, 10_010))
    stage.play("bob", Buy("ACME", 2, 10_010))
    stage.play("bob", Buy("ACME", 1, 10_010))
    stage.end()
    market = RunHistory(stage.journal).markets[0]
    prices, volume = order_book_panels(market)
    heat = next(trace for trace in prices.traces if trace["type"] == "heatmap")
    cells = numbers(heat["z"])
    first, last = heat["x0"], heat["x0"] + heat["dx"] * len(cells[0])
    assert 0 < first < 0.001
    assert 0.002 < last < 0.005
    assert len({time for trace in prices.traces if trace["name"] == "aggressive buy" for time in trace["x"]}) == 2
    assert all(trace["width"] > 0 for trace in volume.traces if trace["x"])


def test_the_range_is_the_best_prices_and_fifteen_ticks():
    samples = [Sample(time, {990: 5}, {1010: 5}) for time in range(10)]
    assert price_range(samples, tick=5) == (915, 1085)


def test_a_wide_range_has_room_for_the_marks_at_its_edges():
    samples = [Sample(time, {6_000 + 4_000 * (time % 2): 5}, {}) for time in range(400)]
    assert price_range(samples, tick=1) == (5_840, 10_160)


def test_a_best_price_far_away_for_a_moment_does_not_stretch_the_range():
    samples = [Sample(time, {1000: 5}, {1001: 5}) for time in range(500)] + [Sample(500, {3: 1}, {9_000: 1})]
    low, high = price_range(samples, tick=1)
    assert (low, high) == (985, 1016)


def test_a_wide_range_shares_rows_and_loses_no_quantity():
    samples = [Sample(0, {1_000: 3, 1_001: 4}, {2_000: 5}), Sample(1, {1_900: 1}, {2_000: 1})]
    grid = depth_grid(samples, tick=1)
    assert 1 < grid.step < 40
    sizes = numbers(grid.sizes)
    assert len(sizes) <= MOST_ROWS
    assert sum(row[0] for row in sizes) == 12


def test_there_is_one_mark_for_each_aggressive_order_at_its_average_price(result, market):
    wanted = {}
    for trade in result.journal.of(Trade):
        paid, bought, side = wanted.get(trade.taker_order, (0, 0, trade.side))
        wanted[trade.taker_order] = paid + trade.price * trade.quantity, bought + trade.quantity, side
    prices = order_book_panels(market)[0]
    for name, side in (("aggressive buy", 1), ("aggressive sell", -1)):
        marks = trace_as_of(next(trace for trace in prices.traces if trace["name"] == name), END - 1)
        averages = [paid / bought / 100 for paid, bought, its in wanted.values() if its == side]
        assert marks["y"] == pytest.approx(averages, abs=1e-4)
        assert len(averages) > 10


def test_the_ladder_of_both_sides_lies_within_the_range_at_nearly_all_times(market):
    """The asks above the highest trade are seen as well as the bids below the lowest one."""
    samples = market.samples
    low, high = price_range(samples, market.listed.tick, market.trades)
    inside = [
        low <= min(sorted(sample.bids)[-20:]) and max(sorted(sample.asks)[:20]) <= high
        for sample in samples
        if sample.bids and sample.asks
    ]
    assert len(inside) > 300
    assert sum(inside) >= 0.95 * len(inside)


def test_too_many_aggressive_orders_are_joined_and_no_quantity_is_lost(market):
    takers = [Taker(n, n * 900_000, 1 if n % 3 else -1, "x", 2, 200 * n, 1) for n in range(1, 9_001)]
    joined = joined_takers(takers, market.axis)
    assert len(joined) <= MOST_MARKS < len(takers)
    for side in (1, -1):
        assert sum(t.quantity for t in joined if t.side == side) == sum(t.quantity for t in takers if t.side == side)
        assert sum(t.value for t in joined if t.side == side) == sum(t.value for t in takers if t.side == side)


def test_the_sentence_says_what_the_journal_says(result, market):
    trades = list(result.journal.of(Trade))
    bought = sum(trade.quantity for trade in trades if trade.side > 0)
    sold = sum(trade.quantity for trade in trades if trade.side < 0)
    low, high = min(trade.price for trade in trades), max(trade.price for trade in trades)
    sentence = order_book_sentence(market)
    assert sentence.startswith(f"ACME: {len(trades):,} trades between {low / 100:.2f} and {high / 100:.2f} USD")
    assert (
        f"the last at {trades[-1].price / 100:.2f}; aggressive orders bought {bought:,} and sold {sold:,}" in sentence
    )


def test_the_table_adds_up_to_the_journal(result, market):
    rows = list(order_book_rows(market))
    trades = list(result.journal.of(Trade))
    assert [row[0] for row in rows] == [str(number) for number in range(9)]
    assert sum(int(row[4]) for row in rows) == len(trades)
    assert sum(int(row[5]) + int(row[6]) for row in rows) == sum(trade.quantity for trade in trades)
    epochs = [trade for trade in trades if trade.time // 1_000_000_000 == 3]
    assert rows[3][4] == str(len(epochs))
    assert rows[3][7] == f"{min(trade.price for trade in epochs) / 100:.2f}"


def test_prices_at_the_start_of_an_epoch_are_those_of_the_book(market):
    samples = {sample.time: sample for sample in market.samples}
    for row, column in zip(order_book_rows(market), market.axis.columns, strict=True):
        sample = samples[column.start]
        assert row[2:4] == (market.text(sample.bid), market.text(sample.ask))


def test_an_instrument_that_nobody_trades_is_told_as_such(result):
    journal = Journal()
    journal.record(InstrumentListed(0, "QUIET", "stock", 1, 1, "USD", 1, 2, 0))
    [quiet] = RunHistory(journal).markets
    assert order_book_sentence(quiet) == "QUIET: nothing was traded."
    assert chart_figure(Result("quiet", 1, 1, {}, journal), "order-book").data[0].type == "heatmap"


def test_an_unknown_symbol_is_refused_with_the_known_ones(result):
    with pytest.raises(InputError, match="no chart 'order-book NOPE', it has order-book ACME, consensus"):
        chart_figure(result, "order-book", "NOPE")


def test_a_halt_is_marked_through_all_panels():
    journal = Journal()
    journal.record(InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0))
    journal.record(PhaseChanged(0, "ACME", "continuous", "SCHEDULE", {}))
    journal.record(PhaseChanged(4_000_000_000, "ACME", "halted", "LIMIT_DOWN", {}))
    lines = list(event_lines(RunHistory(journal)))
    assert [(line.time, line.label) for line in lines] == [(4.0, "ACME halted")]


def test_in_a_notebook_an_empty_cell_does_not_say_that_nothing_waits(result):
    """There plotly draws alone: where the page's own code leaves a cell out, the figure has none."""
    heat = chart_figure(result, "order-book").data[0]
    cells = [cell for name in ("z", "customdata") for row in heat[name] for cell in row]
    assert cells.count(None) > 100
    assert 0 not in cells
    assert max(cell for row in heat.customdata for cell in row if cell) > 10
    assert not heat.hoverongaps


def test_sizes_are_those_of_the_tables_where_a_unit_is_a_part_of_a_coin():
    """The axis of what was bought and sold, and the hover text of the depth."""
    [coin] = RunHistory(simulate(Marksim(), Options(epochs=4, settlement="none")).journal).markets
    prices, volume = order_book_panels(coin)
    drawn = sum(abs(height) for trace in volume.traces for height in trace["y"])
    traded = sum(trade.quantity for trade in coin.trades) / 100
    assert drawn >= traded > 1, "each bar grows in versions, of which the last is the whole"
    assert max(volume.yaxis["range"]) < 10
    assert volume.yaxis["tickformat"] == ",.2f"
    assert "%{customdata:,} times 0.01 waiting at" in prices.traces[0]["hovertemplate"]
