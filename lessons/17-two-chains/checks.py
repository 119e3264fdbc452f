"""What an answer to 17-two-chains must do. Options are compared with the product's own pricer; the replays are of a run
in which a bridge is robbed. Amounts are in cents, in the sentences as in the answers."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.core.models.settlement_events import CallExecuted
from market_sim.pricing.hash_lock import free_option
from market_sim.simulation.scenarios.bridge_replay import BridgeReplay

HOME, AWAY = (31337, "0xaa"), (31338, "0xbb")
MESSAGE = {
    "from_chain": 31337, "from_bridge": "0xaa", "to_chain": 31338, "to_bridge": "0xbb", "nonce": 0, "to": "0xcc",
    "amount": 300,
}  # fmt: skip
STRANGERS = (
    ("from_bridge", "0xee", "the message comes from a bridge that is not the other end"),
    ("from_chain", 1, "the message comes from a bridge with the address of the other end, on a third chain"),
    ("to_bridge", "0xee", "the message is for another bridge on this chain"),
    ("to_chain", 1, "the message is for a bridge with the address of this end, on a third chain"),
)
"""A field of a message, a value with which it is for no message of this end, and what that means."""


@pytest.mark.points(
    1, task=1, hint="A message, and what the validators signed for it: paid, and the locked amount falls."
)
def test_a_message_is_paid(student, replay):
    "a message that was signed is paid where it belongs, as far as there is money"
    end = student.make("End", *AWAY, *HOME, 400)
    proof = text(student, MESSAGE)
    found = end.call("deliver", MESSAGE, proof)
    replay(*replayed(7), "deliver(message, signed(message))", "paid", found)
    assert found == "paid", f"the message is for this end and was signed: 'paid', found {found!r}"
    left = end.call("locked")
    assert left == 100, f"400 are locked and 300 were paid, so 100 are left; you say {left!r}"
    other = {**MESSAGE, "nonce": 1}
    found = end.call("deliver", other, text(student, other))
    assert found == "short", f"100 are locked and the message is about 300: 'short', found {found!r}"
    last = {**MESSAGE, "nonce": 2, "amount": 100}
    asked(end, last, text(student, last), "paid", replay, "100 are locked and the message is about 100")


@pytest.mark.points(4, task=1, hint="Try it yourself: change one field of a message, and show the old proof with it.")
def test_it_is_paid_once_and_in_one_place(student, seed, replay):
    "no proof can be used twice, elsewhere, or for another message"
    luck = Random(seed)
    for message in [MESSAGE, *drawn(luck)]:
        proof = text(student, message)
        here, there = place(message, "to"), place(message, "from")
        _differs(student, message, proof, replay)
        end = student.make("End", *here, *there, 10_000)
        source = student.make("End", *there, *here, 10_000)
        asked(
            source,
            message,
            proof,
            "wrong place",
            replay,
            f"a message for {here} is shown at {there}, where it came from",
        )
        bent = {
            **message, "to_chain": there[0], "to_bridge": there[1], "from_chain": here[0], "from_bridge": here[1],
        }  # fmt: skip
        why = f"somebody writes {there} into the message as its destination and keeps the proof"
        asked(source, bent, proof, "not signed", replay, why)
        for field, value, why in STRANGERS:
            stranger = {**message, field: value}
            asked(end, stranger, text(student, stranger), "wrong place", replay, why)
        why = "the message is for another bridge, and was not signed: the first line that fits"
        asked(end, {**message, "to_bridge": "0xee"}, proof, "wrong place", replay, why)
        asked(
            end, {**message, "amount": message["amount"] + 1}, proof, "not signed", replay, "the amount was raised by 1"
        )
        asked(end, message, proof, "paid", replay, "the message is where it belongs")
        asked(end, message, proof, "delivered before", replay, "the same message comes again")
        left = end.call("locked"), source.call("locked")
        right = 10_000 - message["amount"], 10_000
        assert left == right, f"one message about {message['amount']} was paid: {right} are left, you say {left}"
        poor = student.make("End", *here, *there, message["amount"] - 1)
        asked(poor, message, proof, "short", replay, "one less is locked than the message says")
        why = "nothing was paid for this message, so it is as it was when it comes again"
        asked(poor, message, proof, "short", replay, why)
        poor = student.make("End", *here, *there, message["amount"])
        asked(poor, message, proof, "paid", replay, "as much is locked as the message says")
        why = "the same message comes when nothing is locked any more: the first line that fits"
        asked(poor, message, proof, "delivered before", replay, why)


@pytest.mark.points(1, task=2, hint="Count from the day on which the money goes back.")
def test_the_last_safe_day(student, replay):
    "Bob's claim is final before Ann's money goes back, even if she claims at the last moment"
    for today, money_day, finality in ((2, 8, 3), (2, 8, 1), (4, 8, 4), (6, 8, 2), (0, 30, 7), (5, 6, 3)):
        given = today, money_day, finality
        expected = money_day - finality if money_day - finality > today else None
        found = student.call("share_day", *given)
        replay(*replayed(7), f"share_day{given}", expected, found)
        assert found != money_day, (
            f"share_day{given}: both locks end on day {money_day}; Ann claims late that day, and Bob comes too late"
        )
        assert expected is not None or found is None, (
            f"share_day{given}: on day {found} Bob's claim could not be final before day {money_day}, and no later day "
            f"than today is safe: None"
        )
        assert found == expected, (
            f"share_day{given} is {expected}: from then on {finality} days are left; you say {found!r}"
        )


@pytest.mark.points(
    4, task=2, hint="Compute s * sqrt(T) first; it is in d1, in d2, and tells whether anything can still change."
)
def test_the_value_of_the_choice(student, seed, replay):
    "thirty choices are worth what the product's pricer says"
    luck = Random(seed)
    cases = [(100, 100, 1, 252, 0.2), (100, 90, 10, 0, 0.2), (100, 110, 10, 5, 0.0)]
    for _ in range(27):
        spot, agreed = luck.randint(8_000, 12_000), luck.randint(8_000, 12_000)
        cases.append((spot, agreed, luck.randint(1, 50), luck.randint(1, 60), luck.choice([0.1, 0.2, 0.4])))
    for given in cases:
        spot, agreed, quantity, days, volatility = given
        expected = free_option(spot, agreed, quantity, days / 252, volatility)
        found = student.call("free_option", *given)
        assert type(found) in (int, float), f"free_option(...) returns a number, found {str(found)[:40]!r}"
        replay(*replayed(7), f"free_option{given}", f"{expected:.4f}", f"{found:.4f}")
        tolerance = 1e-6 * max(1.0, expected)
        calendar = free_option(spot, agreed, quantity, days / 365, volatility)
        assert abs(found - calendar) > tolerance or abs(found - expected) <= tolerance, (
            f"free_option{given}: you count 365 days, and a year has 252 trading days: {expected:.4f}, not {found:.4f}"
        )
        one = abs(found * quantity - expected) <= tolerance and quantity > 1
        assert not one or abs(expected) <= tolerance, (
            f"free_option{given}: you price one share, and {quantity} are swapped: {expected:.4f}, found {found:.4f}"
        )
        gain = quantity * max(0, spot - agreed)
        assert abs(found - gain) > tolerance or abs(found - expected) <= tolerance, (
            f"free_option{given}: you say what it gains now, {gain}; with {days} days left it is worth {expected:.4f}"
        )
        assert abs(found - expected) <= tolerance, f"free_option{given} is {expected:.4f}, found {found:.4f}"


# How the checks ask


@cache
def run(seed):
    return simulate(BridgeReplay(), Options(seed=seed, epochs=12, settlement="memory")).journal


def replayed(seed):
    """A run, and the call by which the naive bridge pays a message at the end that it came from."""
    journal = run(seed)
    return journal, next(
        place
        for place, event in enumerate(journal)
        if isinstance(event, CallExecuted) and event.account == "mallory" and event.function == "deliver"
    )


def drawn(luck):
    """Messages in both directions."""
    for nonce in range(4):
        here, there = (HOME, AWAY) if luck.random() < 0.5 else (AWAY, HOME)
        yield {
            "from_chain": here[0], "from_bridge": here[1], "to_chain": there[0], "to_bridge": there[1], "nonce": nonce,
            "to": luck.choice(["0xcc", "0xdd"]), "amount": luck.randint(1, 999),
        }  # fmt: skip


def place(message, side):
    return message[f"{side}_chain"], message[f"{side}_bridge"]


def text(student, message):
    found = student.call("signed", message)
    assert isinstance(found, str), f"signed(message) returns a text, found {str(found)[:40]!r}"
    return found


def _differs(student, message, proof, replay):
    """Two messages that differ have different texts; the same has the same."""
    assert text(student, dict(message)) == proof, "signed(message) gives two texts for one message"
    others = {
        "from_chain": 1, "from_bridge": "0xee", "to_chain": 1, "to_bridge": "0xee", "nonce": 77, "to": "0xee",
        "amount": message["amount"] + 1,
    }  # fmt: skip
    for field, value in others.items():
        other = text(student, {**message, field: value})
        replay(*replayed(7), f"signed({message}) and with {field} = {value}", "two texts", f"{proof!r} and {other!r}")
        assert other != proof, (
            f"{field} is not in what you let validators sign: the same proof is good for a message with another {field}"
        )
    pairs = ({"nonce": 1, "to": "23", "amount": 4}, {"nonce": 12, "to": "3", "amount": 4})
    one, two = (text(student, {**message, **pair}) for pair in pairs)
    replay(*replayed(7), f"signed(...) with {pairs[0]} and {pairs[1]}", "two texts", f"{one!r} and {two!r}")
    assert one != two, f"{pairs[0]} and {pairs[1]} have one text, {one!r}: put something between the fields"


def asked(end, message, proof, expected, replay, why):
    found = end.call("deliver", message, proof)
    replay(*replayed(7), f"deliver({message}, {proof!r})", expected, found)
    assert found == expected, f"{why}: {expected!r}, found {found!r}"
