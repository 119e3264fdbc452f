"""How to sell much in little time: the trajectories of Almgren and Chriss (2000), and schedules in whole lots.

Each trade moves the price for good (gamma per share) and for itself (eta per share and unit of time, eps as a fixed
cost per share); what is held meanwhile is exposed to sigma, in money for the root of a unit of time (rulebook F-4.3).

>>> [round(left) for left in trajectory(1_000, 4, 1.0, Impact(sigma=1.0, eta=0.1), risk_aversion=0.0)]
[1000, 750, 500, 250, 0]
>>> [round(left) for left in programmed(1_000, 4, 1.0, Impact(sigma=1.0, eta=0.1), risk_aversion=0.0)]
[1000, 750, 500, 250, 0]
>>> in_lots([1, 1, 1], total=100, lot=10)
[40, 30, 30]
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import acosh, exp, expm1
from typing import NamedTuple

from market_sim.core.errors import InputError


class Impact(NamedTuple):
    """What trading costs: the volatility, the temporary and the permanent impact, and a fixed cost per share."""

    sigma: float
    eta: float
    gamma: float = 0.0
    eps: float = 0.0


def urgency(impact: Impact, step: float, risk_aversion: float) -> float:
    """Kappa, the rate at which what is left falls: cosh(kappa step) = 1 + (lambda sigma^2 / eta~) step^2 / 2."""
    eta = _discrete_eta(impact, step)
    return acosh(1 + risk_aversion * impact.sigma**2 / eta * step**2 / 2) / step


def trajectory(total: float, slices: int, horizon: float, impact: Impact, risk_aversion: float) -> list[float]:
    """What is still held after each of so many slices, from all of it to nothing."""
    if slices < 1 or horizon <= 0 or risk_aversion < 0:
        raise InputError(f"slices and horizon are positive, found {slices} and {horizon}, {risk_aversion}")
    step = horizon / slices
    kappa = urgency(impact, step, risk_aversion)
    if kappa * horizon < 1e-9:
        return [total * (slices - number) / slices for number in range(slices + 1)]
    # sinh(a) / sinh(b) by what is left of each after exp, which overflows where the fear of risk is large.
    whole = -expm1(-2 * kappa * horizon)
    return [
        total * exp(-kappa * number * step) * -expm1(-2 * kappa * (horizon - number * step)) / whole
        for number in range(slices + 1)
    ]


def programmed(total: float, slices: int, horizon: float, impact: Impact, risk_aversion: float) -> list[float]:
    """The same by dynamic programming (Bellman 1957): backwards, what is best to keep of each holding.

    It knows only the cost of one step: the temporary impact of its trade, and the risk of what is left. What is still
    to be paid for a holding x is c x^2 at each step, so what is kept is a fixed share of it.
    """
    step = horizon / slices
    trading = _discrete_eta(impact, step) / step
    ahead = trading  # in the last step everything goes
    kept = [0.0]
    for _ in range(slices - 1):
        waiting = risk_aversion * impact.sigma**2 * step + ahead
        share = trading / (trading + waiting)
        ahead = trading * (1 - share) ** 2 + waiting * share**2
        kept.append(share)
    path = [float(total)]
    for share in reversed(kept):
        path.append(path[-1] * share)
    return path


def expected_cost(held: Sequence[float], horizon: float, impact: Impact) -> float:
    """What a trajectory costs on average, against the price at its start."""
    step = horizon / (len(held) - 1)
    trades = [before - after for before, after in pairwise(held)]
    temporary = _discrete_eta(impact, step) / step * sum(trade**2 for trade in trades)
    return impact.gamma * held[0] ** 2 / 2 + impact.eps * sum(map(abs, trades)) + temporary


def variance(held: Sequence[float], horizon: float, impact: Impact) -> float:
    """How uncertain that cost is: what is held after each trade is exposed for one step."""
    step = horizon / (len(held) - 1)
    return impact.sigma**2 * step * sum(left**2 for left in held[1:])


def in_lots(weights: Sequence[float], total: int, lot: int = 1) -> list[int]:
    """Split a quantity by weights into whole lots whose sum is exact: the largest remainders are rounded up."""
    if not weights or min(weights) < 0 or not sum(weights) or total % lot:
        raise InputError(f"weights are not negative and not all zero, and lots are whole, found {weights}, {total}")
    shares = [total // lot * weight / sum(weights) for weight in weights]
    lots = [int(share) for share in shares]
    by_remainder = sorted(range(len(lots)), key=lambda place: (lots[place] - shares[place], place))
    for place in by_remainder[: total // lot - sum(lots)]:
        lots[place] += 1
    return [number * lot for number in lots]


def _discrete_eta(impact: Impact, step: float) -> float:
    eta = impact.eta - impact.gamma * step / 2
    if impact.sigma < 0 or eta <= 0:
        raise InputError(f"temporary impact outweighs half of the permanent one of a step, found {impact}")
    return eta
