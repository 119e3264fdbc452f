"""A maker on two venues: spread, fees and prices stand apart and add up to its gain, and it never takes."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from itertools import groupby
from math import ceil, floor

import pytest

from market_sim.analysis.gains import gains
from market_sim.analysis.results.making_table import making_table
from market_sim.core.data import archive
from market_sim.core.errors import InputError
from market_sim.core.models.intents import SELL
from market_sim.core.models.market_events import OrderAccepted, OrderAmended, OrderCancelled, Trade
from market_sim.core.models.run_events import ValueMoved
from market_sim.market.exchange.making import makings
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.rebates import CHARGES, HARVESTER, PAYS, Rebates, harvested
from market_sim.strategies.market_making.rebate_maker import RebateMaker
from market_sim.ui.cli.main import main


def middles(journal, venue):
    """The midpoint of a venue after each instant in which both sides are quoted, from its open orders one by one."""
    left, limits, sides = {}, {}, {}
    for time, events in groupby(journal, lambda event: event.time):
        for event in events:
            if isinstance(event, OrderAccepted) and event.terms.venue == venue and event.terms.limit is not None:
                limits[event.order], left[event.order] = event.terms.limit, event.terms.quantity
                sides[event.order] = event.terms.side
            elif isinstance(event, OrderAmended) and event.order in left:
                limits[event.order] = event.limit
            elif isinstance(event, Trade):
                for order in {event.maker_order, event.taker_order} & left.keys():
                    left[order] -= event.quantity
            elif isinstance(event, OrderCancelled) and event.order in left:
                left[event.order] -= event.quantity
        left = {order: quantity for order, quantity in left.items() if quantity}
        bids, asks = ([limits[one] for one in left if sides[one] == side] for side in (1, -1))
        if bids and asks:
            yield time, Fraction(max(bids) + min(asks), 2)


@pytest.mark.parametrize("seed", [3, 7, 11])
def test_spread_fees_and_prices_add_up_to_the_gain_of_a_participant_that_only_makes(seed):
    scenario = Rebates()
    journal = market_alone(scenario, seed, scenario.epochs)
    assert not [trade for trade in journal.of(Trade) if trade.taker == HARVESTER]
    gain = next(one for one in gains(journal) if one.account == HARVESTER)
    there, here = harvested(journal)
    assert there.total + here.total == gain.from_trading
    mine = [trade for trade in journal.of(Trade) if trade.maker == HARVESTER]
    value = [event.value for event in journal.of(ValueMoved)][-1]
    for venue, one in ((PAYS, there), (CHARGES, here)):
        trades = [trade for trade in mine if trade.venue == venue]
        sold = [trade for trade in trades if trade.side != SELL]
        bought = [trade for trade in trades if trade.side == SELL]
        received = sum(trade.price * trade.quantity for trade in sold) - sum(t.price * t.quantity for t in bought)
        left = sum(trade.quantity for trade in bought) - sum(trade.quantity for trade in sold)
        assert one.spread + one.prices == received + left * value
        path = list(middles(journal, venue))
        paid = Fraction(0)
        for trade in trades:
            middle = [one for time, one in path if time < trade.time][-1]
            paid += (1 if trade.side != SELL else -1) * (trade.price - middle) * trade.quantity
        assert one.spread == floor(paid)
        assert one.fees == -sum(trade.maker_fee for trade in trades)
        assert (one.trades, one.volume) == (len(trades), sum(trade.quantity for trade in trades))


def test_the_conclusion_tells_both_columns_and_the_claim_holds():
    scenario = Rebates()
    journal = market_alone(scenario, 7, scenario.epochs)
    assert scenario.holds(journal)
    there, here = harvested(journal)
    numbers = [round(100 * float(text)) for text in re.findall(r"[+-]\d+\.\d\d", scenario.conclusion(journal))]
    both = [(one.spread, one.fees, one.prices) for one in (there, here)]
    assert there.spread > 0 > there.prices, "it earned its spread, and lost more by what it held"
    assert numbers == [*both[0], *both[1], there.total + here.total] and sum(numbers[:-1]) == numbers[-1]
    assert there.fees > 0 > here.fees, "it is paid on one venue and pays on the other"


def test_without_a_rebate_the_claim_does_not_hold():
    scenario = Rebates(rebate_bps=0.0)
    assert not scenario.holds(market_alone(scenario, 7, scenario.epochs))


def test_it_quotes_closer_where_it_is_paid():
    journal = market_alone(Rebates(), 7, 2)
    value = next(journal.of(ValueMoved)).value
    first: dict[tuple[str, int], int] = {}
    for event in journal.of(OrderAccepted):
        if event.account == HARVESTER:
            first.setdefault((event.terms.venue, event.terms.side), event.terms.limit)
    distances = {place: abs(limit - value) for place, limit in first.items()}
    wanted = {PAYS: ceil(value * 1 / 10_000), CHARGES: ceil(value * 5 / 10_000)}  # 3 bps less 2, and 3 and 2
    assert distances == {(venue, side): away for venue, away in wanted.items() for side in (1, -1)}


def test_the_exported_table_has_the_columns(tmp_path, capsys):
    result = simulate(Rebates(), Options(epochs=3, settlement="none"))
    archive.save(result.journal, tmp_path / "run")
    assert main(["export", str(tmp_path / "run"), "--to", str(tmp_path / "tables")]) == 0
    rows = list(csv.DictReader((tmp_path / "tables" / "making.csv").read_text().splitlines()))
    parts = ("spread", "prices", "fees", "total")
    told = [(one.account, one.venue, *(getattr(one, part) for part in parts)) for one in makings(result.journal)]
    assert [(row["account"], row["venue"], *(int(row[part]) for part in parts)) for row in rows] == told
    assert all(one[2] + one[3] + one[4] == one[5] for one in told) and len(told) > 4
    assert result.making == making_table(result.journal)


@pytest.mark.parametrize(("wrong", "says"), [
    ({"fees_bps": {}}, "needs the fee of each"),
    ({"fees_bps": {"A": 1.0, "B": 1.0}, "max_position": 19}, "the largest position holds a quote"),
    ({"fees_bps": {"A": 1.0}, "margin_bps": -1.0}, "a margin is not negative, found -1.0"),
])  # fmt: skip
def test_a_maker_that_cannot_be_is_one_sentence(wrong, says):
    with pytest.raises(InputError, match=says):
        RebateMaker(**wrong)
