"""The estimates of a sweep: Student's interval, and words that say what the numbers say."""

from __future__ import annotations

from math import pi, sqrt

import pytest

from market_sim.analysis.sweep_estimates import T_975, Estimate, Estimates, Point, _quantile, estimate
from market_sim.analysis.visualization.sweep_picture import legend, picture, sentences, sweep_page, table


def covered(quantile: float, freedom: int) -> float:
    """The probability within ± quantile of Student's distribution, by Simpson's rule on its density."""
    gamma = sqrt(pi) if freedom % 2 else 1.0  # Γ(1/2), Γ(1): the ratio Γ((n+1)/2) / Γ(n/2) by its recursion
    ratio = 1 / gamma if freedom % 2 else sqrt(pi) / 2
    for step in range(2 - freedom % 2, freedom, 2):
        ratio *= (step + 1) / step
    steps = 4_000
    width = quantile / steps
    weights = [1 if place in (0, steps) else 4 if place % 2 else 2 for place in range(steps + 1)]
    density = sum(
        weight * (1 + (place * width) ** 2 / freedom) ** (-(freedom + 1) / 2) for place, weight in enumerate(weights)
    )
    return 2 * ratio / sqrt(freedom * pi) * density * width / 3


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 29, 30, 31, 60, 200])
def test_the_interval_covers_95_percent_of_students_distribution(freedom: int) -> None:
    assert covered(_quantile(freedom), freedom) == pytest.approx(0.95, abs=5e-4)


def test_quantiles_fall_towards_that_of_the_normal_distribution() -> None:
    found = [_quantile(freedom) for freedom in range(1, 100)]
    assert found == sorted(found, reverse=True)
    assert found[: len(T_975)] == list(T_975)
    assert found[-1] > 1.96


def test_one_run_has_no_interval() -> None:
    assert estimate([3.0]) == Estimate(3.0, None, 1)
    assert str(estimate([3.0])) == "3"
    assert estimate([2.0, 2.0]).half == 0.0


FOUND = Estimates(
    "room: a sweep",
    ("spread_bps", "side"),
    tuple(
        Point((spread, side), 4, {"trades": Estimate(mean, 1.5, 4), "claim": Estimate(1.0, 0.0, 4)})
        for spread, side, mean in ((5, "buy", 40.0), (5, "sell", 44.0), (10, "buy", 30.25), (10, "sell", 31.0))
    ),
)


def test_the_sentences_name_the_least_and_the_largest_mean() -> None:
    assert sentences(FOUND, ("trades", "claim")) == [
        "trades is least at spread_bps 10, side buy (30.25 ± 1.5), and largest at spread_bps 5, side sell (44 ± 1.5).",
        "claim is 1 everywhere.",
    ]


def test_the_table_and_the_page_have_a_row_for_each_point_and_the_picture_a_line_for_each_further_value() -> None:
    made = table(FOUND, ("trades",))
    assert made.head == ("spread_bps", "side", "runs", "trades")
    assert made.rows[2] == ("10", "buy", "4", "30.25 ± 1.5")
    assert [entry.means for entry in legend(FOUND)] == ["side buy", "side sell"]
    drawn = [trace for trace in picture(FOUND, ("trades",))["data"] if "error_y" in trace]
    assert [(trace["x"], trace["y"], trace["error_y"]["array"]) for trace in drawn] == [
        ([5.0, 10.0], [40.0, 30.25], [1.5, 1.5]),
        ([5.0, 10.0], [44.0, 31.0], [1.5, 1.5]),
    ]
    page = sweep_page(FOUND, ("trades",))
    assert all(cell in page for row in made.rows for cell in row)
    assert '"showSendToCloud":false' in page.replace(" ", "")
    assert 'aria-label="trades is least at spread_bps 10' in page


def test_values_that_are_no_numbers_stand_side_by_side() -> None:
    points = tuple(Point((side,), 1, {"trades": Estimate(1.0, None, 1)}) for side in ("buy", "sell"))
    layout = picture(Estimates("x", ("side",), points), ("trades",))["layout"]
    assert layout["xaxis"]["ticktext"] == ["buy", "sell"]
