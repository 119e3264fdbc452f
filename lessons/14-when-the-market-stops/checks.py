"""What an answer to 14-when-the-market-stops must do. What is right is what the product's rules and exchange do.

All prices are whole cents, in the sentences as in the answers.
"""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.core.models.intents import Buy, Cancel, Sell
from market_sim.core.models.market_events import AuctionHeld, OrderCancelled, OrderRejected, PhaseChanged, Trade
from market_sim.course.replay import PracticeExchange
from market_sim.market.compliance.market_wide import index_of, level_reached
from market_sim.market.compliance.profile import MarketWide
from market_sim.simulation.scenarios.circuit_breaker import CircuitBreaker

NOON, LATE = 12 * 3_600, 15 * 3_600 + 25 * 60
SECOND = 10**9


@pytest.mark.points(1, task=1, hint="'At least 7 %' includes 7 %. Does your arithmetic know exactly when that is?")
def test_each_level_has_its_edge(student, partial, replay):
    "a fall of exactly 7, 13 or 20 % halts, and one cent less does not reach the level"
    cases = [(9_300, 1), (9_301, 0), (8_700, 2), (8_701, 1), (8_000, 3), (8_001, 2), (10_000, 0), (10_900, 0)]
    for right, (price, expected) in enumerate(cases):
        found = levelled(student, replay, {"A": price}, {"A": 10_000}, NOON, 0)
        assert found == expected, (
            f"from 10000 to {price} is a fall of {(10_000 - price) / 100:.2f} %: level {expected}, found {found}"
        )
        partial((right + 1) / len(cases), f"{right + 1} of {len(cases)} falls are right")


@pytest.mark.points(1, task=1, hint="Each share counts the same: divide first, and then take the mean.")
def test_every_share_counts_the_same(student, replay):
    "the index is the mean of price by close, so a dear share counts no more than a cheap one"
    found = levelled(student, replay, {"DEAR": 40_000, "CHEAP": 1_000}, {"DEAR": 50_000, "CHEAP": 1_000}, NOON, 0)
    assert found == 1, (
        "one of two shares has fallen by 20 %, the other by nothing: the mean fall is 10 %, level 1, whatever they "
        f"cost; found {found}"
    )
    found = levelled(student, replay, {"A": 8_000}, {"A": 10_000, "B": 5_000, "C": 700, "D": 90}, NOON, 0)
    assert found == 0, (
        f"B, C and D have not traded, so they stand at their close, and the mean fall is 5 %; found {found}"
    )


@pytest.mark.points(1, task=1, hint="Which level may halt after 15:25? And which after it has halted already?")
def test_time_and_what_was_before(student, replay):
    "levels 1 and 2 halt before 15:25 and once a day; level 3 always"
    cases = [
        (9_200, LATE - 1, 0, 1, "at 15:24:59 level 1 still halts"),
        (9_200, LATE, 0, 0, "from 15:25 on level 1 halts no more"),
        (8_600, LATE, 0, 0, "from 15:25 on level 2 halts no more"),
        (7_900, LATE, 0, 3, "level 3 halts at any time"),
        (9_200, NOON, 1, 0, "level 1 has halted today, and it does so once"),
        (9_000, NOON, 2, 0, "after level 2 the market reopens below level 1, which must not halt it again"),
        (8_600, NOON, 1, 2, "level 1 has halted, level 2 has not"),
    ]
    for price, time, before, expected, why in cases:
        found = levelled(student, replay, {"A": price}, {"A": 10_000}, time, before)
        assert found == expected, f"{why}: from 10000 to {price} level {expected} is right, found {found}"


@pytest.mark.points(1, task=1, hint="Take the numbers of the sentence and work the fall out by hand.")
def test_levels_of_any_market(student, replay, seed):
    "300 markets of one to four shares"
    luck = Random(seed)
    for _ in range(300):
        closes = {symbol: luck.randint(5, 60) * 100 for symbol in "ABCD"[: luck.randint(1, 4)]}
        prices = {one: close * luck.randint(76, 97) // 100 for one, close in closes.items() if luck.random() < 0.9}
        time, before = luck.choice((NOON, LATE - 1, LATE)), luck.choice((0, 0, 1, 2))
        expected = level_reached(MarketWide(), index_of(prices, closes), time * SECOND, before)
        found = levelled(student, replay, prices, closes, time, before)
        assert found == expected, f"level({prices}, {closes}, {time}, {before}) is {expected}, found {found}"


@pytest.mark.points(1, task=2, hint="At which limits do most shares trade, and at which of them is least left over?")
def test_volume_comes_first_then_the_surplus(student, replay):
    "of the limits with the largest volume the one with the smallest surplus is the price"
    buys, sells = [(10_200, 5), (10_100, 10)], [(10_000, 8), (10_300, 4)]
    found = agreed(student, replay, buys, sells, 10_000)
    assert found == (10_100, 8), (
        "8 shares trade at 10000 and at 10100, where 15 are wanted, and only 5 at 10200; both leave a surplus of 7 "
        f"buyers, so the price is the higher one, 10100; found {found}"
    )
    buys, sells = [(10_400, 10), (10_200, 6)], [(10_000, 10), (10_100, 4)]
    found = agreed(student, replay, buys, sells, 10_400)
    assert found == (10_200, 14), (
        "14 shares trade at 10100 and at 10200, where 16 are wanted and 14 offered; at 10400 there are 10: the price "
        f"is 10200 and the volume 14; found {found}"
    )
    assert agreed(student, replay, [(9_900, 5)], [(10_000, 5)], 10_000) is None, (
        "nobody who buys accepts what a seller asks, so there is no price: return None"
    )


@pytest.mark.points(
    1, task=2, hint="Whose shares are left over at every limit that remains: the buyers', or the sellers'?"
)
def test_pressure_and_the_reference(student, replay):
    "with a surplus of sellers the lowest limit is the price; without a surplus the one nearest to the reference"
    found = agreed(student, replay, [(10_200, 5)], [(10_000, 9), (10_100, 3)], 10_200)
    assert found is not None and found[0] == 10_000, (
        f"5 shares trade at each of the three limits, and least is left over at 10000, 4 of the sellers'; found {found}"
    )
    found = agreed(student, replay, [(10_500, 5), (10_400, 3)], [(10_100, 5)], 10_000)
    assert found == (10_500, 5), (
        "5 shares trade at 10100, 10400 and 10500, and at 10500 nothing is left over, so that is the price, however "
        f"far the reference is; found {found}"
    )
    for reference, expected in ((10_250, 10_250), (9_000, 10_100), (11_000, 10_400)):
        found = agreed(student, replay, [(10_400, 5)], [(10_100, 5)], reference)
        assert found == (expected, 5), (
            f"from 10100 to 10400 all 5 shares trade and nothing is left over: with the reference {reference} the "
            f"price is {expected}, found {found}"
        )


@pytest.mark.points(
    3, task=2, hint="Write the rows (price, volume, surplus) of this book down, and apply the four rules."
)
def test_any_auction_is_that_of_the_exchange(student, partial, replay, seed):
    "forty books that collected in a call uncross as on the exchange"
    luck = Random(seed)
    for case in range(40):
        sides = [[(10_000 + luck.randint(-4, 4), luck.randint(1, 6)) for _ in range(luck.randint(1, 5))] for _ in "bs"]
        reference = 10_000 + luck.randint(-6, 6)
        journal, place = called(*sides, reference)
        held = journal[place]
        expected = (held.price, held.volume) if held.volume else None
        found = given(student.call("auction", *sides, reference))
        partial(case / 40, f"{case} of 40 auctions are right until the first that differs")
        replay(journal, place, f"auction({sides[0]}, {sides[1]}, {reference})", expected, found)
        assert found == expected, (
            f"auction {case + 1} of 40: buyers {sides[0]}, sellers {sides[1]}, reference {reference}: "
            f"{expected}, found {found}"
        )
    partial(1, "")


@pytest.mark.points(1, task=3, hint="Try it: what does the exchange say to an order in a halt, and in a call?")
def test_what_may_be_done_in_each_phase(student, partial, replay):
    "a halt refuses orders, a call collects them, and a cancel is always allowed"
    cases = [(phase, message) for message in ("order", "cancel") for phase in ("continuous", "halted", "call")]
    for right, (phase, message) in enumerate(cases):
        journal, place, expected = on_the_exchange(phase, message)
        found = student.call("becomes", phase, message)
        replay(journal, place, f"becomes({phase!r}, {message!r})", expected, found)
        if (phase, message) == ("halted", "cancel"):
            assert found == expected, (
                f"who cannot trade must be able to withdraw: in a halt a cancel is taken, and you say {found!r}"
            )
        what = "an order that meets a price" if message == "order" else "a cancel"
        assert found == expected, (
            f"phase {phase}: {what} is answered with {expected!r} by the exchange, found {found!r}"
        )
        partial((right + 1) / len(cases), f"{right + 1} of {len(cases)} messages are right")


# How the checks ask, and what the product says


@cache
def fallen():
    """A market that falls through all levels, and the place of its first halt."""
    journal = simulate(CircuitBreaker(), Options(epochs=4, settlement="none")).journal
    return journal, next(n for n, one in enumerate(journal) if type(one) is PhaseChanged and one.phase == "halted")


def levelled(student, replay, prices, closes, time, before):
    """The level of an answer; the replay shows a real halt beside the question."""
    found = student.call("level", dict(prices), dict(closes), time, before)
    expected = level_reached(MarketWide(), index_of(prices, closes), time * SECOND, before)
    replay(*fallen(), f"level({prices}, {closes}, {time}, {before})", expected, found)
    return found


def given(found):
    """What an answer says of an auction, as a tuple."""
    assert found is None or (isinstance(found, tuple | list) and len(found) == 2), (
        f"auction(...) returns (price, volume) or None, found {str(found)[:80]}"
    )
    return found if found is None else tuple(found)


def agreed(student, replay, buys, sells, reference):
    """The auction of an answer; the replay shows that of the exchange."""
    journal, place = called(buys, sells, reference)
    held = journal[place]
    found = given(student.call("auction", list(buys), list(sells), reference))
    asked = f"auction({buys}, {sells}, {reference})"
    replay(journal, place, asked, (held.price, held.volume) if held.volume else None, found)
    return found


def called(buys, sells, reference):
    """A call in which these orders collect, each of a trader of its own, and the place of its auction."""
    practice = PracticeExchange("14-when-the-market-stops")
    practice.exchange.phases.call("ACME", reference=reference)
    for number, (price, quantity) in enumerate(buys):
        practice.play(f"buyer-{number}", Buy("ACME", quantity, price))
    for number, (price, quantity) in enumerate(sells):
        practice.play(f"seller-{number}", Sell("ACME", quantity, price))
    practice.clock.on()
    practice.exchange.phases.uncross("ACME")
    journal = practice.end()
    return journal, next(place for place, event in enumerate(journal) if type(event) is AuctionHeld)


def on_the_exchange(phase, message):
    """What becomes of an order or a cancel in this phase: the run, the place, and the word for it."""
    practice = PracticeExchange("14-when-the-market-stops")
    practice.play("sally", Sell("ACME", 5, 10_000))
    if phase != "continuous":
        practice.clock.on()
        practice.exchange.phases.halt("ACME")
    if phase == "call":
        practice.exchange.phases.call("ACME", reference=10_000)
    before = len(practice.journal)
    practice.play("bob" if message == "order" else "sally", Buy("ACME", 5, 10_000) if message == "order" else Cancel(1))
    words = {Trade: "trades", OrderRejected: "refused", OrderCancelled: "cancelled"}
    said = next((words[type(one)] for one in practice.journal.since(before) if type(one) in words), "waits")
    return practice.end(), before, said
