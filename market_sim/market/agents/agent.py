"""An agent: a participant with an account, a wake-up interval and latencies, for which a strategy decides.

If the strategy raises, the journal names the agent, its open orders are cancelled, and it takes no further part; the
run goes on.
"""

from __future__ import annotations

from typing import get_args

from market_sim.core.models.intents import Intent
from market_sim.core.randomness import Stream
from market_sim.market.agents.strategy import Adapted, Remark, Routed, Strategy, WakeAt
from market_sim.market.agents.view import View

Wish = Intent | Remark
"""What a strategy may yield."""
ORDINARY: tuple[type[Wish], ...] = (*get_args(Intent), Adapted, Routed)
MOST_INTENTS = 100
"""The most intents, alarms and notes of one decision, so that a strategy that never stops yielding is stopped."""


class Agent:
    """One participant: the name of its account, its strategy, its wake-up interval and its latencies."""

    __slots__ = (
        "awake_until", "data_latency_ns", "every_ns", "last_woken", "latency_ns", "name", "retired",
        "strategy", "stream", "view",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        strategy: Strategy,
        view: View,
        stream: Stream,
        every_ns: int,
        latency_ns: int,
        data_latency_ns: int = 0,
    ) -> None:
        self.name = name
        self.strategy = strategy
        self.view = view
        self.stream = stream
        self.every_ns = every_ns
        self.latency_ns = latency_ns
        """The time that its intents take to the exchange."""
        self.data_latency_ns = data_latency_ns
        """The time that market data and reports take to it."""
        self.retired = False
        """Whether it takes no further part."""
        self.last_woken = -1
        self.awake_until = -1
        """The latest time for which a report, a trade or a quote has planned a wake-up."""

    def decide(self) -> list[Wish]:
        """What the strategy asks for now: intents, alarms and notes; the caller handles its exceptions."""
        wishes: list[Wish] = []
        for wish in self.strategy.decide(self.view) or ():
            if type(wish) not in ORDINARY:
                _check_alarm(wish, self.view.time)
            wishes.append(wish)
            if len(wishes) > MOST_INTENTS:
                raise RuntimeError(f"decide() asked for more than {MOST_INTENTS} things at once")
        return wishes


def _check_alarm(wish: object, now: int) -> None:
    if type(wish) is not WakeAt:
        raise TypeError(f"decide() yields orders, cancels and amendments, not {wish!r}")
    if type(wish.time) is not int or wish.time <= now:
        raise ValueError(f"WakeAt takes a later time of the clock, in ns; it is {now}, found {wish.time!r}")
