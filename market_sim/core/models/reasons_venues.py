"""The reasons for which a message to a venue comes to nothing (rulebook F-1.7)."""

from __future__ import annotations

from market_sim.core.models.reason import Reason

VENUE_REASONS: tuple[Reason, ...] = (
    Reason(
        "VENUE_FAILED",
        "exchange",
        "A message that is lost on the way to its venue changes nothing there.",
        "the message did not reach {venue}",
    ),
    Reason(
        "VENUE_DOWN",
        "exchange",
        "A venue in an outage answers nothing, and what waits there cannot be cancelled.",
        "{venue} does not answer",
    ),
    Reason(
        "VENUE_UNAVAILABLE",
        "exchange",
        "After failures in a row nothing is sent to a venue for a time; then one message probes it.",
        "the health breaker of {venue} is {status} after {failures} failures in a row",
    ),
    Reason(
        "LIMIT_NEEDED",
        "exchange",
        "An ECN takes limit orders only.",
        "{venue} takes no order without a limit",
    ),
)
