"""Tickets: each is its member's, once, for a while, and alone."""

from __future__ import annotations

from market_sim.api.members import Member
from market_sim.api.tickets import LIFETIME_SECONDS, Tickets

ANN, BOB = Member("ann", "student"), Member("bob", "instructor")


def test_a_ticket_is_redeemed_once_and_soon() -> None:
    now = [0.0]
    tickets = Tickets(lambda: now[0])
    first, other = tickets.issue(ANN), tickets.issue(BOB)
    assert tickets.redeem(first) == ANN
    assert tickets.redeem(first) is None
    now[0] = LIFETIME_SECONDS - 0.001
    late = tickets.issue(ANN)
    assert tickets.redeem(other) == BOB
    now[0] += LIFETIME_SECONDS
    assert tickets.redeem(late) is None
    assert [tickets.redeem(made_up) for made_up in ("", "x", "ä" * 9_999, first)] == [None] * 4


def test_a_member_has_one_ticket_however_many_it_takes_and_the_ticket_itself_is_not_kept() -> None:
    tickets = Tickets()
    issued = [tickets.issue(ANN) for _ in range(100)]
    assert len(set(issued)) == 100
    assert not any(one in str(vars(tickets)) for one in issued)
    assert len(tickets._issued) == len(tickets._names) == 1
    assert [tickets.redeem(one) for one in issued] == [None] * 99 + [ANN]
    assert not tickets._names
