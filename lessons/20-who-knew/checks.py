"""What an answer to 20-who-knew must do. Markouts and buckets are compared with the product's microscope, on twelve
epochs of the run in which one of six knows, and on drawn trades; the replays are of these epochs, too. Prices are in
cents, times in nanoseconds."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import isclose
from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.analysis.microstructure.order_flow import (
    Bucket,
    bulk_classified,
    toxicity,
    true_imbalances,
    volume_buckets,
)
from market_sim.core.models.market_events import Trade
from market_sim.core.units import MILLISECOND
from market_sim.market.exchange.markouts import markouts as of_product
from market_sim.market.exchange.quotes import tapes
from market_sim.simulation.scenarios.toxic_flow import KNOWS, ToxicFlow

MIDS = [(0, 10_000), (1_500, 10_008), (2_500, 10_001.5)]
TRADES = [
    (1_000, "ann", "mia", 1, 10_005, 3), (1_200, "bob", "mia", -1, 9_995, 2), (1_600, "ann", "mia", 1, 10_009, 1),
    (9_000, "ann", "mia", 1, 10_009, 4), (1_000, "mia", "bob", -1, 9_998, 4),
]  # fmt: skip


@pytest.mark.points(2, task=1, hint="Write down the midpoint that holds one second after each trade of the sentence.")
def test_five_trades(student, replay):
    "each trade is measured at the midpoint of its own horizon, and weighs as much as it has shares"
    right = {"ann": ((3 * 3 - 7.5) / 4, None), "bob": (-13, 10), "mia": (-10, (26 + 7.5 - 3 * 3) / 6)}
    found = marks(student, replay, TRADES, MIDS, 1_000, 5_000, right)
    gives = f"of the trades {TRADES}, with the midpoints {MIDS} and the horizon 1000"
    for account, means in right.items():
        for role, one, mine in zip(("took", "made"), means, found.get(account, (None, None)), strict=True):
            assert same(one, mine), f"{gives}: a share that {account} {role} gained {shown(one)}, found {shown(mine)}"


@pytest.mark.points(2, task=1, hint="Play 12 epochs and compare: python simulate.py microscope RUN has the markouts.")
def test_the_accounts_of_the_run(student, replay):
    "the markouts of twelve epochs of the run at three horizons, in both roles"
    _, _, trades, mids, end = taken()
    for horizon in (50 * MILLISECOND, 1_000 * MILLISECOND, 5_000 * MILLISECOND):
        right = product(horizon)
        found = marks(student, replay, trades, mids, horizon, end, right)
        for account, means in right.items():
            for role, one, mine in zip(("took", "made"), means, found.get(account, (None, None)), strict=True):
                assert same(one, mine), (
                    f"{horizon // MILLISECOND} milliseconds after the trades of the first 12 epochs a share that "
                    f"{account} {role} had gained {shown(one)} cents, found {shown(mine)}"
                )


@pytest.mark.points(2, task=2, hint="Fill the buckets of the sentence by hand, trade by trade.")
def test_buckets(student, seed, replay):
    "buckets hold the same volume, and a trade that does not fit is divided"
    small = [(1, "ann", "mia", 1, 10, 3), (2, "bob", "mia", -1, 9, 4), (3, "ann", "mia", 1, 12, 9)]
    cases = [(small, 5, "")]
    luck = Random(seed)
    for _ in range(40):
        drawn = [
            (number, "ann", "mia", luck.choice([1, -1]), luck.randint(90, 110), luck.randint(1, 12))
            for number in range(luck.randint(1, 8))
        ]
        cases.append((drawn, luck.randint(1, 9), ""))
    cases.append((taken()[2], 17, f"of the {len(taken()[2])} trades of the run"))
    for trades, size, which in cases:
        right = product_buckets(trades, size)
        asked = f"buckets({'trades' if which else trades}, {size}) {which}".strip()
        found = pairs(student, replay, trades, size, right, asked)
        assert len(found) == len(right), f"{asked} has {len(right)} full buckets, found {len(found)}: {str(found)[:80]}"
        for number, (one, mine) in enumerate(zip(right, found, strict=True), 1):
            assert mine[1] == one[1], f"{asked}: in bucket {number} takers bought {one[1]} shares, found {mine[1]}"
            assert mine[0] == one[0], f"{asked}: in bucket {number} the price changed by {one[0]}, found {mine[0]}"


@pytest.mark.points(2, task=2, hint="One of the two looks at who bought, the other at prices only.")
def test_one_sided(student, seed, replay):
    "how one-sided the flow was, from who took and from prices alone"
    luck = Random(seed)
    cases = [(product_buckets(taken()[2], 17), 17, 50), ([(2, 5), (2, 0), (2, 4)], 5, 2)]
    for _ in range(30):
        size = luck.randint(1, 20)
        full = [(luck.randint(-9, 9), luck.randint(0, size)) for _ in range(luck.randint(3, 60))]
        cases.append((full, size, luck.randint(1, len(full))))
    for full, size, window in cases:
        told = full if len(full) < 9 else f"{len(full)} buckets"
        true, guess = measures(full, size, window)
        for name, right in (("vpin", true), ("guessed", guess)):
            found = student.call(name, list(full), size, window)
            asked = f"{name}({told}, {size}, {window})"
            replay(*taken()[:2], asked, f"{right:.4f}", str(found))
            assert type(found) in (int, float), f"{asked} is a number, {right:.4f}; found {str(found)[:40]!r}"
            every = measures(full, size, len(full))[name == "guessed"]
            assert not isclose(found, every, abs_tol=1e-9) or isclose(every, right, abs_tol=1e-9), (
                f"{asked}: you take all {len(full)} buckets, and the last {window} count: {right:.4f}, not {every:.4f}"
            )
            assert isclose(found, right, abs_tol=1e-9), f"{asked} is {right:.4f}, found {found:.4f}"


@pytest.mark.points(2, task=3, hint="Draw two worlds and two kinds of customers, and count the purchases.")
def test_what_a_maker_asks(student, seed, replay):
    "a maker neither gains nor loses, whoever comes"
    luck = Random(seed)
    cases = [(9_900, 10_100, 0.5, 0.2), (9_900, 10_100, 0.5, 0.0), (9_900, 10_100, 0.25, 0.5)]
    cases += [(9_000, luck.randint(9_001, 11_000), luck.randint(1, 9) / 10, luck.randint(0, 9) / 10) for _ in range(27)]
    for given in cases:
        bid, ask = zero_gain(*given)
        found = student.call("quotes", *given)
        shown_right = f"({bid:.2f}, {ask:.2f})"
        replay(*taken()[:2], f"quotes{given}", shown_right, str(found))
        assert isinstance(found, tuple | list) and len(found) == 2, f"quotes{given} returns (bid, ask), found {found!r}"
        low, high, chance, informed = given
        mean = chance * high + (1 - chance) * low
        unmoved = all(isclose(one, mean, abs_tol=1e-6) for one in found)
        assert not unmoved or informed == 0, (
            f"quotes{given} is {shown_right}: at {mean:.2f} for both, the maker loses to those who know"
        )
        assert isclose(found[0], bid, abs_tol=1e-6) and isclose(found[1], ask, abs_tol=1e-6), (
            f"quotes{given} is {shown_right}, found ({found[0]:.2f}, {found[1]:.2f}): at the ask the maker gains "
            f"{found[1] - ask:+.2f} on average, at the bid {bid - found[0]:+.2f}"
        )


# How the checks ask, and what the product says


@cache
def taken():
    """Part of the run, the place of the first trade of the one who knows, its trades, midpoints and end."""
    journal = simulate(ToxicFlow(), Options(seed=7, epochs=12, settlement="none")).journal
    place = next(n for n, one in enumerate(journal) if isinstance(one, Trade) and one.taker == KNOWS)
    tape = tapes(journal)["ACME"]
    trades = [(one.time, one.taker, one.maker, one.side, one.price, one.quantity) for one in tape.trades]
    states = [*zip(tape.quotes.times, tape.quotes.twice, strict=True)]
    mids = [(time, twice / 2) for n, (time, twice) in enumerate(states) if not n or states[n - 1][1] != twice]
    return journal, place, trades, mids, journal[-1].time


def product(horizon):
    """The microscope's markouts of the run, as the lesson writes them."""
    tape = tapes(taken()[0])["ACME"]
    found = of_product(tape.trades, tape.quotes, taken()[0][-1].time, [horizon])
    told = {}
    for one in found:
        told.setdefault(one.account, {})[one.role] = one.means[0]
    return {account: (means.get("taker"), means.get("maker")) for account, means in told.items()}


def marks(student, replay, trades, mids, horizon, end, right):
    """The markouts of an answer, as pairs."""
    found = student.call("markouts", trades, mids, horizon, end)
    replay(*taken()[:2], f"markouts(trades, mids, {horizon}, {end})", right, found)
    sentence = f"markouts(...) returns a dictionary of (taken, made) by account, found {str(found)[:60]!r}"
    assert isinstance(found, dict), sentence
    assert all(isinstance(one, tuple | list) and len(one) == 2 for one in found.values()), sentence
    return {account: tuple(means) for account, means in found.items()}


def same(one, mine):
    """Whether two means are equal but for rounding."""
    if one is None or mine is None:
        return one is mine
    return type(mine) in (int, float) and isclose(one, mine, abs_tol=1e-6)


def shown(mean):
    """A mean in words; an answer may hold anything."""
    return f"{mean:.2f}" if type(mean) in (int, float) else str(mean)[:40]


def pairs(student, replay, trades, size, right, asked):
    """The buckets of an answer, as pairs."""
    found = student.call("buckets", trades, size)
    replay(*taken()[:2], asked, right, found)
    sentence = f"{asked} returns a list of (change, bought), found {str(found)[:60]!r}"
    assert isinstance(found, list) and all(isinstance(one, tuple | list) and len(one) == 2 for one in found), sentence
    return [tuple(one) for one in found]


def product_buckets(trades, size):
    """The product's buckets of these trades, as the lesson writes them."""
    made = [
        Trade(number, number, "ACME", price, quantity, side, 0, 0, maker, taker, 0, 0)
        for number, (_, taker, maker, side, price, quantity) in enumerate(trades)
    ]
    return [(bucket.change, bucket.bought) for bucket in volume_buckets(made, size)]


def measures(full, size, window):
    """The product's VPIN of the last buckets: from who took, and from prices."""
    made = [Bucket(0, *one) for one in full]
    found = true_imbalances(made, size), bulk_classified(made, size)
    true, guess = (toxicity(imbalances, size, window)[-1] for imbalances in found)
    return true, guess


def zero_gain(low, high, chance, informed):
    """Bid and ask by going through all four cases of who comes and what the share is worth."""
    told = {1: [Fraction(0), Fraction(0)], -1: [Fraction(0), Fraction(0)]}
    for value, likely in ((high, Fraction(str(chance))), (low, 1 - Fraction(str(chance)))):
        knows = Fraction(str(informed))
        for side in (1, -1):
            wish = knows * (side == (1 if value == high else -1)) + (1 - knows) / 2
            told[side][0] += likely * wish * value
            told[side][1] += likely * wish
    return tuple(float(told[side][0] / told[side][1]) for side in (-1, 1))
