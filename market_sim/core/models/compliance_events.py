"""Events of compliance: the rules that hold, the price bands, how a market maker met its obligations.

A halt is a `PhaseChanged` of the exchange with a reason of its own, and a refused order an `OrderRejected`.
"""

from __future__ import annotations

from market_sim.core.models.market_events import MarketEvent


class RulesInForce(MarketEvent, frozen=True):
    """The rules profile of this run, with every number of every rule that holds."""

    profile: str
    numbers: dict[str, int | str]
    """By rule and number: `market_wide.level_1` is 700."""
    roles: dict[str, str]
    """The role of each account that is no ordinary participant."""


class PriceBandsSet(MarketEvent, frozen=True):
    """No trade below the lower and above the upper band from now on (limit up, limit down)."""

    symbol: str
    reference: int
    lower: int
    upper: int


class MakerJudged(MarketEvent, frozen=True):
    """The first verdict on a market maker, and each change of it; below its obligations a participant's rate holds."""

    account: str
    meets: bool
    presence_bps: int
    """The part of the trailing window in which it quoted both sides within the spread."""
    owed_bps: int
