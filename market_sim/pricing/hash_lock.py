"""The free option in an atomic swap (an application of rulebook F-3.1; Han, Lin and Yu 2019).

Once both sides have locked, the side that knows the secret may still decide until the deadline of the other's lock: to
take the shares for the money, or to let both locks expire. It holds a call on the shares with the agreed price as
strike and the time lock as its life, and it paid no premium. Without dividends and interest an early exercise gains
nothing, so the call is worth as much as a European one (Merton 1973).

>>> round(free_option(spot=10_000, agreed=10_000, quantity=10, years=1 / 252, volatility=0.2), 2)
502.62
>>> free_option(spot=10_000, agreed=10_000, quantity=10, years=0, volatility=0.2)
0.0
"""

from __future__ import annotations

from market_sim.pricing.black_scholes import price
from market_sim.pricing.option import VanillaOption


def free_option(spot: float, agreed: float, quantity: int, years: float, volatility: float) -> float:
    """The value of the choice whether `quantity` shares are bought at the agreed price, `years` before it ends."""
    return quantity * price(VanillaOption("call", spot, agreed, years, volatility))
