"""14-when-the-market-stops: the model solution."""

from fractions import Fraction

LEVELS = ((3, Fraction(20, 100)), (2, Fraction(13, 100)), (1, Fraction(7, 100)))
LATE = 15 * 3_600 + 25 * 60


def level(prices, closes, time, before):
    """The highest level that the index has fallen to, unless it has halted before or it is too late for it."""
    index = sum(Fraction(prices.get(symbol, close), close) for symbol, close in closes.items()) / len(closes)
    reached = next((number for number, fall in LEVELS if 1 - index >= fall), 0)
    if reached <= before or (reached < 3 and time >= LATE):
        return 0
    return reached


def auction(buys, sells, reference):
    """The largest volume, the smallest surplus, the pressure of the market, and at last the reference."""
    found = []
    for price in sorted({price for price, _ in buys + sells}):
        bought = sum(quantity for limit, quantity in buys if limit >= price)
        sold = sum(quantity for limit, quantity in sells if limit <= price)
        found.append((price, min(bought, sold), bought - sold))
    volume = max((volume for _, volume, _ in found), default=0)
    if not volume:
        return None
    found = [(price, surplus) for price, traded, surplus in found if traded == volume]
    least = min(abs(surplus) for _, surplus in found)
    found = [(price, surplus) for price, surplus in found if abs(surplus) == least]
    prices = [price for price, _ in found]
    if all(surplus > 0 for _, surplus in found):
        return prices[-1], volume
    if all(surplus < 0 for _, surplus in found):
        return prices[0], volume
    low = max((price for price, surplus in found if surplus > 0), default=prices[0])
    high = min((price for price, surplus in found if surplus < 0), default=prices[-1])
    return min(max(reference, low), high), volume


def becomes(phase, message):
    """A halt refuses orders, a call collects them; a cancel is always allowed."""
    if message == "cancel":
        return "cancelled"
    return {"continuous": "trades", "halted": "refused", "call": "waits"}[phase]
