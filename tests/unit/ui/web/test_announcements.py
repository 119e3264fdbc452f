"""What a live market announces: one line for what comes to several books at once, and never a code for a reason."""

from __future__ import annotations

import pytest

from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import PhaseChanged
from market_sim.ui.web.live_market.announcements import KEPT, Announcements

BOOKS = ("A", "B", "C", "D", "E", "F")


def announced(*changes: tuple[int, str, str, str]) -> list[dict]:
    """What is announced after these changes of phase: time, book, phase, reason."""
    journal = Journal()
    for time, book, phase, reason in changes:
        journal.record(PhaseChanged(time * 10**9, book, phase, reason, {}))
    told = Announcements(journal)
    for events in range(len(journal) + 1):
        found = told.until(events)
    return found


def test_a_pause_of_six_books_is_one_announcement_and_leaves_room_for_others():
    paused = [(5, book, "halted", "PAUSED") for book in BOOKS]
    reopened = [(9, book, "continuous", "AUCTION") for book in BOOKS]
    opened, halted, first = announced((1, "F", "closed", "SCHEDULE"), *paused, *reopened)
    assert opened["sentence"] == "A, B, C, D, E and F are now open: the auction has ended"
    assert (opened["kind"], opened["event"]) == ("news", 12), "a page sees by its number that it has changed"
    assert halted["sentence"].startswith("A, B, C, D, E and F are now halted: while a market is paused by hand")
    assert halted["kind"] == "halt"
    assert first["sentence"] == "F is now closed: the rules of its day say so"


def test_changes_at_two_times_or_for_two_reasons_are_told_one_by_one():
    [call] = announced((1, "A", "call", "PAUSED"))
    assert call["sentence"] == (
        "A is now in a call for an auction: it ends a pause; orders are collected, and trade at one price at its end"
    )
    later = announced((1, "A", "halted", "PAUSED"), (2, "B", "halted", "PAUSED"), (2, "C", "halted", "OPERATOR"))
    assert [one["sentence"].split(" is now")[0] for one in later] == ["C", "B", "A"]
    assert len(announced(*((time, "A", "halted", "PAUSED") for time in range(9)))) == KEPT


@pytest.mark.parametrize("phase", ["continuous", "call", "halted", "closed"])
@pytest.mark.parametrize("reason", ["AUCTION", "OPERATOR", "SCHEDULE", "PAUSED", "INSTRUMENT_ENDED"])
def test_no_announcement_has_a_code(phase, reason):
    [told] = announced((1, "A", phase, reason))
    assert reason not in told["sentence"]
