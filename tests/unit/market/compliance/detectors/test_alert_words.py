"""What alerts say: prices and sizes as people write them, in the journal too, and the same words for both sides."""

from __future__ import annotations

import pytest

from market_sim.analysis.alerts import alerts
from market_sim.core.models.figures import Figures
from market_sim.core.models.instruments import Spot
from market_sim.core.models.intents import BUY, SELL, PlaceOrder
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, PhaseChanged, Trade
from market_sim.core.models.surveillance_events import AlertRaised
from market_sim.core.models.venue_events import OutageBegan, OutageEnded, VenueHealthChanged
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.thresholds import Thresholds
from market_sim.market.compliance.detectors.watch import alerts_of
from market_sim.market.compliance.enforcement import Enforcement
from market_sim.market.compliance.profile import Day, Profile
from tests.unit.market.compliance.ruled_market import RuledMarket

FREE = Profile("free", "No rule.", day=Day(pace=1))
MS = 1_000_000
COIN = Figures([Spot("BTC/USD", price_decimals=0, quantity_decimals=2)])


def two_venues() -> RuledMarket:
    """A bid of 1.00 on X and a better one, of 1.01, on Y."""
    market = RuledMarket(FREE, venues=("X", "Y"))
    market.send("ann", PlaceOrder("ACME", BUY, 5, 100, venue="X"), "X")
    market.send("carl", PlaceOrder("ACME", BUY, 5, 101, venue="Y"), "Y")
    return market


def sell_on_x(market: RuledMarket) -> list[str]:
    """Bob sells at the worse bid; the sentences of the cases of best execution."""
    market.send("bob", PlaceOrder("ACME", SELL, 5, 100, venue="X"), "X")
    return [one.sentence for one in alerts(market.journal) if one.code == "BEST_EXECUTION"]


def test_a_sale_is_not_paid_and_its_prices_are_written_in_dollars() -> None:
    assert sell_on_x(two_venues()) == ["bob traded at 1.00 where Y showed 1.01: 99.0 bp worse"]


@pytest.mark.parametrize("how", ["halt", "call", "close"])
def test_a_venue_that_does_not_trade_shows_no_better_price(how) -> None:
    market = two_venues()
    getattr(market.venues["Y"].phases, how)("ACME", reason="TEST")
    assert sell_on_x(market) == []


def test_a_venue_that_trades_again_shows_its_price() -> None:
    market = two_venues()
    market.venues["Y"].phases.halt("ACME", reason="TEST")
    market.venues["Y"].phases.resume("ACME", reason="TEST")
    assert len(sell_on_x(market)) == 1


def test_a_venue_that_does_not_answer_shows_no_better_price() -> None:
    for begins, ends in (
        (OutageBegan(0, "Y", 9), OutageEnded(9, "Y")),
        (VenueHealthChanged(0, "Y", "OPEN", 5), VenueHealthChanged(9, "Y", "CLOSED", 0)),
    ):
        market = two_venues()
        market.journal.record(begins)
        assert sell_on_x(market) == []
        market = two_venues()
        market.journal.record(begins)
        market.journal.record(ends)
        assert len(sell_on_x(market)) == 1


def test_the_one_price_of_an_auction_is_no_case() -> None:
    market = two_venues()
    market.venues["X"].phases.call("ACME", reason="TEST")
    market.send("bob", PlaceOrder("ACME", SELL, 5, 100, venue="X"), "X")
    market.venues["X"].phases.uncross("ACME")
    assert market.prices() == [100]
    assert [one.code for one in alerts(market.journal)] == []


def test_the_journal_tells_an_alert_in_the_words_of_the_list() -> None:
    market = two_venues()
    enforcement = Enforcement()
    enforcement.plan = lambda time: None
    enforcement.attach(market.exchange, market.journal, [market.venues["Y"]])
    said = sell_on_x(market)
    assert said == [event.sentence for event in market.events(AlertRaised)] != []


def test_sizes_of_a_coin_are_coins() -> None:
    numbers = {"account": "eve", "quantity": 150, "times": 15, "share": 50, "filled": 0, "after_ms": 8}
    alert = Alert(5, "SPOOFING", ("eve",), "BTC/USD", numbers)
    assert alert.told(COIN).startswith("eve cancelled an order of 1.50 (15 times the usual size,")
    spike = {"volume": 2_500_000, "seconds": "1", "times": 12, "buckets": 20, "before": 4_000_000}
    assert Alert(5, "VOLUME_SPIKE", (), "BTC/USD on X", spike).told(COIN) == (
        "25,000.00 traded in 1 s, 12 times the mean of the 20 periods before, in which 40,000.00 traded"
    )


def test_times_in_a_sentence_are_those_of_the_thresholds() -> None:
    limits = Thresholds(
        stuffing_window_ns=500 * MS, stuffing_messages=4, stuffing_fleeting_ns=MS // 2, close_window_ns=2_500 * MS
    )
    flood = [
        event
        for order in range(1, 4)
        for event in (
            OrderAccepted(order * 10 * MS, order, "eve", PlaceOrder("ACME", BUY, 1, 90)),
            OrderCancelled(order * 10 * MS + MS // 4, order, 1, "CANCELLED"),
        )
    ]
    trades = [Trade(100 * MS + n, n, "ACME", 100 + n, 1, 1, n, n, "a", "eve", 0, 0) for n in range(20)]
    close = PhaseChanged(200 * MS, "ACME", "closed", "SCHEDULE", {}, "")
    assert [alert.sentence for alert in alerts_of([*flood, *trades, close], limits)] == [
        "eve sent 6 messages in 0.5 s, and 100 % of its orders lived less than 0.5 ms",
        "eve took 100 % of the volume of the last 2.5 s and the price moved by 1900 bp its way",
    ]
