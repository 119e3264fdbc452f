"""The required facts against series whose nature is known: the published bands of the rulebook's table."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from random import Random

import pytest

from market_sim.analysis.microstructure.bars import Bars
from market_sim.analysis.microstructure.stylised_facts import passes, required_facts, stylised_facts
from market_sim.core.errors import InputError

COUNT = 5_000


def normal(stream: Random) -> list[float]:
    return [stream.gauss(0, 0.01) for _ in range(COUNT)]


def student(stream: Random, freedom: int) -> float:
    return stream.gauss(0, 1) / (stream.gammavariate(freedom / 2, 2) / freedom) ** 0.5


def heavy(stream: Random) -> list[float]:
    return [0.01 * student(stream, 3) for _ in range(COUNT)]


def garch(stream: Random) -> list[float]:
    """GARCH(1,1) with Student-t chance of five degrees of freedom, scaled to a variance of one."""
    variance, found = 1.0, []
    for _ in range(COUNT):
        step = variance**0.5 * student(stream, 5) * (3 / 5) ** 0.5
        variance = 0.02 + 0.1 * step * step + 0.88 * variance
        found.append(0.01 * step)
    return found


@cache
def verdicts(nature: str, seed: int) -> tuple[bool, ...]:
    makes = {"normal": normal, "heavy": heavy, "garch": garch}[nature]
    return tuple(fact.holds for fact in required_facts(makes(Random(seed))))


def test_independent_normal_returns_have_neither_tails_nor_spells():
    assert [verdicts("normal", seed) for seed in range(4)] == [(True, False, False)] * 4


def test_independent_heavy_tailed_returns_have_no_spells():
    assert [verdicts("heavy", seed)[2] for seed in range(4)] == [False] * 4


def test_nine_of_ten_garch_series_pass():
    assert sum(all(verdicts("garch", seed)) for seed in range(10)) >= 9


def test_prices_that_bounce_have_a_linear_autocorrelation():
    stream = Random(3)
    sides = [stream.choice((-1, 1)) for _ in range(COUNT + 1)]
    steps = garch(stream)
    bounced = [step + 0.01 * (after - before) for step, before, after in zip(steps, sides, sides[1:], strict=False)]
    assert not required_facts(bounced)[0].holds


def test_every_fact_is_in_the_table_and_only_the_first_three_decide():
    stream, middle, middles = Random(8), 100.0, [100.0]
    for step in garch(stream):
        middle *= 1 + step
        middles.append(middle)
    moves = [0, *(round(1e5 * abs(b / a - 1)) for a, b in pairwise(middles))]
    found = stylised_facts(Bars(1, middles, [stream.randrange(1, 5) for _ in middles], moves))
    assert [fact.required for fact in found] == [True] * 3 + [False] * 5
    assert passes(found)
    assert {fact.name: fact.holds for fact in found}["volume and volatility"]
    assert passes([fact._replace(holds=fact.required) for fact in found])
    assert not passes([found[0]._replace(holds=False), *found[1:]])


def test_too_short_a_series_is_refused_with_both_numbers():
    with pytest.raises(InputError, match="500 returns or more, found 59"):
        required_facts([0.1] * 59)
