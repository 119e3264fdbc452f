"""The exchange announces its entries when there are some: soon, not one by one, and never for nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from market_sim import Buy, Options, Scenario, Sell, Session, Stock, Strategy, World, dollars
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.pipeline import NEWS_NS

STAYS_SILENT = 1_000_000


@dataclass
class Silent(Strategy):
    """Wants nothing."""

    def decide(self, view):
        return ()


@dataclass(frozen=True)
class Quiet(Scenario):
    """Two participants who do nothing but what a test submits for them."""

    name = "quiet"

    def build(self, world: World) -> None:
        world.list(Stock("ACME"))
        for name in ("ann", "bob"):
            world.join(name, Silent(), cash=dollars(10_000), holdings={"ACME": 100}, every_ms=STAYS_SILENT)


def quiet() -> Session:
    return Session(Quiet(), Options(epochs=6, settlement="none"))


def trade(session: Session) -> None:
    session.submit("ann", Sell("ACME", 1, 100))
    session.submit("bob", Buy("ACME", 1, 100))


def told(session: Session) -> int:
    """How many announcements there were."""
    return session._pipeline.committee._news


def test_an_idle_market_announces_nothing_and_plans_nothing() -> None:
    idle, busy = quiet(), quiet()
    trade(busy)
    for session in (idle, busy):
        session.step(until=10 * NEWS_NS)
    assert (told(idle), told(busy)) == (0, 1)
    assert idle.world.clock.steps == 0


@pytest.mark.parametrize("after_ms", [0, 1, 99, 100, 250])
def test_an_entry_is_announced_at_the_next_tenth_of_a_second(after_ms: int) -> None:
    session = quiet()
    session.step(until=after_ms * MILLISECOND)
    trade(session)
    due = (after_ms // 100 + 1) * NEWS_NS
    session.step(until=due)
    assert told(session) == 0
    session.step(until=due + 1)
    assert told(session) == 1


def test_many_trades_in_a_row_share_an_announcement_and_none_is_forgotten() -> None:
    session = quiet()
    for _ in range(50):
        trade(session)
        session.step(until=session.now + 10 * MILLISECOND)
    session.step(until=session.now + NEWS_NS)
    assert told(session) == 5
    assert session._pipeline._told == session.world.ledger.entries == 50


def test_a_deposit_is_announced_although_nobody_trades() -> None:
    session = quiet()
    session.world.ledger.deposit("ann", "USD", 5)
    session.step(until=2 * NEWS_NS)
    assert (told(session), session._pipeline._told) == (1, 1)
