"""Binomial trees for options, which also value early exercise (rulebook F-3.2; Hull, ch. 13 and 21).

Time is divided into steps; in each the price moves up or down by a fixed factor. Going back from expiry, the value of
a node is the discounted mean of its two successors or, for an American option, the exercise value if that is higher.
Three trees:

* Cox, Ross and Rubinstein (1979), the textbook tree: up and down are inverse. Its error oscillates between odd and even
  numbers of steps.
* The mean of that tree with N and N + 1 steps: most of the oscillation cancels.
* Leisen and Reimer (1996), odd steps: the tree is centred on the strike, so that the error does not oscillate. For a
  European option it falls much faster; for an American one it is smaller on average (docs/decisions/0010).

>>> put = VanillaOption("put", spot=50, strike=50, years=5 / 12, volatility=0.4, rate=0.1)
>>> round(cox_ross_rubinstein(put, steps=5), 2)                            # Hull, example 21.1
4.49
>>> round(leisen_reimer(put), 2), round(leisen_reimer(put, american=False), 2)
(4.28, 4.08)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from market_sim.core.errors import InputError
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.validation import at_least_one

LARGEST_TREE = 20_000
LARGEST_LOGARITHM = 300.0
ROUNDING = 1e-11

Watcher = Callable[[int, list[float], list[float]], None]


class Lattice(NamedTuple):
    """The parameters of a tree: both factors, the risk-neutral probability of an up move, the discount of a step."""

    steps: int
    up: float
    down: float
    probability: float
    discount: float


def cox_ross_rubinstein(option: VanillaOption, steps: int = 500, *, american: bool = True) -> float:
    """The value on the textbook tree."""
    return (
        _certain_value(option, american) if option.is_certain else _walk(option, crr_lattice(option, steps), american)
    )


def averaged(option: VanillaOption, steps: int = 500, *, american: bool = True) -> float:
    """The mean of the textbook tree's values with N and N + 1 steps."""
    even = cox_ross_rubinstein(option, steps, american=american)
    return 0.5 * (even + cox_ross_rubinstein(option, steps + 1, american=american))


def leisen_reimer(option: VanillaOption, steps: int = 501, *, american: bool = True) -> float:
    """The value on the tree centred on the strike, which needs an odd number of steps."""
    if at_least_one("steps", steps) % 2 == 0:
        raise InputError(f"a Leisen-Reimer tree has an odd number of steps, found {steps}")
    if option.is_certain:
        return _certain_value(option, american)
    lattice = leisen_reimer_lattice(option, steps)
    return _certain_value(option, american) if lattice is None else _walk(option, lattice, american)


def crr_lattice(option: VanillaOption, steps: int) -> Lattice:
    """u = exp(sigma sqrt(dt)), d = 1/u, p = (exp((r-q)dt) - d)/(u - d); refused if p is not between 0 and 1."""
    _few_enough(steps)
    dt = option.years / steps
    move = option.volatility * math.sqrt(dt)
    if 2 * move * steps > LARGEST_LOGARITHM:
        raise InputError(f"a tree of {steps} steps of {move:g} each reaches prices beyond a float")
    up, down = math.exp(move), math.exp(-move)
    drift = option.rate - option.dividend_yield
    probability = (math.exp(drift * dt) - down) / (up - down)
    if not 0 < probability < 1:
        needed = math.floor((drift / option.volatility) ** 2 * option.years) + 1
        raise InputError(
            f"with {steps} steps the probability of an up move would be {probability:.4f}: "
            f"the drift of a step exceeds its volatility; take more than {needed} steps"
        )
    return Lattice(steps, up, down, probability, math.exp(-option.rate * dt))


def leisen_reimer_lattice(option: VanillaOption, steps: int) -> Lattice | None:
    """The tree whose probabilities match d1 and d2.

    None if the strike is so far away that one of them rounds to 0 or 1: exercise is then certain or impossible.
    """
    _few_enough(steps)
    dt, deviation = option.years / steps, option.deviation
    drift = option.rate - option.dividend_yield
    d1 = (math.log(option.spot / option.strike) + drift * option.years) / deviation + 0.5 * deviation
    probability, in_shares = peizer_pratt(d1 - deviation, steps), peizer_pratt(d1, steps)
    if not (0 < probability < 1 and 0 < in_shares < 1):
        return None
    growth = math.exp(drift * dt)
    up = growth * in_shares / probability
    down = growth * (1 - in_shares) / (1 - probability)
    if math.log(up / down) * steps > LARGEST_LOGARITHM:
        raise InputError(f"a tree of {steps} steps from {option.spot} reaches prices beyond a float")
    return Lattice(steps, up, down, probability, math.exp(-option.rate * dt))


def peizer_pratt(z: float, steps: int) -> float:
    """The probability of an up move at which most moves are up with probability N(z) (method 2, 1968)."""
    inside = (z / (steps + 1 / 3 + 0.1 / (steps + 1))) ** 2 * (steps + 1 / 6)
    return 0.5 + math.copysign(0.5, z) * math.sqrt(-math.expm1(-inside))


def _few_enough(steps: int) -> None:
    if at_least_one("steps", steps) > LARGEST_TREE:
        raise InputError(f"a tree has at most {LARGEST_TREE} steps (time grows with their square), found {steps}")


def _walk(option: VanillaOption, lattice: Lattice, american: bool, watch: Watcher | None = None) -> float:
    """The value now, by backward induction from expiry; `watch` receives each step's continuation values and values."""
    sign, strike = option.sign, option.strike
    ratio = lattice.up / lattice.down
    powers = [ratio**ups for ups in range(lattice.steps + 1)]
    stay, rise = lattice.discount * (1 - lattice.probability), lattice.discount * lattice.probability
    lowest = option.spot * lattice.down**lattice.steps
    values = [max(0.0, sign * (lowest * power - strike)) for power in powers]
    for step in range(lattice.steps - 1, -1, -1):
        waiting = values = [stay * below + rise * above for below, above in pairwise(values)]
        if american:
            scale, owed = sign * option.spot * lattice.down**step, sign * strike
            values = [
                value if value > (exercised := scale * power - owed) else exercised
                for value, power in zip(values, powers, strict=False)
            ]
        if watch is not None:
            watch(step, waiting, values)
    return values[0]


def _certain_value(option: VanillaOption, american: bool) -> float:
    """The value without uncertainty: exercise at the best of the allowed moments.

    Exercise at t is worth +/-(S exp(-qt) - K exp(-rt)) today. Its extremes are the two ends and the moment when the
    yield on the share equals the interest on the strike.
    """
    rate, dividend_yield, years = option.rate, option.dividend_yield, option.years
    moments = [years]
    if american:
        moments.append(0.0)
        income, interest = dividend_yield * option.spot, rate * option.strike
        if income * interest > 0 and rate != dividend_yield:
            moments.append(min(max(0.0, math.log(income / interest) / (dividend_yield - rate)), years))
    gains = (
        option.sign * (option.spot * math.exp(-dividend_yield * t) - option.strike * math.exp(-rate * t))
        for t in moments
    )
    return max(0.0, *gains)


class TreeGreeks(NamedTuple):
    """The value of an option, with the delta, gamma and theta from the first two steps of its tree."""

    price: float
    delta: float
    gamma: float
    theta: float


def tree_greeks(option: VanillaOption, steps: int = 500, *, american: bool = True) -> TreeGreeks:
    """Value, delta, gamma and theta (per year) from the textbook tree (Hull, ch. 21.1).

    >>> put = VanillaOption("put", spot=50, strike=50, years=5 / 12, volatility=0.4, rate=0.1)
    >>> greeks = tree_greeks(put, steps=5)
    >>> round(greeks.delta, 2), round(greeks.gamma, 2), round(greeks.theta, 1)
    (-0.41, 0.03, -4.3)
    """
    if option.is_certain:
        raise InputError("with no time or volatility left the tree has no steps: see black_scholes.certain")
    if at_least_one("steps", steps) < 3:
        raise InputError(f"Greeks need a tree of at least 3 steps, found {steps}")
    seen: dict[int, list[float]] = {}
    lattice = crr_lattice(option, steps)

    def watch(step: int, _: list[float], values: list[float]) -> None:
        if step < 3:
            seen[step] = values

    price = _walk(option, lattice, american, watch)
    low, high = option.spot * lattice.down, option.spot * lattice.up
    lowest, middle, highest = low * lattice.down, option.spot, high * lattice.up
    (below, above), (two_below, again, two_above) = seen[1], seen[2]
    slope_up, slope_down = (two_above - again) / (highest - middle), (again - two_below) / (middle - lowest)
    return TreeGreeks(
        price=price,
        delta=(above - below) / (high - low),
        gamma=(slope_up - slope_down) / (0.5 * (highest - lowest)),
        theta=(again - price) / (2 * option.years / steps),
    )


class BoundaryPoint(NamedTuple):
    """At this time from now, exercise is optimal at this price or beyond it (below for a put, above for a call).

    None: exercise is optimal at no price of the tree at that time.
    """

    years: float
    price: float | None


def exercise_boundary(option: VanillaOption, steps: int = 500) -> list[BoundaryPoint]:
    """The early exercise boundary of an American option, step by step, without expiry.

    >>> put = VanillaOption("put", spot=50, strike=50, years=5 / 12, volatility=0.4, rate=0.1)
    >>> [point.price and round(point.price, 2) for point in exercise_boundary(put, steps=5)]
    [None, None, None, 35.36, 39.69]
    """
    if option.is_certain:
        raise InputError("with no time or volatility left there is no boundary: exercise or do not")
    lattice, points = crr_lattice(option, steps), []

    def watch(step: int, waiting: list[float], _: list[float]) -> None:
        nearest_first = range(step, -1, -1) if option.kind == "put" else range(step + 1)
        prices = ((ups, option.spot * lattice.up ** (2 * ups - step)) for ups in nearest_first)
        exercised = (
            price
            for ups, price in prices
            if option.sign * (price - option.strike) > waiting[ups] + ROUNDING * (price + option.strike)
        )
        points.append(BoundaryPoint(step * option.years / steps, next(exercised, None)))

    _walk(option, lattice, True, watch)
    return points[::-1]
