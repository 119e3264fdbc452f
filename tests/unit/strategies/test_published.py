"""The published comparison of Avellaneda and Stoikov comes out again: means within 1.5, deviations within 10 %."""

from __future__ import annotations

import os

import pytest

from market_sim.pricing.quoting import half_spread, mean_half_spread, reservation_price
from market_sim.strategies.market_making.published import PUBLISHED, again
from market_sim.ui.cli.main import main

IN_FULL = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
PATHS = 2_000 if IN_FULL else 300


@pytest.mark.parametrize(("gamma", "maker"), PUBLISHED)
def test_a_row_of_the_published_table_comes_out_again(gamma: float, maker: str) -> None:
    theirs, ours = PUBLISHED[gamma, maker], again(gamma, maker, PATHS, seed=1)
    assert ours.spread == pytest.approx(theirs.spread, abs=0.011)  # they print two decimals, the last one cut
    # With fewer paths the sample itself is less certain: three standard errors on top.
    error = 0 if IN_FULL else 3 * theirs.profit_deviation / PATHS**0.5
    assert ours.profit == pytest.approx(theirs.profit, abs=1.5 + error)
    assert ours.inventory == pytest.approx(theirs.inventory, abs=1.5)
    slack = 0.1 if IN_FULL else 0.1 + 3 / (2 * PATHS) ** 0.5
    assert ours.profit_deviation == pytest.approx(theirs.profit_deviation, rel=slack)
    assert ours.inventory_deviation == pytest.approx(theirs.inventory_deviation, rel=slack)


def test_leaning_against_the_inventory_costs_a_little_and_saves_much_risk() -> None:
    leaning, symmetric = (again(0.1, maker, 200, seed=2) for maker in ("inventory", "symmetric"))
    assert leaning.profit_deviation < 0.7 * symmetric.profit_deviation
    assert leaning.inventory_deviation < 0.5 * symmetric.inventory_deviation


def test_the_mean_spread_is_the_mean_over_the_time() -> None:
    steps = [half_spread(0.1, 2.0, 1 - number / 1_000, 1.5) for number in range(1_001)]
    assert mean_half_spread(0.1, 2.0, 1.0, 1.5) == pytest.approx(sum(steps) / 1_001)
    assert reservation_price(100, 0, 0.1, 2, 1) == 100


def test_the_command_prints_both_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["published", "avellaneda-stoikov", "--paths", "20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(PUBLISHED) + 1
    for line, ((gamma, maker), row) in zip(lines[2:], PUBLISHED.items(), strict=False):
        ours = again(gamma, maker, 20, seed=1)
        assert line.split()[:2] == [f"{gamma:g}", maker]
        for one, other in zip(ours, row, strict=True):
            assert f"{one:.2f} ({other:g})" in line
    assert main(["published", "something"]) == 2
    assert "there is no paper 'something'; there is avellaneda-stoikov" in capsys.readouterr().err
