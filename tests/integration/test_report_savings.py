"""What the reports recommend and say of the flow of orders is worked out again from the journal."""

from __future__ import annotations

from functools import cache
from statistics import fmean

import pytest

from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.reports.attribution import attribution
from market_sim.analysis.reports.flow import FORMULA, window_ns
from market_sim.analysis.reports.recommendations import DEAR, MESSAGES, recommendations
from market_sim.analysis.reports.report import report_of
from market_sim.analysis.results.result import Result
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, OrderRejected, Trade
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.exchange.quotes import tapes
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.execution_school import ExecutionSchool
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.three_venues import ThreeVenues
from market_sim.ui.cli.main import main
from market_sim.ui.web.application import create_app

WEEK = 5 * TRADING_DAY_NS


@cache
def played(kind: type[Scenario], epochs: int) -> Result:
    return simulate(kind(), Options(epochs=epochs, settlement="none", seed=7))


def advised(result: Result):
    parts = attribution(result.journal, WEEK)
    return parts, recommendations(result, parts)


def test_the_worst_week_saves_what_was_lost_in_it():
    result = played(ThreeVenues, 12)
    parts, found = advised(result)
    worst = min(parts, key=lambda part: part.trading)
    [mine] = [one for one in found if "worst week" in one.sentence]
    assert f"week {worst.period} of {worst.account} ({worst.strategy})" in mine.sentence
    assert mine.saving == -worst.trading > 0
    assert str(mine).endswith(f" Saves {Words(result.journal).amount('USD', mine.saving)}.")


def test_quoting_saves_the_fees_of_taking_less_those_of_the_other_side():
    result = played(ThreeVenues, 12)
    _, found = advised(result)
    [mine] = [one for one in found if "quote more and take less" in one.sentence]
    account = mine.sentence.partition(" ")[0]
    taken = [trade for trade in result.journal.of(Trade) if trade.taker == account]
    assert mine.saving == sum(trade.taker_fee for trade in taken) - sum(trade.maker_fee for trade in taken) > 0


def test_an_order_saves_the_most_that_its_shortfall_supports():
    result = played(ExecutionSchool, 8)
    _, found = advised(result)
    microscope = Microscope(result.journal)
    told = {one.sentence: one.saving for one in found}
    for order in microscope.orders:
        best = max(microscope.advice(order), key=lambda one: one.saving)
        assert told[f"The order of {order.agent}, {order.name}: {best.advice}."] == best.saving // 2
    assert len(microscope.orders) > 1


def test_splitting_saves_what_large_orders_paid_beyond_the_rate_of_small_ones():
    told = 0
    for result in (played(ExecutionSchool, 8), played(FirstMarket, 7), played(ThreeVenues, 12)):
        _, found = advised(result)
        for book in Microscope(result.journal).books:
            sizes = sorted(one.trade.quantity for one in book.spreads)
            limits = sorted({sizes[len(sizes) * part // 4] for part in range(4)})
            low, high = (limits[1] if len(limits) > 1 else sizes[-1] + 1), limits[-1]
            small = [one for one in book.spreads if one.trade.quantity < low]
            large = [one for one in book.spreads if one.trade.quantity >= high]
            paid, value = (
                [sum(one.effective * one.trade.quantity for one in some) / 2 for some in (small, large)],
                [sum(one.trade.price * one.trade.quantity for one in some) for some in (small, large)],
            )
            rates = [cost / worth for cost, worth in zip(paid, value, strict=True)]
            mine = [one for one in found if one.sentence.startswith(f"In {book.name} orders")]
            assert bool(mine) == (len(limits) > 1 and rates[1] > DEAR * rates[0] > 0)
            for one in mine:
                told += 1
                assert one.saving == pytest.approx(paid[1] - rates[0] * value[1], abs=1)
    assert told, "some market has dear large orders"


def test_refusals_save_messages_and_the_rest_is_in_order_of_its_saving():
    result = played(ExecutionSchool, 8)
    _, found = advised(result)
    money = [one.saving for one in found if one.currency != MESSAGES]
    assert money == sorted(money, reverse=True)
    refused = sum(1 for _ in result.journal.of(OrderRejected))
    accepted = sum(1 for _ in result.journal.of(OrderAccepted))
    told = [one for one in found if one.currency == MESSAGES]
    assert bool(told) == (refused >= 0.05 * (refused + accepted))
    report = report_of(result, "weekly")
    assert [row[2] for row in report.sheets[0].rows] == [one.saving for one in report.recommendations]
    assert report_of(result, "daily").recommendations == ()


@pytest.mark.parametrize("window", ["1h", "4s"])
def test_the_flow_is_counted_from_the_journal(window):
    journal = played(ThreeVenues, 12).journal
    start = max(0, journal[-1].time - window_ns(window))
    report = report_of(played(ThreeVenues, 12), "flow", "ACME", window)
    [row] = _totals(report.sheets[2])
    orders = {one.order: one for one in journal.of(OrderAccepted) if one.time >= start}
    trades = [one for one in journal.of(Trade) if one.time >= start]
    assert row["orders"] == len(orders)
    assert row["cancelled"] == len({one.order for one in journal.of(OrderCancelled) if one.order in orders})
    assert row["bought"] == sum(one.quantity for one in trades if one.side == 1)
    assert row["sold"] == sum(one.quantity for one in trades if one.side == -1)
    for sheet in report.sheets[:2]:
        assert [_totals(sheet)[0][name] for name in row] == [*row.values()], "every cut has the same orders"
    assert report.sentences[2] == FORMULA
    quality = naive_quality(journal, start, orders)
    assert f"{len(orders):,} orders, of which {len(quality)} took" in report.sentences[1]
    assert f"average execution quality {100 * fmean(quality):.1f} %." in report.sentences[1]


def _totals(sheet):
    names = ("orders", "market_orders", "traded_at_once", "cancelled", "bought", "sold")
    return [{name: sum(row[name] for row in sheet.table) for name in names}]


def naive_quality(journal, start, orders):
    """Order by order: what was filled of it at once, times how dear that was; in the dark it is never dear."""
    sums = {}
    for tape in tapes(journal).values():
        for trade in tape.trades:
            place = tape.quotes.place_before(trade.time)
            if trade.taker_order not in orders or trade.time < start or (place is None and tape.quotes.times):
                continue
            filled, asked, paid = sums.get(trade.taker_order, (0, 0, 0))
            if place is None:
                sums[trade.taker_order] = filled + trade.quantity, asked, paid
                continue
            asked += (tape.quotes.asks[place] - tape.quotes.bids[place]) * trade.quantity
            paid += max(0, trade.side * (2 * trade.price - tape.quotes.twice[place])) * trade.quantity
            sums[trade.taker_order] = filled + trade.quantity, asked, paid
    return [
        filled / orders[number].terms.quantity * (min(1, asked / paid) if paid else 1)
        for number, (filled, asked, paid) in sums.items()
    ]


def test_the_flow_of_what_is_not_there_is_one_sentence(tmp_path, capsys):
    result = played(FirstMarket, 7)
    with pytest.raises(InputError, match="this run has ACME, found 'GHOST'"):
        report_of(result, "flow", "GHOST")
    archive.save(result.journal, tmp_path / "run")
    for words, says in (
        (["flow", "--window", "3x"], "seconds, minutes or hours such as 30s, 5m or 1h, found '3x'"),
        (["daily", "--window", "3s"], "--symbol and --window belong to the report flow, found daily"),
    ):
        assert main(["report", *words, "--run", str(tmp_path / "run")]) == 2
        assert says in capsys.readouterr().err
    assert main(["report", "flow", "--run", str(tmp_path / "run"), "--symbol", "ACME", "--window", "3s"]) == 0
    assert "ACME in the last 3 s of the run" in capsys.readouterr().out


def test_the_page_of_the_flow_takes_symbol_and_window(tmp_path):
    archive.save(played(FirstMarket, 7).journal, tmp_path / "results" / "one")
    site = create_app({"RESULTS": tmp_path / "results", "TESTING": True}).test_client()
    here = {"base_url": "http://127.0.0.1:5000"}
    page = site.get("/runs/one/reports/?kind=flow&symbol=ACME&window=2s", **here).text
    assert "ACME in the last 2 s of the run" in page and 'name="window" value="2s"' in page
    sheet = report_of(played(FirstMarket, 7), "flow", "ACME", "2s").sheets[1]
    file = site.get("/runs/one/reports/?kind=flow&symbol=ACME&window=2s&as=flow_by_day", **here).text
    assert len(file.splitlines()) == len(sheet.rows) + 1
    assert "as=flow_by_day" in page and "window=2s" in page.partition("as=flow_by_day")[2][:60]
    for wrong in ("window=3x", "symbol=GHOST"):
        assert site.get(f"/runs/one/reports/?kind=flow&{wrong}", **here).status_code == 422
