"""The shocks of a bad day are the published falls, and each changes what its name says."""

from __future__ import annotations

import pytest

from market_sim.pricing.stress import SHOCKS

WORST_DAYS = {"October 1987": -20.5, "October 2008": -9, "flash crash of 2010": -9, "March 2020": -12}
"""The S&P 500's falls of 19 October 1987, 15 October 2008, 6 May 2010 (its intraday low) and 16 March 2020, about."""


@pytest.mark.parametrize(("day", "fall"), WORST_DAYS.items())
def test_a_historical_shock_falls_like_its_day_and_makes_everything_dearer(day: str, fall: float) -> None:
    [shock] = [one for one in SHOCKS if one.name.endswith(day)]
    assert shock.price_percent == fall
    assert shock.volatility_times > 1
    assert shock.spread_times > 1
    assert shock.depth_times < 1


def test_a_shock_named_after_a_number_has_that_number_and_leaves_the_rest() -> None:
    told = {shock.name: shock for shock in SHOCKS}
    assert [told[f"price -{fall} %"].price_percent for fall in (10, 20, 35)] == [-10, -20, -35]
    assert told["volatility x 2"].volatility_times == 2
    assert told["spread x 5"].spread_times == 5
    assert told["depth / 5"].depth_times == 1 / 5
    for shock in SHOCKS[:6]:
        factors = (shock.volatility_times, shock.spread_times, shock.depth_times)
        assert (shock.price_percent != 0) + sum(one != 1 for one in factors) == 1, shock
