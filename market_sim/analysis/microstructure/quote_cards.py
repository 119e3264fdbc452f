"""Quote cards: what each maker quotes at the end of a run, and the terms of its model that these quotes come from.

Avellaneda and Stoikov (2008), and Guéant, Lehalle and Fernandez-Tapia (2013), quote around a reference price:

    bid = reference + inventory - volatility - risk          ask = reference + inventory + volatility + risk

with q the inventory in quotes, the inventory term moves both quotes against it (- q gamma sigma^2 times the time that
is left), the volatility term is what the price may do to one unit meanwhile (half of gamma sigma^2 times that time),
and the risk term (1/gamma) ln(1 + gamma/k) weighs a better price against fewer trades (rulebook F-4.1 and F-4.2). The
terms are worked out again from what a maker stated, what it held and what it saw at its last decision; a card says so
where they do not give the quotes that stand.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from market_sim.core.models.event import Event
from market_sim.core.models.intents import BUY, SELL
from market_sim.core.models.market_events import (
    Deposited,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
    book_name,
)
from market_sim.core.models.run_events import AgentJoined, ValueMoved
from market_sim.core.units import MILLISECOND, SECOND
from market_sim.pricing.quoting import asymptotic_distances, half_spread
from market_sim.strategies.catalogue import MAKERS
from market_sim.strategies.market_making.quotes import around, on_tick

NO_MODEL: Final = "its strategy has no such terms"
NO_REFERENCE: Final = "nothing tells what it quoted around"
MOVED: Final = "its terms at its last decision give other quotes"


class Terms(NamedTuple):
    """The terms of a model at one moment, in price units."""

    inventory: float
    volatility: float
    risk: float

    def quotes(self, reference: float, tick: int) -> tuple[int, int]:
        """The bid and the ask that they give, on their ticks."""
        bid, ask = around(reference + self.inventory, self.volatility + self.risk, 1)
        return on_tick(bid, tick).price, on_tick(ask, tick).price


class Card(NamedTuple):
    """One maker in one book; the terms are None where its strategy has none."""

    account: str
    book: str
    strategy: str
    bid: int | None
    bid_size: int
    ask: int | None
    ask_size: int
    held: int
    """What it held beyond its target at its last decision."""
    reference: float | None
    terms: Terms | None
    note: str


def avellaneda_stoikov(stated: Mapping[str, float], q: float, time: int) -> Terms:
    """The terms of Avellaneda and Stoikov, with the time until the end of a session.

    >>> avellaneda_stoikov({"gamma": 0.1, "sigma": 2.0, "k": 1.5, "session_s": 8.0}, 2, 7_500_000_000)[:2]
    (-0.4, 0.1)
    """
    gamma, sigma, k = stated["gamma"], stated["sigma"], stated["k"]
    left = stated["session_s"] - time / SECOND % stated["session_s"]
    risk = half_spread(gamma, sigma, 0.0, k)
    return Terms(0.0 - q * gamma * sigma**2 * left, gamma * sigma**2 * left / 2, risk)


def gueant_lehalle_tapia(stated: Mapping[str, float], q: float, _: int) -> Terms:
    """The terms of Guéant, Lehalle and Fernandez-Tapia, far from any end."""
    gamma, sigma, k = stated["gamma"], stated["sigma"], stated["k"]
    bid, ask = asymptotic_distances(q, gamma, sigma, stated["intensity"], k)
    risk = half_spread(gamma, sigma, 0.0, k)
    return Terms((ask - bid) / 2, (bid + ask) / 2 - risk, risk)


MODELS: Final[Mapping[str, Callable[[Mapping[str, float], float, int], Terms]]] = {
    "AvellanedaStoikov": avellaneda_stoikov,
    "GueantLehalleTapia": gueant_lehalle_tapia,
}


@dataclass
class _Maker:
    """What a journal tells of one maker in one book."""

    joined: AgentJoined
    orders: dict[int, list[int]] = field(default_factory=dict)
    """Side, limit and what is left of each open order."""
    last: int = 0
    """When its last order was accepted."""
    times: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    """Its position after each of these times, without what it was given."""

    def best(self, side: int) -> tuple[int | None, int]:
        """Its best price on one side, and what it quotes there."""
        mine = [(limit, left) for own, limit, left in self.orders.values() if own == side and left]
        if not mine:
            return None, 0
        price = max(mine)[0] if side == BUY else min(mine)[0]
        return price, sum(left for limit, left in mine if limit == price)


def quote_cards(events: Iterable[Event], ticks: Mapping[str, int]) -> list[Card]:
    """The cards of all makers that ever quoted, in the order of their first quotes; `ticks` are by symbol."""
    reader = _Reader()
    for event in events:
        reader.read(event)
    return [_card(book, maker, reader, ticks) for (_, book), maker in reader.makers.items()]


class _Reader:
    """Follows the makers of a run, the believed values and the last prices."""

    def __init__(self) -> None:
        self.makers: dict[tuple[str, str], _Maker] = {}
        self.seen: dict[str, tuple[list[int], list[int]]] = {}
        """By symbol the believed values; without any, the last prices of a book, by its name."""
        self.given: dict[tuple[str, str], int] = {}
        self._joined: dict[str, AgentJoined] = {}
        self._places: dict[int, _Maker] = {}

    def read(self, event: Event) -> None:
        """Take the next event in."""
        if type(event) is OrderAccepted:
            self._accepted(event)
        elif type(event) is Trade:
            self._traded(event)
        elif type(event) is OrderCancelled and event.order in self._places:
            self._places[event.order].orders[event.order][2] -= event.quantity
        elif type(event) is OrderAmended and event.order in self._places:
            self._places[event.order].orders[event.order][1:] = event.limit, event.quantity
        elif type(event) is ValueMoved:
            self._saw(event.symbol, event.time, event.value)
        elif type(event) is Deposited:
            key = event.account, event.asset
            self.given[key] = self.given.get(key, 0) + event.amount
        elif type(event) is AgentJoined and event.strategy in MAKERS:
            self._joined[event.agent] = event

    def _saw(self, name: str, time: int, price: int) -> None:
        times, prices = self.seen.setdefault(name, ([], []))
        times.append(time)
        prices.append(price)

    def _accepted(self, event: OrderAccepted) -> None:
        joined, terms = self._joined.get(event.account), event.terms
        if joined is None or terms.limit is None:
            return
        key = event.account, book_name(terms.symbol, terms.venue)
        maker = self.makers.get(key) or self.makers.setdefault(key, _Maker(joined))
        maker.orders[event.order] = [terms.side, terms.limit, terms.quantity]
        maker.last = event.time
        self._places[event.order] = maker

    def _traded(self, event: Trade) -> None:
        book = book_name(event.symbol, event.venue)
        self._saw(f"{book} traded", event.time, event.price)
        sides = ((event.taker, event.taker_order, event.side), (event.maker, event.maker_order, -event.side))
        for account, order, side in sides:
            maker = self._places.get(order)
            if maker is not None:
                maker.orders[order][2] -= event.quantity
                for (name, other), one in self.makers.items():
                    if name == account and other.partition(" on ")[0] == event.symbol:
                        one.times.append(event.time)
                        one.held.append((one.held[-1] if one.held else 0) + side * event.quantity)


def _card(book: str, maker: _Maker, reader: _Reader, ticks: Mapping[str, int]) -> Card:
    symbol, joined = book.partition(" on ")[0], maker.joined
    (bid, bid_size), (ask, ask_size) = maker.best(BUY), maker.best(SELL)
    target = joined.parameters.get("target")
    beyond = reader.given.get((joined.agent, symbol), 0) - target if isinstance(target, int) else 0
    decided = maker.last - round(joined.latency_ms * MILLISECOND)
    model = MODELS.get(joined.strategy)
    stated = {name: value for name, value in joined.parameters.items() if isinstance(value, int | float)}
    seen = reader.seen.get(symbol) or reader.seen.get(f"{book} traded") or ([], [])
    found: list[Card] = []
    for place in (bisect_right, bisect_left):  # what happened at the very time of the decision, it saw or did not see
        held, reference = beyond + (_at(place, maker.times, maker.held, decided) or 0), _at(place, *seen, decided)
        row = joined.agent, book, joined.strategy, bid, bid_size, ask, ask_size, held
        if model is None or reference is None:
            return Card(*row, None, None, NO_MODEL if model is None else NO_REFERENCE)
        terms = model(stated, held / stated["size"], decided)
        wanted = terms.quotes(reference, ticks[symbol])
        agrees = all(price in (None, quote) for price, quote in zip((bid, ask), wanted, strict=True))
        found.append(Card(*row, reference, terms, "" if agrees else MOVED))
    return next((one for one in found if not one.note), found[0])


def _at(
    place: Callable[[Sequence[int], int], int], times: Sequence[int], values: Sequence[int], time: int
) -> int | None:
    """The value at a time, with what happened at it (bisect_right) or without."""
    index = place(times, time)
    return values[index - 1] if index else None
