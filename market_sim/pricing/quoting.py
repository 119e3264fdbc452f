"""Where a market maker quotes: the formulas of Avellaneda and Stoikov, and of Guéant, Lehalle and Fernandez-Tapia.

Both let the price follow dS = sigma dW and let orders arrive at a distance d from it with intensity A exp(-k d); the
maker has constant absolute risk aversion gamma (rulebook F-4.1 and F-4.2). Prices, sigma and 1/k are in one unit of
money, time in one unit of time, inventory q in the size of one quote.

>>> round(reservation_price(100.0, q=2, gamma=0.1, sigma=2.0, left=0.5), 6)
99.6
>>> round(2 * half_spread(gamma=0.1, sigma=2.0, left=0.0, k=1.5), 4)
1.2908
"""

from __future__ import annotations

from math import exp, log, sqrt

from market_sim.core.errors import InputError


def check_quoting(gamma: float, sigma: float, k: float) -> None:
    """Refuse parameters for which the formulas have no meaning."""
    if gamma < 0 or sigma < 0 or k <= 0:
        raise InputError(f"gamma and sigma are not negative and k is positive, found {gamma}, {sigma}, {k}")


def reservation_price(price: float, q: float, gamma: float, sigma: float, left: float) -> float:
    """The price at which the maker is indifferent to one unit more: below the market when it holds too much."""
    return price - q * gamma * sigma**2 * left


def half_spread(gamma: float, sigma: float, left: float, k: float) -> float:
    """How far the quotes lie from the reservation price; 1/k for a maker who does not mind risk.

    >>> half_spread(gamma=0.0, sigma=2.0, left=1.0, k=2.0)
    0.5
    """
    return gamma * sigma**2 * left / 2 + _for_arrivals(gamma, k)


def mean_half_spread(gamma: float, sigma: float, horizon: float, k: float) -> float:
    """The mean of the half spread from the start to the horizon: what the paper's symmetric maker quotes."""
    return half_spread(gamma, sigma, horizon / 2, k)


def arrivals(distance: float, intensity: float, k: float) -> float:
    """How many orders arrive in a unit of time at this distance from the price."""
    return intensity * exp(-k * distance)


def asymptotic_distances(q: float, gamma: float, sigma: float, intensity: float, k: float) -> tuple[float, float]:
    """How far bid and ask lie from the price at inventory q, far from the end (Guéant, Lehalle, Fernandez-Tapia 2013).

    >>> bid, ask = asymptotic_distances(0, gamma=0.01, sigma=0.3, intensity=0.9, k=0.3)
    >>> bid == ask
    True
    """
    base = _for_arrivals(gamma, k)
    # (1 + g/k)^(1 + k/g) tends to e for a maker who does not mind risk, and the root to 0.
    power = (1 + gamma / k) ** (1 + k / gamma) if gamma else 0.0
    root = sqrt(sigma**2 * gamma / (2 * k * intensity) * power)
    return base + (2 * q + 1) / 2 * root, base - (2 * q - 1) / 2 * root


def _for_arrivals(gamma: float, k: float) -> float:
    return log(1 + gamma / k) / gamma if gamma else 1 / k
