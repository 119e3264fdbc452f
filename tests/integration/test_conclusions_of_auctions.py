"""What the scenario of batch auctions concludes is true for other parameters too, counted again in another way."""

from __future__ import annotations

import re
from bisect import bisect_left

import pytest

from market_sim.core.models.market_events import AuctionHeld, Trade
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.money import units
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.batch_auction import BATCH, CONTINUOUS, BatchAuctionScenario

SENTENCE = re.compile(r"on (\S+) the sniper traded ([\d,]+) shares? of ([\d,]+) and (gained|lost) ([\d,.]+\d)")
EPOCHS = 3


def told(scenario):
    result = simulate(scenario, Options(epochs=EPOCHS, settlement="none"))
    assert result.failures == ()
    said = SENTENCE.findall(result.conclusion)
    assert [venue for venue, *_ in said] == [CONTINUOUS, BATCH], result.conclusion
    number = {venue: (int(s.replace(",", "")), int(t.replace(",", ""))) for venue, s, t, _, _ in said}
    gains = {venue: (1 if word == "gained" else -1) * units(cash.replace(",", "")) for venue, *_, word, cash in said}
    return result.journal, number, gains


@pytest.mark.parametrize(
    "scenario",
    [
        BatchAuctionScenario(auction, maker, sniper, traders)
        for auction, maker, sniper, traders in (
            (100, 50, 5, 5), (1, 50, 5, 5), (10_000, 50, 5, 2), (100, 10_000, 1_000, 1), (50, 5, 10_000, 5),
            (250, 1, 100, 0),
        )
    ],
    ids=lambda scenario: "-".join(map(str, scenario.parameters.values())),
)  # fmt: skip
def test_the_conclusion_counts_what_each_sniper_traded_and_gained(scenario):
    journal, shares, gains = told(scenario)
    events = list(journal)
    moves = [place for place, event in enumerate(events) if isinstance(event, ValueMoved)]
    for venue in shares:
        places = [place for place, event in enumerate(events) if isinstance(event, Trade) and event.venue == venue]
        # A sniper never meets itself, and every trade of one has one other side.
        sniped = [place for place in places if f"sniper-{venue}" in (events[place].maker, events[place].taker)]
        assert shares[venue] == tuple(sum(events[place].quantity for place in chosen) for chosen in (sniped, places))
        earned = 0
        for place in sniped:
            trade, value = events[place], events[moves[bisect_left(moves, place) - 1]].value
            side = trade.side if trade.taker == f"sniper-{venue}" else -trade.side
            earned += side * trade.quantity * (value - trade.price)
        assert gains[venue] == earned


def test_speed_earns_in_continuous_trading_and_not_in_batches_that_wait_for_the_makers():
    """The claim of the scenario, at its defaults and over seeds."""
    for seed in range(3):
        journal = simulate(BatchAuctionScenario(), Options(seed=seed, epochs=EPOCHS, settlement="none")).journal
        said = SENTENCE.findall(BatchAuctionScenario().conclusion(journal))
        gains = [(1 if word == "gained" else -1) * units(cash.replace(",", "")) for *_, word, cash in said]
        assert gains[0] > 10 * max(gains[1], 1)


def test_on_the_venue_of_batches_nothing_trades_outside_of_an_auction():
    journal, _, _ = told(BatchAuctionScenario())
    held = {event.time for event in journal.of(AuctionHeld)}
    trades = [trade for trade in journal.of(Trade) if trade.venue == BATCH]
    assert trades
    assert {trade.time for trade in trades} <= held
    assert all(trade.time % 100_000_000 == 0 for trade in trades)
