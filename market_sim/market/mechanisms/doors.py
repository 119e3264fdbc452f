"""Doors: how participants ask a mechanism for something, and how two mechanisms share one kind of intent.

An option and a warrant are both exercised, each by its own mechanism: the symbol says whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from market_sim.core.errors import RuleViolation
from market_sim.market.exchange.account import Account
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.terms import shown

Handler = Callable[[Account, Any], None]


class Door:
    """One kind of intent: by symbol, who deals with it; for every other symbol there is a refusal."""

    def __init__(self, otherwise: str) -> None:
        self.otherwise = otherwise
        self.handlers: dict[str, Handler] = {}

    def __call__(self, account: Account, intent: Any) -> None:
        """Hand the intent to the mechanism that its symbol belongs to."""
        handler = self.handlers.get(intent.symbol) if type(intent.symbol) is str else None
        if handler is None:
            raise RuleViolation(self.otherwise, symbol=shown(intent.symbol))
        handler(account, intent)


def open_door(exchange: Exchange, kind: type, symbols: Iterable[str], handler: Handler, otherwise: str) -> None:
    """From now on this kind of intent about these symbols goes to this handler."""
    door = exchange.doors.setdefault(kind, Door(otherwise))
    if isinstance(door, Door):
        door.handlers.update(dict.fromkeys(symbols, handler))
