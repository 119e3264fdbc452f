"""The reasons for which an account under a measure is refused, and its orders withdrawn."""

from __future__ import annotations

from market_sim.core.models.reason import Reason

SURVEILLANCE_REASONS: tuple[Reason, ...] = (
    Reason(
        "THROTTLED",
        "compliance",
        "An account that broke the rules again may place one order in each interval for a time.",
        "{account} may place its next order at {next}, and as many as others from {until} on",
    ),
    Reason(
        "SUSPENDED",
        "compliance",
        "An account that goes on breaking the rules places no orders for a time; it may close positions at once (IOC).",
        "{account} is suspended until {until}",
    ),
    Reason("SUSPENSION", "compliance", "The open orders of a suspended account end.", "{quantity} withdrawn"),
)
