"""Beliefs: what participants think a thing is worth, as their orders reveal it, and what they think together.

The belief of a participant is the middle of its last limits to buy and to sell, or the one of these that it has. Each
is an estimate whose variance is how far this participant's beliefs lay from the midpoint until then, and the
consensus is their precision-weighted mean (`fusion.py`): whose limits scatter counts little. Nothing later than the
moment is used. Where the journal knows the value, the errors of consensus and price stand beside each other (rulebook
F-8.8).
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from statistics import fmean
from typing import NamedTuple

from market_sim.analysis.microstructure.fusion import precision_weighted
from market_sim.core.models.event import Event
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import OrderAccepted, book_name
from market_sim.core.models.run_events import ValueMoved
from market_sim.market.exchange.quotes import Quotes

SAMPLE_NS = 200_000_000
LEAST_VARIANCE = 1.0
"""That of one tick: nobody is taken to be surer than a price step."""


class Moment(NamedTuple):
    """One sample: the time, the consensus, the midpoint and the value, in price units; None where it is not known."""

    time: int
    consensus: float
    price: float
    value: float | None
    believers: int


class _Believer:
    """What one participant has shown so far."""

    __slots__ = ("belief", "buys", "count", "sells", "squares")

    def __init__(self) -> None:
        self.buys: int | None = None
        self.sells: int | None = None
        self.belief = self.squares = 0.0
        self.count = 0

    def say(self, side: int, limit: int, middle: float) -> None:
        if side == BUY:
            self.buys = limit
        else:
            self.sells = limit
        other = self.sells if side == BUY else self.buys
        self.belief = limit if other is None else (limit + other) / 2
        self.squares += (self.belief - middle) ** 2
        self.count += 1

    @property
    def variance(self) -> float:
        found = self.squares / self.count
        return found if found > LEAST_VARIANCE else LEAST_VARIANCE


class Shown(NamedTuple):
    """A belief at the moment at which an order showed it, with the midpoint before it and the value, if it is known."""

    time: int
    account: str
    belief: float
    middle: float
    value: int | None


class BeliefReader:
    """What participants have shown so far of one book, event by event."""

    def __init__(self, book: str, quotes: Quotes) -> None:
        self.believers: dict[str, _Believer] = {}
        self.value: int | None = None
        self._book, self._symbol = book, book.partition(" on ")[0]
        self._times, self._twice, self._reached = quotes.times, quotes.twice, 0

    def read(self, event: Event) -> Shown | None:
        """Take the next event in; the belief that it shows, if it is an order with a limit after the first quotes."""
        if type(event) is ValueMoved and event.symbol == self._symbol:
            self.value = event.value
        elif type(event) is OrderAccepted and event.terms.symbol == self._symbol and event.terms.limit is not None:
            terms, times = event.terms, self._times
            while self._reached < len(times) and times[self._reached] < event.time:
                self._reached += 1
            if self._reached and (not terms.venue or book_name(self._symbol, terms.venue) == self._book):
                believer = self.believers.get(event.account) or self.believers.setdefault(event.account, _Believer())
                middle = self._twice[self._reached - 1] / 2
                believer.say(terms.side, event.terms.limit, middle)
                return Shown(event.time, event.account, believer.belief, middle, self.value)
        return None


def consensus(events: Iterable[Event], book: str, quotes: Quotes, sample_ns: int = SAMPLE_NS) -> list[Moment]:
    """The consensus of everybody who has shown a belief, sampled at equal intervals."""
    reader = BeliefReader(book, quotes)
    found: list[Moment] = []
    end = sample_ns
    for event in events:
        now = event.time
        while now >= end:
            middle = quotes.before(end)
            if reader.believers and middle is not None:
                mean, _ = precision_weighted([(one.belief, one.variance) for one in reader.believers.values()])
                found.append(Moment(end, mean, middle / 2, reader.value, len(reader.believers)))
            end += sample_ns
        reader.read(event)
    return found


def errors(found: Iterable[Moment]) -> tuple[float, float] | None:
    """The root mean square errors of consensus and price against the value; None where no value is known."""
    known = [one for one in found if one.value is not None]
    if not known:
        return None
    return (
        sqrt(fmean((one.consensus - (one.value or 0)) ** 2 for one in known)),
        sqrt(fmean((one.price - (one.value or 0)) ** 2 for one in known)),
    )
