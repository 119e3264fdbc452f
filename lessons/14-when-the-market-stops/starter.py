"""14-when-the-market-stops: when does a market halt, and at which price does it open again?

All prices are whole cents, times of day are seconds since midnight.
"""


def level(prices, closes, time, before):
    """Return the level, 1 to 3, that halts the market now, or 0.

    prices  the price of each symbol now
    closes  the price of each symbol at the last close
    time    the time of day
    before  the highest level that has halted the market today, or 0
    """
    return 0


def auction(buys, sells, reference):
    """Return (price, volume) of a call auction, or None if nobody can trade.

    buys, sells  lists of (price, quantity)
    reference    the last price before the halt
    """
    return None


def becomes(phase, message):
    """Return what becomes of a message in a phase: "trades", "waits", "refused" or "cancelled".

    phase    "continuous", "halted" or "call"
    message  "order", a limit order that meets another one's price, or "cancel", of an order that waits
    """
    return "trades"
