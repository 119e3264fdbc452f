"""The leaderboard of a live market reads each event once, and equals what the whole journal adds up to."""

from __future__ import annotations

from functools import cache

import pytest

from market_sim.analysis.results.competition import practice, standings
from market_sim.analysis.results.performance import performances
from market_sim.api.live.board import PIECE, SHORTEST_SECONDS, Board, BoardRow, rows_of
from market_sim.api.live.chain import LiveChain
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.inputs import OPERATOR, StartCompetition
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.corporate_actions import CorporateActionsScenario
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.simulation.session import Session

KINDS = (Arena, CorporateActionsScenario, TwoVenues)


class CountingJournal(Journal):
    """A journal that knows how many events it has handed out."""

    def __init__(self) -> None:
        super().__init__()
        self.handed_out = 0

    def between(self, first: int, end: int) -> list[Event]:
        found = super().between(first, end)
        self.handed_out += len(found)
        return found


@cache
def played(kind) -> CountingJournal:
    """Five epochs with a settlement; the competition begins in the third."""
    session = Session(kind(), Options(epochs=5, settlement="memory"), CountingJournal())
    session.step(epoch=2)
    session.submit(OPERATOR, StartCompetition())
    session.run()
    return session.journal


def followed(journal: Journal, pieces: int) -> list[BoardRow]:
    """A board that is asked that often while the journal grows."""
    now, read = 0.0, 0
    board, chain = Board(clock=lambda: now), LiveChain()
    rows: list[BoardRow] = []
    for piece in range(1, pieces + 1):
        now += SHORTEST_SECONDS
        until = len(journal) * piece // pieces
        for event in journal.since(read)[: until - read]:
            if type(event) in chain.effects:
                chain.effects[type(event)](event)
        read = until
        rows = board.rows(journal, until, chain.clocks)
    return rows


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_board_that_follows_equals_the_one_that_is_added_up_at_the_end(kind):
    journal = played(kind)
    start = next(number for number, event in enumerate(journal) if "StartCompetition" in str(event))
    before = practice(journal, start)
    assert any(before.gained.values())
    rows = followed(journal, pieces=23)
    assert rows == rows_of(performances(journal), before)
    gained = {(row.account, row.currency): row.from_trading for row in rows if row.strategy}
    assert {(one.account, one.currency): (one.place, one.points) for one in standings(gained, before)} == {
        (row.account, row.currency): (row.place, row.points) for row in rows if row.strategy
    }
    assert any(row.points != row.from_trading for row in rows)
    assert {row.place for row in rows if not row.strategy} <= {0}


def test_a_refresh_reads_what_is_new_and_nothing_else():
    journal = played(Arena)
    journal.handed_out = 0
    followed(journal, pieces=1)
    once = journal.handed_out
    assert once <= 3 * len(journal) + 2 * PIECE
    journal.handed_out = 0
    followed(journal, pieces=40)
    # What waits to be final is looked at again, one piece at most for each of two clocks and each refresh.
    assert journal.handed_out <= once + 2 * 40 * PIECE
    journal.handed_out = 0
    board, clocks = Board(clock=iter([0.0, 0.0, 9.0, 9.0, 9.5]).__next__), LiveChain().clocks
    board.rows(journal, len(journal) - 1, clocks)
    read = journal.handed_out
    first = board.rows(journal, len(journal), clocks)
    assert journal.handed_out == read + 1
    assert board.rows(journal, len(journal), clocks) is first


def test_a_board_is_worked_out_at_most_once_a_second():
    journal, clocks = played(TwoVenues), LiveChain().clocks
    board = Board(clock=iter([0.0, 0.0, 0.5, 1.5, 1.5]).__next__)
    first = board.rows(journal, 100, clocks)
    assert board.rows(journal, len(journal), clocks) is first
    assert board.rows(journal, len(journal), clocks) is not first
