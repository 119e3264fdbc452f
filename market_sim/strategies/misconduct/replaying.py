"""A replay: the certificate of a message is shown at the end that it was not made for.

The attacker sends its own money over the bridge, so it has a certificate of the validators. It lets the message be paid
out where it belongs and shows the same signatures at the end where the money is locked. Then it brings back what it has
on the other chain, too, and has been paid twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from market_sim.core.models.intents import CallContract, Intent
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.strategies.traditional.bridge_sides import SeenBridge


@dataclass
class Replayer(Strategy):
    """Tries the same replay on every bridge."""

    owner: str
    bridges: tuple[SeenBridge, ...]
    amount: int
    done: set[tuple[str, str]] = field(default_factory=set, init=False)
    """The steps that it has taken, by the home end of the bridge."""

    def decide(self, view: View) -> Iterable[Intent]:
        """The next steps on each bridge."""
        for bridge in self.bridges:
            yield from self._steps(bridge)

    def _steps(self, bridge: SeenBridge) -> Iterator[Intent]:
        if self._first(bridge, "send"):
            yield CallContract(bridge.home, "send", (self.owner, self.amount))
        message = bridge.sent(self.owner, bridge.home)
        if message is None:
            return
        if self._first(bridge, "replay"):
            yield CallContract(bridge.home, "deliver", (bridge.home, message.numbers["nonce"]))
        if bridge.has_arrived(message) and self._first(bridge, "return"):
            yield CallContract(bridge.away, "send", (self.owner, self.amount))

    def _first(self, bridge: SeenBridge, step: str) -> bool:
        """Whether a step was not taken before."""
        if (bridge.home, step) in self.done:
            return False
        self.done.add((bridge.home, step))
        return True
