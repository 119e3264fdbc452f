"""Limit up, limit down: the bands around a reference price, and when the reference changes (the LULD plan).

Prices are in the smallest unit of the quote currency, `dollar` is how many of them a dollar has.

>>> from market_sim.market.compliance.profile import PriceBands
>>> bands(PriceBands(), 10_000, 10_000, "12:00"), bands(PriceBands(), 10_000, 10_000, "15:35")
((9500, 10500), (9000, 11000))
>>> bands(PriceBands(), 50, 50, "12:00")                # 15 cents are less than 75 % of 50
(35, 65)
"""

from __future__ import annotations

from market_sim.core.units import BPS, SECOND
from market_sim.market.compliance.market_clock import seconds_of
from market_sim.market.compliance.profile import PriceBands
from market_sim.market.compliance.trade_window import Mean

UPPER_TIER = 1


def bands(
    rule: PriceBands, reference: int, close: int, at: int | str, dollar: int = 100, tick: int = 1
) -> tuple[int, int]:
    """The lower and the upper band at a time of day, rounded to the nearest tick, halves up."""
    time = seconds_of(at) * SECOND if isinstance(at, str) else at
    cheap = close <= 3 * dollar
    if not cheap:
        width = reference * (rule.above_3 if rule.tier == UPPER_TIER else rule.above_3_tier_2)
    elif 4 * close >= 3 * dollar:
        width = reference * rule.from_75_cents
    else:
        width = min(reference * rule.below_75_cents, rule.cents * dollar * BPS // 100)
    if time >= seconds_of(rule.doubled_from) * SECOND and (rule.tier == UPPER_TIER or cheap):
        width *= 2
    return max(tick, _rounded(reference * BPS - width, tick)), _rounded(reference * BPS + width, tick)


def _rounded(price: int, tick: int) -> int:
    """A price in ten-thousandths, rounded to the nearest tick."""
    step = tick * BPS
    return (2 * price + step) // (2 * step) * tick


def next_reference(rule: PriceBands, reference: int, age: int, mean: Mean | None, tick: int = 1) -> int:
    """The reference after `age` nanoseconds of market time: the mean, if it is old and the mean far enough away.

    >>> from market_sim.market.compliance.profile import PriceBands
    >>> [next_reference(PriceBands(), 10_000, age * SECOND, (mean, 1)) for age, mean in ((30, 10_100), (30, 10_099),
    ...     (29, 10_100))]
    [10100, 10000, 10000]
    """
    if mean is None or age < rule.keep * SECOND:
        return reference
    total, count = mean
    if abs(total - reference * count) * BPS < rule.change * reference * count:
        return reference
    return max(tick, _rounded(total * BPS // count, tick))


def limit_state(best_bid: int | None, best_ask: int | None, lower: int, upper: int) -> str:
    """ "up" if the best bid stands at the upper band, "down" if the best ask stands at the lower one, else empty.

    >>> limit_state(105, None, 95, 105), limit_state(94, 95, 95, 105), limit_state(99, 101, 95, 105)
    ('up', 'down', '')
    """
    if best_bid is not None and best_bid >= upper:
        return "up"
    return "down" if best_ask is not None and best_ask <= lower else ""
