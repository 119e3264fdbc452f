"""The free option of an atomic swap is worth a call with its strike, volatility and life, exercised at any time."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.pricing.binomial import leisen_reimer
from market_sim.pricing.hash_lock import free_option
from market_sim.pricing.option import VanillaOption


def test_it_is_hulls_call() -> None:
    """Hull, example 15.6, at a rate of zero: spot 42, strike 40, half a year, 20 %: d1 0.4157, d2 0.2743."""
    assert free_option(42, 40, 1, 0.5, 0.2) == pytest.approx(42 * 0.66119 - 40 * 0.60808, abs=2e-3)


@pytest.mark.parametrize("spot", [9_400, 10_000, 10_600])
@pytest.mark.parametrize("days", [1, 3, 30])
def test_the_right_to_claim_at_any_time_before_the_deadline_adds_nothing(spot: int, days: int) -> None:
    option = VanillaOption("call", spot, 10_000, days / 252, 0.2)
    american = leisen_reimer(option, american=True)
    assert free_option(spot, 10_000, 7, days / 252, 0.2) == pytest.approx(7 * american, rel=1e-4, abs=0.01)


def test_it_grows_with_the_time_lock_and_with_the_volatility() -> None:
    lives = [free_option(100, 100, 1, days / 252, 0.2) for days in (0, 1, 2, 5)]
    volatilities = [free_option(100, 100, 1, 2 / 252, volatility) for volatility in (0.0, 0.1, 0.2)]
    assert lives == sorted(set(lives)) and volatilities == sorted(set(volatilities))
    assert lives[0] == volatilities[0] == 0


def test_a_lock_that_has_ended_is_no_option() -> None:
    with pytest.raises(InputError, match="expired"):
        free_option(100, 100, 1, -1 / 252, 0.2)
