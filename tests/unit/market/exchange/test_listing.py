"""A listing says when an ordinary order needs more than the hot path, and what a trade in it costs."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Cancel
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.listing import CLOSED, CONTINUOUS, HALTED, IN_CALL, Listing
from market_sim.market.exchange.outlier import OutlierRule
from tests.unit.market.exchange.marketplace import Marketplace


def listing(fees: FeeSchedule | None = None, **terms: object) -> Listing:
    return Listing(Stock("ACME", **terms), fees or FeeSchedule())


def test_a_new_listing_trades_on_the_hot_path_and_has_no_price_yet():
    one = listing()
    assert (one.busy, one.phase, one.because) == (False, CONTINUOUS, "")
    assert (one.last, one.reference, one.indicative) == (None, None, (None, 0, 0))


@pytest.mark.parametrize("phase", [IN_CALL, HALTED, CLOSED])
def test_outside_continuous_trading_every_order_takes_the_long_way(phase):
    one = listing()
    one.phase = phase
    one.watch()
    assert one.busy is True
    one.phase = CONTINUOUS
    one.watch()
    assert one.busy is False


def test_an_outlier_rule_keeps_a_listing_off_the_hot_path():
    assert Listing(Stock("ACME"), FeeSchedule(), outlier=OutlierRule()).busy is True


def test_waiting_stops_and_pegs_keep_a_listing_off_the_hot_path_until_they_are_gone():
    for terms in ({"stop": 200}, {"peg": "mid"}):
        place = Marketplace()
        order = place.buy("ann", 1, 210, **terms)
        assert place.listing.busy is True
        place.exchange.submit("ann", Cancel(order.id))
        assert place.listing.busy is False


@pytest.mark.parametrize(("tick", "lot", "finest"), [(1, 1, True), (2, 1, False), (1, 2, False), (2, 2, False)])
def test_only_with_tick_and_lot_of_one_is_every_whole_number_in_order(tick, lot, finest):
    assert listing(tick=tick, lot=lot).finest is finest


def test_the_figures_of_the_hot_path_are_those_of_the_schedule():
    one = listing(FeeSchedule(maker=100, taker=200, minimum=7))
    assert (one.most_fixed, one.reserve_rate, one.minimum, one.free) == (15, -100, 7, False)
    assert one.payment == ("ACME", one.multiplier, False, 7, -100, -200)
    rebate = listing(FeeSchedule(maker=-100, taker=200))
    assert (rebate.most_fixed, rebate.reserve_rate, rebate.payment[4:]) == (1, 0, (100, -200))
    assert listing().payment[2] is True


def test_an_instrument_that_is_called_like_its_currency_is_one_sentence():
    with pytest.raises(InputError, match=r"^an instrument needs a symbol of its own, found that of its currency, USD$"):
        Stock("USD")
    assert Stock("USD", quote="EUR").quote == "EUR"
