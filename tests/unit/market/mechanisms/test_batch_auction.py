"""The frequent batch auction: one price for a batch, and no advantage for who was first in it."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import AuctionHeld, Trade
from market_sim.market.mechanisms.batch_auction import BatchAuction
from tests.unit.market.mechanisms.stage import Stage


def test_a_batch_trades_at_one_price_at_its_end_and_not_before():
    scene = Stage([], {name: {"USD": 1_000_000, "ACME": 10} for name in ("ann", "bob", "cat")})
    batch = scene.attach(BatchAuction("ACME", every_ns=100))
    scene.exchange.submit("ann", Buy("ACME", 5, 10_010))
    scene.exchange.submit("cat", Buy("ACME", 5, 10_020))
    scene.exchange.submit("bob", Sell("ACME", 6, 9_990))
    assert scene.told(Trade) == []
    assert list(batch.times()) == [100]
    scene.at(100, batch)
    assert [(trade.price, trade.quantity) for trade in scene.told(Trade)] == [(10_010, 5), (10_010, 1)]
    assert {scene.told(Trade)[0].maker, scene.told(Trade)[0].taker} == {"bob", "cat"}
    scene.at(200, batch)
    assert [event.volume for event in scene.told(AuctionHeld)] == [6, 0]
    assert scene.sound()


def test_batches_have_a_length():
    with pytest.raises(InputError, match="positive time"):
        BatchAuction("ACME", every_ns=0)
