"""What an answer to 09-inventory must do. The prices are compared with those of the product's own maker.

Prices are in cents, in the sentences as in the answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from random import Random

import pytest

from market_sim import Options, Scenario, Stock, dollars, simulate
from market_sim.core.models.intents import BUY, PlaceOrder
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.run_events import ValueMoved
from market_sim.course.replay import PracticeExchange
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.pricing.quoting import half_spread, reservation_price
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.customer import Customer

TARGET, SIZE, RISK, SIGMA, K, SESSION = 3_000, 5, 0.02, 10.0, 0.3, 8.0
CLOSE = 1e-6


@pytest.mark.points(1, task=1, hint="Who has too much sells more cheaply: the correction is subtracted.")
def test_the_reservation_price_leans_against_the_inventory(student, replay):
    "with too much the reservation price is below the value, with too little above it"
    given = (10_000, 4, 0.02, 10.0, 8.0)
    found, expected = reservation(student, *given), 10_000 - 64
    replay(*in_one_book(given, None), asked("reservation", given), expected, found)
    assert found != 10_000, (
        "with 4 quotes too many one share more is worth as much to you as with none: it is worth less"
    )
    assert found < 10_000, (
        f"with 4 quotes too many your reservation price is {found:g}, above the value: "
        f"you would pay more, having too many"
    )
    few = reservation(student, 10_000, -4, 0.02, 10.0, 8.0)
    assert few > 10_000, f"with 4 quotes too few one share more is worth more than the value, found {few:g}"


@pytest.mark.points(2, task=1, hint="Variance is sigma squared, times the seconds that are left.")
def test_the_reservation_price_is_that_of_the_paper(student, partial, replay):
    "the reservation price follows variance and time"
    for done, (why, given) in enumerate(
        (
            ("at the end of the session the inventory no longer matters", (10_000, 4, 0.02, 10.0, 0.0)),
            ("a price that moves twice as much has four times the variance", (10_000, 4, 0.02, 20.0, 8.0)),
            ("with half of the session left half of the variance is to come", (10_000, 4, 0.02, 10.0, 4.0)),
            ("an example", (12_345, -3, 0.005, 7.5, 2.5)),
        )
    ):
        found, expected = reservation(student, *given), reservation_price(given[0], *given[1:])
        replay(*in_one_book(given, None), asked("reservation", given), expected, found)
        assert abs(found - expected) < CLOSE, f"{why}: {asked('reservation', given)} is {expected:g}, found {found:g}"
        partial((done + 1) / 4, f"{done + 1} of 4 examples are right")


@pytest.mark.points(1, task=2, hint="Half a spread on each side; with no risk it is 1 / k.")
def test_a_maker_without_fear_quotes_the_distance_of_its_customers(student, replay):
    "with risk 0 each quote is 1 / k away from the value, whatever is held"
    given = (10_000, 4, 0.0, 10.0, 0.25, 8.0)
    found = quotes(student, *given)
    replay(*in_one_book(given[:4] + given[5:], found), asked("quotes", given), (9_996, 10_004), found)
    assert found == (9_996, 10_004), f"with k 0.25 and risk 0 each quote is 4 cents away: (9996, 10004), found {found}"


@pytest.mark.points(
    2, task=2, hint="Both parts of half a spread, around the reservation price; floor and ceil at the end."
)
def test_random_quotes_are_those_of_the_paper(student, partial, seed, replay):
    "forty random situations give the quotes of the product's own maker"
    luck = Random(seed)
    for right in range(40):
        given = (
            luck.randint(9_000, 11_000), luck.choice([-1, 1]) * luck.randint(1, 6), luck.choice([0.005, 0.01, 0.04]),
            luck.choice([5.0, 8.0, 12.0]), luck.choice([0.1, 0.3, 0.5]), luck.choice([0.5, 2.0, 5.0, 8.0]),
        )  # fmt: skip
        found, expected = quotes(student, *given), paper(*given)
        replay(*in_one_book(given[:4] + given[5:], found, expected), asked("quotes", given), expected, found)
        centre = reservation_price(given[0], given[1], given[2], given[3], given[5])
        half = half_spread(given[2], given[3], given[5], given[4])
        assert found[1] - found[0] < 1.5 * (2 * half) + 2, (
            f"{asked('quotes', given)}: your quotes are {found[1] - found[0]} cents apart, the whole spread is "
            f"{2 * half:.1f}; half of it lies on each side"
        )
        assert abs(sum(found) / 2 - given[0]) > 0.5 or abs(centre - given[0]) < 1.5, (
            f"{asked('quotes', given)}: the middle of your quotes {found} is the value; it should be the reservation "
            f"price, {centre:g}"
        )
        assert matches(found, centre, half), (
            f"situation {right + 1} of 40: {asked('quotes', given)} is {expected}, found {found}"
        )
        partial((right + 1) / 40, f"{right + 1} of 40 situations are right until the first that differs")
    partial(1, "")


@pytest.mark.points(4, task=3, hint="The replay stands at the first order whose price is not that of the formula.")
def test_a_session_with_customers(student, partial, seed, replay):
    "in two sessions every price is the formula's, and less is held than by a maker who ignores its inventory"
    journal = session(student.strategy("Maker"), seed, replay)
    orders = [(place, one) for place, one in enumerate(journal) if type(one) is OrderAccepted and one.account == "you"]
    assert len(orders) >= 200, (
        f"in 16 seconds of twenty decisions each you placed {len(orders)} orders; quote each time"
    )
    partial(1 / 4, "you quote, but not at the prices of the formula")
    for place, order, value, away, left in moments(journal):
        centre, half = reservation_price(value, away, RISK, SIGMA, left), half_spread(RISK, SIGMA, left, K)
        bid, ask = paper(value, away, RISK, SIGMA, K, left)
        right, found = (bid if order.terms.side == BUY else ask), order.terms.limit
        side = "bid" if order.terms.side == BUY else "ask"
        replay(journal, place, f"your {side}, {away:+g} quotes away, {left:.2f} s left, value {value}", right, found)
        assert near(found, side, centre, half), (
            f"{left:.2f} s before the end, {away:+g} quotes away and at a value of {value}, your {side} "
            f"is {found}; "
            f"your own quotes(...) should give {right} here"
        )
    partial(3 / 4, "the prices are right, but you hold no less than a maker who ignores its inventory")
    mine, other = held(journal), held(session(FixedSpread("ACME", SIZE, 1_000, spread_bps=8), seed))
    replay(journal, None, "shares away from the target on average", f"less than half of {other:.1f}", f"{mine:.1f}")
    assert mine < other / 2, (
        f"you were {mine:.1f} shares away on average, a maker who ignores its inventory {other:.1f}"
    )
    partial(1, "")


# How the checks ask


@dataclass(frozen=True)
class Session(Scenario):
    """One share, customers who come more often to better quotes, and one maker."""

    maker: object = None
    name = "lesson-inventory"

    @property
    def parameters(self):
        return {}

    def build(self, world):
        world.list(Stock("ACME"))
        world.value("ACME", dollars(100), RandomWalk(3))
        world.join("you", self.maker, cash=dollars(500_000), holdings={"ACME": TARGET}, every_ms=50, latency_ms=0)
        for number in range(6):
            customer = Customer("ACME", trade_probability=0.3)
            world.join(f"customer-{number}", customer, dollars(90_000), {"ACME": 900}, latency_ms=5)


def session(maker, seed, replay=None):
    result = simulate(Session(maker), Options(seed=seed, epochs=16, settlement="none"))
    if replay is not None:
        replay(result.journal, None)
    assert not result.failures, result.failures[0] if result.failures else ""
    return result.journal


def moments(journal):
    """Each order of the student's with what was known when it was sent: value, units away, seconds left."""
    value, position = dollars(100), TARGET
    for place, event in enumerate(journal):
        if type(event) is ValueMoved:
            value = event.value
        elif type(event) is Trade and "you" in (event.maker, event.taker):
            position += (event.side if event.taker == "you" else -event.side) * event.quantity
        elif type(event) is OrderAccepted and event.account == "you":
            yield place, event, value, (position - TARGET) / SIZE, SESSION - event.time / 1e9 % SESSION


def held(journal):
    """How far the position was from the target, on average after each trade."""
    away, path = 0, [0]
    for event in journal.of(Trade):
        if "you" in (event.maker, event.taker):
            away += (event.side if event.taker == "you" else -event.side) * event.quantity
            path.append(abs(away))
    return sum(path) / len(path)


def reservation(student, *given):
    found = student.call("reservation", *given)
    assert type(found) in (int, float), f"reservation(...) returns a number, found {found!r}"
    return found


def quotes(student, *given):
    found = student.call("quotes", *given)
    assert isinstance(found, tuple | list) and len(found) == 2, f"quotes(...) returns (bid, ask), found {found!r}"
    assert all(type(one) is int for one in found), f"prices are whole cents: use floor and ceil; found {found!r}"
    return tuple(found)


def paper(value, away, risk, sigma, k, left):
    """The quotes of the product's own maker in this situation."""
    centre, half = reservation_price(value, away, risk, sigma, left), half_spread(risk, sigma, left, k)
    return floor(centre - half + CLOSE), ceil(centre + half - CLOSE)


def matches(found, centre, half):
    return near(found[0], "bid", centre, half) and near(found[1], "ask", centre, half)


def near(found, side, centre, half):
    """Whether a price is the formula's, also where floats miss a whole cent."""
    theory = centre - half if side == "bid" else centre + half
    rounded = floor if side == "bid" else ceil
    return found in {rounded(theory - CLOSE), rounded(theory + CLOSE)}


def asked(name, given):
    return f"{name}({', '.join(f'{one:g}' for one in given)})"


def in_one_book(given, found, expected=None):
    """A book with the quotes of the product's maker and of the answer beside each other."""
    value, away, risk, sigma, left = given
    stage = PracticeExchange("lesson 09-inventory")
    right = expected or paper(value, away, risk, sigma, K, left)
    for account, prices in (("maker", right), ("you", found or ())):
        for side, price in zip((BUY, -BUY), prices, strict=False):
            if 0 < price < 10**9:
                stage.play(account, PlaceOrder("ACME", side, 1, price))
    return stage.end(), None
