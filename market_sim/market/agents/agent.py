"""An agent: who takes part. It has an account, wakes up in a rhythm, and its orders take time to travel.

An agent whose strategy raises is named in the journal and takes no further part; its open orders are cancelled and
the run goes on as if it had fallen silent.
"""

from __future__ import annotations

from typing import get_args

from market_sim.core.models.intents import Intent
from market_sim.core.randomness import Stream
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View

INTENTS: tuple[type[Intent], ...] = get_args(Intent)
MOST_INTENTS = 100
"""How much one decision may ask for: a strategy that never stops yielding is stopped."""


class Agent:
    """One participant: the name of its account, its strategy, its rhythm and its distance from the exchange."""

    __slots__ = ("every_ns", "latency_ns", "name", "strategy", "stream", "view")

    def __init__(
        self, name: str, strategy: Strategy, view: View, stream: Stream, every_ns: int, latency_ns: int
    ) -> None:
        self.name = name
        self.strategy = strategy
        self.view = view
        self.stream = stream
        self.every_ns = every_ns
        self.latency_ns = latency_ns

    def intents(self) -> list[Intent]:
        """What the strategy wants now; whatever it raises is the caller's to deal with."""
        wanted: list[Intent] = []
        for intent in self.strategy.decide(self.view) or ():
            if type(intent) not in INTENTS:
                raise TypeError(f"decide() yields orders, cancels and amendments, not {intent!r}")
            wanted.append(intent)
            if len(wanted) > MOST_INTENTS:
                raise RuntimeError(f"decide() asked for more than {MOST_INTENTS} things at once")
        return wanted
