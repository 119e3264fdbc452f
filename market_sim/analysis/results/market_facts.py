"""The facts of a market that a valuation needs: who decides for whom, terms of instruments, marks and first prices."""

from __future__ import annotations

from market_sim.core.models.derivatives import KINDS
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.core.models.mechanism_events import ContractSpecified
from market_sim.core.models.run_events import AgentJoined, ValueMoved
from market_sim.market.mechanisms.equity import Terms


class MarketFacts:
    """The facts as of the events read so far."""

    def __init__(self) -> None:
        self.strategies: dict[str, str] = {}
        """What decides for each account."""
        self.terms: dict[str, Terms] = {}
        """The terms of each instrument, with the multiplier of margined contracts."""
        self.kinds: dict[str, str] = {}
        self.first: dict[str, int] = {}
        """The first known price of each instrument, which values deposits made before it."""
        self._values: dict[str, int] = {}
        self._trades: dict[str, int] = {}

    def read(self, event: Event) -> None:
        """Add one event."""
        kind = type(event)
        if kind is Trade:
            self._trades[event.symbol] = event.price  # type: ignore[attr-defined]
            self.first.setdefault(event.symbol, event.price)  # type: ignore[attr-defined]
        elif kind is ValueMoved:
            self._values[event.symbol] = event.value  # type: ignore[attr-defined]
            self.first.setdefault(event.symbol, event.value)  # type: ignore[attr-defined]
        elif isinstance(event, AgentJoined):
            self.strategies[event.agent] = event.strategy
        elif isinstance(event, InstrumentListed):
            self.terms[event.symbol] = Terms(event.quote, event.multiplier, KINDS[event.kind].on_margin)
            self.kinds[event.symbol] = event.kind
        elif isinstance(event, ContractSpecified):
            self.terms[event.symbol] = self.terms[event.symbol]._replace(multiplier=event.multiplier)

    @property
    def marks(self) -> dict[str, int]:
        """The mark of each instrument: its believed value, otherwise its last trade."""
        return self._trades | self._values

    def mark(self, symbol: str) -> int | None:
        """The mark of one instrument; None before its first price."""
        return self._values.get(symbol, self._trades.get(symbol))

    @property
    def currencies(self) -> list[str]:
        """The currencies in which instruments are quoted."""
        return sorted({one.quote for one in self.terms.values()})
