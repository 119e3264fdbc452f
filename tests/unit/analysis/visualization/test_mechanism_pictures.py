"""The picture of each family of mechanisms says what the journal says, and is there only when it says something."""

from __future__ import annotations

import json
import re

import pytest
from plotly.offline import get_plotlyjs

from market_sim.analysis.history.margin_history import margin_history
from market_sim.analysis.history.mechanism_history import mechanism_history
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.visualization.charts import charts_of, drawn_alone
from market_sim.analysis.visualization.deficit_waterfall import (
    PAYERS,
    deficit_waterfall,
    waterfall_panels,
    waterfall_rows,
    waterfall_sentence,
)
from market_sim.analysis.visualization.funding_picture import funding_histories, funding_rows, funding_sentence
from market_sim.analysis.visualization.margin_equity import margin_legend, margin_panels, margin_rows, margin_sentence
from market_sim.analysis.visualization.page import NARROWEST, TIMELESS, timeline_page
from market_sim.analysis.visualization.palette import ROLES, dark_changes
from market_sim.core.data.journal import Journal
from market_sim.core.models import mechanism_events as happened
from market_sim.core.models.market_events import Deposited, InstrumentListed, Trade, Transferred
from market_sim.core.models.run_events import ValueMoved
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from tests.unit.analysis.visualization.journals import SECOND, Chain

PERPETUAL_TERMS: dict[str, int | str] = {"underlying": "ACME", "funding_every": 8_000_000_000}


def market() -> Chain:
    chain = Chain()
    chain.record(InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0))
    return chain


# Deficits


def bankrupt() -> Chain:
    """Ann lacks 10.00: the fund pays 3, the house 1, a winner 4, and bob 2 as his share. Carl's 0.50 nobody pays."""
    chain = market()
    chain.record(InstrumentListed(0, "PERP", "perpetual", 1, 1, "USD", 0, 2, 0, False, PERPETUAL_TERMS))
    chain.record(happened.ContractSpecified(0, "PERP", 1))
    chain.start(1)
    now = chain.time
    chain.record(happened.LiquidationStarted(now, "ann", "", 1, -1_000, 100, 0))
    chain.record(happened.DeficitCovered(now, "ann", "insurance", "USD", 300, "PERP"))
    chain.record(happened.DeficitCovered(now, "ann", "clearing", "USD", 100, "PERP"))
    chain.record(happened.PositionReduced(now, "ann", "winner", "PERP", -4, 100, 400, 1))
    chain.record(happened.DeficitCovered(now, "ann", "winner", "USD", 400, "PERP"))
    chain.record(happened.DeficitCovered(now, "ann", "bob", "USD", 200, "PERP"))
    chain.record(happened.LossShared(now, "PERP", "USD", 200))
    chain.record(happened.LossShared(now, "PERP", "USD", 50))
    return chain


def test_each_payer_of_a_deficit_has_its_step_of_the_waterfall():
    waterfall = deficit_waterfall(mechanism_history(bankrupt().end().journal))
    assert [waterfall.by(payer) for payer, _, _ in PAYERS] == [300, 100, 400, 200, 0]
    assert (waterfall.total, waterfall.unpaid) == (1_050, 50)
    assert waterfall_sentence(waterfall) == (
        "One account could not pay 10.50 USD; it was paid by: insurance fund 3.00 USD, clearing house 1.00 USD, "
        "winners closed (ADL) 4.00 USD, all holders 2.00 USD, nobody 0.50 USD."
    )
    assert list(waterfall_rows(waterfall)) == [("ann", "10.00 USD", "3.00", "1.00", "4.00", "2.00", "0.00")]


def test_a_bar_of_the_waterfall_begins_where_the_one_before_ended():
    waterfall = deficit_waterfall(mechanism_history(bankrupt().end().journal))
    missing, *payers, nobody = waterfall_panels(waterfall)[0].traces
    top = missing["y"][0]
    for bar in payers:
        assert bar["base"][0] + bar["y"][0] == pytest.approx(top)
        top = bar["base"][0]
    assert nobody["y"][0] == pytest.approx(top) == 0.5


def test_a_run_in_which_all_could_pay_has_no_waterfall():
    chain = market()
    chain.record(happened.MarginCalled(1, "ann", 1, 2, 1, 3))
    assert deficit_waterfall(mechanism_history(chain.end().journal)) is None


# Margin


def called() -> Chain:
    """Ann buys 100 shares at 1.00 with 60.00 of her own; they fall to 0.50 in the first epoch, and she is called."""
    chain = market()
    chain.record(happened.MarginGranted(0, "ann", "us_strategy", ()))
    chain.record(happened.MarginGranted(0, "idle", "us_strategy", ()))
    chain.record(Deposited(0, "ann", "USD", 6_000))
    chain.record(Deposited(0, "maker", "ACME", 100))
    chain.record(ValueMoved(0, "ACME", 100))
    chain.record(Transferred(1, 1, "broker", "ann", "USD", 4_000, "LENT", "ACME"))
    chain.record(Trade(2, 2, "ACME", 100, 100, 1, 1, 2, "maker", "ann", 0, 0))
    chain.start(1)
    chain.record(ValueMoved(chain.time, "ACME", 50))
    chain.record(happened.MarginCalled(chain.time + 1, "ann", 1_000, 1_250, 250, 2 * SECOND))
    chain.start(2)
    return chain


def test_equity_and_maintenance_are_added_up_from_the_journal():
    ann, idle = margin_history(called().end().journal, [SECOND // 2, SECOND + 1], {}, "USD")
    assert list(zip(ann.times, ann.equities, strict=True)) == [
        (SECOND // 2, 6_000), (SECOND + 1, 1_000), (SECOND + 1, 1_000),
    ]  # fmt: skip
    assert ann.required == [(SECOND // 2, 2_500), (SECOND + 1, 1_250), (SECOND + 1, 1_250)]
    assert idle.told == [] and set(idle.equities) == {0}


def test_a_requirement_that_nobody_told_is_not_drawn_as_nothing():
    chain = market()
    chain.record(InstrumentListed(0, "PERP", "perpetual", 1, 1, "USD", 0, 2, 0, False, PERPETUAL_TERMS))
    chain.record(happened.ContractSpecified(0, "PERP", 1))
    chain.record(happened.MarginGranted(0, "ann", "us_strategy", ()))
    chain.record(Trade(2, 1, "PERP", 100, 5, 1, 1, 2, "maker", "ann", 0, 0))
    chain.start(1)
    chain.record(happened.LiquidationStarted(chain.time, "ann", "", 1, 10, 50, 0))
    [ann] = margin_history(chain.end().journal, [1, 3, SECOND + 1], {}, "USD")
    assert ann.required == [(1, 0), (3, None), (SECOND, 50)]


def test_marks_are_the_middle_of_the_book_where_no_value_is_believed_in():
    journal = Journal()
    for event in called().end().journal:
        if not isinstance(event, ValueMoved):
            journal.record(event)
    [ann, _] = margin_history(journal, [SECOND // 2, SECOND + 1], {"ACME": [(3, 90), (SECOND, 80)]}, "USD")
    assert ann.equities[0] == 100 * 90 - 4_000
    assert ann.equities[1:] == [1_000, 100 * 80 - 4_000]


def test_the_margin_picture_has_a_strip_for_each_account_and_a_mark_for_each_call():
    journal = called().end().journal
    history, axis = mechanism_history(journal), TimeAxis.of(journal)
    accounts = margin_history(journal, axis.moments(4), {}, "USD")
    assert margin_sentence(accounts, history) == (
        "2 accounts on margin; called: ann; liquidated: none; the lowest equity was 0.00 USD (idle)."
    )
    assert [row[0] for row in margin_rows(accounts, history)] == ["ann", "idle"]
    strips = margin_panels(accounts, history, axis)
    assert [strip.title for strip in strips] == ["ann: equity, USD", "idle: equity, USD"]
    [call] = [trace for trace in strips[0].traces if trace["name"] == "margin call"]
    assert call["y"] == [10.0] and "ann is called for 2.50 USD" in call["customdata"][0]
    lines = [[trace["name"] for trace in strip.traces if trace["mode"] == "lines"] for strip in strips]
    assert lines == [["equity", "required"], ["equity"]]
    legends = [[entry.means for entry in margin_legend(chosen)] for chosen in (accounts, accounts[1:])]
    assert legends == [["equity", "required (maintenance)", "margin call"], ["equity"]]


# Funding


def test_the_funding_picture_tells_who_paid_whom():
    chain = market()
    for time, premium in ((1, 500), (2, -900)):
        chain.record(happened.BasisMeasured(time, "PERP", 100, 101, premium))
    chain.record(happened.FundingPaid(SECOND, "PERP", 101, 100, 100, 40))
    chain.record(happened.FundingPaid(2 * SECOND, "PERP", 99, 100, -200, 70))
    journal = chain.end().journal
    history, [funding] = mechanism_history(journal), funding_histories(journal)
    assert funding_sentence(funding, history) == (
        "PERP: in 2 funding payments longs paid shorts 0.40 USD and shorts paid longs 0.70 USD; "
        "the premium was largest at 0.000 s with -0.0900 %."
    )
    assert list(funding_rows(funding, history)) == [
        ("1.000", "1.01", "1.00", "+0.0100 %", "0.40", ""),
        ("2.000", "0.99", "1.00", "-0.0200 %", "", "0.70"),
    ]


# The page


def test_pictures_come_with_the_page_and_turn_dark_with_it():
    journal = called().end().journal
    for event in bankrupt().end().journal:
        journal.record(event)
    run = RunHistory(journal)
    pictures = [chart for chart in charts_of(run) if not chart.shared]
    assert [picture.title for picture in pictures] == ["Who paid for the bankrupt", "Accounts on margin"]
    light = {pair[0] for pair in ROLES.values()}
    for picture in pictures:
        plain = json.loads(json.dumps(drawn_alone(run, picture)))
        plain["layout"].pop("template", None)
        assert set(re.findall(r'"(#[0-9a-f]{6})"', json.dumps(plain))) <= light
        assert dark_changes(plain)


def test_the_page_has_the_pictures_behind_the_timeline():
    result = called().end()
    own = timeline_page(result).replace(get_plotlyjs(), "")
    assert own.count("<figure") == 2 and "<h2>Accounts on margin</h2>" in own


def test_a_run_without_mechanisms_has_the_pictures_of_spread_and_inventories_only():
    result = simulate(FirstMarket(), Options(epochs=2, settlement="none"))
    assert [chart.name for chart in charts_of(RunHistory(result.journal)) if not chart.shared] == [
        "spread",
        "inventory",
    ]


def test_a_picture_without_epochs_needs_less_room_than_one_with_them():
    own = timeline_page(bankrupt().end()).replace(get_plotlyjs(), "")
    widths = [int(width) for width in re.findall(r'id="chart-\d+" style="min-width: (\d+)px', own)]
    assert widths == [NARROWEST, TIMELESS, NARROWEST] and TIMELESS < NARROWEST
