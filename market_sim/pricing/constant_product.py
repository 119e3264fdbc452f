"""The constant-product formula of an automated market maker (rulebook F-3.10; after Uniswap v2), in whole units.

A pool with reserves x of an asset and y of money trades along x * y = constant. A fee stays in the reserves, so each
trade makes the product larger. A purchase of q costs y q / ((x - q)(1 - f)), rounded up; a sale of q brings
y q (1 - f) / (x + q (1 - f)), rounded down: every rounding favours the pool.

>>> price_to_buy(10, 1_000, 100_000, fee_bps=30), price_to_sell(10, 1_000, 100_000, fee_bps=30)
(1014, 987)

Liquidity is shared: who adds to the pool gets shares in proportion, and takes the same proportion out again. While the
price moves to r times what it was, the pool's value falls behind that of the two reserves held apart.

>>> round(impermanent_loss(1.0), 4), round(impermanent_loss(4.0), 4), round(impermanent_loss(0.25), 4)
(0.0, -0.2, -0.2)
"""

from __future__ import annotations

import math

from market_sim.core.units import BPS


def price_to_buy(quantity: int, base: int, quote: int, fee_bps: int) -> int:
    """The money for buying a quantity that is smaller than the reserve of the asset."""
    return -(-quote * quantity * BPS // ((base - quantity) * (BPS - fee_bps)))


def price_to_sell(quantity: int, base: int, quote: int, fee_bps: int) -> int:
    """The money from selling a quantity."""
    counted = quantity * (BPS - fee_bps)
    return quote * counted // (base * BPS + counted)


def impermanent_loss(ratio: float) -> float:
    """The value of a share of the pool after the price moved to `ratio` times, relative to holding both amounts."""
    return 2 * math.sqrt(ratio) / (1 + ratio) - 1


def best_purchase(base: int, quote: int, fee_bps: int, value: float, most: int) -> int:
    """The quantity, up to `most`, after which the next unit of a pool would cost more than `value`.

    >>> best_purchase(1_000, 100_000, fee_bps=30, value=110.0, most=500)
    45
    """
    if value <= 0:
        return 0
    # The marginal price after a purchase of q is x y / ((x - q)^2 (1 - f)); where it is `value`, the next unit loses.
    left = math.sqrt(base * quote * BPS / (value * (BPS - fee_bps)))
    return max(0, min(most, base - 1, base - math.ceil(left)))


def best_round_trip(cheap: tuple[int, int, int], dear: tuple[int, int, int], cost_bps: int = 0) -> int:
    """The quantity that gains most by buying in one pool and selling in another; 0 if none gains.

    A pool is given by its two reserves and its fee. `cost_bps` is what the money for the purchase costs. The gain has
    one peak, apart from roundings, so the first quantity whose next unit gains nothing is found by halving.

    >>> best_round_trip((1_000, 100_000, 30), (1_000, 110_000, 30))
    20
    """

    def gain(quantity: int) -> int:
        paid = price_to_buy(quantity, *cheap)
        return price_to_sell(quantity, *dear) - paid - -(-paid * cost_bps // BPS)

    low, high = 0, max(0, min(cheap[0], dear[0]) - 2)
    while low < high:
        middle = (low + high) // 2
        if gain(middle + 1) > gain(middle):
            low = middle + 1
        else:
            high = middle
    return low if low and gain(low) > 0 else 0


def best_sale(base: int, quote: int, fee_bps: int, value: float, most: int) -> int:
    """The quantity, up to `most`, after which a pool would pay less than `value` for the next unit.

    >>> best_sale(1_000, 100_000, fee_bps=30, value=90.0, most=500)
    52
    """
    if value <= 0:
        return most
    # With g = 1 - f a sale of q moves the marginal revenue to x y g / (x + g q)^2.
    kept = (BPS - fee_bps) / BPS
    return max(0, min(most, math.floor((math.sqrt(base * quote * kept / value) - base) / kept)))
