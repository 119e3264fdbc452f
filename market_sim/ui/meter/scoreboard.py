"""The scoreboard: how orders were executed in the market of every shipped scenario (PF-05).

Filled means in full, by number of orders. An order is improved where its trades as a taker were better than the quotes
before them, weighted by quantity; in a dark pool, than the best quotes of the venues that show some. Impact is how far
the midpoint went with takers in a trading day, weighted by value; shortfall is that of orders which a strategy states
(rulebook F-8.1 and F-8.6). All of it happens in simulated markets with one seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import NamedTuple

from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.shortfall import shortfall
from market_sim.analysis.reports.execution_quality import TYPES, Covered, covered_orders
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import Trade
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.options import DEFAULT_SEED
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.ui.meter.claims import BY_ID
from market_sim.ui.meter.readings import NONE, Panel, Reading, Section

MEASURES = ("market-filled", "limit-filled", "improved", "impact", "shortfall")
"""The claims that each scenario is held against."""
USUAL_EPOCHS = 8


class Score(NamedTuple):
    """The figures of one scenario in the order of the measures; None where there is nothing to measure."""

    scenario: str
    figures: tuple[float | None, ...]


def scoreboard(
    kinds: Iterable[type[Scenario]] = SCENARIOS,
    epochs: int | None = None,
    told: Callable[[str], None] = lambda name: None,
) -> Section:
    """Every scenario in which anything is traded."""
    scores = []
    for kind in kinds:
        told(kind.name)
        journal = market_alone(kind(), DEFAULT_SEED, epochs or kind.epochs or USUAL_EPOCHS)
        if next(journal.of(Trade), None) is not None:
            scores.append(Score(kind.name, score(journal)))
    readings = tuple(_reading(name, [one.figures[place] for one in scores]) for place, name in enumerate(MEASURES))
    rows = tuple((one.scenario, *map(_cell, MEASURES, one.figures)) for one in scores)
    head = ("scenario", "market filled, %", "limit filled, %", "improved, %", "impact, bps", "shortfall, bps")
    sentence = (
        f"The markets of {len(scores)} scenarios with seed {DEFAULT_SEED}; ✔ met, ✖ missed. Limit orders include the "
        f"quotes of makers, most of which are replaced before they trade."
    )
    return Section("execution", readings, (Panel("scoreboard", "Execution in every scenario", sentence, head, rows),))


def score(journal: Journal) -> tuple[float | None, ...]:
    """The figures of one run."""
    found = Microscope(journal)
    orders = covered_orders(journal)
    taken = [spread for book in found.traded for spread in book.spreads]
    gains: Counter[int] = Counter()
    for one in taken:
        gains[one.trade.taker_order] += one.improvement * one.trade.quantity
    moved = [one for one in taken if one.impact is not None]
    stated = [order for order in found.orders if order.stated]
    return (
        _filled([one for one in orders if one.kind == TYPES[0]]),
        _filled([one for one in orders if one.kind != TYPES[0]]),
        100 * sum(gain > 0 for gain in gains.values()) / len(gains) if gains else None,
        _bps(sum((one.impact or 0) * one.trade.quantity for one in moved) / 2,
             sum(one.trade.price * one.trade.quantity for one in moved)),
        _bps(sum(shortfall(one).total for one in stated) / 2, sum(one.value for one in stated)),
    )  # fmt: skip


def _filled(orders: Sequence[Covered]) -> float | None:
    if not orders:
        return None
    full = sum(sum(trade.quantity for trade in one.trades) >= one.accepted.terms.quantity for one in orders)
    return 100 * full / len(orders)


def _bps(cost: float, value: float) -> float | None:
    return 10_000 * cost / value if value > 0 else None


def _reading(claim: str, figures: Sequence[float | None]) -> Reading:
    known = [one for one in figures if one is not None]
    if not known:
        return Reading(claim, "no scenario has such orders")
    met, middle = sum(map(BY_ID[claim].is_met_by, known)), median(known)
    measured = f"met in {met} of {len(known)} scenarios; median {middle:.2f} {BY_ID[claim].unit}"
    return Reading(claim, measured, middle, how="the median of the scenarios is compared")


def _cell(claim: str, figure: float | None) -> str:
    if figure is None:
        return NONE
    return f"{figure:.2f} {'✔' if BY_ID[claim].is_met_by(figure) else '✖'}"
