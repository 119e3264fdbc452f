"""Handlers: route the intents for mechanisms, such as exercising an option, to their mechanism by symbol.

Options and warrants, for example, are both exercised, but by different mechanisms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from market_sim.core.errors import RuleViolation
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.terms import shown

Handler = Callable[[Member, Any], None]


class Handlers:
    """The handlers for one type of intent by symbol; an unknown symbol is refused."""

    def __init__(self, otherwise: str) -> None:
        self._otherwise = otherwise
        self._by_symbol: dict[str, Handler] = {}

    def add(self, symbols: Iterable[str], handler: Handler) -> None:
        """Route intents for these symbols to this handler."""
        self._by_symbol.update(dict.fromkeys(symbols, handler))

    def handle(self, member: Member, intent: Any) -> None:
        """Pass the intent to the mechanism of its symbol."""
        handler = self._by_symbol.get(intent.symbol) if type(intent.symbol) is str else None
        if handler is None:
            raise RuleViolation(self._otherwise, symbol=shown(intent.symbol))
        handler(member, intent)
