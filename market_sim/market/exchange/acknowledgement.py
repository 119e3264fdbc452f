"""The acknowledgement: the answer to the sender of an intent, with order number, status and fills, or a refusal.

`submit` returns the order or the refusal; the resulting fills are in the journal. A user interface notes the length of
the journal before it submits an intent, and passes the new events to `acknowledge`.

>>> from market_sim.core.models.market_events import OrderRejected
>>> numbers = {"field": "limit", "limit": 3, "tick": 2, "below": 2, "above": 4}
>>> refusal = OrderRejected(0, "ann", "...", "BAD_TICK", numbers)
>>> acknowledgement = acknowledge(refusal, [refusal])
>>> acknowledgement.status, acknowledgement.sentence
('refused', 'limit 3 is not a multiple of the tick 2; the nearest valid prices are 2 and 4')
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from market_sim.core.models.event import Event, Numbers
from market_sim.core.models.figures import NO_FIGURES, Figures, symbol_in
from market_sim.core.models.market_events import OrderRejected, Trade
from market_sim.core.models.reasons import explain
from market_sim.market.exchange.order import Order


class Filled(msgspec.Struct, frozen=True, gc=False):
    """One trade of the order: its number, price, quantity, and the fee that the order's side paid."""

    trade: int
    price: int
    quantity: int
    fee: int


class Acknowledgement(msgspec.Struct, frozen=True):
    """The answer to one intent."""

    order: int | None
    status: str
    """refused, waiting (for a trigger, a midpoint or an auction), open, filled or cancelled."""
    filled: int
    remaining: int
    fills: tuple[Filled, ...]
    """The fills of this message; earlier fills of an amended order are in the journal."""
    reason: str
    """The reason code of a refusal or a cancellation; else empty."""
    sentence: str
    numbers: Numbers = {}
    """The figures behind a refusal."""


def acknowledge(
    answer: Order | OrderRejected, events: Iterable[Event], figures: Figures = NO_FIGURES
) -> Acknowledgement:
    """The acknowledgement for an answer of `submit`, with the fills among the events that followed."""
    if isinstance(answer, OrderRejected):
        sentence = explain(answer.reason, answer.numbers, figures, symbol_in(answer.intent))
        return Acknowledgement(None, "refused", 0, 0, (), answer.reason, sentence, dict(answer.numbers))
    fills = tuple(
        Filled(event.trade, event.price, event.quantity, _fee(event, answer.id))
        for event in events
        if isinstance(event, Trade) and answer.id in (event.maker_order, event.taker_order)
    )
    remaining = 0 if answer.ended else answer.remaining
    sentence = (
        explain(answer.ended, {"quantity": answer.remaining}, figures, answer.intent.symbol) if answer.ended else ""
    )
    return Acknowledgement(answer.id, answer.status, answer.filled, remaining, fills, answer.ended, sentence)


def _fee(trade: Trade, order: int) -> int:
    return trade.taker_fee if trade.taker_order == order else trade.maker_fee
