"""The dashboard of a run: every figure in it is the journal's, and the file asks nobody."""

from __future__ import annotations

import re

import pytest

from market_sim.analysis.visualization.dashboard import INTERVALS, MOST_BOOKS, Dashboard
from market_sim.analysis.visualization.document import POLICY
from market_sim.analysis.visualization.market_picture import SHOWN, candle_picture, candle_table
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.core.money import written
from market_sim.core.units import SECOND
from market_sim.market.exchange.market_data import Candle, candles
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket

LISTED = InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0)


@pytest.fixture(scope="module")
def dashboard() -> Dashboard:
    return simulate(FirstMarket(traders=6), Options(epochs=4, settlement="none")).dashboard


@pytest.fixture(scope="module")
def page(dashboard) -> str:
    return dashboard.generate_html_dashboard()


def test_the_overview_sums_the_trades_of_the_journal(dashboard):
    trades = list(dashboard.result.journal.of(Trade))
    [row] = dashboard.overview.rows
    told = dict(zip(dashboard.overview.head, row, strict=True))
    assert told["last"] == written(trades[-1].price)
    assert told["volume"] == f"{sum(one.quantity for one in trades):,}"
    assert told["trades"] == f"{len(trades):,}"
    assert (told["high"], told["low"]) == (
        written(max(one.price for one in trades)),
        written(min(one.price for one in trades)),
    )


def test_the_first_of_the_recent_trades_is_the_last_of_the_journal(dashboard):
    last = list(dashboard.result.journal.of(Trade))[-1]
    row = dashboard.recent_trades.rows[0]
    assert row[0] == f"{last.trade:,}"
    assert row[3:5] == (written(last.price), f"{last.quantity:,}")
    assert row[-2:] == (last.taker, last.maker)


def test_the_metrics_count_what_is_matched_final_and_settled(dashboard):
    told = dict(dashboard.metrics.rows)
    trades = sum(1 for _ in dashboard.result.journal.of(Trade))
    assert told["trades"] == told["entries matched"] == f"{trades:,}"
    assert 0 < int(told["entries finalized"].replace(",", "")) <= trades
    assert told["entries settled"] == "0"


def test_the_page_has_candles_of_a_minute_and_of_five_and_the_depth_and_every_table(dashboard, page):
    for title in ("Candles of 1 minute", "Candles of 5 minutes", "Depth at the end", "Market overview",
                  "Recent trades", "Metrics", "Performance"):  # fmt: skip
        assert re.search(f"<h[23]>{title}</h[23]>", page), title
    assert page.count('id="chart-') == (len(INTERVALS) + 1) * min(MOST_BOOKS, len(dashboard.books))
    for row in dashboard.recent_trades.rows:
        assert row[1] in page


def test_the_page_loads_nothing(page):
    assert POLICY in page
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", markup)
    assert page.rstrip().endswith("</body></html>")


def test_five_candles_of_a_minute_are_one_of_five(dashboard):
    spread_out = [
        Trade(number * 7 * SECOND, number, "ACME", 10_000 + (number * 37) % 90, 1 + number % 4, 1, 1, 2, "a", "b", 0, 0)
        for number in range(200)
    ]
    minutes, fives = (candles(spread_out, seconds * SECOND) for seconds in (60, 300))
    assert len(fives) > 3
    for five in fives:
        parts = [one for one in minutes if five.start <= one.start < five.start + 300 * SECOND]
        assert len(parts) == 5 or five is fives[-1]
        assert five == Candle(
            five.start, parts[0].open, max(one.high for one in parts), min(one.low for one in parts), parts[-1].close,
            sum(one.volume for one in parts), sum(one.trades for one in parts),
        )  # fmt: skip


def test_a_candle_that_fell_is_filled_and_one_that_rose_is_hollow():
    two = [Candle(0, 100, 110, 90, 105, 3, 2), Candle(SECOND, 105, 106, 95, 98, 4, 1)]
    drawn = candle_picture(two, LISTED, 1)
    bodies = {trace["name"]: trace for trace in drawn["data"] if "base" in trace}
    assert (bodies["rose"]["base"], bodies["rose"]["y"]) == ([1.0], [0.05])
    assert (bodies["fell"]["base"], bodies["fell"]["y"]) == ([0.98], [pytest.approx(0.07)])
    assert bodies["rose"]["marker"]["color"] != bodies["rose"]["marker"]["line"]["color"]
    assert bodies["fell"]["marker"]["color"] == bodies["fell"]["marker"]["line"]["color"]


def test_a_long_market_shows_its_last_candles_in_picture_and_table():
    many = [Candle(number * SECOND, 100, 101, 99, 100, 1, 1) for number in range(SHOWN + 40)]
    table = candle_table(many, LISTED, 1)
    assert len(table.rows) == SHOWN
    assert table.rows[0][0] == str(SHOWN + 39)
    assert candle_picture(many, LISTED, 1)["layout"]["xaxis"]["range"] == [40, SHOWN + 40]
