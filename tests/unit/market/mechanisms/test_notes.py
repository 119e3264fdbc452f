"""Structured notes are protected by their issuer alone."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Note
from market_sim.core.models.intents import Buy
from market_sim.core.models.mechanism_events import InstrumentExpired, LossShared
from market_sim.market.mechanisms.notes import Notes
from market_sim.pricing.note import ProtectedNote
from tests.unit.market.mechanisms.stage import Stage


def stage(bank: int = 1_000_000, capital: int = 0) -> Stage:
    note = Note("NOTE", underlying="ACME", issuer="bank", protected=1_000, strike=10_000, maturity=100)
    accounts = {"bank": {"USD": bank, "NOTE": 10}, "ann": {"NOTE": 30}, "bob": {"NOTE": 10, "USD": 5_000}}
    scene = Stage([note], accounts, capital)
    scene.notes = scene.attach(Notes(scene.house, scene.prices))
    return scene


@pytest.mark.parametrize(("spot", "each"), [(8_000, 1_000), (10_000, 1_000), (13_000, 1_300)])
def test_a_note_pays_what_is_protected_and_its_part_of_a_rise(spot, each):
    scene = stage()
    scene.value.price = spot
    scene.at(100, scene.notes)
    assert (scene.has("ann"), scene.has("bob")) == (30 * each, 5_000 + 10 * each)
    assert scene.has("bank", "NOTE") == 50
    assert each == ProtectedNote(face=1_000, start=10_000, years=1).payoff(spot)
    assert scene.sound()


def test_the_protection_is_worth_what_the_issuer_is_worth():
    scene = stage(bank=35_000, capital=1_000)
    scene.at(100, scene.notes)
    assert (scene.has("ann"), scene.has("bob")) == (30_000, 5_000 + 6_000)
    assert scene.told(LossShared)[0].amount == 4_000
    assert scene.sound()


def test_without_any_price_the_protected_amount_is_paid():
    scene = stage()
    scene.marks.values = {}
    scene.at(100, scene.notes)
    assert scene.has("ann") == 30_000
    assert scene.told(InstrumentExpired)[0].price == 0
    assert scene.refusal("bob", Buy("NOTE", 1, 900)) == "CLOSED"


def test_a_note_needs_its_issuer():
    scene = Stage([Note("N", underlying="ACME", issuer="bank", protected=1, strike=1, maturity=1)], {})
    with pytest.raises(InputError, match="issued by 'bank'"):
        scene.attach(Notes(scene.house, scene.prices))
