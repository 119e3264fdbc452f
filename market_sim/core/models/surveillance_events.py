"""Events of surveillance and enforcement: alerts that were raised during a run, measures, appeals that were granted."""

from __future__ import annotations

from market_sim.core.models.market_events import MarketEvent


class AlertRaised(MarketEvent, frozen=True):
    """A detector that follows the run found something; `event` is the number of the event that revealed it."""

    kind: str
    accounts: tuple[str, ...]
    symbol: str
    sentence: str
    event: int


class MeasureTaken(MarketEvent, frozen=True):
    """Enforcement took a measure against an account: a warning, a fine, a throttle or a suspension."""

    measure: int
    """Its number in the run, from 1."""
    account: str
    step: str
    offence: int
    """The number of the account's offence, from 1; appeals that were granted do not count."""
    alert: int
    """The number of the event that revealed the offence."""
    amount: int
    """The fine that was paid, in cents; what the account had free, if that was less than the fine."""
    until: int
    """The end of a throttle or a suspension; 0 for a warning and a fine."""


class AppealGranted(MarketEvent, frozen=True):
    """The instructor granted an appeal: the measure ends, its fine is returned, and the offence no longer counts."""

    measure: int
    account: str
    step: str
    returned: int
