"""What an answer to 15-catch-the-spoofer must do. Its detector is scored by the surveillance league of the product."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache
from random import Random

import pytest

from market_sim.core.models.intents import Buy, Cancel, Sell
from market_sim.core.models.market_events import OrderCancelled
from market_sim.course.league import Feed, Round, markets_of, score
from market_sim.course.replay import PracticeExchange
from market_sim.simulation.scenarios.spoofer import SpooferScenario

NEEDED = 50
SPOOF = {"quantity": 100, "usual": 20, "depth": 500, "filled": 10, "other": 24, "waited_ms": 5_000}
"""A spoof at the edge of every condition."""
SECOND = 10**9


@pytest.mark.points(2, task=1, hint="Which of the five conditions is at its edge? 'At least' and 'at most' include it.")
def test_every_condition_has_its_edge(student, replay):
    "an order at the edge of all conditions is a spoof, and one step beyond any of them is none"
    cases = [
        ({}, "this order meets all five conditions, each at its edge"),
        ({"usual": 21}, "100 shares are less than 5 times 21"),
        ({"depth": 501}, "100 shares are less than 20 % of 501"),
        ({"filled": 11}, "11 of 100 are more than 10 %"),
        ({"waited_ms": 5_001}, "5,001 ms are more than 5,000"),
        ({"waited_ms": None}, "there was no trade on the other side, so its owner only changed its mind"),
        ({"other": 25}, "25 of 100 on the other side make a maker, which cancels when the price moves"),
    ]
    for change, why in cases:
        given = {**SPOOF, **change}
        found, right = judged(student, **given), not change
        replay(*story(given), f"is_spoof({told(given)})", right, found)
        assert found == right, f"{why}: is_spoof is {right}, and you say {found}: {told(given)}"


@pytest.mark.points(2, task=1, hint="Take the case of the sentence, and go through the five conditions one by one.")
def test_the_rule_holds_for_any_order(student, replay):
    "300 orders, judged by the rule once more"
    chance = Random(15)
    for _ in range(300):
        given = {
            "quantity": 10 * chance.randint(8, 12), "usual": chance.randint(18, 22), "depth": chance.randint(450, 550),
            "filled": chance.randint(8, 12), "other": chance.randint(20, 28),
            "waited_ms": chance.choice((None, 10, 4_999, 5_000, 5_001)),
        }  # fmt: skip
        found, right = judged(student, **given), expected(**given)
        replay(*story(given), f"is_spoof({told(given)})", right, found)
        assert found == right, f"{right} is right for {told(given)}; you say {found}"


@pytest.mark.points(2, task=2, hint="At the trade, eve shows 100 on one side and has 5 on the other. What do you note?")
def test_a_spoof_in_six_events_is_found(student, replay):
    "a wall, a trade on the other side, and the wall is cancelled: its owner is convicted"
    given = {"quantity": 100, "other": 5, "filled": 0, "waited_ms": 1_000}
    found = fed(student, "eve", other=5)
    replay(*story(given), "whom the last cancellation convicts", "eve", ", ".join(found) or "nobody")
    assert found == ["eve"], (
        f"eve showed 100 shares to buy, sold 5 and cancelled the 100 a second later; you convict {found or 'nobody'}"
    )
    late = fed(student, "eve", other=5, cancelled=7 * SECOND)
    replay(*story(given), "whom the cancellation convicts, if it comes six seconds later", "nobody", ", ".join(late))
    assert late == [], f"eve cancelled 6 seconds after the trade, which is more than five; you convict {late}"


@pytest.mark.points(2, task=2, hint="A maker with 100 on each side trades 5: does it show four times as much on one?")
def test_the_honest_are_left_alone(student, replay):
    "a maker that renews its quotes, and an investor who thinks again after a minute, are not convicted"
    found = fed(student, "mary", other=100)
    given = {"quantity": 100, "other": 100, "filled": 0, "waited_ms": 1_000}
    replay(*story(given), "whom the cancellation of a maker convicts", "nobody", ", ".join(found))
    assert found == [], f"mary quotes 100 on each side, sold 5 and renews her quotes: that is no spoof; found {found}"
    slow = fed(student, "ivan", other=5, cancelled=61 * SECOND)
    replay(*story(given), "whom a cancellation after a minute convicts", "nobody", ", ".join(slow))
    assert slow == [], f"ivan cancelled a minute after his trade, which is more than five seconds; you convict {slow}"


@pytest.mark.points(2, task=2, hint="Whom did you accuse in the market without culprits? Play the league, it says.")
def test_the_league(student, seed):
    "the detector has more than 50 points in two markets of the league"
    reached = score(InLesson(student), hidden(seed))
    missed, wronged = ", ".join(reached.missed) or "nobody", ", ".join(reached.wronged) or "nobody"
    assert reached.points > NEEDED, (
        f"your detector has {reached.points} points and needs more than {NEEDED}: precision {reached.precision:.0%}, "
        f"recall {reached.recall:.0%}; culprits missed: {missed}; honest accounts accused: {wronged}"
    )


class InLesson:
    """The detector of an answer as a contender in the league."""

    name = "Detector"

    def __init__(self, student):
        self._student = student

    def begin(self, market: Round, room: ExitStack) -> Feed:
        """A new detector for each market."""
        made = self._student.make("Detector")
        return lambda seen: made.call("feed", seen)


@cache
def hidden(seed: int) -> list[Round]:
    """A market with culprits and one without."""
    return markets_of((SpooferScenario(traders=3), SpooferScenario(traders=3, honest=True)), [seed])


def judged(student, **given) -> bool:
    """What the answer says of one order."""
    found = student.call("is_spoof", *given.values())
    assert isinstance(found, bool), f"is_spoof returns True or False, found {found!r}"
    return found


def expected(quantity, usual, depth, filled, other, waited_ms):
    """The rule once more."""
    large, seen, untraded = quantity >= 5 * usual, 5 * quantity >= depth, 10 * filled <= quantity
    return large and seen and untraded and waited_ms is not None and waited_ms <= 5_000 and 4 * other < quantity


def story(given):
    """A market in which such an order is placed, and cancelled after a trade; and the place of the cancellation."""
    practice = PracticeExchange("15-catch-the-spoofer")
    practice.play("eve", Buy("ACME", given["quantity"], 9_900))
    if given["other"]:
        practice.play("eve", Sell("ACME", given["other"], 10_100))
    if given["filled"]:
        practice.play("carl", Sell("ACME", given["filled"], 9_900))
    if given["waited_ms"] is not None:
        practice.play("carl", Buy("ACME", min(5, given["other"]), 10_100))
    practice.play("eve", Cancel(1))
    journal = practice.end()
    return journal, next(place for place, event in enumerate(journal) if type(event) is OrderCancelled)


def told(given) -> str:
    """The arguments by name."""
    return ", ".join(f"{name} {value}" for name, value in given.items())


def fed(student, name: str, other: int, cancelled: int = 2 * SECOND) -> list[str]:
    """Whom a new detector convicts in six events: an account shows 100 and `other`, sells 5, cancels the 100."""
    order = {"event": "order", "at_once": False}
    events = [
        {**order, "time": 0, "order": 1, "account": name, "side": 1, "quantity": 100, "limit": 99},
        {**order, "time": 0, "order": 2, "account": name, "side": -1, "quantity": other, "limit": 101},
        {**order, "time": SECOND, "order": 3, "account": "carl", "side": 1, "quantity": 5, "limit": 101},
        {
            "event": "trade", "time": SECOND, "trade": 1, "price": 101, "quantity": 5, "side": 1, "maker": name,
            "taker": "carl", "maker_order": 2, "taker_order": 3,
        },
        {"event": "cancel", "time": cancelled, "order": 1, "account": name, "quantity": 100, "by": "owner"},
        {**order, "time": cancelled, "order": 4, "account": name, "side": 1, "quantity": 100, "limit": 98},
    ]  # fmt: skip
    made = student.make("Detector")
    found: list[str] = []
    for event in events:
        answer = made.call("feed", event)
        assert isinstance(answer, list), f"feed(event) returns a list of accounts, found {answer!r}"
        found += answer
    return found
