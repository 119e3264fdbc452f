"""What an answer to 12-warrants-dilute must do. The numbers of shares are compared with those of real exercises on this
exchange, values with the product's own pricer. Amounts are in cents, in the sentences as in the answers."""

from __future__ import annotations

from functools import cache
from math import exp, sqrt
from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.core.models.mechanism_events import SharesIssued
from market_sim.pricing.binomial import cox_ross_rubinstein
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.warrants import WarrantIssue, payoff, price_after_exercise
from market_sim.simulation.scenarios.warrant_dilution import WarrantDilution

COMPANY, SHARES = 40_000_000, 4_000


@pytest.mark.points(1, task=1, hint="Does anybody exercise? Then: how much money, and how many shares?")
def test_a_company_after_the_exercise(student, replay):
    "money comes in, new shares are there, and nobody exercises at a loss"
    for given, why in (
        ((COMPANY, SHARES, 800, 6_000), "800 new shares for 6000 each"),
        ((COMPANY, SHARES, 1, 6_000), "one warrant changes the price by less than a cent"),
        ((COMPANY, SHARES, 800, 10_000), "the strike is what a share is worth, so nobody gains by exercising"),
        ((COMPANY, SHARES, 800, 12_000), "a share is worth 10000: nobody pays 12000 for one"),
    ):
        found, expected = after(student, *given), outcome(*given)
        replay(*issue(7), f"after{given}", expected, found)
        company, shares, _, strike = given
        assert found[0] == expected[0], f"{why}: there are {expected[0]} shares, you say {found[0]}" + (
            "; nobody pays more for a share than it is worth" if strike >= company // shares else ""
        )
        assert found[1] == expected[1], (
            f"{why}: the company is worth {expected[1]}, you say {found[1]}; it gets the strike for every new share"
        )
        assert found[2] != company // shares or found == expected, (
            f"{why}: you leave the price at {found[2]}, as if the shares had come from another shareholder"
        )
        assert found == expected, f"{why}: after{given} is {expected}, found {found}"


@pytest.mark.points(1, task=1, hint="The replay stands at an exercise; it says how many shares there were and are.")
def test_the_exercises_of_a_real_company(student, seed, replay):
    "each exercise of a real run leads to the shares that the exchange counted"
    luck = Random(seed)
    journal = run(seed, luck.randint(300, 1_500), luck.randint(3_000, 9_000))
    company = COMPANY
    for place, event in issues(journal):
        strike = event.cash // event.shares
        given = (company, event.outstanding_before, event.shares, strike)
        company += event.cash
        expected = (event.outstanding, company, company // event.outstanding)
        found = after(student, *given)
        replay(journal, place, f"after{given}", expected, found)
        assert found == expected, (
            f"{event.shares} of {event.outstanding_before + event.shares} shares are new, and {event.cash} came in: "
            f"after{given} is {expected}, found {found}"
        )


@pytest.mark.points(4, task=2, hint="What all old shares lose together is what all warrants gain together.")
def test_nothing_is_created(student, partial, seed, replay):
    "what the old shares lose is what the warrants gain, at the price after the exercise"
    luck = Random(seed)
    cases = [(COMPANY, SHARES, 800, 6_000), (COMPANY, SHARES, 800, 12_000)]
    for _ in range(30):
        worth, shares = luck.randint(10**7, 9 * 10**7), luck.randint(1_000, 9_000)
        cases.append((worth, shares, luck.randint(1, 5_000), luck.randint(1_000, 9_000)))
    for number, given in enumerate(cases):
        company, shares, warrants, strike = given
        loss, gain = pair(student, *given)
        right = exact(*given)
        replay(*issue(7), f"transfer{given}", f"({right[0]:.4f}, {right[1]:.4f})", f"({loss:.4f}, {gain:.4f})")
        assert company > shares * strike or (loss, gain) == (0, 0), (
            f"transfer{given}: a share is worth {company / shares:.2f}, so nobody exercises at {strike} and nobody "
            f"gains or loses; found ({loss:g}, {gain:g})"
        )
        assert abs(gain - (company / shares - strike)) > 1e-6 or abs(gain - right[1]) < 1e-6, (
            f"transfer{given}: you let a warrant gain {gain:.2f}, counted at the price before the exercise; its "
            f"holder gets a share at the price after it"
        )
        lost, won = shares * loss, warrants * gain
        assert abs(lost - won) <= 1e-6 * max(1.0, abs(won)), (
            f"transfer{given}: the old shares lose {lost:.2f} together and the warrants gain {won:.2f}: "
            f"where is the rest?"
        )
        close = abs(loss - right[0]) < 1e-6 and abs(gain - right[1]) < 1e-6
        assert close, f"transfer{given} is ({right[0]:.4f}, {right[1]:.4f}), found ({loss:.4f}, {gain:.4f})"
        partial(1 if number == len(cases) - 1 else 0, "all companies have to be right")


@pytest.mark.points(1, task=3, hint="At the end a warrant is worth what it gains by the exercise.")
def test_a_warrant_after_one_step(student, replay):
    "after one step a warrant is worth what it gains up and down"
    given = (COMPANY, SHARES, 1_000, 10_000, 1.2, 0.9, 1)
    found, expected = number(student, *given), payoff(COMPANY * 1.2, 10_000, WarrantIssue(SHARES, 1_000)) / 3
    replay(*issue(7), f"value{given}", f"{expected:.4f}", f"{found:.4f}")
    assert abs(found - 2_000 / 3) > 1e-3, (
        f"value{given}: you take the warrant for a call, {found:.2f}; its exercise makes new shares, so it is worth "
        f"{expected:.2f}"
    )
    assert abs(found - expected) < 1e-6, (
        f"the company rises to 48,000,000 with p a third: {expected:.4f}, found {found:.4f}"
    )


@pytest.mark.points(3, task=3, hint="The fraction shares / (shares + warrants) of the call on one share.")
def test_random_warrants(student, partial, seed, replay):
    "twenty random warrants are worth what the product's pricer says"
    luck = Random(seed)
    for right in range(20):
        shares, warrants, price = luck.randint(1_000, 9_000), luck.randint(100, 4_000), luck.randint(5_000, 15_000)
        strike, years, volatility = luck.randint(5_000, 15_000), luck.choice([0.25, 1.0, 2.0]), luck.choice([0.2, 0.4])
        steps = luck.randint(2, 60)
        up = exp(volatility * sqrt(years / steps))
        given = (shares * price, shares, warrants, strike, up, 1 / up, steps)
        call = VanillaOption("call", float(price), float(strike), years, volatility)
        expected = WarrantIssue(shares, warrants).dilution * cox_ross_rubinstein(call, steps, american=False)
        found = number(student, *given)
        asked = f"value({shares * price}, {shares}, {warrants}, {strike}, {up:.5f}, {1 / up:.5f}, {steps})"
        replay(*issue(7), asked, f"{expected:.4f}", f"{found:.4f}")
        assert abs(found - expected) < 1e-4, f"warrant {right + 1} of 20: {asked} is {expected:.4f}, found {found:.4f}"
        partial(1 if right == 19 else 0, "all twenty warrants have to be right")


# How the checks ask


@cache
def run(seed, warrants=1_000, strike=6_000):
    scenario = WarrantDilution(warrants=warrants, strike=strike)
    return simulate(scenario, Options(seed=seed, epochs=8, settlement="none")).journal


@cache
def issues(journal):
    return [(place, event) for place, event in enumerate(journal) if type(event) is SharesIssued]


def issue(seed):
    """A run, and its first exercise."""
    journal = run(seed)
    return journal, issues(journal)[0][0]


def outcome(company, shares, warrants, strike):
    """What there is after the exercise."""
    new = warrants if company > shares * strike else 0
    return shares + new, company + new * strike, (company + new * strike) // (shares + new)


def exact(company, shares, warrants, strike):
    """What an old share loses and a warrant gains, by the product's formulas."""
    if company <= shares * strike:
        return 0.0, 0.0
    terms = WarrantIssue(shares, warrants)
    return company / shares - price_after_exercise(company, strike, terms), payoff(company, strike, terms)


def after(student, *given):
    found = student.call("after", *given)
    sound = isinstance(found, tuple | list) and len(found) == 3 and all(type(one) is int for one in found)
    assert sound, f"after(...) returns three whole numbers (shares, company, price), found {str(found)[:60]!r}"
    return tuple(found)


def pair(student, *given):
    found = student.call("transfer", *given)
    sound = isinstance(found, tuple | list) and len(found) == 2 and all(type(one) in (int, float) for one in found)
    assert sound, f"transfer(...) returns two numbers (loss, gain), found {str(found)[:60]!r}"
    return found


def number(student, *given):
    found = student.call("value", *given)
    assert type(found) in (int, float), f"value(...) returns a number, found {str(found)[:40]!r}"
    return found
