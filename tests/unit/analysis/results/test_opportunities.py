"""Opportunities between venues: listed net of fees, taken by whoever did both sides, and gone."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby, permutations

import pytest

from market_sim.analysis.results.opportunity_table import (
    opportunities,
    opportunities_sentence,
    opportunities_table,
    opportunity_rows,
)
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, CancelAll, Sell
from market_sim.core.models.market_events import Trade
from market_sim.core.models.venue_events import VenueHealthChanged
from market_sim.core.money import dollars
from market_sim.market.exchange.book_replay import BookReplay
from market_sim.market.venues.terms import VenueTerms
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.stack_race import StackRace
from market_sim.simulation.scenarios.two_venues import TwoVenues

A, B = "SIM-A", "SIM-B"


def drifted(bid: int) -> World:
    """At 1 ns A sells 10 at 100.00 for a fee of 1 bp, and B buys 6 at this price for a fee of 5 bps."""
    world = World(1)
    for terms in (VenueTerms(A, taker_bps=1.0), VenueTerms(B, taker_bps=5.0)):
        world.venue(terms)
        world.list(Stock("ACME"), venue=terms.name)
    for name in ("ann", "bob", "cat"):
        world.ledger.open_account(name)
        world.ledger.deposit(name, "USD", dollars(100_000))
        world.ledger.deposit(name, "ACME", 100)
    world.clock.now = 1
    world.venues.submit("ann", Sell("ACME", 10, 10_000, venue=A))
    world.venues.submit("ann", Buy("ACME", 6, bid, venue=B))
    return world


@pytest.mark.parametrize(("bid", "gains"), [(10_006, False), (10_007, True)])
def test_only_what_pays_both_fees_is_listed(bid, gains):
    found = opportunities(drifted(bid).journal)
    assert bool(found) == gains
    if gains:
        [one] = found
        paid, got = 10_000 * 1.0001, bid * 0.9995
        assert (one.bought_on, one.sold_on, one.began, one.ended, one.size) == (A, B, 1, None, 6)
        assert one.gain_bps == pytest.approx(10_000 * (got / paid - 1))
        assert opportunity_rows(found, Words(drifted(bid).journal))[0][3] == "the end"


def test_who_does_both_sides_has_taken_it_and_then_it_is_gone():
    world = drifted(10_050)
    world.clock.now = 5
    world.venues.submit("bob", Buy("ACME", 6, 10_000, "ioc", venue=A))
    world.venues.submit("bob", Sell("ACME", 4, 10_050, "ioc", venue=B))
    world.clock.now = 9
    world.venues.submit("cat", Sell("ACME", 2, 10_050, "ioc", venue=B))
    [one] = opportunities(world.journal)
    assert (one.began, one.ended, one.taken) == (1, 9, {"bob": 4}), "cat has done one side only"
    [row] = opportunities_table(world.journal).rows
    assert row[:5] == ("ACME", A, B, 1, 9) and row[6:] == (6, 4, "bob")
    assert opportunities_sentence([one]).startswith(
        "1 time it would have paid the fees of both to buy on one venue and"
    )
    assert opportunities_sentence([one]).endswith("1 was taken.")


def test_it_is_gone_when_the_quote_is_and_a_venue_with_a_broken_connection_has_none():
    world = drifted(10_050)
    world.clock.now = 7
    world.journal.record(VenueHealthChanged(7, B, "OPEN", 5))
    world.clock.now = 20
    world.journal.record(VenueHealthChanged(20, B, "CLOSED", 0))
    world.clock.now = 30
    world.venues.submit("ann", CancelAll(venue=A))
    assert [(one.began, one.ended, one.taken) for one in opportunities(world.journal)] == [(1, 7, {}), (20, 30, {})]


def test_where_a_book_is_halted_nobody_could_have_traded():
    world = drifted(10_050)
    for now, act in ((7, "halt"), (20, "resume")):
        world.clock.now = now
        getattr(world.venues.named(B).phases, act)("ACME")
    assert [(one.began, one.ended) for one in opportunities(world.journal)] == [(1, 7), (20, None)]


def counted_again(journal: Journal, rates: dict[str, float]) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """By pair of venues: each instant after whose last event a round trip gained, with its gain in basis points."""
    replay, found = BookReplay(), defaultdict(list)
    for time, events in groupby(journal, key=lambda event: event.time):
        for event in events:
            if effect := replay.effects.get(type(event)):
                effect(event)
        for cheap, dear in permutations(rates, 2):
            asks, bids = replay.book(f"ACME on {cheap}").asks, replay.book(f"ACME on {dear}").bids
            if asks and bids and max(bids) * (1 - rates[dear]) - min(asks) * (1 + rates[cheap]) > 1e-9:
                gain = max(bids) * (1 - rates[dear]) / (min(asks) * (1 + rates[cheap])) - 1
                found[cheap, dear].append((time, 10_000 * gain))
    return found


@pytest.mark.parametrize(
    ("scenario", "rates"), [(TwoVenues(), {A: 5e-5, B: 5e-5}), (StackRace(), {A: 0.0, B: 0.0})], ids=["fees", "free"]
)
def test_the_list_is_that_of_comparing_the_books_after_every_instant(scenario, rates):
    journal = simulate(scenario, Options(epochs=4, settlement="none")).journal
    found, naive = opportunities(journal), counted_again(journal, rates)
    assert len(found) > 5
    assert {(one.bought_on, one.sold_on) for one in found} == {*naive}
    for (cheap, dear), times in naive.items():
        mine = [one for one in found if (one.bought_on, one.sold_on) == (cheap, dear)]
        inside = [[gain for time, gain in times if one.began <= time < (one.ended or 10**18)] for one in mine]
        assert sum(map(len, inside)) == len(times), "every instant with a gain lies in one of them"
        assert [one.gain_bps for one in mine] == pytest.approx([max(gains) for gains in inside])
    trades = [*journal.of(Trade)]
    for one in found:
        for name, quantity in one.taken.items():
            sides = [
                sum(
                    trade.quantity
                    for trade in trades
                    if (trade.taker, trade.venue, trade.side) == (name, venue, side)
                    and one.began < trade.time <= (one.ended or 10**18)
                )
                for venue, side in ((one.bought_on, 1), (one.sold_on, -1))
            ]
            assert quantity == min(sides) > 0
    assert sum(bool(one.taken) for one in found) > len(found) / 2, "the arbitrageurs are there"


def test_a_market_with_one_venue_has_none():
    assert opportunities(simulate(FirstMarket(traders=2), Options(epochs=1, settlement="none")).journal) == []
    assert opportunities_sentence([]) == ""
