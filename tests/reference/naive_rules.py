"""The rules of a market once more, as plainly as they can be read: seconds as fractions, all of history kept."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


def clock_seconds(text: str) -> int:
    """Seconds since midnight."""
    total = 0
    for part in f"{text}:00".split(":")[:3]:
        total = total * 60 + int(part)
    return total


def halt_level(prices: dict[str, int], closes: dict[str, int], at: str, before: int = 0) -> int:
    """NYSE rule 7.12 with 7, 13 and 20 percent."""
    relative = [Fraction(prices[symbol]) / closes[symbol] for symbol in closes]
    lost = 100 * (1 - sum(relative) / len(relative))
    if lost >= 20 and before < 3:
        return 3
    if clock_seconds(at) >= clock_seconds("15:25"):
        return 0
    if lost >= 20:
        return 0
    if lost >= 13:
        return 2 if before < 2 else 0
    return 1 if lost >= 7 and before < 1 else 0


def moves(trades: list[tuple[str, int]], at: str, price: int, percent: str = "5", window: str = "300") -> bool:
    """Whether this price is five percent from the mean of the last five minutes; times are seconds as decimals."""
    now = Fraction(at)
    inside = [paid for when, paid in trades if 0 <= now - Fraction(when) < Fraction(window)]
    if not trades:
        return False
    mean = Fraction(sum(inside), len(inside)) if inside else Fraction(trades[-1][1])
    return abs(price / mean - 1) >= Fraction(percent) / 100


def luld(reference: int, close: int, at: str, tier: int = 1) -> tuple[int, int]:
    """The bands of the LULD plan, in cents."""
    middle, last = Decimal(reference) / 100, Decimal(close) / 100
    if last > 3:
        distance = middle * (Decimal("0.05") if tier == 1 else Decimal("0.10"))
    elif last >= Decimal("0.75"):
        distance = middle * Decimal("0.20")
    else:
        distance = min(Decimal("0.15"), middle * Decimal("0.75"))
    if clock_seconds(at) >= clock_seconds("15:35") and (tier == 1 or last <= 3):
        distance *= 2
    cents = [
        int((100 * side).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        for side in (middle - distance, middle + distance)
    ]
    return max(1, cents[0]), cents[1]


def seconds_to_wait(sent: list[str], now: str, most: int, window: str = "60") -> Fraction:
    """How long one more message has to wait; times are seconds as decimals."""
    wait = Fraction(0)
    while True:
        moment = Fraction(now) + wait
        inside = [Fraction(when) for when in sent if moment - Fraction(when) < Fraction(window)]
        if len(inside) < most:
            return wait
        wait = min(inside) + Fraction(window) - Fraction(now)


def accepts(position: int, buys: int, sells: int, side: int, quantity: int, mark: int, most: int) -> bool:
    """Whether one more order keeps an account within its limit, or makes its exposure no larger."""

    def exposure(bought: int, sold: int) -> int:
        return mark * max(abs(position + bought), abs(position - sold))

    before = exposure(buys, sells)
    after = exposure(buys + quantity, sells) if side > 0 else exposure(buys, sells + quantity)
    return after <= most or after <= before


def presence_percent(spells: list[tuple[int, int]], now: int, window: int) -> Fraction:
    """For which part of the last `window` seconds a maker quoted, second by second."""
    quoted = sum(any(start <= second < end for start, end in spells) for second in range(now - window, now))
    return Fraction(100 * quoted, window)
