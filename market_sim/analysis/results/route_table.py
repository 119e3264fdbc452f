"""The table of routes: every plan of a router, what it should cost, and what the trades that followed did cost."""

from __future__ import annotations

from dataclasses import dataclass, field

from market_sim.analysis.results.table import Table, columns
from market_sim.core.data.journal import Journal
from market_sim.core.models.figures import Figures
from market_sim.core.models.intents import SIDE_NAMES
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.core.models.venue_events import RoutePlanned

ROUTES = columns(
    time="when the router planned",
    account="whose order it divided",
    symbol="the instrument",
    side="buy or sell",
    quantity="how much was missing then",
    algorithm="what decided: cost, shortfall, speed or share",
    parts="how much went to which venue",
    left="how much no venue showed within the limit",
    expected="what the parts should cost with their fees; of a sale, what they should bring",
    done="how much of it traded before the next plan",
    paid="what that did cost with its fees, or brought",
    reason="why the router planned then",
)
HEAD = (
    "account", "algorithm", "plans", "planned", "done", "expected price", "paid price", "difference in bps", "venues",
)  # fmt: skip


@dataclass
class RouteRecord:
    """One plan and its trades."""

    plan: RoutePlanned
    multiplier: int = 1
    done: int = 0
    paid: int = 0
    by_venue: dict[str, int] = field(default_factory=dict)


def route_records(journal: Journal) -> list[RouteRecord]:
    """Every plan of every router; a trade belongs to the last plan of its taker."""
    found: list[RouteRecord] = []
    last: dict[tuple[str, str], RouteRecord] = {}
    multipliers: dict[str, int] = {}
    for event in journal:
        if isinstance(event, RoutePlanned):
            record = last[event.account, event.symbol] = RouteRecord(event, multipliers.get(event.symbol, 1))
            found.append(record)
        elif isinstance(event, InstrumentListed):
            multipliers[event.symbol] = event.multiplier
        elif last and isinstance(event, Trade):
            taken = last.get((event.taker, event.symbol))
            if taken is not None:
                taken.done += event.quantity
                taken.paid += event.price * event.quantity * taken.multiplier + event.side * event.taker_fee
                taken.by_venue[event.venue] = taken.by_venue.get(event.venue, 0) + event.quantity
    return found


def routes_table(journal: Journal) -> Table:
    """Every plan of every router with what became of it."""
    rows = [
        (
            one.plan.time, one.plan.account, one.plan.symbol, SIDE_NAMES[one.plan.side], one.plan.quantity,
            one.plan.algorithm, ", ".join(f"{venue} {quantity}" for venue, quantity, _ in one.plan.parts),
            one.plan.left, one.plan.cost, one.done, one.paid, one.plan.reason,
        )
        for one in route_records(journal)
    ]  # fmt: skip
    return Table("routes", ROUTES, rows)


def route_rows(records: list[RouteRecord], figures: Figures) -> list[tuple[str, ...]]:
    """One row of the page for each router and instrument: what it planned, and what it paid for a unit."""
    rows: list[tuple[str, ...]] = []
    for account, symbol, algorithm in dict.fromkeys(
        (one.plan.account, one.plan.symbol, one.plan.algorithm) for one in records
    ):
        key = account, symbol, algorithm
        mine = [one for one in records if (one.plan.account, one.plan.symbol, one.plan.algorithm) == key]
        units = mine[0].multiplier
        planned = sum(one.plan.quantity - one.plan.left for one in mine)
        done = sum(one.done for one in mine)
        expected = sum(one.plan.cost for one in mine) / (planned * units) if planned else 0.0
        paid = sum(one.paid for one in mine) / (done * units) if done else 0.0
        worse = mine[0].plan.side * (paid - expected)
        venues: dict[str, int] = {}
        for one in mine:
            for venue, quantity in one.by_venue.items():
                venues[venue] = venues.get(venue, 0) + quantity
        rows.append((
            account, algorithm, f"{len(mine):,}", figures.size(symbol, planned), figures.size(symbol, done),
            figures.price(symbol, round(expected)), figures.price(symbol, round(paid)) if done else "",
            f"{worse / expected * 10_000:+.2f}" if done and expected else "",
            ", ".join(f"{venue} {100 * quantity / done:.0f} %" for venue, quantity in venues.items()),
        ))  # fmt: skip
    return rows
