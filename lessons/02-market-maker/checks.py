"""What an answer to 02-market-maker must do. The prices are compared with those of the product's own market maker.

Prices are whole cents, in the sentences as in the answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest

from market_sim import MarketMaker, Noise, Options, Scenario, Stock, View, dollars, simulate
from market_sim.core.models.intents import BUY, PlaceOrder
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, Trade
from market_sim.course.replay import PracticeExchange
from market_sim.market.agents.view import InstrumentView

LIMIT, TARGET = 20, 100


@pytest.mark.points(1, task=1, hint="The whole spread lies between bid and ask, so half of it lies on each side.")
def test_half_the_spread_on_each_side(student, replay):
    "without inventory, the quotes are half the spread below and above the reference"
    bid, ask = quotes(student, 10_000, 20, 0, LIMIT, 30)
    replay(*both_in_one_book((10_000, 20, 0, LIMIT, 30), (bid, ask)))
    assert (bid, ask) != (9_980, 10_020), (
        "with 20 basis points bid and ask are 40 cents apart: you took the whole spread on each side, it is half"
    )
    assert bid is not None and ask is not None and bid < ask, (
        f"a maker lives from selling higher than it buys: the bid must be below the ask, found {bid} and {ask}"
    )
    assert (bid, ask) == (9_990, 10_010), f"20 basis points around 10000 are 9990 and 10010, found {bid} and {ask}"
    narrow = quotes(student, 500, 10, 0, LIMIT, 30)
    replay(*both_in_one_book((500, 10, 0, LIMIT, 30), narrow))
    assert narrow == (499, 501), (
        f"10 basis points of 500 are half a cent, and half of that is less than a cent: keep one cent on "
        f"each side, 499 and 501; found {narrow}"
    )


@pytest.mark.points(
    2, task=1, hint="Who holds too much wants to be bought from: is a low price or a high one inviting?"
)
def test_the_quotes_lean_against_the_stock(student, replay):
    "with too many shares both quotes move down, with too few both move up"
    long_bid, long_ask = quotes(student, 10_000, 20, 10, LIMIT, 30)
    short_bid, short_ask = quotes(student, 10_000, 20, -10, LIMIT, 30)
    replay(*both_in_one_book((10_000, 20, 10, LIMIT, 30), (long_bid, long_ask)))
    assert (long_bid, long_ask) != (9_990, 10_010), (
        "with 10 shares too many you quote as if you had none too many: lean against the stock"
    )
    assert long_bid is not None and long_bid < 9_990, (
        f"with 10 shares too many your bid is {long_bid}, above 9990: that invites even more sellers; move it down"
    )
    product = product_quotes(10_000, 20, 10, LIMIT, 30)
    assert (long_bid, long_ask) == product, (
        f"10 of 20 shares too many is half of the limit, so half of 30 basis points: {product}, "
        f"found {(long_bid, long_ask)}"
    )
    product = product_quotes(10_000, 20, -10, LIMIT, 30)
    replay(*both_in_one_book((10_000, 20, -10, LIMIT, 30), (short_bid, short_ask)))
    assert (short_bid, short_ask) == product, (
        f"with 10 shares too few both quotes go up: {product}, found {(short_bid, short_ask)}"
    )


@pytest.mark.points(1, task=1, hint="At the limit only one of the two sides may still be offered.")
def test_one_side_at_the_limit(student, replay):
    "at the limit the side that would lead further away is not quoted"
    bid, ask = quotes(student, 10_000, 20, LIMIT, LIMIT, 30)
    replay(*both_in_one_book((10_000, 20, LIMIT, LIMIT, 30), (bid, ask)))
    assert bid is None, f"with 20 shares too many you still offer to buy at {bid}; the limit is 20, so the bid is None"
    assert ask is not None, "with 20 shares too many you must go on selling, or you never get rid of them"
    bid, ask = quotes(student, 10_000, 20, -LIMIT, LIMIT, 30)
    replay(*both_in_one_book((10_000, 20, -LIMIT, LIMIT, 30), (bid, ask)))
    assert ask is None and bid is not None, f"with 20 shares too few buy and do not sell, found bid {bid}, ask {ask}"


@pytest.mark.points(2, task=1, hint="Use whole numbers and // throughout, in the order of the text.")
def test_random_quotes_are_those_of_the_product(student, partial, seed, replay):
    "forty random situations give the quotes of the product's own market maker"
    luck = Random(seed)
    for right in range(40):
        given = (
            luck.randint(900, 30_000),
            luck.randint(2, 80),
            luck.choice([-1, 1]) * luck.randint(3, LIMIT + 4),
            LIMIT,
            luck.randint(5, 60),
        )
        found, expected = quotes(student, *given), product_quotes(*given)
        partial(right / 40, f"{right} of 40 situations are right until the first that differs")
        replay(*both_in_one_book(given, found))
        assert found == expected, f"situation {right + 1} of 40: quotes{given} is {expected}, found {found}"
    partial(1, "")


@pytest.mark.points(4, task=2, hint="In each call: a Cancel for every order in view.orders, then the new quotes.")
def test_a_day_in_the_market(student, partial, seed, replay):
    "a day in a real market: quotes are there, old ones are taken back, the limit holds, and spread is earned"
    result = simulate(Day(student.strategy("Maker")), Options(seed=seed, epochs=10, settlement="none"))
    journal = result.journal
    mine = [event.order for event in journal.of(OrderAccepted) if event.account == "you"]
    replay(journal, next((place for place, one in enumerate(journal) if getattr(one, "account", "") == "you"), None))
    assert not result.failures, result.failures[0] if result.failures else ""
    assert len(mine) >= 100, (
        f"in 10 seconds of ten decisions each you placed {len(mine)} orders; quote in each decision"
    )
    open_orders, place = most_open(journal)
    replay(journal, place, "your orders that wait at once", "at most 2", open_orders)
    assert open_orders <= 2, (
        f"at one time {open_orders} of your orders waited: take the old quotes back before you place new ones"
    )
    partial(1 / 4, "you quote and take back, but something else is wrong")
    held, place = furthest(journal)
    replay(journal, place, "shares away from the target", f"at most {LIMIT}", held)
    assert held <= LIMIT, f"you were {held} shares away from the {TARGET} that you want, and the limit is {LIMIT}"
    partial(2 / 4, "you quote within the limit, but earn nothing")
    bought, sold = average(journal, buying=True), average(journal, buying=False)
    replay(journal, None, "the average prices of a day", "selling higher than buying", f"bought {bought}, sold {sold}")
    assert bought and sold, "nobody traded with you on both sides: are your quotes near the value?"
    assert sold > bought, f"you bought at {bought} and sold at {sold} on average: there is no spread in that"
    partial(1, "")


# How the checks ask


@dataclass(frozen=True)
class Day(Scenario):
    """A quiet stock, traders without information, and one market maker."""

    maker: object = None
    name = "lesson-market-maker"

    @property
    def parameters(self):
        return {}

    def build(self, world):
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=1)
        world.join("you", self.maker, cash=dollars(100_000), holdings={"ACME": TARGET}, latency_ms=0)
        for number in range(8):
            noise = Noise(trade_probability=0.2, patience=0)
            world.join(f"noise-{number}", noise, cash=dollars(10_000), holdings={"ACME": 100})


def quotes(student, *given):
    found = student.call("quotes", *given)
    assert isinstance(found, tuple | list) and len(found) == 2, f"quotes(...) returns (bid, ask), found {found!r}"
    whole = all(one is None or type(one) is int for one in found)
    assert whole, f"prices are whole cents: use // instead of /; found {found!r}"
    return tuple(found)


def product_quotes(reference, spread_bps, away, limit, lean_bps):
    """What the product's own market maker quotes in this situation."""
    maker = MarketMaker(spread_bps=spread_bps, size=1, levels=1, target=100, max_position=limit, lean_bps=lean_bps)
    market = InstrumentView("ACME", value=reference, position=100 + away)
    intents = list(maker.decide(View({"ACME": market}, cash=10**9)))
    prices = {intent.side: intent.limit for intent in intents}
    return prices.get(BUY), prices.get(-BUY)


def both_in_one_book(given, found):
    """A book with the quotes of the product's maker and of the answer beside each other, and what to say of them."""
    stage, expected = PracticeExchange("lesson 02-market-maker"), product_quotes(*given)
    for account, prices in (("maker", expected), ("you", found)):
        for side, price in zip((BUY, -BUY), prices, strict=True):
            if price is not None and 0 < price < 10**9:
                stage.play(account, PlaceOrder("ACME", side, 1, price))
    return stage.end(), None, f"quotes{given}", expected, found


def most_open(journal):
    """The most orders of the student's that waited at once, after a millisecond, and where that was."""
    waiting, most, place = {}, 0, None
    for number, event in enumerate(journal):
        if type(event) is OrderAccepted and event.account == "you":
            waiting[event.order] = event.terms.quantity
        elif type(event) is OrderCancelled:
            waiting.pop(event.order, None)
        elif type(event) is Trade:
            for order in (event.maker_order, event.taker_order):
                if order in waiting:
                    waiting[order] -= event.quantity
                    if not waiting[order]:
                        del waiting[order]
        if len(waiting) > most:
            most, place = len(waiting), number
    return most, place


def furthest(journal):
    """How far the position was from the target at most, and at which event."""
    position, most, place = TARGET, 0, None
    for number, event in enumerate(journal):
        if type(event) is Trade and "you" in (event.maker, event.taker):
            bought = event.side if event.taker == "you" else -event.side
            position += bought * event.quantity
            if abs(position - TARGET) > most:
                most, place = abs(position - TARGET), number
    return most, place


def average(journal, buying):
    """The average price at which the student bought or sold."""
    fills = [
        (event.price, event.quantity)
        for event in journal.of(Trade)
        if (event.maker == "you" and event.side == (-1 if buying else 1))
        or (event.taker == "you" and event.side == (1 if buying else -1))
    ]
    total = sum(quantity for _, quantity in fills)
    return round(sum(price * quantity for price, quantity in fills) / total, 1) if total else 0
