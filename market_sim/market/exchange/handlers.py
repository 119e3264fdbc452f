"""Handlers: who deals with what participants ask of mechanisms, such as to exercise an option.

An option and a warrant are both exercised, each by its own mechanism: the symbol says whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from market_sim.core.errors import RuleViolation
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.terms import shown

Handler = Callable[[Member, Any], None]


class Handlers:
    """For one kind of intent: by symbol, who deals with it; for every other symbol there is a refusal."""

    def __init__(self, otherwise: str) -> None:
        self._otherwise = otherwise
        self._by_symbol: dict[str, Handler] = {}

    def add(self, symbols: Iterable[str], handler: Handler) -> None:
        """From now on intents about these symbols go to this handler."""
        self._by_symbol.update(dict.fromkeys(symbols, handler))

    def handle(self, member: Member, intent: Any) -> None:
        """Hand the intent to the mechanism that its symbol belongs to."""
        handler = self._by_symbol.get(intent.symbol) if type(intent.symbol) is str else None
        if handler is None:
            raise RuleViolation(self._otherwise, symbol=shown(intent.symbol))
        handler(member, intent)
