"""`simulate.py quotes`: one client for each venue answers from its cache for 300 seconds, and says how old it is."""

from __future__ import annotations

import re
from random import Random

import pytest

from market_sim.analysis.results.venue_comparison import comparison_sentence, comparisons
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, CancelAll, Sell
from market_sim.core.models.venue_events import VenueHealthChanged
from market_sim.core.money import dollars
from market_sim.core.units import SECOND
from market_sim.market.venues.clients import Clients
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.ui.cli.main import main
from market_sim.ui.cli.quoting import Desk

A, B = "SIM-A", "SIM-B"


@pytest.fixture
def journal() -> Journal:
    """Two venues whose quotes move by a dollar at 200 s; the connection to B breaks at 320 s."""
    world = World(1)
    for venue in (A, B):
        world.venue(venue)
        world.list(Stock("ACME"), venue=venue)
    world.ledger.open_account("ann")
    world.ledger.deposit("ann", "USD", dollars(100_000))
    world.ledger.deposit("ann", "ACME", 1_000)
    for second, price in ((1, 10_000), (200, 10_100)):
        world.clock.now = second * SECOND
        for venue, apart in ((A, 2), (B, 5)):
            world.venues.submit("ann", CancelAll(venue=venue))
            world.venues.submit("ann", Buy("ACME", 50, price - apart, venue=venue))
            world.venues.submit("ann", Sell("ACME", 50, price + apart, venue=venue))
    world.clock.now = 320 * SECOND
    world.journal.record(VenueHealthChanged(world.clock.now, B, "OPEN", 5))
    return world.journal


def bids(lines: list[str]) -> dict[str, tuple[str, str]]:
    """The bid of each venue and the age of its answer."""
    cells = [re.split(r"\s{2,}", line) for line in lines[2:4]]
    return {one[0]: (one[1], one[-1]) for one in cells}


def test_the_second_question_within_300_seconds_is_a_hit_and_after_them_a_miss(journal):
    desk, words = Desk(journal, "ACME", 10), Words(journal)
    at = lambda second: bids(desk.told(second * SECOND, words))  # noqa: E731
    assert at(10) == {A: ("99.98", "0.000 s, miss"), B: ("99.95", "0.000 s, miss")}
    assert at(310) == {A: ("99.98", "300.000 s, hit"), B: ("99.95", "300.000 s, hit")}, "as old as it is"
    assert at(311) == {A: ("100.98", "0.000 s, miss"), B: ("100.95", "0.000 s, miss")}
    assert desk.counts == [f"{venue}: 1 connection, 2 misses, 1 hit" for venue in (A, B)]


def test_fresh_answers_are_the_comparison_of_that_instant(journal):
    [one] = comparisons(journal, len(journal) - 2, 10)
    assert Desk(journal, "ACME", 10).told(319 * SECOND, Words(journal))[-1] == comparison_sentence(one)


def test_a_venue_whose_connection_is_broken_is_not_asked_and_left_out(journal):
    desk = Desk(journal, "ACME", 10)
    lines = desk.told(400 * SECOND, Words(journal))
    assert bids(lines)[B][1] == "not asked"
    assert "Left out is SIM-B" in lines[-1]
    assert desk.counts == [f"{A}: 1 connection, 1 miss, 0 hits"]


@pytest.mark.parametrize("seed", range(5))
def test_hits_and_misses_are_those_of_a_list_of_all_questions(seed):
    chance, told, fetched = Random(seed), dict[str, tuple[int, int]](), []
    clients = Clients(lambda venue, now: fetched.append((venue, now)) or len(fetched), keep_ns=300)
    now, hits = 0, 0
    for _ in range(400):
        now += chance.choice((0, 1, 40, 300, 301))
        venue = chance.choice("ABC")
        answer = clients.ask(venue, now)
        if venue in told and now - told[venue][0] <= 300:
            hits += 1
            assert answer == (told[venue][1], told[venue][0], True)
        else:
            told[venue] = now, len(fetched)
            assert answer == (len(fetched), now, False) and fetched[-1] == (venue, now)
    assert sum(client.hits for client in clients.of.values()) == hits > 50
    assert sum(client.misses for client in clients.of.values()) == len(fetched) == 400 - hits
    assert dict(clients.connections) == dict.fromkeys("ABC", 1)


def test_the_command_prints_each_time_and_the_counts(tmp_path, capsys):
    archive.save(simulate(TwoVenues(traders=2), Options(epochs=4, settlement="none")).journal, tmp_path / "run")
    run = str(tmp_path / "run")
    assert main(["quotes", run, "--at", "2", "--at", "1", "--at", "3.5", "--keep", "1.2", "--size", "5"]) == 0
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if line.startswith("ACME after")] == [
        "ACME after 1 s", "ACME after 2 s", "ACME after 3.5 s",
    ]  # fmt: skip
    assert said.count("0.000 s, miss") == 4 and said.count("1.000 s, hit") == 2
    assert said.splitlines()[-2:] == [f"{venue}: 1 connection, 2 misses, 1 hit" for venue in (A, B)]
    for wrong, sentence in (
        (["--at", "1", "--symbol", "ACNE"], "found ACNE; did you mean ACME?"),
        (["--at", "-1"], "a time of a run is from 0 to 1,000,000,000 seconds, found -1"),
        (["--at", "1e400"], "a time of a run is from 0 to 1,000,000,000 seconds"),
        (["--at", "1", "--keep", "-2"], "an answer is kept for 0 seconds or longer, found -2"),
    ):
        assert main(["quotes", run, *wrong]) == 2
        assert sentence in capsys.readouterr().err


def test_a_run_with_one_venue_is_one_sentence():
    journal = simulate(FirstMarket(traders=2), Options(epochs=1, settlement="none")).journal
    with pytest.raises(InputError, match="between venues, and no instrument of this run has several"):
        Desk(journal, None, 1)
