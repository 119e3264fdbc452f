"""A vanilla option with its market data: the seven inputs of every option model in this package.

Prices are in any one unit (dollars, cents), time in years of 365 days, rates and yields continuously compounded
for a year, volatility for a year: 0.2 is 20 %.

>>> option = VanillaOption("call", spot=42, strike=40, years=0.5, volatility=0.2, rate=0.1)
>>> option.intrinsic
2
>>> VanillaOption("call", spot=42, strike=40, years=-0.1, volatility=0.2)
Traceback (most recent call last):
...
market_sim.core.errors.InputError: the option expired 0.1 years ago: an expired option is settled, not valued
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from market_sim.core.errors import InputError
from market_sim.pricing.validation import not_negative, number, one_of, positive

Kind = Literal["call", "put"]

SMALLEST, LARGEST = 1e-12, 1e15
"""Prices beyond these are refused, so that ratios fit in a float; a spot below the smallest counts as zero."""
LARGEST_GROWTH = 300.0
"""The largest rate times years: `exp` of more than 709 overflows, and prices are multiplied by it."""
NO_DEVIATION = 1e-16
"""A standard deviation to expiry below this is below the precision of a float, and counts as no uncertainty."""


@dataclass(frozen=True, slots=True)
class VanillaOption:
    """A call or a put on an underlying that pays a continuous yield."""

    kind: Kind
    spot: float
    strike: float
    years: float
    volatility: float
    rate: float = 0.0
    dividend_yield: float = 0.0

    def __post_init__(self) -> None:
        one_of("kind", self.kind, ("call", "put"))
        not_negative("spot", self.spot)
        positive("strike", self.strike)
        not_negative("volatility", self.volatility)
        if number("years", self.years) < 0:
            ago = f"{-self.years:.3g} years ago"
            raise InputError(f"the option expired {ago}: an expired option is settled, not valued")
        if max(self.spot, self.strike) > LARGEST or self.strike < SMALLEST:
            raise InputError(f"prices lie between {SMALLEST} and {LARGEST}, found {self.spot!r} and {self.strike!r}")
        for name in ("rate", "dividend_yield"):
            growth = abs(number(name, getattr(self, name)) * self.years)
            if growth > LARGEST_GROWTH:
                raise InputError(f"{name} times years must stay within {LARGEST_GROWTH:g}, found {growth:g}")

    @property
    def sign(self) -> int:
        """+1 for a call, which gains when the price rises; -1 for a put."""
        return 1 if self.kind == "call" else -1

    @property
    def deviation(self) -> float:
        """The standard deviation of the logarithm of the price at expiry."""
        return self.volatility * math.sqrt(self.years)

    @property
    def is_certain(self) -> bool:
        """Whether the payoff is certain: the option expires now, the price has no volatility, or the spot is zero."""
        return self.deviation < NO_DEVIATION or self.spot < SMALLEST

    @property
    def intrinsic(self) -> float:
        """The intrinsic value: the gain from exercise now."""
        return max(0, self.sign * (self.spot - self.strike))

    @property
    def discounted_spot(self) -> float:
        """Today's price of one unit delivered at expiry, without the yield until then."""
        return self.spot * math.exp(-self.dividend_yield * self.years)

    @property
    def discounted_strike(self) -> float:
        """Today's value of the strike paid at expiry."""
        return self.strike * math.exp(-self.rate * self.years)


class Greeks(NamedTuple):
    """The value of an option and its sensitivities, each for a change of its input by one whole unit.

    `vega`, `rho` and `dividend_rho` are for a change of 1.00 (divide by 100 for one percentage point), `theta` is for
    one year (divide by 365 for a day), `vanna` is the change of delta with volatility, `volga` that of vega.
    """

    price: float
    delta: float
    gamma: float
    vega: float
    theta: float
    rho: float
    dividend_rho: float
    vanna: float
    volga: float


class Dividend(NamedTuple):
    """A cash dividend per share, and the time at which the share goes ex dividend."""

    years: float
    amount: float


def present_value(dividends: Sequence[Dividend], rate: float, years: float) -> float:
    """The present value of the dividends after now and up to this time."""
    for dividend in dividends:
        number("a dividend's years", dividend.years)
        not_negative("a dividend's amount", dividend.amount)
    return math.fsum(due.amount * math.exp(-rate * due.years) for due in dividends if 0 < due.years <= years)


def escrowed(option: VanillaOption, dividends: Sequence[Dividend]) -> VanillaOption:
    """The same option on the share without its dividends before expiry (rulebook F-3.1; Hull, ch. 15).

    The dividends are certain, so their present value is set aside ("in escrow") and only the rest of the price is
    random.

    >>> option = VanillaOption("call", spot=40, strike=40, years=0.5, volatility=0.3, rate=0.09)
    >>> round(escrowed(option, [Dividend(2 / 12, 0.5), Dividend(5 / 12, 0.5)]).spot, 4)
    39.0258
    """
    aside = present_value(dividends, option.rate, option.years)
    if aside >= option.spot:
        raise InputError(f"the dividends are worth {aside}, more than the price {option.spot} of the share")
    return replace(option, spot=option.spot - aside)
