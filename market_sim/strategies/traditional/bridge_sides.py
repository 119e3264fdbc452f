"""Users of a bridge: an owner that goes to the other chain and comes back, and a relayer that delivers messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from market_sim.core.models.intents import CallContract, Intent
from market_sim.core.models.settlement_events import CallExecuted
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass(frozen=True)
class SeenBridge:
    """The names of both ends of a bridge, and what their contracts did so far, which is public."""

    home: str
    away: str
    at_home: Sequence[CallExecuted] = ()
    at_away: Sequence[CallExecuted] = ()

    def sent(self, account: str, end: str) -> CallExecuted | None:
        """The first message that this account sent from an end."""
        seen = self.at_home if end == self.home else self.at_away
        return next((event for event in seen if (event.account, event.function) == (account, "send")), None)

    def has_arrived(self, message: CallExecuted) -> bool:
        """Whether a message from home was paid out on the other chain."""
        nonce = message.numbers["nonce"]
        return any(event.function == "deliver" and event.numbers["nonce"] == nonce for event in self.at_away)


@dataclass
class BridgeOwner(Strategy):
    """Sends an amount to itself over each bridge, and brings back on a later day what arrived."""

    owner: str
    bridges: tuple[SeenBridge, ...]
    amount: int
    returns_day: int
    has_sent: bool = field(default=False, init=False)
    has_returned: bool = field(default=False, init=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """There at once, and back when the day has come."""
        if not self.has_sent:
            self.has_sent = True
            for bridge in self.bridges:
                yield CallContract(bridge.home, "send", (self.owner, self.amount))
        if not self.has_returned and view.time >= self.returns_day * TRADING_DAY_NS:
            self.has_returned = True
            for bridge in self.bridges:
                message = bridge.sent(self.owner, bridge.home)
                if message is not None and bridge.has_arrived(message):
                    yield CallContract(bridge.away, "send", (self.owner, self.amount))


@dataclass
class Relayer(Strategy):
    """Delivers every message of each bridge at the other end, in the order in which they were sent."""

    bridges: tuple[SeenBridge, ...]
    relayed: dict[str, int] = field(default_factory=dict, init=False)
    """The number of messages that it has delivered from each end."""

    def decide(self, view: View) -> Iterable[Intent]:
        """Each message once; a refusal would come again."""
        for bridge in self.bridges:
            yield from self._from(bridge.home, bridge.at_home, bridge.away)
            yield from self._from(bridge.away, bridge.at_away, bridge.home)

    def _from(self, end: str, seen: Sequence[CallExecuted], to: str) -> Iterator[Intent]:
        messages = [event for event in seen if event.function == "send"]
        for message in messages[self.relayed.get(end, 0) :]:
            yield CallContract(to, "deliver", (end, message.numbers["nonce"]))
        self.relayed[end] = len(messages)
