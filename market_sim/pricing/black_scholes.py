"""European options by Black, Scholes and Merton (rulebook F-3.1; Hull, ch. 15, 17 and 19; Haug, ch. 1 and 2).

The logarithm of the price is normally distributed. Without time or volatility left the formulas divide by zero; the
value is then their limit, the discounted payoff at the forward price.

>>> call = VanillaOption("call", spot=42, strike=40, years=0.5, volatility=0.2, rate=0.1)
>>> round(price(call), 2), round(price(replace(call, kind="put")), 2)       # Hull, example 15.6
(4.76, 0.81)
>>> round(greeks(call).delta, 4)
0.7791

Put-call parity: a call less a put is a forward, at any volatility.

>>> abs(price(call) - price(replace(call, kind="put")) - parity(call)) < 1e-12
True
"""

from __future__ import annotations

import math
from dataclasses import replace

from market_sim.pricing.option import Greeks, VanillaOption

ROOT_OF_TWO = math.sqrt(2)
ROOT_OF_TWO_PI = math.sqrt(2 * math.pi)


def normal_below(x: float) -> float:
    """The standard normal distribution function; exact also far out in the tail, where 1 + erf(x) is not."""
    return 0.5 * math.erfc(-x / ROOT_OF_TWO)


def normal_density(x: float) -> float:
    """The standard normal density."""
    return math.exp(-0.5 * x * x) / ROOT_OF_TWO_PI


def price(option: VanillaOption) -> float:
    """The value of a European option."""
    forward, strike, sign = option.discounted_spot, option.discounted_strike, option.sign
    if option.is_certain:
        return max(0.0, sign * (forward - strike))
    deviation = option.deviation
    d1 = math.log(option.spot / option.strike) / deviation
    d1 += (option.rate - option.dividend_yield) * option.years / deviation + 0.5 * deviation
    worth = sign * (forward * normal_below(sign * d1) - strike * normal_below(sign * (d1 - deviation)))
    return max(0.0, worth)  # far out of the money the two products differ by less than their rounding


def parity(option: VanillaOption) -> float:
    """The value of a call less that of the put with the same terms."""
    return option.discounted_spot - option.discounted_strike


def greeks(option: VanillaOption) -> Greeks:
    """The value of a European option and all its sensitivities."""
    call, put = pair(option)
    return call if option.kind == "call" else put


def pair(option: VanillaOption) -> tuple[Greeks, Greeks]:
    """The call and the put with these terms: they share d1, d2 and half of the Greeks."""
    if option.is_certain:
        return certain(replace(option, kind="call")), certain(replace(option, kind="put"))
    carry = math.exp(-option.dividend_yield * option.years)
    discount = math.exp(-option.rate * option.years)
    return sides(option.spot, option.strike, option.years, option.volatility, option.rate, option.dividend_yield,
                 math.sqrt(option.years), carry, discount)  # fmt: skip


def sides(
    spot: float, strike: float, years: float, volatility: float, rate: float, dividend_yield: float,
    root: float, carry: float, discount: float,
) -> tuple[Greeks, Greeks]:  # fmt: skip
    """The formulas for the call and the put, for valid inputs; the caller passes the factors of the expiry."""
    deviation = volatility * root
    d1 = (math.log(spot / strike) + (rate - dividend_yield) * years) / deviation + 0.5 * deviation
    d2 = d1 - deviation
    forward, owed = spot * carry, strike * discount
    density = carry * math.exp(-0.5 * d1 * d1) / ROOT_OF_TWO_PI
    gamma = density / (spot * deviation)
    vega = spot * density * root
    vanna = -density * d2 / volatility
    volga = vega * d1 * d2 / volatility
    decay = -0.5 * spot * density * volatility / root

    a, b = d1 / ROOT_OF_TWO, d2 / ROOT_OF_TWO
    held, paid = 0.5 * math.erfc(-a), 0.5 * math.erfc(-b)
    income, interest = dividend_yield * forward, rate * owed
    call = Greeks(
        max(0.0, forward * held - owed * paid), carry * held, gamma, vega,
        decay - interest * paid + income * held, years * owed * paid, -years * forward * held, vanna, volga,
    )  # fmt: skip
    held, paid = 0.5 * math.erfc(a), 0.5 * math.erfc(b)
    put = Greeks(
        max(0.0, owed * paid - forward * held), -carry * held, gamma, vega,
        decay + interest * paid - income * held, -years * owed * paid, years * forward * held, vanna, volga,
    )  # fmt: skip
    return call, put


def certain(option: VanillaOption) -> Greeks:
    """The Greeks without uncertainty: those of a forward if the option will be exercised, zero if not.

    Exactly at the money the limits from both sides differ: delta, theta and the rhos are the mean of both. Gamma, which
    would be infinite there, and vega, vanna and volga, whose limits depend on the path, are reported as zero.
    """
    forward, owed, years = option.discounted_spot, option.discounted_strike, option.years
    gain = option.sign * (forward - owed)
    weight = option.sign * (1.0 if gain > 0 else 0.5 if gain == 0 else 0.0)
    return Greeks(
        price=max(0.0, gain),
        delta=weight * math.exp(-option.dividend_yield * years),
        gamma=0.0,
        vega=0.0,
        theta=weight * (option.dividend_yield * forward - option.rate * owed),
        rho=weight * years * owed,
        dividend_rho=-weight * years * forward,
        vanna=0.0,
        volga=0.0,
    )
