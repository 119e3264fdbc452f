"""The table of opportunities: when buying on one venue and selling on another would have paid its fees, until when, and
who took it.

Quotes are compared when an instant is over: an opportunity is there while bid_B (1 - fee_B) is above ask_A (1 + fee_A)
(rulebook F-4.7). Until then nobody could see it, so what counts as taken is what came after its first instant. A venue
whose connection is broken is left out, and so is a book that is halted or in an auction; a dark pool shows nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import permutations

from market_sim.analysis.results.table import Table, columns
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.models.figures import Figures
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import BookOpened, FeesSet, PhaseChanged, Trade, book_name
from market_sim.core.models.venue_events import VenueHealthChanged
from market_sim.core.units import MILLION
from market_sim.market.exchange.book_replay import BookReplay
from market_sim.market.exchange.listing import CONTINUOUS
from market_sim.market.venues.breaker import CLOSED

OPPORTUNITIES = columns(
    symbol="the instrument",
    bought_on="the venue with the lower price",
    sold_on="the venue with the higher price",
    began="when it was there first",
    ended="when it was gone; empty if it was there at the end",
    gain_bps="the largest gain after the fees of takers, in basis points of what is paid",
    size="how much both venues showed at the first prices",
    taken="how much was bought on the one and sold on the other by the same account while it was there",
    takers="those accounts",
)
HEAD = ("bought on", "sold on", "from", "until", "gain in bps", "size at first", "taken", "by")
MOST_ROWS = 10
Pair = tuple[str, str, str]
"""An instrument, where it is bought and where it is sold."""


@dataclass
class Opportunity:
    """One stretch of time in which the round trip would have paid its fees."""

    symbol: str
    bought_on: str
    sold_on: str
    began: int
    gain_bps: float
    size: int
    ended: int | None = None
    bought: Counter[str] = field(default_factory=Counter)
    sold: Counter[str] = field(default_factory=Counter)

    @property
    def taken(self) -> dict[str, int]:
        """What each account did both sides of."""
        both = {name: min(quantity, self.sold[name]) for name, quantity in self.bought.items()}
        return {name: quantity for name, quantity in both.items() if quantity}


def opportunities(journal: Journal) -> list[Opportunity]:
    """Every opportunity of a run, in the order in which they were there."""
    venues: dict[str, list[str]] = {}
    for opened in journal.of(BookOpened):
        venues.setdefault(opened.symbol, []).append(opened.venue)
    pairs = [(symbol, *two) for symbol, names in venues.items() for two in permutations(names, 2)]
    return _Watch(pairs).read(journal) if pairs else []


class _Watch:
    """Follows the quotes of all pairs of venues from instant to instant."""

    def __init__(self, pairs: list[Pair]) -> None:
        self._pairs = pairs
        self._replay = BookReplay()
        self._rates: dict[tuple[str, str], int] = {}
        self._broken: set[str] = set()
        self._closed: set[str] = set()
        """The books in which nobody can trade at once."""
        self._there: dict[Pair, Opportunity] = {}
        self._found: list[Opportunity] = []

    def read(self, journal: Journal) -> list[Opportunity]:
        """All events of a run."""
        now, is_stale = 0, False
        for event in journal:
            if event.time != now:
                if is_stale:
                    self._compare(now)
                now, is_stale = event.time, False
            if effect := self._replay.effects.get(type(event)):
                effect(event)
                is_stale = True
                if type(event) is Trade and self._there:
                    self._took(event)
                elif isinstance(event, PhaseChanged):
                    (self._closed.discard if event.phase == CONTINUOUS else self._closed.add)(
                        book_name(event.symbol, event.venue)
                    )
            elif isinstance(event, FeesSet):
                self._rates[event.symbol, event.venue] = event.taker
            elif isinstance(event, VenueHealthChanged):
                (self._broken.discard if event.status == CLOSED else self._broken.add)(event.venue)
                is_stale = True
        if is_stale:
            self._compare(now)
        return self._found

    def _took(self, trade: Trade) -> None:
        for (symbol, cheap, dear), one in self._there.items():
            if symbol == trade.symbol and trade.side == BUY and trade.venue == cheap:
                one.bought[trade.taker] += trade.quantity
            elif symbol == trade.symbol and trade.side != BUY and trade.venue == dear:
                one.sold[trade.taker] += trade.quantity

    def _compare(self, now: int) -> None:
        for pair in self._pairs:
            symbol, cheap, dear = pair
            found = None if cheap in self._broken or dear in self._broken else self._gain(symbol, cheap, dear)
            there = self._there.get(pair)
            if found is not None and there is None:
                self._there[pair] = one = Opportunity(symbol, cheap, dear, now, *found)
                self._found.append(one)
            elif found is not None and there is not None:
                there.gain_bps = max(there.gain_bps, found[0])
            elif there is not None:
                there.ended = now
                del self._there[pair]

    def _gain(self, symbol: str, cheap: str, dear: str) -> tuple[float, int] | None:
        """The gain in basis points and the size at the best prices; None where there is none."""
        bought, sold = book_name(symbol, cheap), book_name(symbol, dear)
        asks, bids = self._replay.book(bought).asks, self._replay.book(sold).bids
        if not asks or not bids or not self._closed.isdisjoint((bought, sold)):
            return None
        ask, bid = min(asks), max(bids)
        paid = ask * (MILLION + self._rates.get((symbol, cheap), 0))
        got = bid * (MILLION - self._rates.get((symbol, dear), 0))
        return (10_000 * (got - paid) / paid, min(asks[ask], bids[bid])) if got > paid else None


def opportunities_table(journal: Journal) -> Table:
    """Every opportunity between venues."""
    rows = [
        (
            one.symbol, one.bought_on, one.sold_on, one.began, one.ended, one.gain_bps, one.size,
            sum(one.taken.values()), ", ".join(one.taken),
        )
        for one in opportunities(journal)
    ]  # fmt: skip
    return Table("opportunities", OPPORTUNITIES, rows)


def opportunity_rows(found: list[Opportunity], figures: Figures) -> list[tuple[str, ...]]:
    """The largest ones, as the page shows them."""
    largest = sorted(found, key=lambda one: -one.gain_bps)[:MOST_ROWS]
    return [
        (
            one.bought_on, one.sold_on, f"{one.began / 1e9:.3f} s",
            "the end" if one.ended is None else f"{one.ended / 1e9:.3f} s", f"{one.gain_bps:.2f}",
            figures.size(one.symbol, one.size), figures.size(one.symbol, sum(one.taken.values())),
            ", ".join(one.taken),
        )
        for one in largest
    ]  # fmt: skip


def opportunities_sentence(found: list[Opportunity]) -> str:
    """How many there were, how long they lasted, and how many were taken; empty without one."""
    if not found:
        return ""
    lasted = sorted(one.ended - one.began for one in found if one.ended is not None)
    taken = sum(bool(one.taken) for one in found)
    middle = f"; of those that ended, half lasted {lasted[len(lasted) // 2] / 1e6:.1f} ms or longer" if lasted else ""
    return (
        f"{counted(len(found), 'time')} it would have paid the fees of both to buy on one venue and sell on another"
        f"{middle}; {taken:,} {was(taken)} taken."
    )
