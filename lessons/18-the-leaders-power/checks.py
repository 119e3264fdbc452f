"""What an answer to 18-the-leaders-power must do. Prices are compared with the product's own pool, extracted value with
its account of the run; the replays are of the run in which leaders help a searcher. Amounts are in cents."""

from __future__ import annotations

from collections import Counter
from functools import cache
from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.blockchain.extracted_value import POOL
from market_sim.blockchain.extracted_value import extracted as in_run
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted, ContractReconciled
from market_sim.pricing.constant_product import price_to_buy, price_to_sell
from market_sim.simulation.scenarios.sandwich import SEARCHER, SandwichScenario

LIVE = (10_000, 100_000_000, 30)
"""The pool of the run before the first purchase: shares, cents, fee."""


@pytest.mark.points(2, task=1, hint="Take the round trip of the sentence: who gains by your roundings?")
def test_prices_at_a_pool(student, seed, replay):
    "sixty purchases and sales cost and bring what the product's pool says"
    luck = Random(seed)
    # A float is right for a third of the quantities at the large pool: seven of them find it.
    pools = [LIVE, (1_000, 100_000, 0), *[(10**12, 10**17, 30)] * 7]
    pools += [(luck.randint(50, 10**6), luck.randint(10**4, 10**9), luck.choice([0, 5, 30, 100])) for _ in range(21)]
    for pool in pools:
        quantity = luck.randint(1, pool[0] // 3)
        for name, right in (("buy", price_to_buy(quantity, *pool)), ("sell", price_to_sell(quantity, *pool))):
            found = student.call(name, quantity, *pool)
            asked = f"{name}{(quantity, *pool)}"
            replay(*replayed(), asked, right, found)
            assert type(found) is int, f"{asked} is a whole number of cents, {right}; found {str(found)[:40]!r}"
            without = {"buy": price_to_buy, "sell": price_to_sell}[name](quantity, *pool[:2], 0)
            assert found != without or right == without, (
                f"{asked}: you left the fee out; with it {right}, found {found}"
            )
            direction = {"buy": "up, since the pool gets it", "sell": "down, since the pool pays it"}[name]
            assert found == right, f"{asked} is {right}, rounded {direction}; found {found}"


@pytest.mark.points(1, task=2, hint="Three groups; in each of them the calls keep their order.")
def test_the_order_of_a_leader(student, seed, replay):
    "the searcher's purchases come first and its sales last, and nothing else changes"
    luck = Random(seed)
    for _ in range(30):
        calls = [
            (luck.choice(["ann", "bob", "eve"]), luck.choice(["buy", "sell"]), luck.randint(1, 9), number)
            for number in range(luck.randint(2, 8))
        ]
        mine = [call for call in calls if call[0] == "eve"]
        right = [one for one in mine if one[1] == "buy"] + [one for one in calls if one not in mine]
        right += [one for one in mine if one[1] == "sell"]
        found = student.call("arrange", list(calls), "eve")
        replay(*replayed(), f"arrange({calls}, 'eve')", right, found)
        assert isinstance(found, list), f"arrange(...) returns a list of calls, found {str(found)[:40]!r}"
        found = [tuple(one) for one in found]
        assert Counter(found) == Counter(calls), f"arrange returns the calls that it got, each once: {calls}, {found}"
        assert found == right, f"the order of {calls} is {right}: eve's purchases, others, eve's sales; found {found}"


@pytest.mark.points(2, task=2, hint="Use buy three times: theirs alone, yours, theirs after yours; then sell.")
def test_what_fits_in_front_of_a_purchase(student, seed, replay):
    "forty times the most that the limit allows, and nothing where that does not pay"
    luck = Random(seed)
    cases = [(50, 514_105, *LIVE), (20, 205_000, *LIVE), (50, 504_000, *LIVE)]
    # In two of these the purchase costs exactly its limit, in the third the searcher gets exactly what it paid.
    cases += [(12, 9_431, 222, 154_497, 0), (11, 24_625, 191, 359_501, 30), (1, 7, 43, 254, 0)]
    for _ in range(34):
        pool = luck.randint(200, 2_000), luck.randint(10**5, 10**8), luck.choice([0, 30, 100])
        quantity = luck.randint(1, pool[0] // 20)
        cases.append((quantity, price_to_buy(quantity, *pool) * luck.randint(10_000, 10_500) // 10_000, *pool))
    for given in cases:
        right, fits, gain = in_front(*given)
        found = student.call("around", *given)
        asked = f"around{given}"
        replay(*replayed(), asked, right, found)
        assert type(found) is int, f"{asked} is a whole number of shares, {right}; found {str(found)[:40]!r}"
        assert found <= fits or not right, (
            f"{asked}: with {found} shares in front, the purchase costs more than its limit and is refused; {right} fit"
        )
        assert found != fits or right == fits, (
            f"{asked}: {fits} shares fit in front, but bought and sold again they bring {gain} cents: 0, found {found}"
        )
        assert found == right, f"{asked} is {right}: {fits} fit, and they bring {gain} cents; found {found}"


@pytest.mark.points(
    2, task=3, hint="Play one block of the run by hand: whose price changed, and who got the difference?"
)
def test_the_run_is_accounted_for(student, replay):
    "what your account of each block adds up to is what the run says at its end"
    sums: Counter[tuple[str, int]] = Counter()
    journal, _ = replayed()
    for place, pool, arrived, ordered in blocks():
        found = dictionary(student, arrived, ordered, pool)
        replay(journal, place, f"extracted({arrived}, {ordered}, *{pool})", "see the sentence", found)
        for account, amounts in found.items():
            for asset in (0, 1):
                sums[account, asset] += amounts[asset]
    right = {account: tuple(held) for account, held in in_run(journal, "amm").items()}
    right["pool"] = right.pop(POOL)
    mine = {account: (sums[account, 0], sums[account, 1]) for account in right}
    replay(*replayed(), "the sums of extracted(...) over all blocks", right, mine)
    for account, amounts in right.items():
        assert mine[account] == amounts, (
            f"over the run the order gave {account} {amounts} (shares, cents), and your blocks sum to {mine[account]}"
        )


@pytest.mark.points(1, task=3, hint="What does a call change that is refused? And where does what somebody pays go?")
def test_nothing_is_made_or_lost(student, seed, replay):
    "in forty blocks of four calls each difference is right, and they sum to zero"
    luck = Random(seed)
    for _ in range(40):
        pool = luck.randint(100, 1_000), luck.randint(10**4, 10**7), 30
        arrived = []
        for account in ("ann", "bob", "eve", "eve"):
            function, quantity = luck.choice(["buy", "sell"]), luck.randint(1, pool[0] // 10)
            price = (price_to_buy if function == "buy" else price_to_sell)(quantity, *pool)
            arrived.append((account, function, quantity, price * luck.randint(90, 110) // 100))
        arrived.append(("dan", "buy", pool[0] * 2, 10**12))
        ordered = luck.sample(arrived, len(arrived))
        found = dictionary(student, arrived, ordered, pool)
        right = differences(arrived, ordered, pool)
        asked = f"extracted({arrived}, {ordered}, *{pool})"
        replay(*replayed(), asked, right, found)
        assert found.keys() == right.keys(), f"{asked} tells of {sorted(right)}, found {sorted(found)}"
        total = tuple(sum(amounts[asset] for amounts in found.values()) for asset in (0, 1))
        assert total == (0, 0), (
            f"a pool makes neither shares nor cents, so {asked} sums to (0, 0), found {total}: {found}"
        )
        assert found == right, f"{asked} is {right}, found {found}: a call beyond its limit changes nothing"


@pytest.mark.points(2, task=4, hint="Play the scenario with --quantity: from which quantity on does the searcher gain?")
def test_a_purchase_too_small_to_rob(student, seed, replay):
    "the largest safe purchase of twelve pools"
    luck = Random(seed)
    cases = [(200, *LIVE), (500, 1_000, 5_000_000, 30), (100, 400, 2_000_000, 0)]
    # Of the first of these two every purchase is safe; in the second a limit that is rounded up is worth a try.
    cases += [(172, 46, 423_529, 30), (298, 165, 8_443, 0)]
    cases += [(luck.randint(20, 500), luck.randint(100, 900), luck.randint(10**5, 10**8), 30) for _ in range(7)]
    for given in cases:
        tolerance, *pool = given
        right = next(
            (one - 1 for one in range(1, pool[0] - 1) if in_front(one, limit(one, tolerance, pool), *pool)[0]),
            pool[0] - 2,
        )
        found = student.call("safe", *given)
        replay(*replayed(), f"safe{given}", right, found)
        assert type(found) is int, f"safe{given} is a whole number of shares, {right}; found {str(found)[:40]!r}"
        assert found <= pool[0] - 2, f"safe{given}: a purchase of {found} leaves fewer than two shares in the pool"
        assert found != right + 1, (
            f"safe{given}: {found} is the first that is worth it, so the last safe one is {right}"
        )
        gain = in_front(right + 1, limit(right + 1, tolerance, pool), *pool)[2]
        assert found <= right, (
            f"safe{given}: a purchase of {right + 1} shares lets a searcher gain {gain} cents, found {found}"
        )
        assert found == right, f"safe{given} is {right}: nobody gains by trading around that or less; found {found}"


# How the checks ask, and what the product says


@cache
def replayed():
    """The run of the lesson, and the place of the searcher's first purchase."""
    journal = simulate(SandwichScenario(), Options(seed=7, epochs=12, settlement="memory")).journal
    return journal, next(
        place
        for place, event in enumerate(journal)
        if isinstance(event, CallExecuted) and event.account == SEARCHER and event.succeeded
    )


@cache
def blocks():
    """The blocks of the run with trades at the pool: place, pool before, calls as they arrived and as ordered."""
    journal, _ = replayed()
    submitted = {call.call: call for call in journal.of(CallSubmitted)}
    found, block, pool = [], [], LIVE
    for place, event in enumerate(journal):
        if isinstance(event, CallExecuted) and event.function in ("buy", "sell"):
            block.append(event.call)
        elif isinstance(event, ContractReconciled):
            if block:
                orders = ([told(submitted[one]) for one in order] for order in (sorted(block), block))
                found.append((place, pool, *orders))
            pool, block = (event.numbers["baseReserve"], event.numbers["quoteReserve"], 30), []
    return found


def told(call):
    """A call of the run as the lesson writes it."""
    quantity, limit = map(int, call.arguments)
    return call.account, call.function, quantity, limit


def dictionary(student, arrived, ordered, pool):
    """What an answer says of two orders, as pairs."""
    found = student.call("extracted", list(arrived), list(ordered), *pool)
    shown = f"extracted(...) returns a dictionary of (shares, cents) by account, found {str(found)[:60]!r}"
    assert isinstance(found, dict) and found, shown
    assert all(isinstance(one, tuple | list) and len(one) == 2 for one in found.values()), shown
    return {account: tuple(amounts) for account, amounts in found.items()}


def limit(quantity, tolerance, pool):
    """The most that a buyer with this tolerance pays."""
    return price_to_buy(quantity, *pool) * (10_000 + tolerance) // 10_000


def in_front(quantity, most, base, quote, fee):
    """The right answer, how many shares fit, and what buying and selling them brings."""
    low, high = 0, base - quantity - 1
    while low < high:
        middle = (low + high + 1) // 2
        paid = price_to_buy(middle, base, quote, fee)
        if price_to_buy(quantity, base - middle, quote + paid, fee) <= most:
            low = middle
        else:
            high = middle - 1
    paid = price_to_buy(low, base, quote, fee)
    theirs = price_to_buy(quantity, base - low, quote + paid, fee)
    gain = price_to_sell(low, base - low - quantity, quote + paid + theirs, fee) - paid
    return (low if gain > 0 else 0), low, gain


def differences(arrived, ordered, pool):
    """What the second order gives to each, by what it holds after it and after the first."""
    ends = []
    for calls in (arrived, ordered):
        (base, quote, fee), held = pool, Counter()
        for account, function, quantity, most in calls:
            sign = 1 if function == "buy" else -1
            if sign == 1 and quantity >= base:
                continue
            price = (price_to_buy if sign == 1 else price_to_sell)(quantity, base, quote, fee)
            if sign * price > sign * most:
                continue
            base, quote = base - sign * quantity, quote + sign * price
            held[account, 0] += sign * quantity
            held[account, 1] -= sign * price
        held["pool", 0], held["pool", 1] = base, quote
        ends.append(held)
    accounts = {"pool", *(call[0] for call in arrived)}
    first, second = ends
    return {one: tuple(second[one, asset] - first[one, asset] for asset in (0, 1)) for one in accounts}
