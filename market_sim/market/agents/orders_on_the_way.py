"""The orders on their way to the exchange, as a participant at the line can read them before they arrive."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from market_sim.core.models.event import Event
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.models.intents import BUY, SELL, PlaceOrder
from market_sim.core.models.market_events import OrderRead


class OrdersOnTheWay:
    """What one reader sees of the orders of some accounts; of sealed ones nothing before they arrive."""

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
            if isinstance(intent, PlaceOrder) and arrives > self._now() and _has_terms(intent):
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


def _has_terms(order: PlaceOrder) -> bool:
    """Whether its terms can be recorded: a strategy may pass any object, which is refused when the order arrives."""
    amounts: list[object] = [order.quantity, *([] if order.limit is None else [order.limit])]
    return (
        type(order.symbol) is str
        and type(order.side) is int
        and order.side in (BUY, SELL)
        and all(type(one) is int and 0 < one <= LARGEST_AMOUNT for one in amounts)
    )
