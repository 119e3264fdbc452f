"""What an answer to 19-where-to-send-it must do. Divisions are compared with the product's router, connections with its
venue health breaker; the replays are of the run in which a venue is down."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.core.models.venue_events import RoutePlanned, VenueHealthChanged
from market_sim.market.venues.breaker import Breaker
from market_sim.pricing.routing import Place, plan
from market_sim.simulation.scenarios.outage import OutageScenario

MILLION = 1_000_000
NEAR, FAR = ("NEAR", 300, [(10_001, 50), (10_002, 50)]), ("FAR", 0, [(10_002, 80)])


@pytest.mark.points(2, task=1, hint="Write down what one share costs at each level of the sentence, with the fee.")
def test_four_orders(student, replay):
    "fees count, a part has the limit of its worst level, and equal levels go by the list"
    dear, cheap = ("DEAR", 300, [(10_000, 40)]), ("CHEAP", -200, [(9_998, 90)])
    cases = [
        ("a buyer", [NEAR, FAR], 1, 100, {"FAR": (80, 10_002), "NEAR": (20, 10_001)}),
        ("a buyer who takes two levels", [NEAR, FAR], 1, 170, {"FAR": (80, 10_002), "NEAR": (90, 10_002)}),
        ("a seller", [dear, cheap], -1, 100, {"CHEAP": (90, 9_998), "DEAR": (10, 10_000)}),
        (
            "a buyer where fees are equal",
            [("A", 0, [(10, 5)]), ("B", 0, [(10, 5)])],
            1,
            7,
            {"A": (5, 10), "B": (2, 10)},
        ),
    ]
    for who, venues, side, quantity, right in cases:
        found = parts(student, replay, venues, side, quantity, right)
        given = f"{who}: divide({venues}, {side}, {quantity})"
        total = sum(many for many, _ in found.values())
        assert total == min(quantity, shown(venues)), f"{given} has to take {quantity} shares, found {total}: {found}"
        same = {name: many for name, (many, _) in found.items()} == {name: many for name, (many, _) in right.items()}
        assert not same or found == right, f"{given} is {right}: the limit is the worst price of a part; found {found}"
        costs = cost(venues, side, found), cost(venues, side, right)
        word = "costs" if side == 1 else "brings"
        assert found == right, f"{given} is {right} and {word} {costs[1]:.2f}; {found} {word} {costs[0]:.2f}"


@pytest.mark.points(2, task=1, hint="Sort all levels of all venues together, and take from the beginning.")
def test_fifty_orders(student, seed, replay):
    "fifty orders are divided like the product's router divides them"
    luck = Random(seed)
    for _ in range(50):
        side, venues = luck.choice([1, -1]), []
        for name in "ABC"[: luck.randint(1, 3)]:
            prices = sorted(luck.sample(range(9_990, 10_010), luck.randint(1, 4)), key=lambda price: side * price)
            fee = luck.choice([-200, 0, 100, 300])
            venues.append((name, fee, [(price, luck.randint(1, 60)) for price in prices]))
        quantity = luck.randint(1, 250)
        places = [Place(name, tuple(levels), fee) for name, fee, levels in venues]
        right = {part.venue: (part.quantity, part.limit) for part in plan("cost", places, side, quantity).parts}
        found = parts(student, replay, venues, side, quantity, right)
        assert found == right, f"divide({venues}, {side}, {quantity}) is {right}, found {found}"


@pytest.mark.points(
    2, task=2, hint="Compute both prices with their fees, and compare: is one tick more still no dearer?"
)
def test_how_much_worse(student, seed, replay):
    "thirty times the largest distance that a lower fee is worth"
    luck = Random(seed)
    cases = [
        (1, 10_000, 300, 0),
        (1, 10_000, 0, 240),
        (-1, 10_000, 300, 0),
        (1, 10_000, 0, 300),
        (-1, 10_000, 0, 300),
        (1, 50, 30, 0),
    ]
    cases += [
        (luck.choice([1, -1]), luck.randint(100, 500_000), luck.choice([-200, 0, 300]), luck.randint(-300, 300))
        for _ in range(24)
    ]
    journal, place = planned()
    for given in cases:
        side, price, fee, other = given
        found = student.call("may_be_worse", *given)
        right = distance(*given)
        replay(journal, place, f"may_be_worse{given}", right, found)
        assert type(found) is int, f"may_be_worse{given} is a whole number of ticks, {right}; found {str(found)[:40]!r}"
        limit = net(side, price, fee)
        word = "costs" if side == 1 else "brings"
        here, there = net(side, price + side * found, other), net(side, price + side * (found + 1), other)
        assert here <= limit, (
            f"may_be_worse{given} is {right}: with {found} one share {word} {abs(here) / MILLION:.4f} there, and "
            f"{abs(limit) / MILLION:.4f} here"
        )
        assert there > limit, (
            f"may_be_worse{given} is {right}, found {found}: with one tick more it {word} {abs(there) / MILLION:.4f}, "
            f"still no worse than {abs(limit) / MILLION:.4f}"
        )


@pytest.mark.points(2, task=3, hint="Walk through the five failures of the run: what is sent after each of them?")
def test_the_connection_of_the_run(student, replay):
    "five failures in a row break it, nothing is sent for 30 seconds, and the probe mends it"
    journal, place = broken()
    asked = Asked(student.make("Connection", 5, 30), replay, journal, place)
    for second in range(4):
        asked.tell("failed", second)
    asked.tell("answered")
    for second in range(10, 14):
        asked.tell("failed", second)
    asked.may(14, True, "four failures, an answer and four failures are not five in a row")
    asked.tell("failed", 15)
    asked.may(16, False, "it has opened after five failures in a row")
    asked.tell("answered")
    asked.may(17, False, "an answer to an earlier message came late, while it was open: nothing changes")
    asked.may(44, False, "it opened at 15 and is held for 30")
    asked.may(45, True, "the hold is over, and this is the probe")
    asked.may(46, False, "the probe is under way, and one is enough")
    asked.tell("failed", 47)
    asked.may(48, False, "the probe failed")
    asked.may(76, False, "it opened again at 47, when the probe failed, and not at 15")
    asked.may(77, True, "the next probe")
    asked.tell("answered")
    asked.may(78, True, "the probe was answered")
    asked.tell("failed", 79)
    asked.may(80, True, "the answer has cleared the count, so this was the first failure")


@pytest.mark.points(2, task=3, hint="The sentence shows all that happened: play it on paper.")
def test_twenty_connections(student, seed, replay):
    "twenty connections decide like the product's venue health breaker"
    luck = Random(seed)
    journal, place = broken()
    for _ in range(20):
        failures, hold = luck.randint(1, 4), luck.randint(2, 12)
        model, asked = (
            Breaker(failures, hold),
            Asked(student.make("Connection", failures, hold), replay, journal, place),
        )
        now = 0
        for _ in range(luck.randint(4, 16)):
            now += luck.randint(1, 6)
            chance = luck.random()
            if chance < 0.45:
                asked.may(now, model.admits(now), f"failures={failures}, hold={hold}")
            elif chance < 0.85:
                model.failed(now)
                asked.tell("failed", now)
            else:
                model.succeeded()
                asked.tell("answered")


# How the checks ask, and what the product says


@cache
def run():
    """The run of the lesson as far as the connection has broken, which keeps the replays short."""
    return simulate(OutageScenario(), Options(seed=7, epochs=5, settlement="none")).journal


@cache
def planned():
    """The run, and the first plan of its desk that has two parts."""
    return run(), next(
        place for place, event in enumerate(run()) if isinstance(event, RoutePlanned) and len(event.parts) == 2
    )


@cache
def broken():
    """The run, and the moment when a connection opened."""
    return run(), next(place for place, event in enumerate(run()) if isinstance(event, VenueHealthChanged))


class Asked:
    """A connection of an answer, with all that it was told."""

    def __init__(self, connection, replay, journal, place):
        self.connection, self.replay, self.where, self.told = connection, replay, (journal, place), []

    def tell(self, what, *now):
        self.connection.call(what, *now)
        self.told.append(f"{what}({', '.join(map(str, now))})")

    def may(self, now, right, why):
        found = self.connection.call("may_send", now)
        self.told.append(f"may_send({now})")
        self.replay(*self.where, ", ".join(self.told), right, found)
        assert found is right, f"{why}: after {', '.join(self.told[:-1])} may_send({now}) is {right}, found {found!r}"


def parts(student, replay, venues, side, quantity, right):
    """A division of an answer, as pairs."""
    found = student.call("divide", venues, side, quantity)
    replay(*planned(), f"divide({venues}, {side}, {quantity})", right, found)
    sentence = f"divide(...) returns a dictionary of (quantity, limit) by venue, found {str(found)[:60]!r}"
    assert isinstance(found, dict), sentence
    assert all(isinstance(one, tuple | list) and len(one) == 2 for one in found.values()), sentence
    names = {name for name, *_ in venues}
    assert found.keys() <= names, f"the venues are {sorted(names)}, and divide names {sorted(map(str, found))}"
    return {name: tuple(part) for name, part in found.items()}


def shown(venues):
    """How many shares all venues show."""
    return sum(size for _, _, levels in venues for _, size in levels)


def net(side, price, fee):
    """What a share costs with its fee, in millionths; what it brings, with a minus."""
    return side * price * (MILLION + side * fee)


def cost(venues, side, found):
    """What a division costs, or brings, in ticks."""
    total = 0
    for name, fee, levels in venues:
        left = found.get(name, (0, 0))[0]
        for price, size in levels:
            total += net(side, price, fee) * min(left, size)
            left -= min(left, size)
    return side * total / MILLION


def distance(side, price, fee, other):
    """The largest distance, found by trying."""
    found, limit = -1_000, net(side, price, fee)
    while net(side, price + side * (found + 1), other) <= limit:
        found += 1
    return found
