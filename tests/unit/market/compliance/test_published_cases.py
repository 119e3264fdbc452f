"""The published cases of the rules: each at its boundary, and each once more by the plain reference."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Any

import pytest

from market_sim.core.errors import RuleViolation
from market_sim.core.units import SECOND
from market_sim.market.compliance.exposure import check_limit, worst_case
from market_sim.market.compliance.market_wide import index_of, level_reached
from market_sim.market.compliance.order_rate import time_to_wait
from market_sim.market.compliance.presence import Presence
from market_sim.market.compliance.price_bands import bands
from market_sim.market.compliance.profile import MarketWide, OrderRate, PriceBands, SymbolHalt
from market_sim.market.compliance.trade_window import TradeWindow, is_far
from tests.reference import naive_rules


def at(seconds: str) -> int:
    """Seconds with decimals as nanoseconds."""
    return int(Fraction(seconds) * SECOND)


def halt_level(prices: dict[str, int], closes: dict[str, int], time: str, before: int = 0) -> int:
    return level_reached(MarketWide(), index_of(prices, closes), time, before)


def moves(trades: list[tuple[str, int]], now: str, price: int) -> bool:
    rule = SymbolHalt()
    window = TradeWindow(rule.window * SECOND)
    for when, paid in trades:
        window.add(at(when), paid)
    mean = window.mean(at(now))
    return mean is not None and is_far(mean, price, rule.move)


def luld(reference: int, close: int, time: str, tier: int = 1) -> tuple[int, int]:
    return bands(PriceBands(tier=tier), reference, close, time)


def seconds_to_wait(sent: list[str], now: str, most: int) -> Fraction:
    times = deque(at(when) for when in sent)
    return Fraction(time_to_wait(times, OrderRate().window * SECOND, at(now), most), SECOND)


def accepts(position: int, buys: int, sells: int, side: int, quantity: int, mark: int, most: int) -> bool:
    after = (buys + quantity, sells) if side > 0 else (buys, sells + quantity)
    try:
        check_limit(most, mark * worst_case(position, buys, sells), mark * worst_case(position, *after))
    except RuleViolation:
        return False
    return True


def presence_percent(spells: list[tuple[int, int]], now: int, window: int) -> Fraction:
    presence = Presence(0)
    for start, end in spells:
        presence.change(start, True)
        presence.change(end, False)
    share = presence.share_bps(now, window)
    assert share is not None
    return Fraction(share, 100)


ONE = {"A": 100_00}
TWO = {"A": 100_00, "B": 50_00}


def index(price: int, time: str, before: int = 0) -> tuple[Any, ...]:
    """A market of one instrument that closed at 100.00."""
    return {"A": price}, ONE, time, before


LEVELS = [
    (index(93_01, "10:00"), 0), (index(93_00, "10:00"), 1), (index(87_01, "10:00"), 1), (index(87_00, "10:00"), 2),
    (index(80_01, "10:00"), 2), (index(80_00, "10:00"), 3), (index(1, "10:00"), 3), (index(107_00, "10:00"), 0),
    (index(93_00, "15:24:59"), 1), (index(93_00, "15:25"), 0), (index(87_00, "15:24:59"), 2),
    (index(87_00, "15:25:00"), 0), (index(80_00, "15:25"), 3), (index(80_00, "15:59:59"), 3),
    (index(93_00, "10:00", 1), 0), (index(87_01, "10:00", 1), 0), (index(87_00, "10:00", 1), 2),
    (index(87_00, "10:00", 2), 0), (index(92_00, "10:00", 2), 0), (index(80_00, "10:00", 2), 3),
    (index(80_00, "10:00", 3), 0), (index(87_00, "15:25", 1), 0),
    (({"A": 93_00, "B": 50_00}, TWO, "10:00"), 0), (({"A": 93_00, "B": 46_50}, TWO, "10:00"), 1),
    (({"A": 86_00, "B": 50_00}, TWO, "10:00"), 1), (({"A": 86_01, "B": 50_00}, TWO, "10:00"), 0),
    (({"A": 120_00, "B": 33_00}, TWO, "10:00"), 1),
]  # fmt: skip
FLAT = [("0", 100_00), ("10", 100_00)]
MOVES = [
    ((FLAT, "20", 95_01), False), ((FLAT, "20", 95_00), True), ((FLAT, "20", 104_99), False),
    ((FLAT, "20", 105_00), True), ((FLAT, "20", 100_00), False),
    (([("0", 100_00), ("1", 90_00)], "299.999", 99_75), True),      # both are in the window: the mean is 95
    (([("0", 100_00), ("1", 90_00)], "300", 94_50), True),          # the first has left it: the mean is 90
    (([("0", 100_00), ("1", 90_00)], "300", 94_49), False),
    (([("0", 100_00)], "5000", 95_00), True),                       # an empty window: the last price before it
    (([("0", 100_00)], "5000", 95_01), False), (([], "0", 50_00), False),
    (([("0", 100_00), ("0", 100_00), ("0", 103_00)], "1", 95_95), True),
    (([("0", 100_00), ("0", 100_00), ("0", 103_00)], "1", 95_96), False),
]  # fmt: skip
BANDS = [
    ((100_00, 100_00, "09:30"), (95_00, 105_00)), ((100_00, 100_00, "15:34:59"), (95_00, 105_00)),
    ((100_00, 100_00, "15:35"), (90_00, 110_00)), ((100_00, 100_00, "09:45"), (95_00, 105_00)),
    ((100_00, 100_00, "12:00", 2), (90_00, 110_00)), ((100_00, 100_00, "15:35", 2), (90_00, 110_00)),
    ((3_01, 3_01, "12:00"), (2_86, 3_16)), ((3_00, 3_00, "12:00"), (2_40, 3_60)),
    ((3_00, 3_00, "15:35", 2), (1_80, 4_20)), ((3_01, 3_01, "15:35", 2), (2_71, 3_31)),
    ((75, 75, "12:00"), (60, 90)), ((74, 74, "12:00"), (59, 89)), ((20, 20, "12:00"), (5, 35)),
    ((10, 10, "12:00"), (3, 18)), ((10, 10, "15:35"), (1, 25)), ((74, 74, "15:35"), (44, 1_04)),
    ((10_01, 10_01, "12:00"), (9_51, 10_51)), ((10_10, 10_10, "12:00"), (9_60, 10_61)),
]  # fmt: skip
SIXTY = [f"{second}" for second in range(60)]
WAITS = [
    (([], "0", 60), 0), ((SIXTY[:59], "59.5", 60), 0), ((SIXTY, "59.9", 60), Fraction(1, 10)),
    ((SIXTY, "60", 60), 0), ((SIXTY, "59.999", 60), Fraction(1, 1000)), (([*SIXTY, "60"], "60.5", 60), Fraction(1, 2)),
    ((["0"] * 60, "0", 60), 60), ((["0"] * 60, "59.9", 60), Fraction(1, 10)), ((["0"] * 60, "60", 60), 0),
    ((["0", "30"], "31", 1), 59), ((["0", "30"], "89.999", 1), Fraction(1, 1000)), ((["0", "30"], "90", 1), 0),
    ((["0", "30"], "31", 2), 29), ((["0", "30"], "31", 3), 0),
]  # fmt: skip
LIMIT = 100_000_00
LIMITS = [
    ((0, 0, 0, 1, 1_000, 100_00, LIMIT), True), ((0, 0, 0, 1, 1_001, 100_00, LIMIT), False),
    ((0, 0, 0, -1, 1_000, 100_00, LIMIT), True), ((0, 0, 0, -1, 1_001, 100_00, LIMIT), False),
    ((400, 600, 0, 1, 1, 100_00, LIMIT), False), ((400, 599, 0, 1, 1, 100_00, LIMIT), True),
    ((1_000, 0, 0, -1, 2_000, 100_00, LIMIT), True), ((1_000, 0, 0, -1, 2_001, 100_00, LIMIT), False),
    ((1_500, 0, 0, -1, 500, 100_00, LIMIT), True), ((1_500, 0, 0, 1, 1, 100_00, LIMIT), False),
    ((1_500, 0, 0, -1, 3_000, 100_00, LIMIT), True), ((1_500, 0, 0, -1, 3_001, 100_00, LIMIT), False),
    ((0, 1_000, 0, -1, 1_000, 100_00, LIMIT), True), ((-300, 0, 700, -1, 1, 100_00, LIMIT), False),
]  # fmt: skip
SHARES = [
    (([(0, 300)], 300, 300), 100), (([(60, 300)], 300, 300), 80), (([(60, 120), (180, 300)], 300, 300), 60),
    (([(0, 10)], 310, 300), 0), (([(0, 11)], 310, 300), Fraction(33, 100)),
    (([(0, 400)], 500, 300), Fraction(6666, 100)),
]  # fmt: skip

CASES = [
    (name, arguments, expected)
    for name, table in (
        ("halt_level", LEVELS), ("moves", MOVES), ("luld", BANDS), ("seconds_to_wait", WAITS), ("accepts", LIMITS),
    )
    for arguments, expected in table
]  # fmt: skip


def test_there_are_at_least_sixty_published_cases():
    assert len(CASES) >= 60


@pytest.mark.parametrize(("name", "arguments", "expected"), CASES)
def test_a_published_case_is_exact(name, arguments, expected):
    assert globals()[name](*arguments) == expected
    assert getattr(naive_rules, name)(*arguments) == expected


@pytest.mark.parametrize(("arguments", "percent"), SHARES)
def test_presence_is_the_part_of_the_window_with_quotes(arguments, percent):
    assert presence_percent(*arguments) == percent
    assert int(100 * naive_rules.presence_percent(*arguments)) == 100 * percent
