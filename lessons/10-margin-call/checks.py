"""What an answer to 10-margin-call must do. The amounts are compared with those of the product's own broker.

All amounts and prices are whole cents, in the sentences as in the answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

import pytest

from market_sim import MarketMaker, Noise, Options, PriceShock, Scenario, Stock, dollars, simulate
from market_sim.core.data.fold import Fold
from market_sim.core.models.mechanism_events import LiquidationStarted, MarginCalled, MarginCallMet
from market_sim.core.models.run_events import ShockHappened, ValueMoved
from market_sim.market.mechanisms.equity import Owing, Terms, owing_of
from market_sim.market.mechanisms.equity import equity as product_equity
from market_sim.market.mechanisms.liabilities import Liabilities
from market_sim.market.mechanisms.margin import MarginAccounts, MarginTerms
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.market.mechanisms.requirements import us_strategy
from market_sim.strategies.traditional.option_holder import Holder
from market_sim.strategies.traditional.position_taker import PositionTaker

ACME = {"ACME": Stock("ACME")}
TERMS = {"ACME": Terms("USD", 1)}
SECOND = 10**9


@pytest.mark.points(
    1, task=1, hint="Close the account in your head: what is sold, what is bought back, what is repaid?"
)
def test_debts_are_subtracted(student):
    "a loan and borrowed shares are owed, shares and cash are owned"
    cases = [
        ((5_000, 0, 10, 0, 800), "cash and ten shares at 800"),
        ((0, 952_326, 200, 0, 6_007), "200 shares at 6007, bought with a loan: what was lent is not yours"),
        ((800_000, 0, 0, 100, 8_000), "100 shares sold short at 8000: the proceeds pay for buying them back"),
        ((800_000, 0, 0, 100, 9_000), "the same at 9000: borrowed shares have to be bought back at the new price"),
    ]
    for given, why in cases:
        found, expected = whole(student, "equity", *given), product(*given)[0]
        assert found == expected, f"{why}; equity{given} is {expected}, found {found}"


@pytest.mark.points(1, task=1, hint="The replay shows an account at its margin call; its equity is in that event.")
def test_equity_in_a_real_fall_and_a_real_rise(student, replay):
    "the equity of every called account of two runs is the broker's"
    for percent in (-40.0, 45.0):
        journal = crash(percent, 7)
        for place, event, given in told(journal):
            found = whole(student, "equity", *given)
            replay(journal, place, f"equity{given}", event.equity, found)
            assert found == event.equity, (
                f"at {event.time / SECOND:.1f} s {event.account} has {described(given)}: the equity is {event.equity}, "
                f"you say {found}"
            )


@pytest.mark.points(1, task=2, hint="25 % of the value, and a fraction of a cent is rounded up.")
def test_a_long_position_requires_a_quarter(student, replay):
    "a long position requires a quarter of its value, rounded up"
    journal = crash(-40.0, 7)
    place = next(place for place, _, _ in told(journal))
    for given in ((200, 0, 6_007), (3, 0, 1_001), (10, 4, 333), (0, 0, 5_000)):
        found, expected = whole(student, "requirement", *given), product(0, 0, *given)[1]
        replay(journal, place, f"requirement{given}", expected, found)
        assert found != expected - 1, (
            f"requirement{given}: a fraction of a cent is rounded up to {expected}, found {found}"
        )
        assert found == expected, (
            f"a quarter of {given[0] - given[1]} shares at {given[2]} is {expected}, found {found}"
        )


@pytest.mark.points(2, task=2, hint="Two maxima: 500 cents and 30 % from 500 on, 250 cents and the whole value below.")
def test_a_short_position_requires_more(student, partial, replay):
    "a short position requires three tenths, and a minimum for each share"
    journal = crash(45.0, 7)
    place = next(place for place, _, _ in told(journal))
    cases = [
        ((0, 100, 8_000), "30 % of a short position, not the quarter of a long one"),
        ((0, 7, 8_003), "30 % of 56021 are 16806.3, rounded up"),
        ((20, 100, 7_777), "the net position counts"),
        ((0, 100, 1_000), "30 % of 1000 are 300, and at least 500 for each share are required"),
        ((0, 100, 499), "below 500 the whole value is required"),
        ((0, 100, 120), "and at least 250 for each share"),
        ((0, 100, 500), "500 is no longer below 500"),
    ]
    for done, (given, why) in enumerate(cases):
        found, expected = whole(student, "requirement", *given), product(0, 0, *given)[1]
        replay(journal, place, f"requirement{given}", expected, found)
        assert found == expected, f"{why}: requirement{given} is {expected}, found {found}"
        partial((done + 1) / len(cases), f"{done + 1} of {len(cases)} positions are right")


@pytest.mark.points(3, task=3, hint="The replay stands at the call; compare its amount with yours.")
def test_the_calls_of_real_brokers(student, partial, seed, replay):
    "every margin call of three runs has your amount, and no account that met its call is called by you"
    for number, (percent, value, target) in enumerate(((50.0, 8, -400), (45.0, 100, -121), (-40.0, 100, -121))):
        journal = crash(percent, seed, value, target)
        for place, event, given in told(journal):
            found, expected = whole(student, "margin_call", *given), max(0, event.requirement - event.equity)
            replay(journal, place, f"margin_call{given}", expected, found)
            assert found != initial(given) or found == expected, (
                f"{event.account} has {described(given)}: you ask for {found}, up to the initial margin of a new "
                f"position; a call asks for the maintenance margin, {expected}"
            )
            assert found == expected, (
                f"{event.account} has {described(given)}: equity {event.equity}, requirement {event.requirement}, so "
                f"{expected} is missing; you say {found}"
            )
        partial((number + 1) / 3, f"{number + 1} of 3 runs are right")


@pytest.mark.points(2, task=3, hint="Long: search from above. Short: search from below.")
def test_the_price_of_the_first_call(student, partial, seed, replay):
    "the mark of the first call is right for long and short positions, and None where there is none"
    luck, journal = Random(seed), crash(-40.0, 7)
    place = next(place for place, _, _ in told(journal))
    cases = [(0, 952_326, 200, 0), (1_200_000, 0, 0, 100), (5_000, 0, 100, 0), (90_000, 0, 0, 100)]
    for _ in range(4):
        cases.append((0, luck.randint(1_000, 900_000), luck.randint(1, 300), 0))
        cases.append((luck.randint(100_000, 2_000_000), 0, 0, luck.randint(20, 300)))
    for done, given in enumerate(cases):
        found, expected = student.call("called_at", *given), first_call(*given)
        replay(journal, place, f"called_at{given}", expected, found)
        way = "a long position is called on the way down" if given[2] else "a short position is called on the way up"
        assert found == expected, f"{way}: called_at{given} is {expected}, found {str(found)[:40]}"
        partial((done + 1) / len(cases), f"{done + 1} of {len(cases)} accounts are right")


# How the checks ask


@dataclass(frozen=True)
class Crash(Scenario):
    """A buyer on credit and a short seller, with two days for a margin call, and one jump of the price."""

    percent: float = -40.0
    value: int = 100
    target: int = -121
    name = "lesson-margin-call"

    def build(self, world):
        world.list(Stock("ACME"), value=dollars(self.value), volatility_bps=3)
        maker = MarketMaker(spread_bps=10, size=20, levels=6, max_position=4_000)
        world.join("maker", maker, cash=dollars(900_000), holdings={"ACME": 2_000})
        for number in range(3):
            world.join(f"noise-{number}", Noise(trade_probability=0.2), cash=dollars(20_000), holdings={"ACME": 50})
        world.join("lender", Holder(), holdings={"ACME": 500})
        world.join("aunt", Holder(), cash=dollars(20_000))
        for name, target, cash in (
            ("ann", 199, 105 * self.value),
            ("bear", self.target, 3_500 if self.value < 10 else 10_500),
        ):
            world.join(name, PositionTaker(target=target, slice=20), cash=dollars(cash), every_ms=50)
        terms = MarginTerms(
            capital=dollars(100_000), grace=2 * SECOND, lenders=("lender",), backers={"ann": "aunt", "bear": "aunt"}
        )
        world.attach(MarginAccounts({name: Agreement() for name in ("ann", "bear")}, terms, world.values))
        world.at(epoch=3, shock=PriceShock("ACME", percent=self.percent))


@cache
def crash(percent, seed, value=100, target=-121):
    return simulate(Crash(percent, value, target), Options(seed=seed, epochs=7, settlement="none")).journal


@cache
def told(journal):
    """Each statement of the broker about an account: its place, the event, and cash, loan, shares, borrowed, mark."""
    found, balances, owed, mark = [], Fold(), Liabilities(), 0
    for place, event in enumerate(journal):
        if type(event) is ValueMoved:
            mark = event.value
        elif type(event) is ShockHappened:
            mark = event.numbers["after"]
        elif isinstance(event, MarginCalled | MarginCallMet | LiquidationStarted):
            held, owing = balances.balances[event.account], owing_of(owed, event.account)
            borrowed = owing.borrowed.get("ACME", 0)
            given = (held.get("USD", 0), owing.loan, held.get("ACME", 0), borrowed, mark)
            found.append((place, event, given))
        balances.add(event)
        owed.read((event,))
    return found


def product(cash, loan, shares, borrowed, mark):
    """The equity and the requirement of an account, by the product's own rules."""
    owing = Owing(loan, {"ACME": borrowed} if borrowed else {})
    worth = product_equity({"USD": cash, "ACME": shares}, owing, {"ACME": mark}, TERMS)
    return worth, required(shares - borrowed, mark, False)


def required(net, mark, is_initial):
    return us_strategy.requirement({"ACME": net}, {"ACME": mark}, ACME, initial=is_initial) if net else 0


def initial(given):
    """What would be missing of the initial margin."""
    *_, shares, borrowed, mark = given
    return max(0, required(shares - borrowed, mark, True) - product(*given)[0])


def first_call(cash, loan, shares, borrowed):
    """The first mark at which something is missing: the surplus falls with the price of a long position, and rises
    with that of a short one, so half of the marks are left after each look."""
    low, high = 1, 20_000
    is_long = shares > borrowed

    def is_called(mark):
        worth, needed = product(cash, loan, shares, borrowed, mark)
        return worth < needed

    if not is_called(low if is_long else high):
        return None
    while low < high:
        middle = (low + high + 1) // 2 if is_long else (low + high) // 2
        if is_long:
            low, high = (middle, high) if is_called(middle) else (low, middle - 1)
        else:
            low, high = (low, middle) if is_called(middle) else (middle + 1, high)
    return low


def described(given):
    cash, loan, shares, borrowed, mark = given
    parts = [f"{cash} in cash"] if cash else []
    parts += [f"a loan of {loan}"] if loan else []
    parts += [f"{shares} shares"] if shares else []
    parts += [f"{borrowed} borrowed shares to give back"] if borrowed else []
    return f"{', '.join(parts)}, at a mark of {mark}"


def whole(student, name, *given):
    found = student.call(name, *given)
    assert type(found) is int, f"{name}(...) returns whole cents: use // instead of /; found {str(found)[:40]!r}"
    return found
