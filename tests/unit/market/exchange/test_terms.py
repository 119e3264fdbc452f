"""Terms that do not go together are refused by the field that is wrong."""

from __future__ import annotations

import pytest

from market_sim.core.models.intents import Buy, PlaceOrder
from market_sim.core.models.reasons import explain
from tests.unit.market.exchange.marketplace import Marketplace

BAD = [
    ("display", Buy("ACME", 10, 100, display=0)),
    ("display", Buy("ACME", 10, 100, display=11)),
    ("display", Buy("ACME", 10, 100, display=True)),
    ("hidden", Buy("ACME", 10, 100, hidden=1)),
    ("hidden", Buy("ACME", 10, 100, hidden=True, display=5)),
    ("limit", Buy("ACME", 10, hidden=True)),
    ("limit", Buy("ACME", 10, peg="mid")),
    ("post_only", Buy("ACME", 10, 100, post_only="maybe")),
    ("post_only", Buy("ACME", 10, 100, "ioc", post_only="reject")),
    ("peg", Buy("ACME", 10, 100, peg="last")),
    ("peg", Buy("ACME", 10, 100, peg="mid", hidden=True)),
    ("peg", Buy("ACME", 10, 100, "fok", peg="mid")),
    ("stop", Buy("ACME", 10, 100, "fok", stop=100)),
    ("stop", Buy("ACME", 10, 100, stop=100, post_only="reject")),
    ("expires", Buy("ACME", 10, 100, "gtd")),
    ("expires", Buy("ACME", 10, 100, "gtd", expires=0)),
    ("expires", Buy("ACME", 10, 100, "day", expires=10)),
    ("self_trade", Buy("ACME", 10, 100, self_trade="never")),
    ("client_id", Buy("ACME", 10, 100, client_id="")),
    ("client_id", Buy("ACME", 10, 100, client_id="x" * 65)),
    ("client_id", Buy("ACME", 10, 100, client_id="\ud800")),
    ("client_id", Buy("ACME", 10, 100, client_id=7)),
    ("conditions", PlaceOrder("ACME", 1, 10, 100, conditions={"stop": 3})),
]


@pytest.mark.parametrize(("field", "intent"), BAD)
def test_the_wrong_field_is_named(field, intent):
    place = Marketplace()
    refusal = place.refused("ann", intent)
    assert (refusal.reason, refusal.numbers["field"]) == ("BAD_CONDITIONS", field)
    assert explain(refusal.reason, refusal.numbers)


def test_a_stop_price_is_on_the_tick_and_says_that_it_is_the_stop():
    place = Marketplace(tick=5)
    refusal = place.refused("ann", Buy("ACME", 10, 100, stop=103))
    assert (refusal.reason, refusal.numbers["field"]) == ("BAD_TICK", "stop")
    assert place.refused("ann", Buy("ACME", 10, 100, stop=-5)).reason == "BAD_PRICE"
