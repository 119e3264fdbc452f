"""Estimators against published numbers, closed forms, and a second implementation from the papers.

Published: NIST's certified regression "Norris" (Statistical Reference Datasets); F. Anscombe, American Statistician 27
(1973); a widely used example of Wilder's average true range, 30 days of one fund; two who disagree, by L. Zadeh (1979).
Closed forms: without volatility Corwin and Schultz give the spread back, and a price that only bounces has Roll's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest

from market_sim.analysis.microstructure import range_volatility as volatility
from market_sim.analysis.microstructure.efficiency import efficiency
from market_sim.analysis.microstructure.fusion import (
    belief,
    dempster,
    plausibility,
    pooled_odds,
    precision_weighted,
    yager,
)
from market_sim.analysis.microstructure.liquidity_measures import (
    amihud,
    corwin_schultz,
    fitted_line,
    kyle_lambda,
    roll_spread,
)
from market_sim.analysis.microstructure.order_flow import (
    Bucket,
    bulk_classified,
    microprice,
    order_flow_imbalances,
    toxicity,
    true_imbalances,
    volume_buckets,
)
from market_sim.analysis.microstructure.price_discovery import Correction, error_correction, shares
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.quotes import Quotes
from tests.reference import naive_microstructure as naive


class Candle(NamedTuple):
    open: float
    high: float
    low: float
    close: float


def column(text: str) -> list[float]:
    return [float(one) for one in text.split()]


HIGHS = column("""48.70 48.72 48.90 48.87 48.82 49.05 49.20 49.35 49.92 50.19 50.12 49.66 49.88 50.19 50.36 50.57 50.65
    50.43 49.63 50.33 50.29 50.17 49.32 48.50 48.32 46.80 47.80 48.39 48.66 48.79""")
LOWS = column("""47.79 48.14 48.39 48.37 48.24 48.64 48.94 48.86 49.50 49.87 49.20 48.90 49.43 49.73 49.26 50.09 50.30
    49.21 48.98 49.61 49.20 49.43 48.08 47.64 41.55 44.28 47.31 47.20 47.90 47.73""")
CLOSES = column("""48.16 48.61 48.75 48.63 48.74 49.03 49.07 49.32 49.91 50.13 49.53 49.50 49.75 50.03 50.31 50.52 50.41
    49.34 49.37 50.23 49.24 49.93 48.43 48.18 46.57 45.41 47.77 47.72 48.62 47.85""")
FUND = [Candle(close, high, low, close) for high, low, close in zip(HIGHS, LOWS, CLOSES, strict=True)]
WILDER = column("0.55 0.59 0.59 0.57 0.61 0.62 0.64 0.67 0.69 0.77 0.78 1.21 1.30 1.38 1.37 1.34 1.32")

NORRIS = column("""0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3 449.1 448.6
    778.9 777.0 559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0 448.9 447.5 10.8 11.6 557.7 556.0
    228.3 228.1 998.0 995.8 888.8 887.6 119.6 120.2 0.3 0.3 0.6 0.3 557.6 556.8 339.3 339.1 888.0 887.2 998.5 999.0
    778.9 779.0 10.2 11.1 117.6 118.3 228.9 229.2 668.4 669.1 449.2 448.9 0.2 0.5""")
CERTIFIED = {"slope": 1.00211681802045, "constant": -0.262323073774029, "error": 0.429796848199937e-3,
             "r_squared": 0.999993745883712}  # fmt: skip
SAME = column("10 8 13 9 11 14 6 4 12 7 5")
ANSCOMBE = [
    (SAME, column("8.04 6.95 7.58 8.81 8.33 9.96 7.24 4.26 10.84 4.82 5.68")),
    (SAME, column("9.14 8.14 8.74 8.77 9.26 8.10 6.13 3.10 9.13 7.26 4.74")),
    (SAME, column("7.46 6.77 12.74 7.11 7.81 8.84 6.08 5.39 8.15 6.42 5.73")),
    (column("8 8 8 8 8 8 8 19 8 8 8"), column("6.58 5.76 7.71 8.84 8.47 7.04 5.25 12.50 5.56 7.91 6.89")),
]


@cache
def walked(seed: int, count: int) -> list[Candle]:
    """Candles of a random walk of 20 steps each, with a jump before each open."""
    draw, price, found = random.Random(seed), 100.0, []
    for _ in range(count):
        path = [price * math.exp(draw.gauss(0, 0.004))]
        for _ in range(20):
            path.append(path[-1] * math.exp(draw.gauss(0.0002, 0.002)))
        found.append(Candle(path[0], max(path), min(path), path[-1]))
        price = path[-1]
    return found


def pair(seed: int, count: int = 80) -> tuple[list[float], list[float]]:
    """Two prices of one thing, of which the second follows the first."""
    draw, first, second = random.Random(seed), [1000.0], [1000.0]
    for _ in range(count):
        gap = first[-1] - second[-1]
        first.append(first[-1] - 0.05 * gap + draw.gauss(0, 2))
        second.append(second[-1] + 0.3 * gap + draw.gauss(0, 2))
    return [float(round(one)) for one in first], [float(round(one)) for one in second]


def trade(number: int, price: int, quantity: int, side: int) -> Trade:
    return Trade(number * 100, number, "ACME", price, quantity, side, 1, 2, "ann", "bob", 0, 0)


def quotes(*states: tuple[int, int, int, int]) -> Quotes:
    made = Quotes()
    for time, state in enumerate(states):
        made.tell(time, *state)
    return made


A, B, C = (frozenset(name) for name in "ABC")
AB, ABC = A | B, A | B | C
DOCTORS = {A: 0.99, B: 0.01}, {C: 0.99, B: 0.01}
MILD = {A: 0.6, ABC: 0.4}, {B: 0.5, ABC: 0.5}
NESTED = {A: 0.5, AB: 0.3, ABC: 0.2}, {AB: 0.6, ABC: 0.4}

TABLE: list[tuple[str, Callable[[], float], float | Callable[[], float], float]] = []
"""What is measured, what is found, what is right, and the relative tolerance; a second implementation runs late."""


def row(name: str, found: Callable[[], float], right: float | Callable[[], float], within: float = 1e-9) -> None:
    TABLE.append((name, found, right, within))


for place, right in enumerate(WILDER):
    row(
        f"average true range, day {place + 14}",
        lambda at=place: volatility.average_true_ranges(FUND, 14)[at],
        right,
        0.01,
    )
for seed in range(4):
    for name in ("close_to_close", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"):
        row(f"{name}, walk {seed}", lambda n=name, s=seed: getattr(volatility, n)(walked(s, 30)),
            lambda n=name, s=seed: getattr(naive, n)(walked(s, 30)))  # fmt: skip
for name, right in CERTIFIED.items():
    row(f"Norris: {name}", lambda n=name: getattr(fitted_line(NORRIS[1::2], NORRIS[::2]), n), right)
for place, (xs, ys) in enumerate(ANSCOMBE, 1):
    for name, right, within in (("slope", 0.500, 1e-3), ("constant", 3.00, 1e-3), ("r_squared", 0.667, 2e-3)):
        row(f"Anscombe {place}: {name}", lambda n=name, x=xs, y=ys: getattr(fitted_line(x, y), n), right, within)
row("Kyle's lambda is the slope on the flow", lambda: kyle_lambda([3, -1, 5, -3], [1, -1, 2, -2]).slope, 2.0)
row("Amihud, by hand", lambda: amihud([100, 101, 101, 99.99], [1_000, 0, 500]), 1e6 * (0.01 / 1_000 + 0.01 / 500) / 2)
for size in (1, 2, 7):
    row(
        f"Roll, every trade at the other side of {size}",
        lambda s=size: roll_spread([0, s, 0, s, 0]),
        size * math.sqrt(16 / 3),
    )
    fair = [size * int(side) for side in "00010111" * 100]
    row(f"Roll, a fair coin at a spread of {size}", lambda f=fair: roll_spread(f), size, 0.01)
row("Roll, a trend has no spread", lambda: roll_spread([1, 2, 4, 7, 11]), 0.0)
for bid, ask in ((99, 101), (99.5, 100.5), (90, 110), (199, 201), (100, 100.02)):
    row(f"Corwin-Schultz, {bid} to {ask} without volatility",
        lambda b=bid, a=ask: corwin_schultz([a] * 5, [b] * 5), 2 * (ask - bid) / (ask + bid), 1e-6)  # fmt: skip
row("Corwin-Schultz, a trend counts as 0", lambda: corwin_schultz([101, 121], [100, 120]), 0.0)
for bid, bid_flow in ((11, 7), (10, 7 - 5), (9, -5)):
    for ask, ask_flow in ((19, -4), (20, 6 - 4), (21, 6)):
        path = quotes((10, 20, 5, 6), (bid, ask, 7, 4))
        row(f"OFI: bid to {bid}, ask to {ask}", lambda p=path: order_flow_imbalances(p)[0], bid_flow + ask_flow)
row("microprice, even", lambda: microprice(100, 5, 102, 5), 101.0)
row("microprice, thin ask", lambda: microprice(100, 30, 102, 10), 101.5)
row("microprice, thin bid", lambda: microprice(100, 1, 104, 3), 101.0)
UPS = [Bucket(0, change, 0) for change in (1, -1, 1, -1)]
row(
    "VPIN: one standard deviation each",
    lambda: toxicity(bulk_classified(UPS, 10), 10, 4)[0],
    math.erf(1 / math.sqrt(2)),
)
row("VPIN: a price that stands", lambda: toxicity(bulk_classified([Bucket(0, 0, 0)] * 3, 10), 10, 3)[0], 0.0)
row("true imbalance: all bought", lambda: toxicity(true_imbalances([Bucket(0, 0, 10)] * 2, 10), 10, 2)[0], 1.0)
row("true imbalance: half bought", lambda: toxicity(true_imbalances([Bucket(0, 0, 5)] * 2, 10), 10, 2)[0], 0.0)
DIVIDED = [trade(1, 100, 7, 1), trade(2, 103, 8, -1), trade(3, 99, 5, 1)]
row("a trade is divided between buckets", lambda: volume_buckets(DIVIDED, 10)[0].bought, 7)
row("the change of the first bucket", lambda: volume_buckets(DIVIDED, 10)[0].change, 3)
row("the change of the second bucket", lambda: volume_buckets(DIVIDED, 10)[1].change, -4)
row("what the second bucket bought", lambda: volume_buckets(DIVIDED, 10)[1].bought, 5)
row("precision-weighted mean", lambda: precision_weighted([(10, 1), (13, 2), (7, 4)])[0], (10 + 6.5 + 1.75) / 1.75)
row("precision-weighted variance", lambda: precision_weighted([(10, 1), (13, 2), (7, 4)])[1], 4 / 7)
row("log odds: two sources that agree", lambda: pooled_odds([0.8, 0.8]), 16 / 17)
row("log odds: sources that cancel", lambda: pooled_odds([0.9, 0.1]), 0.5)
row("log odds: almost sure, twice against", lambda: pooled_odds([0.99, 0.05, 0.05]), 99 / 460)
row("Zadeh's conflict", lambda: dempster(*DOCTORS).conflict, 0.9999)
row("Zadeh: Dempster lets the shared mass win", lambda: dempster(*DOCTORS).mass[B], 1.0)
row("Zadeh: Yager keeps it small", lambda: yager(ABC, *DOCTORS).mass[B], 0.0001)
row("Zadeh: Yager does not know", lambda: yager(ABC, *DOCTORS).mass[ABC], 0.9999)
row("mild conflict", lambda: dempster(*MILD).conflict, 0.3)
row("mild conflict: Dempster for A", lambda: dempster(*MILD).mass[A], 3 / 7)
row("mild conflict: Dempster for B", lambda: dempster(*MILD).mass[B], 2 / 7)
row("mild conflict: Yager for A", lambda: yager(ABC, *MILD).mass[A], 0.3)
row("mild conflict: Yager does not know", lambda: yager(ABC, *MILD).mass[ABC], 0.5)
row("belief in A or B", lambda: belief(dempster(*NESTED).mass, AB), 0.92)
row("plausibility of A or B", lambda: plausibility(dempster(*NESTED).mass, AB), 1.0)
row("plausibility of C", lambda: plausibility(dempster(*NESTED).mass, C), 0.08)
for speeds, errors, component, first, last in (
    ((-0.1, 0.1), (1, 0, 1), 1 / 2, 1 / 2, 1 / 2),
    ((0.0, 0.3), (4, 0, 1), 1.0, 1.0, 1.0),
    ((-0.3, 0.0), (4, 0, 1), 0.0, 0.0, 0.0),
    ((-0.1, 0.3), (1, 0, 1), 3 / 4, 9 / 10, 9 / 10),
    ((-0.1, 0.3), (1, 0.5, 1), 3 / 4, 12.25 / 13, 9 * 0.75 / 13),
    ((-0.2, 0.2), (1, 0.8, 1), 1 / 2, 0.9, 0.1),
    ((-0.1, 0.1), (4, 0, 1), 1 / 2, 4 / 5, 4 / 5),
):
    told = Correction(speeds, errors)
    label = f"speeds {speeds}, errors {errors}"
    row(f"Gonzalo-Granger: {label}", lambda f=told: shares(f).component, component)
    row(f"Hasbrouck first: {label}", lambda f=told: shares(f).first, first)
    row(f"Hasbrouck last: {label}", lambda f=told: shares(f).last, last)


@cache
def by_cramer(seed: int, lags: int) -> tuple[list[float], list[float]]:
    return naive.error_correction(*pair(seed), lags)


for seed, lags in ((1, 0), (2, 1), (3, 2)):
    for place in (0, 1):
        row(f"speed {place + 1}, series {seed}, {lags} lags",
            lambda s=seed, g=lags, p=place: error_correction(*pair(s), g).speeds[p],
            lambda s=seed, g=lags, p=place: by_cramer(s, g)[0][p], 1e-7)  # fmt: skip
    for place in (0, 1, 2):
        row(f"covariance {place}, series {seed}, {lags} lags",
            lambda s=seed, g=lags, p=place: error_correction(*pair(s), g).covariance[p],
            lambda s=seed, g=lags, p=place: by_cramer(s, g)[1][p], 1e-7)  # fmt: skip


@pytest.mark.parametrize(("found", "right", "within"), [one[1:] for one in TABLE], ids=[one[0] for one in TABLE])
def test_an_estimator_gives_the_published_or_recomputed_value(found, right, within):
    wanted = right() if callable(right) else right
    assert found() == pytest.approx(wanted, rel=within, abs=1e-12)


def test_bands_are_those_of_returns_that_cannot_be_foreseen_and_a_bounce_is_outside():
    draw = random.Random(7)
    returns = [draw.gauss(0, 1) for _ in range(399)]
    assert sum(not band.inside for band in efficiency(returns)) <= 1
    assert efficiency(returns)[0].high == pytest.approx(1.96 / math.sqrt(399))
    bouncing = [one * (-1) ** place + one / 9 for place, one in enumerate(map(abs, returns))]
    told = {band.name: band for band in efficiency(bouncing)}
    assert not told["acf(1)"].inside and told["acf(1)"].measured < 0
    assert not told["VR(2)"].inside and told["VR(2)"].measured < 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: dempster({A: 1.0}, {B: 1.0}), r"exclude each other wholly \(K = 1\)"),
        (lambda: dempster({A: 0.5}, {B: 1.0}), "add up to 1"),
        (lambda: dempster(), "at least one source"),
        (lambda: pooled_odds([1.0]), "strictly between 0 and 1, found 1.0"),
        (lambda: precision_weighted([(1.0, 0.0)]), "positive variances"),
        (lambda: shares(Correction((0.2, 0.2), (1, 0, 1))), "no common price"),
        (lambda: error_correction([1.0] * 50, [1.0] * 50), "never part"),
        (lambda: error_correction([1.0], [1.0]), "two series of 28 prices, found 1, 1"),
        (lambda: volatility.average_true_ranges(FUND, 31), "as many candles, found 30"),
        (lambda: volatility.yang_zhang(FUND[:2]), "at least 3 candles, found 2"),
        (lambda: amihud([1, 2], [0]), "something was traded"),
        (lambda: roll_spread([1, 2, 3]), "four prices, found 3"),
        (lambda: corwin_schultz([1], [1]), "two candles"),
        (lambda: fitted_line([1, 2], [1, 2]), "three points"),
        (lambda: volume_buckets(DIVIDED, 0), "at least one unit, found 0"),
    ],
)
def test_what_has_no_answer_is_refused_with_what_was_found(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        wrong()
