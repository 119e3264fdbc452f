"""The plan of those who collude: two halves of the honest validators, each with a chain of its own."""

from __future__ import annotations

import pytest

from market_sim.core.consensus.collusion import Collusion


@pytest.mark.parametrize(
    ("validators", "byzantine", "sides"),
    [(4, (1, 2), ((0,), (3,))), (7, (5, 6), ((0, 1, 2), (3, 4))), (9, (0, 8), ((1, 2, 3, 4), (5, 6, 7)))],
)
def test_the_honest_are_shown_two_chains_in_halves_of_which_the_first_is_not_the_smaller(validators, byzantine, sides):
    plan = Collusion(validators, byzantine)
    first, second = byzantine
    for side in (0, 1):
        assert plan.audience(side, sender=first) == tuple(sorted((*sides[side], second)))
