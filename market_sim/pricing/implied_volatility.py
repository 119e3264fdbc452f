"""Implied volatility: the volatility at which the model gives a price (rulebook F-3.1; Hull, ch. 15.11).

A price outside the model-free bounds is an arbitrage, and no volatility explains it. Inside them Newton's method is
kept in a bracket, which is halved whenever a Newton step would leave it or converge too slowly.

>>> seen = VanillaOption("call", spot=21, strike=20, years=0.25, volatility=0.2, rate=0.1)
>>> round(implied_volatility(seen, 1.875), 4)                               # Hull, ch. 15.11
0.2345
>>> implied_volatility(seen, 1.4)                       # doctest: +ELLIPSIS
Traceback (most recent call last):
...
market_sim.core.errors.InputError: a call at 1.4 must cost more than 1.493... and less than 21.0: ...
"""

from __future__ import annotations

import math

from market_sim.core.errors import InputError
from market_sim.pricing.black_scholes import normal_below, normal_density, parity
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.validation import number

LOWEST, HIGHEST = 1e-6, 5.0
MOST_STEPS = 200


def bounds(option: VanillaOption) -> tuple[float, float]:
    """The model-free bounds on the price of a European option (Hull, ch. 11.3)."""
    forward, owed = option.discounted_spot, option.discounted_strike
    if option.kind == "call":
        return max(0.0, forward - owed), forward
    return max(0.0, owed - forward), owed


def implied_volatility(option: VanillaOption, price: float) -> float:
    """The volatility, between 0.000001 and 5, at which the model gives this price; the option's own is ignored.

    The price is matched to 1e-10, or to the precision of a float if spot and strike are so large that this is more.
    """
    low, high = bounds(option)
    if not low < number("price", price) < high:
        raise InputError(
            f"a {option.kind} at {price} must cost more than {low} and less than {high}: "
            f"outside these bounds there is an arbitrage and no volatility explains the price"
        )
    if option.years == 0:
        raise InputError("an option that expires now has no volatility, found years 0")
    # Solve for the out-of-the-money side: its whole price is time value, so the intrinsic value costs no precision.
    sign, certain_part = option.sign, option.sign * parity(option)
    if certain_part > 0:
        sign, price = -sign, price - certain_part
    return _solve(option, sign, price)


def _solve(option: VanillaOption, sign: int, price: float) -> float:
    """Newton's method inside a bracket, for the call (sign 1) or the put (-1) with the option's other terms."""
    forward, owed, root = option.discounted_spot, option.discounted_strike, math.sqrt(option.years)
    tilt = math.log(option.spot / option.strike) + (option.rate - option.dividend_yield) * option.years

    def value_and_slope(sigma: float) -> tuple[float, float]:
        deviation = sigma * root
        d1 = tilt / deviation + 0.5 * deviation
        value = sign * (forward * normal_below(sign * d1) - owed * normal_below(sign * (d1 - deviation)))
        return value, forward * normal_density(d1) * root

    rounding = math.ulp(forward + owed)
    low, high = LOWEST, HIGHEST
    if value_and_slope(low)[0] > price + rounding:
        raise InputError(f"the volatility lies below {low}: at {low} the option is already worth more than it costs")
    if value_and_slope(high)[0] < price - rounding:
        raise InputError(f"the volatility lies above {high}: even at {high} the option is worth less than it costs")
    tolerance, width = min(1e-10, 1e-12 * price), high - low
    # Where price as a function of volatility turns from convex to concave (Manaster and Koehler 1982).
    sigma = min(max(math.sqrt(2 * abs(tilt) / option.years), 0.05), 1.0)
    for _ in range(MOST_STEPS):
        value, slope = value_and_slope(sigma)
        error = value - price
        if abs(error) <= tolerance or high - low <= math.ulp(high):
            return sigma
        low, high = (low, sigma) if error > 0 else (sigma, high)
        width *= 0.5
        newton = sigma - error / slope if slope > 0 else high
        sigma = newton if low < newton < high and abs(newton - sigma) < width else 0.5 * (low + high)
    return sigma
