"""Each detector finds its misconduct at its thresholds, and not one step below them; honest makers are not accused."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import count

import pytest

from market_sim.core.models.event import Event
from market_sim.core.models.intents import Conditions, PlaceOrder
from market_sim.core.models.market_events import (
    AccountOpened,
    BookOpened,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    PhaseChanged,
    Trade,
)
from market_sim.market.compliance.detectors.alert import ALERT_KINDS, Alert
from market_sim.market.compliance.detectors.thresholds import Thresholds
from market_sim.market.compliance.detectors.watch import DETECTORS, Watch, alerts_of

MS = 1_000_000
SECOND = 1_000 * MS
LONG_AGO = -100 * SECOND


class Script:
    """Events written by hand: each order and trade gets the next number."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._orders, self._trades = count(1), count(1)

    def place(self, ms: float, account: str, side: int, quantity: int, limit: int, venue: str = "", **terms) -> int:
        number = next(self._orders)
        intent = PlaceOrder("ACME", side, quantity, limit, venue=venue, **terms)
        self.events.append(OrderAccepted(int(ms * MS), number, account, intent))
        return number

    def cancel(self, ms: float, order: int, quantity: int, reason: str = "CANCELLED") -> None:
        self.events.append(OrderCancelled(int(ms * MS), order, quantity, reason))

    def trade(self, ms: float, maker: tuple[str, int], taker: tuple[str, int], side: int, quantity: int, price: int,
              venue: str = "") -> int:  # fmt: skip
        number = next(self._trades)
        self.events.append(
            Trade(
                int(ms * MS), number, "ACME", price, quantity, side, maker[1], taker[1], maker[0], taker[0], 0, 0, venue
            )
        )
        return number

    def between(self, ms: float, seller: str, buyer: str, quantity: int, price: int) -> int:
        """A trade with its two orders: the seller's waited."""
        resting = self.place(ms, seller, -1, quantity, price)
        taking = self.place(ms, buyer, 1, quantity, price)
        return self.trade(ms, (seller, resting), (buyer, taking), 1, quantity, price)

    def found(self, kind: str) -> list[Alert]:
        return [alert for alert in alerts_of(self.events) if alert.kind == kind]


def market(sizes: int = 20) -> Script:
    """A book with orders of ten shares, so that ten is the usual size."""
    script = Script()
    for _ in range(sizes):
        script.place(LONG_AGO / MS, "crowd", -1, 10, 200)
    return script


def spoof(
    script: Script,
    quantity: int = 50,
    limit: int = 99,
    filled: int = 0,
    cancelled_ms: float = 2_000,
    other: int = 0,
    by: str = "eve",
    side: int = 1,
    reason: str = "CANCELLED",
) -> int:
    """A large order of eve's, a trade of hers on the other side, and the cancellation."""
    wall = script.place(0, by, side, quantity, limit)
    if other:
        script.place(0, by, -side, other, 101)
    if filled:
        taker = script.place(500, "crowd", -side, filled, limit)
        script.trade(500, (by, wall), ("crowd", taker), -side, filled, limit)
    script.between(1_000, "eve", "crowd", 5, 100)
    script.cancel(cancelled_ms, wall, quantity - filled, reason)
    return wall


@pytest.mark.parametrize(
    ("found", "change"),
    [
        (True, {}),
        (False, {"quantity": 49}),  # less than five times the usual size
        (True, {"cancelled_ms": 6_000}),  # five seconds after the trade
        (False, {"cancelled_ms": 6_000.001}),
        (True, {"filled": 5}),  # a tenth
        (False, {"filled": 6}),
        (True, {"other": 7}),  # 12 of 50 with the order that was meant
        (False, {"other": 8}),  # 13 of 50: a quarter of it on the other side makes a maker
        (False, {"by": "adam"}),  # the trade was another owner's
        (False, {"side": -1, "limit": 101}),  # the trade was on the same side
        (False, {"reason": "SELF_TRADE"}),  # the exchange withdrew it
        (False, {"limit": 80}),  # too far away to press on the price
    ],
)
def test_a_spoof_is_large_near_and_cancelled_untraded_soon_after_a_trade_on_the_other_side(found, change) -> None:
    script = market()
    for limit in range(91, 96):
        script.place(LONG_AGO / MS, "crowd", 1, 10, limit)
    wall = spoof(script, **change)
    alerts = script.found("SPOOFING")
    assert bool(alerts) == found
    if found:
        assert (alerts[0].accounts, alerts[0].orders) == (("eve",), (wall,))
        assert script.events[alerts[0].event].order == wall


def test_a_wall_of_less_than_a_fifth_of_the_near_depth_is_no_spoof() -> None:
    for crowd, found in ((200, True), (201, False)):
        script = market()
        script.place(LONG_AGO / MS, "crowd", 1, crowd, 98)
        spoof(script)
        assert bool(script.found("SPOOFING")) == found


def test_a_spoofer_that_amends_its_wall_away_is_found_like_one_that_cancels() -> None:
    script = market()
    wall = script.place(0, "eve", 1, 50, 99)
    script.between(1_000, "eve", "crowd", 5, 100)
    script.events.append(OrderAmended(1_500 * MS, wall, 50, 80, False))
    assert len(script.found("SPOOFING")) == 1


def test_what_the_book_does_not_show_presses_on_no_price() -> None:
    script = market()
    wall = script.place(0, "eve", 1, 50, 99, conditions=Conditions(hidden=True))
    script.between(1_000, "eve", "crowd", 5, 100)
    script.cancel(1_500, wall, 50)
    assert script.found("SPOOFING") == []


def test_a_spoofer_that_goes_on_raises_one_alert_in_two_seconds() -> None:
    script = market()
    for second in range(6):
        wall = script.place(second * 1_000, "eve", 1, 100, 99)
        script.between(second * 1_000 + 100, "eve", "crowd", 5, 100)
        script.cancel(second * 1_000 + 200, wall, 100)
    assert [alert.time // SECOND for alert in script.found("SPOOFING")] == [0, 2, 4]


def layered(
    prices: tuple[int, ...] = (99, 98, 97), other: int = 0, cancelled: int = 3, cancelled_ms: float = 5_000
) -> Script:
    script = market()
    layers = [script.place(0, "eve", 1, 20, price) for price in prices]
    if other:
        script.place(0, "eve", -1, other, 101)
    script.between(0, "eve", "crowd", 5, 100)
    for layer in layers[:cancelled]:
        script.cancel(cancelled_ms, layer, 20)
    return script


@pytest.mark.parametrize(
    ("found", "change"),
    [
        (True, {}),
        (False, {"prices": (99, 98)}),
        (False, {"prices": (99, 98, 98)}),
        (True, {"cancelled_ms": 5_000}),
        (False, {"cancelled_ms": 5_000.001}),
        (True, {"prices": (99, 98, 97, 96, 95), "cancelled": 4}),
        (False, {"prices": (99, 98, 97, 96, 95), "cancelled": 3}),
        (True, {"other": 9}),  # 14 of 60 with the order that was meant
        (False, {"other": 10}),
    ],
)
def test_layering_is_a_stack_at_three_prices_of_which_four_fifths_are_cancelled_in_time(found, change) -> None:
    assert bool(layered(**change).found("LAYERING")) == found


def washed(trips: int = 5, gap_ms: float = 100, price: int = 10_000, back: int = 10_000, size: int = 100,
           back_size: int = 100, others: int = 0) -> Script:  # fmt: skip
    script = Script()
    if others:
        script.between(0, "eve", "crowd", others // 2, 10_000)
        script.between(0, "crowd", "eve", others // 2, 10_000)
    for _ in range(trips):
        script.between(0, "eve", "adam", size, price)
    for _ in range(trips):
        script.between(gap_ms, "adam", "eve", back_size, back)
    return script


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("found", "change"),
    [
        (True, {}),
        (False, {"trips": 4}),
        (True, {"back": 10_010}),  # 0.1 %
        (False, {"back": 10_011}),
        (True, {"back_size": 95}),  # 5 %
        (False, {"back_size": 94}),
        (True, {"others": 1_000}),  # half of its volume
        (False, {"others": 1_002}),
        (True, {"gap_ms": HOUR_MS}),  # the window includes its end
        (False, {"gap_ms": HOUR_MS + 0.001}),
    ],
)
def test_washing_is_five_round_trips_at_a_price_and_a_size_within_an_hour(found, change) -> None:
    script = washed(**change)
    alerts = [alert for alert in script.found("WASH_TRADE") if alert.accounts == ("adam", "eve")]
    assert bool(alerts) == found
    if found:
        assert len(alerts[0].trades) == 10


def test_an_owner_that_trades_with_itself_is_found_at_once() -> None:
    script = Script()
    script.events += [AccountOpened(0, "eve", 2, "eve inc"), AccountOpened(0, "eva", 3, "eve inc")]
    trade = script.between(1, "eve", "eva", 7, 100)
    (alert,) = script.found("WASH_TRADE")
    assert (alert.accounts, alert.trades) == (("eve", "eva"), (trade,))


def test_round_trips_with_the_quotes_of_a_maker_are_no_washing() -> None:
    script = Script()
    script.place(0, "eve", 1, 25, 90)
    script.place(0, "adam", 1, 25, 90)
    script.place(0, "eve", -1, 25, 110)
    script.place(0, "adam", -1, 25, 110)
    for trip in range(6):
        script.between(1 + 2 * trip, "eve", "adam", 100, 100)
        script.between(2 + 2 * trip, "adam", "eve", 100, 100)
    assert script.found("WASH_TRADE") == []


def stuffed(orders: int, lived_ms: float = 4.999, traded: int = 0) -> Script:
    script = Script()
    for number in range(orders):
        order = script.place(number * 10, "eve", 1, 1, 90)
        if number >= traded:
            script.cancel(number * 10 + lived_ms, order, 1)
    return script


@pytest.mark.parametrize(
    ("found", "change"),
    [
        (True, {"orders": 51}),
        (False, {"orders": 50}),  # a hundred messages and no more
        (False, {"orders": 60, "lived_ms": 5}),
        (True, {"orders": 100, "traded": 4}),
        (False, {"orders": 60, "traded": 3}),  # 57 of 60 are 95 % and no more
    ],
)
def test_stuffing_is_more_than_a_hundred_messages_of_fleeting_orders_in_a_second(found, change) -> None:
    assert bool(stuffed(**change).found("QUOTE_STUFFING")) == found


def closing(share: int = 31, last: int = 1_002, trades: int = 10, phase: str = "closed", reason: str = "CLOSED",
            ended_ms: float = 1_999) -> Script:  # fmt: skip
    script = Script()
    script.between(0, "crowd", "crowd-2", 100, 1_000)
    for number in range(trades - 1):
        script.between(1_000, "crowd", f"crowd-{number}", 10, 1_000)
    volume = 10 * (trades - 1)
    script.between(1_500, "crowd", "eve", -(-volume * share // (100 - share)), last)
    script.events.append(PhaseChanged(int(ended_ms * MS), "ACME", phase, reason, {}))
    return script


@pytest.mark.parametrize(
    ("found", "change"),
    [
        (True, {}),
        (False, {"share": 29}),
        (False, {"last": 998}),  # against its way
        (False, {"last": 1_001}),  # ten hundredths of a percent
        (False, {"trades": 9}),
        (False, {"phase": "halted"}),
        (False, {"reason": "INSTRUMENT_ENDED"}),  # the last price of what expires decides nothing
        (False, {"ended_ms": 3_000}),
    ],
)
def test_a_close_is_marked_by_most_of_the_last_trades_that_move_the_price_their_way(found, change) -> None:
    alerts = closing(**change).found("MARKING_THE_CLOSE")
    assert [alert.accounts for alert in alerts] == ([("eve",)] if found else [])


@pytest.mark.parametrize(
    ("periods", "normal", "volume", "found"),
    [(20, 10, 100, True), (20, 10, 99, False), (19, 10, 100, False), (20, 0, 1_000, False), (40, 10, 100, True)],
)
def test_ten_times_the_mean_of_twenty_complete_periods_opens_a_case(periods, normal, volume, found) -> None:
    script = Script()
    script.between(0, "a", "b", normal or 10, 100)
    for period in range(1, periods) if normal else ():
        script.between(period * 1_000, "a", "b", normal, 100)
    time = (periods if normal else 30) * 1_000
    script.between(time, "a", "b", volume // 2, 100)
    trade = script.between(time + 1, "a", "b", volume - volume // 2, 100)
    alerts = [alert for alert in script.found("VOLUME_SPIKE") if alert.time > time * MS]
    assert bool(alerts) == found
    if found:
        assert alerts[0].trades[-1] == trade
        assert not alerts[0].accuses


def walk(clustered: bool, seed: int, steps: int = 600) -> Script:
    """Prices with GARCH(1,1) returns, or independent ones of the same long-run variance."""
    chance, script, price, variance = random.Random(seed), Script(), 1e6, 1.0
    for step in range(steps):
        shock = chance.gauss(0, 1) * (variance**0.5 if clustered else 1)
        variance = 0.05 + 0.45 * shock**2 + 0.5 * variance
        price *= 1 + shock / 10_000
        trade = step + 1
        event = Trade(step * 100 * MS, trade, "ACME", round(price), 1, 1, trade, trade, "a", "b", 0, 0)
        script.events.append(event)
    return script


def test_garch_raises_the_case_of_clustering_and_independent_returns_of_the_same_variance_do_not() -> None:
    raised = [bool(walk(True, seed).found("VOLATILITY_CLUSTERING")) for seed in range(10)]
    calm = [bool(walk(False, seed).found("VOLATILITY_CLUSTERING")) for seed in range(10)]
    assert sum(raised) >= 9
    assert not any(calm)


@pytest.mark.parametrize(
    ("side", "price", "found"), [(1, 101, True), (1, 100, False), (-1, 97, True), (-1, 98, False), (-1, 99, False)]
)
def test_a_trade_at_a_worse_price_than_another_venue_shows_is_a_case_that_names_the_venue(side, price, found) -> None:
    script = Script()
    script.events += [BookOpened(0, "ACME", venue) for venue in ("A", "B")]
    script.place(0, "maker", -1, 10, 100, "B")
    script.place(0, "maker", 1, 10, 98, "B")
    resting = script.place(0, "other", -side, 5, price, "A")
    taking = script.place(1, "client", side, 5, price, "A")
    trade = script.trade(1, ("other", resting), ("client", taking), side, 5, price, "A")
    alerts = script.found("BEST_EXECUTION")
    assert bool(alerts) == found
    if found:
        assert (alerts[0].numbers["venue"], alerts[0].trades, alerts[0].accuses) == ("B", (trade,), False)


def test_a_market_with_one_book_has_no_case_of_best_execution() -> None:
    script = Script()
    script.place(0, "maker", -1, 10, 100)
    script.between(1, "other", "client", 5, 105)
    assert script.found("BEST_EXECUTION") == []


def examples() -> Iterable[Script]:
    spoofed = market()
    spoof(spoofed)
    return spoofed, layered(), washed(), stuffed(51), closing()


def test_every_kind_of_alert_has_a_detector_a_rule_and_a_sentence_that_its_numbers_fill() -> None:
    assert {detector.kind for detector in DETECTORS} == {*ALERT_KINDS}
    for script in examples():
        (alert,) = [alert for alert in alerts_of(script.events) if alert.accuses]
        assert "{" not in alert.sentence
        assert alert.accounts[0] in alert.sentence
        assert alert.rule.endswith(".")


def test_other_thresholds_find_other_things() -> None:
    script = market()
    spoof(script, quantity=49)
    watch = Watch(Thresholds(spoof_size_times=4))
    assert [alert.kind for event in script.events for alert in watch.feed(event)] == ["SPOOFING"]
