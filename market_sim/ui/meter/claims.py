"""The claims: every number of speed, quality and saving that the systems before this one stated, with its source.

They are targets (rulebook F-8.13), and nothing here is measured: what this program does is found by the other modules
of this folder. The letters and numbers (PF-01 to PF-06) are those under which this product keeps them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

ORIGINS: Final = {
    "ARENA": "a multi-market exchange with agents, halts and a dashboard",
    "MICRO": "order flow, market making, routing and execution quality",
    "MARKSIM": "a simulation engine with a stream of market data",
}
"""The systems whose numbers these are."""


class Claim(NamedTuple):
    """One number as it was stated."""

    id: str
    row: str
    origin: str
    says: str
    unit: str
    least: float | None = None
    """At least this much is claimed, in the unit."""
    below: float | None = None
    """Less than this much is claimed, in the unit."""
    above: float | None = None
    """More than this much is claimed, in the unit."""

    def is_met_by(self, value: float) -> bool:
        """Whether a measured value keeps it."""
        enough = (self.least is None or value >= self.least) and (self.above is None or value > self.above)
        return enough and (self.below is None or value < self.below)


CLAIMS: Final = (
    Claim("orders", "PF-01", "ARENA", "50,000 orders a second", "orders/s", least=50_000),
    Claim("events", "PF-01", "MARKSIM", "10,000 events a second", "events/s", least=10_000),
    Claim("agents", "PF-01", "ARENA, MARKSIM", "linear in the number of agents", "slope", below=1.1),
    Claim("match", "PF-02", "ARENA", "from order to match in less than 1 ms", "ms", below=1),
    Claim("signal", "PF-02", "ARENA", "signals in microseconds", "us", below=1_000),
    Claim("data", "PF-02", "ARENA", "market data in less than 100 ms", "ms", below=100),
    Claim("halt", "PF-02", "ARENA", "halts in less than 500 ms", "ms", below=500),
    Claim("compliance", "PF-02", "ARENA", "compliance in less than 10 ms", "ms", below=10),
    Claim("dashboard", "PF-02", "ARENA", "the dashboard in less than 1 s", "ms", below=1_000),
    Claim("data-p99", "PF-03", "MICRO", "market data in less than 100 us (p99)", "us", below=100),
    Claim("generation", "PF-03", "MICRO", "orders generated in less than 500 us (p99)", "us", below=500),
    Claim("transmission", "PF-03", "MICRO", "orders transmitted in less than 1 ms (p99)", "us", below=1_000),
    Claim("round-trip", "PF-03", "MICRO", "round trips in less than 2 ms (p99)", "us", below=2_000),
    Claim("delivery-1", "PF-04", "MARKSIM", "the stream delivers in less than 1 ms (1 client)", "ms", below=1),
    Claim("delivery-100", "PF-04", "MARKSIM", "the stream delivers in less than 1 ms (100 clients)", "ms", below=1),
    Claim("market-filled", "PF-05", "MICRO", "more than 95 % of market orders filled", "%", above=95),
    Claim("limit-filled", "PF-05", "MICRO", "more than 85 % of limit orders filled", "%", above=85),
    Claim("improved", "PF-05", "MICRO", "more than 60 % of orders at a better price than quoted", "%", above=60),
    Claim("impact", "PF-05", "MICRO", "impact of less than 5 bps", "bps", below=5),
    Claim("shortfall", "PF-05", "MICRO", "shortfall of less than 10 bps", "bps", below=10),
    Claim("transaction-saving", "PF-06", "MICRO", "transaction costs lower by 20 to 30 %", "%", least=20),
    Claim("impact-saving", "PF-06", "MICRO", "impact lower by 40 to 50 %", "%", least=40),
    Claim("opportunity-saving", "PF-06", "MICRO", "opportunity costs lower by 60 to 70 %", "%", least=60),
    Claim("total-saving", "PF-06", "MICRO", "costs in all lower by 25 to 35 %", "%", least=25),
)
BY_ID: Final = {claim.id: claim for claim in CLAIMS}
