"""The dark pool: a venue that shows nothing and trades at the midpoint of what another one shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.market_events import Trade, book_name
from market_sim.market.exchange.book_replay import BookReplay
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.several_venues import NYSE, POOL, populate, sharing_all


@dataclass(frozen=True)
class DarkPoolScenario(Scenario):
    """A venue that shows nothing: its trades are at the midpoint of the lit quotes, which saves both half a spread."""

    name: ClassVar[str] = "dark-pool"
    claim: ClassVar[str] = (
        "Every trade in the dark pool is at the midpoint of the lit quotes, and who takes from the lit venue pays more."
    )

    traders: int = bounded(16, least=1, most=250)

    def build(self, world: World) -> None:
        """An exchange with a maker, a dark pool without one, and noise on both."""
        populate(world, sharing_all((NYSE, POOL)), self.traders)

    def holds(self, journal: Journal) -> bool:
        """Whether there were trades in the pool, all at the midpoint, and takers elsewhere paid more."""
        dark, lit, away = _costs(journal)
        return dark > 0 and not away and lit > 0

    def conclusion(self, journal: Journal) -> str:
        """The number of trades in the pool, and what a taker paid elsewhere."""
        dark, lit, away = _costs(journal)
        if not dark:
            return "Nothing was traded in the dark pool, where two orders have to meet that nobody sees."
        where = "all at the midpoint of the lit quotes" if not away else f"{away} of them away from the midpoint"
        return (
            f"There {'was' if dark == 1 else 'were'} {counted(dark, 'trade')} in the dark pool, {where}; "
            f"takers on {NYSE.name} paid {lit:.1f} cents a share more than the midpoint on average."
        )


def _costs(journal: Journal) -> tuple[int, float, int]:
    """The trades in the pool, what takers on the lit venue paid beyond the midpoint, the pool's trades away from it."""
    replay = BookReplay()
    lit = replay.book(book_name("ACME", NYSE.name))
    dark = away = taken = 0
    paid = 0.0
    twice, now = 0, -1
    for event in journal:
        if event.time != now:
            # Takers are compared with the midpoint before their instant, which their own trade has not moved.
            now, twice = event.time, _twice(lit.bids, lit.asks) or twice
        if isinstance(event, Trade) and event.venue == POOL.name:
            dark += 1
            away += 2 * event.price != _twice(lit.bids, lit.asks)
        elif isinstance(event, Trade) and twice:
            taken += event.quantity
            paid += event.side * (event.price - twice / 2) * event.quantity
        effect = replay.effects.get(type(event))
        if effect is not None:
            effect(event)
    return dark, paid / taken if taken else 0.0, away


def _twice(bids: dict[int, int], asks: dict[int, int]) -> int | None:
    """Twice the midpoint; None while a side is empty."""
    return max(bids) + min(asks) if bids and asks else None
