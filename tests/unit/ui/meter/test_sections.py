"""The sections of the meter measure what they say: the same stream for book and exchange, costs that add up."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest

from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.sweep_estimates import Estimate
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import Cancel
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.market.exchange.quotes import tapes
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.dark_pool import DarkPoolScenario
from market_sim.simulation.scenarios.liquidation_cascade import LiquidationCascade
from market_sim.simulation.scenarios.thin_market import ThinMarket
from market_sim.ui.meter.claims import CLAIMS
from market_sim.ui.meter.delivery import delivery
from market_sim.ui.meter.latency import decisions, latency, until_halted
from market_sim.ui.meter.order_stream import order_stream
from market_sim.ui.meter.savings import DESK, PARTS, Purchase, Saved, cost, savings
from market_sim.ui.meter.scoreboard import MEASURES, score, scoreboard
from market_sim.ui.meter.throughput import bare_book, full_exchange, throughput


def test_the_bare_book_and_the_exchange_with_rules_trade_the_same_quantity():
    stream = order_stream(4_000)
    orders = [one for one in stream if one.quantity]
    assert [one.number for one in orders] == [*range(1, len(orders) + 1)]
    assert 0.3 < 1 - len(orders) / len(stream) < 0.45, "a third are cancellations"
    _, traded = bare_book(stream)
    assert full_exchange(stream)[1] == traded == quantity_traded(stream) > 0


def quantity_traded(stream):
    """The same by looking at every waiting order for each new one."""
    waiting, traded = [], 0
    for one in stream:
        if not one.quantity:
            waiting = [other for other in waiting if other[0] != one.number]
            continue
        left = one.quantity
        against = [other for other in waiting if other[1] == -one.side and one.side * (one.limit - other[2]) >= 0]
        for other in sorted(against, key=lambda other: (one.side * other[2], other[0])):
            amount = min(left, other[3])
            left -= amount
            other[3] -= amount
            traded += amount
        waiting = [other for other in waiting if other[3]]
        if left:
            waiting.append([one.number, one.side, one.limit, left])
    return traded


def test_throughput_has_its_three_readings_and_a_row_for_each_market():
    found = throughput(steps=1_000, sizes=(10, 20), wake_ups=400)
    assert [one.claim for one in found.readings] == ["orders", "events", "agents"]
    assert all(one.value and one.value > 0 for one in found.readings)
    assert [row[0] for row in found.panels[0].rows] == ["10", "20"]


@pytest.mark.thorough
def test_latency_has_a_reading_for_each_claim_and_models_where_there_is_a_model():
    found = latency(steps=200, halts=1, dashboards=1)
    rows = ("PF-02", "PF-03")
    assert [one.claim for one in found.readings] == [claim.id for claim in CLAIMS if claim.row in rows]
    assert {one.claim for one in found.readings if one.modelled == "–"} == {"signal", "dashboard", "generation"}
    assert all(one.value and one.value > 0 for one in found.readings)


def test_the_halt_that_is_timed_is_a_halt_in_the_instant_of_its_trade():
    wall, clock = until_halted(2)
    assert clock == [0, 0] and min(wall) > 0


def test_every_decision_of_ten_agents_is_timed():
    assert len(decisions(1)) in range(90, 111), "ten agents, ten times in a second"


@cache
def purchase(routed: bool, quantity: int) -> Journal:
    return market_alone(Purchase(routed=routed, quantity=quantity), 101, Purchase.epochs)


@pytest.mark.parametrize("quantity", [600, 3_000])
@pytest.mark.parametrize("routed", [False, True])
def test_the_parts_of_a_purchase_add_up_to_paper_less_real(routed, quantity):
    journal = purchase(routed, quantity)
    found = cost(journal, quantity)
    quotes = tapes(journal)["ACME on SIM-NYSE"].quotes
    decision, close = quotes.at(1_500_000_000) / 2, quotes.twice[-1] / 2
    mine = [trade for trade in journal.of(Trade) if trade.taker == DESK]
    assert not any(trade.maker == DESK for trade in journal.of(Trade))
    paid = sum(trade.quantity * trade.price + trade.taker_fee for trade in mine)
    bought = sum(trade.quantity for trade in mine)
    paper, real = quantity * (close - decision), bought * close - paid
    assert found.total == pytest.approx(paper - real)
    assert found.total == pytest.approx(found.transaction + found.impact + found.opportunity)
    venues = {trade.venue for trade in mine}
    assert venues == ({"SIM-NYSE", "SIM-ISLAND"} if routed else {"SIM-NYSE"})


def test_naive_and_routed_are_the_same_market_until_the_desk_decides():
    before = [
        [one for one in purchase(routed, 600) if one.time < 1_500_000_000 and getattr(one, "agent", DESK) != DESK]
        for routed in (False, True)
    ]
    trades = [[one for one in purchase(routed, 600).of(Trade) if one.time < 1_500_000_000] for routed in (False, True)]
    assert before[0] == before[1]
    assert trades[0] == trades[1] and len(trades[0]) > 5


def test_a_saving_is_the_mean_difference_over_the_naive_mean():
    one = Saved(600, "impact", naive=200.0, routed=150.0, saved=Estimate(50.0, 20.0, 12))
    assert one.percent == 25.0 and one.words == "25.0 % [15.0, 35.0]"
    nothing = Saved(600, "opportunity", naive=0.0, routed=0.0, saved=Estimate(0.0, 0.0, 12))
    assert nothing.percent is None and nothing.words == "nothing to save"


@pytest.mark.thorough
def test_savings_compare_the_least_of_all_orders():
    found = savings(seeds=2)
    assert [one.claim for one in found.readings] == [f"{part}-saving" for part in PARTS]
    [panel] = found.panels
    for reading in found.readings:
        part = reading.claim.removesuffix("-saving")
        told = [
            float(row[5].partition(" %")[0].replace(",", "")) for row in panel.rows if row[1] == part and "%" in row[5]
        ]
        assert reading.value == pytest.approx(min(told), abs=0.051)


def test_the_score_of_a_market_is_counted_from_its_journal():
    journal = market_alone(LiquidationCascade(), 7, LiquidationCascade.epochs)
    orders = {one.order: one for one in journal.of(OrderAccepted)}
    traded = dict.fromkeys(orders, 0)
    for trade in journal.of(Trade):
        traded[trade.maker_order] += trade.quantity
        traded[trade.taker_order] += trade.quantity
    market, limit, *_ = score(journal)
    for found, is_market in ((market, True), (limit, False)):
        mine = [one for one in orders.values() if (one.terms.limit is None) == is_market]
        full = sum(traded[one.order] >= one.terms.quantity for one in mine)
        assert found == pytest.approx(100 * full / len(mine))


def test_improvement_impact_and_shortfall_are_those_of_the_rule():
    journal = market_alone(ThinMarket(), 7, 8)
    _, _, improved, impact, lost = score(journal)
    better, moved, value = defaultdict(int), 0, 0
    for tape in tapes(journal).values():
        for trade in tape.trades:
            place = tape.quotes.place_before(trade.time)
            if place is None:
                continue
            best = tape.quotes.asks[place] if trade.side > 0 else tape.quotes.bids[place]
            better[trade.taker_order] += trade.side * (best - trade.price) * trade.quantity
            later = trade.time + 1_000_000_000
            if later <= journal[-1].time:
                moved += trade.side * (tape.quotes.at(later) - tape.quotes.twice[place]) / 2 * trade.quantity
                value += trade.price * trade.quantity
    assert improved == pytest.approx(100 * sum(gain > 0 for gain in better.values()) / len(better))
    assert impact == pytest.approx(10_000 * moved / value)
    assert lost is not None, "its desks state their orders"


def test_a_trade_in_a_dark_pool_is_held_against_the_quotes_of_the_others():
    journal = market_alone(DarkPoolScenario(), 7, DarkPoolScenario.epochs)
    found = Microscope(journal)
    [dark] = found.dark
    gains = defaultdict(int)
    for one in [spread for book in (*found.books, dark) for spread in book.spreads]:
        gains[one.trade.taker_order] += one.improvement * one.trade.quantity
    assert dark.spreads and all(one.improvement > 0 for one in dark.spreads), "a midpoint is better than a quote"
    assert score(journal)[2] == pytest.approx(100 * sum(gain > 0 for gain in gains.values()) / len(gains))


def test_the_scoreboard_has_a_row_for_each_scenario_that_trades_and_compares_the_median():
    found = scoreboard([ThinMarket, LiquidationCascade], epochs=4)
    [panel] = found.panels
    assert [row[0] for row in panel.rows] == ["thin-market", "liquidation-cascade"]
    for place, (claim, reading) in enumerate(zip(MEASURES, found.readings, strict=True), start=1):
        cells = [row[place] for row in panel.rows if row[place] != "–"]
        if not cells:
            assert (reading.measured, reading.value) == ("no scenario has such orders", None)
            continue
        assert reading.measured.startswith(f"met in {sum('✔' in one for one in cells)} of {len(cells)} scenarios")
        figures = [float(one.partition(" ")[0]) for one in cells]
        assert reading.claim == claim and reading.value == pytest.approx(sum(figures) / len(figures), abs=0.006)


@pytest.mark.thorough
def test_tickers_are_followed_to_each_reader_of_a_real_stream():
    [one] = delivery(seconds=0.3, crowds=(1,)).readings
    assert one.claim == "delivery-1" and one.value > 0 and "tickers to 1 reader on" in one.how


def test_a_cancellation_names_an_order_that_was_placed():
    placed = set()
    for one in order_stream(2_000):
        if one.quantity:
            placed.add(one.number)
        else:
            assert one.number in placed and Cancel(one.number)
