"""The orders on their way to the exchange, as somebody at the line can read them before they arrive."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from market_sim.core.models.event import Event
from market_sim.core.models.intents import PlaceOrder
from market_sim.core.models.market_events import OrderRead


class OrdersOnTheWay:
    """What one reader sees of the orders of some accounts. Nobody can read a sealed order before it arrives."""

    def __init__(
        self,
        reader: str,
        accounts: Collection[str],
        record: Callable[[Event], None],
        now: Callable[[], int],
        sealed: bool,
    ) -> None:
        self._reader = reader
        self._accounts = frozenset(accounts)
        self._record = record
        self._now = now
        self._sealed = sealed
        self._read: list[OrderRead] = []

    def pass_by(self, account: str, intents: Iterable[object], arrives: int) -> None:
        """Orders of an account leave; each that can be read is recorded with its reader."""
        if self._sealed or account not in self._accounts:
            return
        for intent in intents:
            if isinstance(intent, PlaceOrder) and arrives > self._now():
                terms = intent.symbol, intent.side, intent.quantity, intent.limit
                order = OrderRead(self._now(), self._reader, account, *terms, arrives)
                self._read.append(order)
                self._record(order)

    @property
    def readable(self) -> Sequence[OrderRead]:
        """The orders that have not arrived yet, in the order in which they were sent."""
        now = self._now()
        self._read = [one for one in self._read if one.arrives > now]
        return tuple(self._read)
