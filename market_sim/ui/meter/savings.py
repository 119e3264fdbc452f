"""Savings: the same order on the same seeds, naively on one venue and routed among three (PF-06).

Both desks work the same quantity off in the same slices. The naive one sends all of it to one exchange, the other one
divides each slice by the smart order router. Against the midpoint at the decision, a purchase costs

    transaction   its fees, and what was paid beyond the midpoint of the moment
    impact        how far the midpoint had gone with the order by then
    opportunity   what never traded, at the last midpoint
    total         the three together

A saving is the mean difference over the seeds, as a share of the mean naive cost, with Student's 95 % interval of the
paired differences. It is told whatever it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar, NamedTuple

from market_sim.analysis.sweep_estimates import Estimate, estimate
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import OrderAccepted, Trade, book_name
from market_sim.core.money import dollars
from market_sim.core.units import SECOND
from market_sim.market.exchange.quotes import tapes
from market_sim.simulation.engine.world import World
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.several_venues import NYSE, THREE, populate
from market_sim.strategies.execution.router import Router
from market_sim.strategies.execution.schedules import Twap
from market_sim.ui.meter.readings import Panel, Reading, Section

DESK, SYMBOL = "desk", "ACME"
SEEDS = 12
QUANTITIES = (600, 3_000)
"""An order that one venue can fill, and one that it cannot."""
FIRST_SEED = 101
START_S, END_S, SLICES = 1.5, 11.5, 20
PARTS = ("transaction", "impact", "opportunity", "total")


@dataclass(frozen=True)
class Purchase(Scenario):
    """A desk buys on three venues: all on one of them, or routed among them."""

    name: ClassVar[str] = "purchase"
    epochs: ClassVar[int] = 13

    routed: bool = False
    quantity: int = 600
    traders: int = 8

    def build(self, world: World) -> None:
        """The venues with their makers and background, and the desk."""
        populate(world, THREE, self.traders)
        order = {"side": BUY, "quantity": self.quantity, "start_s": START_S, "end_s": END_S, "slices": SLICES}
        desk = Router(venues=THREE, **order) if self.routed else Twap(venue=NYSE.name, **order)  # type: ignore[arg-type]
        world.join(DESK, desk, cash=dollars(100) * 2 * self.quantity, every_ms=20)


class Cost(NamedTuple):
    """What one purchase cost, in cents."""

    transaction: float
    impact: float
    opportunity: float

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self)


class Saved(NamedTuple):
    """What routing saved of one part of the cost of one order, over the seeds."""

    quantity: int
    part: str
    naive: float
    routed: float
    saved: Estimate

    @property
    def percent(self) -> float | None:
        """Of the naive cost; None where there was nothing to save."""
        return 100 * self.saved.mean / self.naive if self.naive > 0 else None

    @property
    def words(self) -> str:
        """The percentage with its interval."""
        if self.percent is None:
            return "nothing to save"
        half = 100 * (self.saved.half or 0.0) / self.naive
        return f"{self.percent:,.1f} % [{self.percent - half:,.1f}, {self.percent + half:,.1f}]"


def savings(seeds: int = SEEDS, told: Callable[[str], None] = lambda what: None) -> Section:
    """Naive and routed on the same seeds, for each quantity; a claim is compared with the worst of them."""
    found = [one for quantity in QUANTITIES for one in compared(quantity, seeds, told)]
    readings = []
    for part in PARTS:
        mine = [one for one in found if one.part == part]
        known = [one.percent for one in mine if one.percent is not None]
        measured = "; ".join(f"{one.quantity:,} shares: {one.words}" for one in mine)
        how = f"on the same {seeds} seeds, over the naive mean, with 95 % intervals; the least saving is compared"
        readings.append(Reading(f"{part}-saving", measured, min(known, default=None), how=how))
    rows = tuple(
        (f"{one.quantity:,}", one.part, f"{one.naive:,.0f}", f"{one.routed:,.0f}",
         f"{one.saved.mean:,.0f} ± {one.saved.half or 0:,.0f}", one.words)
        for one in found
    )  # fmt: skip
    head = ("shares", "cost", "naive, cents", "routed, cents", "saved, cents", "saved, %")
    sentence = (
        f"An order in {SLICES} slices with {seeds} seeds: all on {NYSE.name}, or routed among {len(THREE)} venues. "
        f"Means, and what was saved with its 95 % interval. The larger order finds too little on one venue: what is "
        f"never bought costs nothing but the opportunity."
    )
    return Section("savings", tuple(readings), (Panel("savings", "Naive against routed", sentence, head, rows),))


def compared(quantity: int, seeds: int, told: Callable[[str], None]) -> list[Saved]:
    """Every part of the cost of one order."""
    naive: list[Cost] = []
    routed: list[Cost] = []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        told(f"{quantity:,} shares, seed {seed}")
        for costs, is_routed in ((naive, False), (routed, True)):
            scenario = Purchase(routed=is_routed, quantity=quantity)
            costs.append(cost(market_alone(scenario, seed, Purchase.epochs), quantity))
    found = []
    for part in PARTS:
        before, after = ([getattr(one, part) for one in costs] for costs in (naive, routed))
        saved = estimate([one - other for one, other in zip(before, after, strict=True)])
        found.append(Saved(quantity, part, fmean(before), fmean(after), saved))
    return found


def cost(journal: Journal, quantity: int) -> Cost:
    """The cost of the desk's purchase by cause."""
    books = tapes(journal)
    reference = books[book_name(SYMBOL, NYSE.name)].quotes
    decision, close = (reference.at(round(START_S * SECOND)) or reference.twice[0]) / 2, reference.twice[-1] / 2
    arrived = {event.order: event.time for event in journal.of(OrderAccepted) if event.account == DESK}
    transaction = impact = 0.0
    filled = 0
    for trade in journal.of(Trade):
        took = trade.taker == DESK
        if not took and trade.maker != DESK:
            continue
        quotes = books[book_name(trade.symbol, trade.venue)].quotes
        order = trade.taker_order if took else trade.maker_order
        middle = (quotes.before(arrived[order]) or quotes.twice[0]) / 2
        fee = trade.taker_fee if took else trade.maker_fee
        transaction += fee + trade.quantity * (trade.price - middle)
        impact += trade.quantity * (middle - decision)
        filled += trade.quantity
    return Cost(transaction, impact, (quantity - filled) * (close - decision))
