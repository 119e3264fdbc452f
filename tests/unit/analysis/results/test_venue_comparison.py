"""The comparison of venues at one instant, counted again from the books of the venues themselves."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

import pytest

from market_sim.analysis.results.venue_comparison import (
    HEAD,
    STANDS,
    comparison_rows,
    comparison_sentence,
    comparisons,
)
from market_sim.analysis.words import Words
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.venue_events import VenueHealthChanged
from market_sim.core.money import dollars
from market_sim.market.exchange.listing import CONTINUOUS, Phase
from market_sim.market.venues.terms import VenueTerms
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.simulation.session import Session

A, B = "SIM-A", "SIM-B"


def opened(dear_bid: int) -> World:
    """A sells 10 at 100.00 and 10 at 101.00 for a fee of 1 bp, B buys 5 at this price for a fee of 5 bps."""
    world = World(1)
    for terms in (VenueTerms(A, taker_bps=1.0), VenueTerms(B, taker_bps=5.0)):
        world.venue(terms)
        world.list(Stock("ACME"), venue=terms.name)
    world.ledger.open_account("ann")
    world.ledger.deposit("ann", "USD", dollars(100_000))
    world.ledger.deposit("ann", "ACME", 100)
    for order in (
        Sell("ACME", 10, 10_000, venue=A), Sell("ACME", 10, 10_100, venue=A), Buy("ACME", 5, 9_900, venue=A),
        Buy("ACME", 5, dear_bid, venue=B), Sell("ACME", 5, 10_200, venue=B),
    ):  # fmt: skip
        world.venues.submit("ann", order)
    return world


def test_the_price_of_a_quantity_is_the_mean_over_its_levels_with_the_fee():
    journal = opened(9_950).journal
    [found] = comparisons(journal, len(journal) - 1, 15)
    first, second = found.quotes
    assert first.bought == (10 * 10_000 + 5 * 10_100) * 1_000_100 // 15
    assert (first.sold, second.bought, second.sold) == (None, None, None)
    assert found.twice_middle == 9_950 + 10_000
    exact = (Fraction(first.bought, 1_000_000) * 2 / found.twice_middle - 1) * 10_000
    assert found.slippage_bps(first, 1) == pytest.approx(float(exact))
    assert comparison_sentence(found) == (
        f"SIM-A is the best place to buy 15: with the fee {float(exact):.2f} bps from the midpoint. "
        "Nobody shows enough to sell 15."
    )
    [row, _] = comparison_rows(found, Words(journal))
    assert row == (
        "SIM-A",
        "99.00",
        "100.00",
        "100.34",
        f"{float(exact):.2f}",
        "too little",
        "",
        "CLOSED",
        "continuous",
    )
    assert len(row) == len(HEAD)


@pytest.mark.parametrize(("bid", "gains"), [(10_005, False), (10_007, True)])
def test_an_arbitrage_is_told_only_if_it_pays_the_fees(bid, gains):
    """Bought for 100.01 with the fee; 100.05 brings 99.99998 and 100.07 brings 100.01996."""
    journal = opened(bid).journal
    [found] = comparisons(journal, len(journal) - 1, 5)
    assert (found.arbitrage is not None) == gains
    if found.arbitrage is not None:
        cheap, dear, percent = found.arbitrage
        assert (cheap, dear) == (A, B)
        assert percent == pytest.approx(100 * (bid * 0.9995 / (10_000 * 1.0001) - 1))
        assert f"gains {percent:.3f} % after fees" in comparison_sentence(found)


def test_a_venue_with_a_broken_connection_is_left_out():
    world = opened(10_007)
    world.journal.record(VenueHealthChanged(0, A, "OPEN", 5))
    [found] = comparisons(world.journal, len(world.journal) - 1, 5)
    assert [one.venue for one in found.compared] == [B]
    assert found.arbitrage is None
    assert found.best(1).venue == B
    assert comparison_sentence(found).endswith("Left out is SIM-A, whose connection is broken.")


def test_a_book_in_which_nobody_can_trade_at_once_is_left_out():
    world = opened(10_007)
    world.venues.named(A).phases.halt("ACME")
    [found] = comparisons(world.journal, len(world.journal) - 1, 5)
    assert [one.venue for one in found.compared] == [B]
    assert (found.arbitrage, found.best(1).venue) == (None, B)
    assert comparison_sentence(found).endswith("Left out is SIM-A, where ACME is halted.")
    assert [row[-1] for row in comparison_rows(found, Words(world.journal))] == ["halted", "continuous"]
    world.venues.named(A).phases.resume("ACME")
    [again] = comparisons(world.journal, len(world.journal) - 1, 5)
    assert again.arbitrage is not None
    assert STANDS.keys() == set(get_args(Phase)) - {CONTINUOUS}


def test_at_every_instant_the_quotes_are_those_of_the_books():
    session = Session(TwoVenues(traders=2), Options(epochs=2, settlement="none"))
    for epoch in (1, 2):
        session.step(epoch=epoch)
        [found] = comparisons(session.journal, len(session.journal) - 1, 1)
        for one in found.quotes:
            book = session.world.venues.by_name[one.venue].listings["ACME"].book
            assert (one.bid, one.ask) == (book.best_bid, book.best_ask)
            rate = session.world.venues.by_name[one.venue].listings["ACME"].fees.taker
            assert one.bought == (book.best_ask * (1_000_000 + rate) if book.best_ask else None)
        assert found.time <= session.world.clock.now


def test_an_instrument_on_one_venue_is_not_compared():
    world = World(1)
    world.list(Stock("ACME"))
    assert comparisons(world.journal, len(world.journal) - 1, 1) == []
