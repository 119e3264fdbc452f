"""The comparison of venues at one instant: what a quantity would cost on each, which is best and why, and arbitrage.

All figures are from the books as they are after one event. A price for a quantity is the mean over the levels that it
takes, with the taker's fee; slippage is its distance from the midpoint of the best quotes of all venues that are
compared. A venue whose connection is broken is left out, and so is one where the instrument is halted, closed or in an
auction. Buying on A and selling on B gains while bid_B (1 - fee_B) is above ask_A (1 + fee_A).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations

from market_sim.analysis.results.table import Table, columns
from market_sim.core.data.journal import Journal
from market_sim.core.models.figures import Figures
from market_sim.core.models.intents import BUY, SELL, SIDE_NAMES
from market_sim.core.models.market_events import BookOpened, FeesSet, PhaseChanged, book_name
from market_sim.core.models.venue_events import VenueHealthChanged
from market_sim.core.units import MILLION
from market_sim.market.exchange.book_replay import BookReplay
from market_sim.market.exchange.listing import CONTINUOUS
from market_sim.market.venues.breaker import CLOSED
from market_sim.pricing.routing import Place, plan

COMPARISON = columns(
    symbol="the instrument",
    time="of the event after which the books are compared",
    quantity="how much is bought or sold",
    venue="where",
    bid="the best bid",
    ask="the best ask",
    buys_for="what one unit costs with the fee, at the mean over the quantity; empty where too little is shown",
    buy_slippage_bps="how far that is from the midpoint of the best quotes",
    sells_for="what one unit brings less the fee",
    sell_slippage_bps="how far that is from the midpoint",
    connection="the status of its health breaker: CLOSED works; others are left out",
    phase="of the instrument there: continuous trades at once; others are left out",
    best_to_buy="whether it is the best place to buy",
    best_to_sell="whether it is the best place to sell",
)
HEAD = (
    "venue", "bid", "ask", "buys for", "buy slippage in bps", "sells for", "sell slippage in bps", "breaker",
    "phase",
)  # fmt: skip
STANDS = {"call": "in an auction", "halted": "halted", "closed": "closed"}
"""What an instrument is in the phases in which nobody can trade at once."""


@dataclass(frozen=True)
class VenueQuote:
    """One venue at that instant; prices in millionths of a price unit, None where it shows too little."""

    venue: str
    bid: int | None
    ask: int | None
    health: str
    bought: int | None
    """What one unit costs with the fee, at the mean over the quantity."""
    sold: int | None
    """What one unit brings less the fee."""
    rate: int
    phase: str = CONTINUOUS

    @property
    def can_trade(self) -> bool:
        """Whether somebody can trade with these quotes at once."""
        return self.health == CLOSED and self.phase == CONTINUOUS


@dataclass(frozen=True)
class Comparison:
    """The venues of one instrument after one event."""

    symbol: str
    quantity: int
    time: int
    quotes: tuple[VenueQuote, ...]
    twice_middle: int | None
    """Twice the midpoint of the best quotes of the venues that are compared."""

    @property
    def compared(self) -> tuple[VenueQuote, ...]:
        """The venues where somebody can trade at once."""
        return tuple(one for one in self.quotes if one.can_trade)

    def best(self, side: int) -> VenueQuote | None:
        """Where the quantity is bought for the least, or sold for the most."""
        if side == BUY:
            able = [one for one in self.compared if one.bought is not None]
            return min(able, key=lambda one: one.bought or 0, default=None)
        return max((one for one in self.compared if one.sold is not None), key=lambda one: one.sold or 0, default=None)

    def slippage_bps(self, one: VenueQuote, side: int) -> float | None:
        """How much worse than the midpoint the price with the fee is."""
        price = one.bought if side == BUY else one.sold
        if price is None or not self.twice_middle:
            return None
        return side * (2 * price / MILLION / self.twice_middle - 1) * 10_000

    @property
    def arbitrage(self) -> tuple[str, str, float] | None:
        """Where to buy, where to sell, and the gain in percent of what is paid; the largest one."""
        found = []
        for cheap, dear in permutations(self.compared, 2):
            if cheap.ask is not None and dear.bid is not None:
                paid, got = cheap.ask * (MILLION + cheap.rate), dear.bid * (MILLION - dear.rate)
                if got > paid:
                    found.append((100 * (got - paid) / paid, cheap.venue, dear.venue))
        if not found:
            return None
        gain, cheap_name, dear_name = max(found)
        return cheap_name, dear_name, gain


def comparisons(journal: Journal, event: int, quantity: int) -> list[Comparison]:
    """The comparison of each instrument with several books, just after this event."""
    replay = BookReplay()
    venues: dict[str, list[str]] = {}
    rates: dict[tuple[str, str], int] = {}
    health: dict[str, str] = {}
    phases: dict[str, str] = {}
    until = journal.until(event + 1)
    for one in until:
        if effect := replay.effects.get(type(one)):
            effect(one)
            if isinstance(one, PhaseChanged):
                phases[book_name(one.symbol, one.venue)] = one.phase
        elif isinstance(one, BookOpened):
            venues.setdefault(one.symbol, []).append(one.venue)
        elif isinstance(one, FeesSet):
            rates[one.symbol, one.venue] = one.taker
        elif isinstance(one, VenueHealthChanged):
            health[one.venue] = one.status
    now = until[len(until) - 1].time if len(until) else 0
    found = []
    for symbol, names in venues.items():
        if len(names) < 2:
            continue
        quotes = tuple(
            _quote(
                replay,
                symbol,
                name,
                rates.get((symbol, name), 0),
                health.get(name, CLOSED),
                quantity,
                phases.get(book_name(symbol, name), CONTINUOUS),
            )
            for name in names
        )
        found.append(compared(symbol, quantity, now, quotes))
    return found


def compared(symbol: str, quantity: int, time: int, quotes: tuple[VenueQuote, ...]) -> Comparison:
    """These quotes beside each other."""
    bids = [one.bid for one in quotes if one.bid is not None and one.can_trade]
    asks = [one.ask for one in quotes if one.ask is not None and one.can_trade]
    return Comparison(symbol, quantity, time, quotes, max(bids) + min(asks) if bids and asks else None)


def _quote(
    replay: BookReplay, symbol: str, venue: str, rate: int, health: str, quantity: int, phase: str
) -> VenueQuote:
    book = replay.book(book_name(symbol, venue))
    bids, asks = sorted(book.bids.items(), reverse=True), sorted(book.asks.items())
    bought = _for_one(Place(venue, tuple(asks), rate), BUY, quantity)
    sold = _for_one(Place(venue, tuple(bids), rate), SELL, quantity)
    best_bid, best_ask = bids[0][0] if bids else None, asks[0][0] if asks else None
    return VenueQuote(venue, best_bid, best_ask, health, bought, sold, rate, phase)


def _for_one(place: Place, side: int, quantity: int) -> int | None:
    """The mean price over the quantity with the fee; None where too little is shown."""
    found = plan("cost", (place,), side, quantity)
    return None if found.left else found.cost // quantity


def comparison_rows(one: Comparison, figures: Figures) -> list[tuple[str, ...]]:
    """The rows of the page."""

    def price(amount: int | None) -> str:
        return "" if amount is None else figures.price(one.symbol, amount)

    def mean(amount: int | None) -> str:
        return "too little" if amount is None else price(round(amount / MILLION))

    def bps(quote: VenueQuote, side: int) -> str:
        found = one.slippage_bps(quote, side)
        return "" if found is None else f"{found:.2f}"

    return [
        (
            quote.venue, price(quote.bid), price(quote.ask), mean(quote.bought), bps(quote, BUY), mean(quote.sold),
            bps(quote, SELL), quote.health, quote.phase,
        )
        for quote in one.quotes
    ]  # fmt: skip


def comparison_table(found: Iterable[Comparison]) -> Table:
    """The same for a file: a row for each venue of each instrument."""
    rows = [
        (
            one.symbol, one.time, one.quantity, quote.venue, quote.bid, quote.ask, _units(quote.bought),
            one.slippage_bps(quote, BUY), _units(quote.sold), one.slippage_bps(quote, SELL), quote.health, quote.phase,
            quote == one.best(BUY), quote == one.best(SELL),
        )
        for one in found
        for quote in one.quotes
    ]  # fmt: skip
    return Table("venues_at_an_instant", COMPARISON, rows)


def _units(millionths: int | None) -> float | None:
    return None if millionths is None else millionths / MILLION


def comparison_sentence(one: Comparison) -> str:
    """The best venue of each side and why, who is left out, and whether there is an arbitrage."""
    told = []
    for side in (BUY, SELL):
        best = one.best(side)
        found = None if best is None else one.slippage_bps(best, side)
        if best is None or found is None:
            told.append(f"Nobody shows enough to {SIDE_NAMES[side]} {one.quantity:,}.")
            continue
        told.append(
            f"{best.venue} is the best place to {SIDE_NAMES[side]} {one.quantity:,}: with the fee {found:.2f} bps "
            f"from the midpoint."
        )
    if left_out := [quote.venue for quote in one.quotes if quote.health != CLOSED]:
        told.append(f"Left out is {', '.join(left_out)}, whose connection is broken.")
    for phase in sorted({quote.phase for quote in one.quotes if quote.health == CLOSED} - {CONTINUOUS}):
        closed = [quote.venue for quote in one.quotes if quote.health == CLOSED and quote.phase == phase]
        told.append(f"Left out is {', '.join(closed)}, where {one.symbol} is {STANDS[phase]}.")
    if one.arbitrage is not None:
        cheap, dear, gain = one.arbitrage
        told.append(f"Arbitrage: who buys on {cheap} and sells on {dear} gains {gain:.3f} % after fees.")
    return " ".join(told)
