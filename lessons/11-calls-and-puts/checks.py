"""What an answer to 11-calls-and-puts must do. Payoffs are compared with what this exchange exercised, values with its
own trees. Prices are in cents and for one share, in the sentences as in the answers."""

from __future__ import annotations

from math import exp, sqrt
from random import Random

import pytest

from market_sim import Options, Stock, simulate
from market_sim.core.models.derivatives import Option
from market_sim.core.models.intents import BUY, SELL, PlaceOrder
from market_sim.core.models.mechanism_events import Exercised, InstrumentExpired
from market_sim.course.replay import PracticeExchange
from market_sim.pricing.binomial import cox_ross_rubinstein
from market_sim.pricing.option import VanillaOption
from market_sim.simulation.scenarios.option_expiry import OptionExpiry


@pytest.mark.points(1, task=1, hint="A right that costs you something is not used.")
def test_what_rights_pay(student, replay):
    "a call pays above its strike, a put below it, and neither ever costs anything"
    journal, ended = expired(7)
    for right, strike, price in (
        ("call", 100, 107), ("call", 100, 93), ("put", 100, 93), ("put", 100, 107), ("call", 100, 100),
    ):  # fmt: skip
        found, expected = student.call("payoff", right, strike, price), intrinsic(right, strike, price)
        replay(journal, ended[0][0], f"payoff({right!r}, {strike}, {price})", expected, found)
        assert not below_zero(found), (
            f"payoff({right!r}, {strike}, {price}) is {found}: nobody has to use a right, so it is worth 0"
        )
        assert right == "call" or found == expected, (
            f"a put is the right to sell at {strike}: with the share at {price} it pays {expected}, found {found}"
        )
        assert found == expected, f"a call at {strike} with the share at {price} pays {expected}, found {found}"


@pytest.mark.points(
    1, task=1, hint="The replay stands at an option of a real run; its strike and price are in that event."
)
def test_what_was_exercised_and_what_lapsed(student, seed, replay):
    "every option of a run that was exercised at its expiry pays, every one that lapsed pays nothing"
    journal, ended = expired(seed)
    for place, option, price in ended:
        found, expected = student.call("payoff", option.right, option.strike, price), option.intrinsic(price)
        replay(journal, place, f"payoff({option.right!r}, {option.strike}, {price})", expected, found)
        assert found == expected, (
            f"{option.symbol} ended with ACME at {price}: it pays {expected} for a share, you say {str(found)[:40]}"
        )
    held = student.call("result", "call", 100, 110, 4, 3)
    assert held == 18, f"3 calls at 100 were bought for 4 each and pay 10 each: the result is 18, found {held}"
    wrote = student.call("result", "call", 100, 110, 4, -3)
    assert wrote == -18, f"who wrote these 3 calls got 4 and pays 10 for each: the result is -18, found {wrote}"


@pytest.mark.points(2, task=2, hint="What do the three trades pay today? Buy at the ask, sell at the bid.")
def test_parity_with_a_spread(student, replay):
    "a gain is found where parity is violated by more than the spreads"
    cases = [
        (((700, 704), (200, 204), (10_490, 10_500), 10_000), None, "all prices agree within their spreads"),
        (
            ((520, 524), (500, 504), (10_000, 10_010), 10_000),
            ("conversion", 6),
            "10010 + 504 - 520 is less than the strike",
        ),
        (
            ((500, 504), (530, 534), (10_000, 10_010), 10_000),
            ("reversal", 26),
            "10000 + 530 - 504 is more than the strike",
        ),
        (((510, 530), (500, 520), (9_990, 10_010), 10_000), None, "the middles promise a gain, bids and asks do not"),
    ]
    for given, expected, why in cases:
        found = paired(student.call("arbitrage", *given))
        replay(*three_books(*given), f"arbitrage{given}", expected, found)
        assert found is None or found[1] < 5_000, (
            f"{why}; you gain {found[1]}? In the end a right is used, and then the strike is paid for the share"
        )
        assert expected is not None or found is None, (
            f"{why}: no trade gains anything, found {found}; you buy at an ask"
        )
        assert expected is None or found is not None, f"{why}: {expected[0]} gains {expected[1]}, you see nothing"
        assert found == expected, f"{why}: arbitrage{given} is {expected}, found {found}"


@pytest.mark.points(2, task=2, hint="Share and put together always cost about the strike more than the call.")
def test_random_markets(student, partial, seed, replay):
    "forty random markets give the right trade and the right gain"
    luck = Random(seed)
    for right in range(40):
        strike, call, put = luck.randint(5_000, 15_000), luck.randint(100, 900), luck.randint(100, 900)
        share = strike + call - put + luck.randint(-30, 30)
        given = (*(around(price, luck.randint(1, 6)) for price in (call, put, share)), strike)
        found, expected = paired(student.call("arbitrage", *given)), parity(*given)
        replay(*three_books(*given), f"arbitrage{given}", expected, found)
        assert found == expected, f"market {right + 1} of 40: arbitrage{given} is {expected}, found {found}"
        partial((right + 1) / 40 if right == 39 else 0, "all forty markets have to be right")


@pytest.mark.points(2, task=3, hint="p = (1 - down) / (up - down), and the mean of the two values after one step.")
def test_one_step(student, replay):
    "after one step the value is the mean with the probability that makes the share a fair game"
    cases = [
        (("call", 100, 100, 1.2, 0.9, 1), "p is a third and the call pays 20 or 0"),
        (("put", 110, 100, 1.2, 0.9, 1), "p is a third and the put pays 0 or 20"),
        (("call", 90, 100, 1.1, 0.95, 1), "the call pays 20 or 5, and costs what share less strike cost"),
    ]
    for given, why in cases:
        found, expected = number(student, *given), tree(*given)
        replay(*in_one_book(expected, found), f"value{given}", f"{expected:.4f}", f"{found:.4f}")
        right, strike, price, up, down, _ = given
        half = (intrinsic(right, strike, price * up) + intrinsic(right, strike, price * down)) / 2
        assert abs(found - half) > 1e-9, (
            f"value{given} is {expected:.4f}, found {found:.4f}: you take both outcomes for equally likely, and "
            f"the price of the share says otherwise"
        )
        assert abs(found - intrinsic(right, strike, price)) > 1e-9 or abs(found - expected) < 1e-9, (
            f"value{given} is {expected:.4f}, found {found:.4f}: that is the payoff at the mean price, "
            f"not the mean payoff"
        )
        assert abs(found - expected) < 1e-6, f"{why}: value{given} is {expected:.4f}, found {found:.4f}"


@pytest.mark.points(2, task=3, hint="Keep a list of values and shorten it by one in each step back.")
def test_many_steps(student, partial, seed, replay):
    "twenty random trees give the values of the product's own trees"
    luck = Random(seed)
    for right in range(20):
        kind, price, strike = luck.choice(["call", "put"]), luck.randint(80, 120), luck.randint(80, 120)
        years, volatility, steps = luck.choice([0.1, 0.25, 1.0]), luck.choice([0.15, 0.3, 0.6]), luck.randint(2, 60)
        up = exp(volatility * sqrt(years / steps))
        found = number(student, kind, strike, price, up, 1 / up, steps)
        option = VanillaOption(kind, float(price), float(strike), years, volatility)
        expected = cox_ross_rubinstein(option, steps, american=False)
        asked = f"value({kind!r}, {strike}, {price}, {up:.5f}, {1 / up:.5f}, {steps})"
        replay(*in_one_book(expected, found), asked, f"{expected:.6f}", f"{found:.6f}")
        assert abs(found - expected) < 1e-6, f"tree {right + 1} of 20: {asked} is {expected:.6f}, found {found:.6f}"
        partial(1 if right == 19 else 0, "all twenty trees have to be right")


# How the checks ask


def expired(seed):
    """A run, and each of its options that was exercised or that ended: place, terms, price of the share."""
    journal = simulate(OptionExpiry(), Options(seed=seed, epochs=12, settlement="none")).journal
    terms = {event.symbol: event.terms for event in journal if getattr(event, "kind", "") == "option"}
    ended = []
    for place, event in enumerate(journal):
        if isinstance(event, Exercised | InstrumentExpired) and event.symbol in terms:
            told = terms[event.symbol]
            option = Option(event.symbol, underlying="ACME", strike=told["strike"], expiry=1, right=told["right"])
            ended.append((place, option, event.price))
    return journal, ended


def intrinsic(right, strike, price):
    return max(0, price - strike if right == "call" else strike - price)


def below_zero(found):
    return isinstance(found, int | float) and found < 0


def parity(call, put, share, strike):
    """The trade that gains something at these bids and asks."""
    paid, got = share[1] + put[1] - call[0], share[0] + put[0] - call[1]
    if paid < strike:
        return "conversion", strike - paid
    return ("reversal", got - strike) if got > strike else None


def around(price, half):
    return price - half, price + half


def paired(found):
    sound = found is None or (isinstance(found, tuple | list) and len(found) == 2 and type(found[1]) in (int, float))
    assert sound, f"arbitrage(...) returns a name and a gain, or None; found {str(found)[:60]!r}"
    return None if found is None else tuple(found)


def number(student, *given):
    found = student.call("value", *given)
    assert type(found) in (int, float), f"value(...) returns a number, found {str(found)[:40]!r}"
    return found


def tree(right, strike, price, up, down, steps):
    """The value by the sum over all numbers of rises, in place of steps back."""
    p, total, weight = (1 - down) / (up - down), 0.0, 1.0
    for ups in range(steps + 1):
        total += (
            weight
            * p**ups
            * (1 - p) ** (steps - ups)
            * intrinsic(right, strike, price * up**ups * down ** (steps - ups))
        )
        weight = weight * (steps - ups) / (ups + 1)
    return total


def three_books(call, put, share, strike):
    """The three markets side by side."""
    stage = PracticeExchange("lesson 11-calls-and-puts")
    for symbol in ("CALL", "PUT"):
        stage.exchange.list(Stock(symbol))
    stage.exchange.ledger.open_account("market")
    for asset in ("USD", "ACME", "CALL", "PUT"):
        stage.exchange.ledger.deposit("market", asset, 10_000_000)
    for symbol, (bid, ask) in (("ACME", share), ("CALL", call), ("PUT", put)):
        stage.play("market", PlaceOrder(symbol, BUY, 1, bid))
        stage.play("market", PlaceOrder(symbol, SELL, 1, ask))
    return stage.end(), None


def in_one_book(expected, found):
    """A book with a bid at the right value and an ask of the answer's, in hundredths of a cent."""
    stage = PracticeExchange("lesson 11-calls-and-puts")
    for account, side, price in (("the tree", BUY, expected), ("you", SELL, found)):
        if 0 < price < 10**6:
            stage.play(account, PlaceOrder("ACME", side, 1, max(1, round(price * 100))))
    return stage.end(), None
