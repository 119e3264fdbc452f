"""Who would be called on a bad day is who is called when the day comes: the same run is played with that very fall."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_sim.analysis.instruments import instruments_in
from market_sim.analysis.risk_report import stress
from market_sim.core.models.derivatives import Perpetual
from market_sim.core.models.mechanism_events import LiquidationStarted, MarginCalled
from market_sim.core.models.run_events import ShockHappened
from market_sim.market.mechanisms.margin_status import EVERYTHING, Agreement
from market_sim.market.mechanisms.requirements import PortfolioMargin, StrategyMargin
from market_sim.pricing.perpetual import Tier
from market_sim.pricing.stress import Shock
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.margin_call import MarginCall
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from market_sim.simulation.scenarios.short_squeeze import ShortSqueeze
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main
from tests.unit.market.mechanisms.brokerage import DAY, Market

FIRST_CHECKS = 250_000_000
"""The believed value moves, the marks follow at the next check."""


def due(journal, before: int) -> set[str]:
    """Whose equity was too small when the marks had followed."""
    kinds = (*journal.of(MarginCalled), *journal.of(LiquidationStarted))
    return {event.account for event in kinds if before <= event.time <= before + FIRST_CHECKS}


@pytest.mark.parametrize("days", [0, 2])
@pytest.mark.parametrize("fall", [-5.0, -20.0, -30.0, -36.0, -45.0, -70.0, -90.0, 30.0])
def test_who_would_be_called_is_called_when_the_fall_comes(fall: float, days: int) -> None:
    session = Session(MarginCall(fall_percent=fall, grace_days=days), Options(settlement="none"))
    session.run()
    [shock] = session.journal.of(ShockHappened)
    number = next(number for number, event in enumerate(session.journal) if event == shock)
    calm = session.fork(number - 1)
    rows = stress(calm.journal, [Shock("the fall", price_percent=fall)])
    assert {row.account for row in rows if row.breach} == due(session.journal, shock.time)


def test_the_falls_above_call_nobody_or_those_who_bought_on_credit() -> None:
    session = Session(MarginCall(), Options(settlement="none"))
    session.step(until=3_999_999_999)
    counts = [
        [row.account for row in stress(session.journal, [Shock("fall", price_percent=percent)]) if row.breach]
        for percent in (-5.0, -36.0, -45.0, -90.0)
    ]
    assert counts == [[], [], ["ann", "bob"], ["ann", "bob"]]


def test_the_terminal_says_who_would_be_called(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked = ["--scenario", "margin-call", "--fall-percent=-5", "--epochs", "4", "--no-settle", "--no-plot", "-q"]
    for name, called in (("fall-10", []), ("fall-35", ["ann", "bob"])):
        assert main([*asked, "--headless", "--stress", name, "--out", str(tmp_path)]) == 0
        told = capsys.readouterr()
        lines = [line for line in (told.out + told.err).splitlines() if "would be called or liquidated: " in line]
        assert [line.split()[0] for line in lines] == called
        assert all(line.endswith(" is required") for line in lines)


RULES = [
    Agreement(StrategyMargin(leverage=20, tiers=(Tier(0, 100), Tier(5_000_00, 200)))),
    Agreement(StrategyMargin(leverage=20, tiers=(Tier(0, 100),)), isolated=("PERP",)),
    Agreement(PortfolioMargin(group="broad_index", contracts=StrategyMargin(leverage=4, tiers=(Tier(0, 900),)))),
    Agreement(PortfolioMargin()),
]


@pytest.mark.parametrize("agreement", RULES)
@pytest.mark.parametrize("move", [-30, -16, -13, -9, -6, -4, -2, 0, 2, 4, 6, 9, 13, 20, 60])
def test_at_every_price_it_is_what_the_broker_finds(agreement: Agreement, move: int) -> None:
    market = Market({"ann": agreement})
    market.fund("ann", 9_000_00)
    market.buy("ann", 100, 100_00)
    market.buy("ann", 100, 100_00, "PERP")
    market.sell("ann", 20, 100_00, "PERP")
    rows = stress(market.journal, [Shock("move", price_percent=move)], accounts=("ann",))
    market.value.price = 100_00 + move * 100
    market.clock.now = DAY // 2
    # The broker's own snapshot, of the same prices.
    calculator = market.margin.calculator
    calculator.snapshots.known = {"ACME": 100_00 + move * 100, "PERP": 100_00 + move * 100}
    found = [calculator.status("ann", pool) for pool in (EVERYTHING, *agreement.isolated)]
    broken = [each for each in found if each.in_breach]
    assert [rows[0].breach] == (broken[:1] or [None])


def test_every_instrument_is_read_back_from_the_journal_with_its_terms() -> None:
    for scenario in (Arena(traders=1), OptionExpiry(), ShortSqueeze()):
        session = Session(scenario, Options(settlement="none"))
        session.step(until=1_000_000)
        listed = {symbol: listing.instrument for symbol, listing in session.world.exchange.listings.items()}
        assert instruments_in(session.journal) == listed
    assert any(isinstance(one, Perpetual) for one in instruments_in(Session(Arena()).journal).values())
