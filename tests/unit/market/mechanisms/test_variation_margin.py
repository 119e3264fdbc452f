"""Variation margin: what losers pay goes to winners, all of it and nothing else; the house spends only its own."""

from __future__ import annotations

import pytest

from market_sim.core.models.derivatives import Perpetual
from market_sim.core.models.mechanism_events import DeficitCovered, LossShared, MarkedToMarket
from market_sim.market.mechanisms.clearing_house import CLEARING
from market_sim.market.mechanisms.liabilities import VARIATION
from market_sim.market.mechanisms.perpetuals import Perpetuals
from tests.unit.market.mechanisms.stage import Stage

PERIOD = 80


def stage(cash: dict[str, int], capital: int) -> Stage:
    perpetual = Perpetual("PERP", underlying="ACME", funding_every=PERIOD)
    scene = Stage([perpetual], {name: {"USD": amount} if amount else {} for name, amount in cash.items()}, capital)
    for name in cash:
        scene.exchange.ledger.grant_margin(name)
    scene.perpetuals = scene.attach(Perpetuals(scene.house, scene.marks))
    return scene


@pytest.mark.parametrize("capital", [0, 50_000, 100_000, 250_000])
def test_what_one_loser_paid_does_not_cover_the_deficit_of_the_next(capital: int) -> None:
    scene = stage({"winner": 500_000, "first": 100_000, "second": 0, "third": 30_000}, capital)
    for loser in ("first", "second", "third"):
        scene.trade(loser, "winner", "PERP", 10, 20_000)
    scene.at(PERIOD, scene.perpetuals)  # the mark is 10,000: each of the three has lost 100,000
    covered = sum(event.amount for event in scene.told(DeficitCovered))
    assert covered == min(capital, 100_000 + 70_000)
    assert scene.has(CLEARING) == capital - covered
    assert scene.has("winner") == 500_000 + 130_000 + covered
    assert sum(event.amount for event in scene.told(LossShared)) == 170_000 - covered
    assert scene.sound()


def test_what_a_loser_paid_the_house_before_the_mark_goes_to_the_winner_at_the_mark() -> None:
    scene = stage({"winner": 500_000, "loser": 300_000}, 1_000)
    scene.trade("loser", "winner", "PERP", 10, 20_000)
    scene.exchange.ledger.transfer("loser", CLEARING, "USD", 60_000, VARIATION, "PERP")  # as when it is liquidated
    scene.at(PERIOD, scene.perpetuals)
    assert scene.has("winner") == 600_000
    assert scene.has("loser") == 200_000
    assert scene.has(CLEARING) == 1_000
    assert scene.told(MarkedToMarket)[0].paid == 100_000
    scene.at(2 * PERIOD, scene.perpetuals)
    assert scene.told(MarkedToMarket)[1].paid == 0
    assert scene.sound()


def test_what_the_house_keeps_for_winners_of_one_contract_covers_nobody_in_another() -> None:
    scene = stage({"winner": 500_000, "loser": 300_000, "poor": 0}, 0)
    scene.exchange.list(Perpetual("OTHER", underlying="ACME", funding_every=PERIOD))
    scene.perpetuals.begin()
    scene.trade("loser", "winner", "OTHER", 10, 20_000)
    scene.exchange.ledger.transfer("loser", CLEARING, "USD", 60_000, VARIATION, "OTHER")
    scene.trade("poor", "winner", "PERP", 10, 20_000)
    scene.at(PERIOD, scene.perpetuals)
    assert scene.told(DeficitCovered) == []
    assert scene.has("winner") == 600_000
    assert scene.has(CLEARING) == 0
    assert scene.sound()
