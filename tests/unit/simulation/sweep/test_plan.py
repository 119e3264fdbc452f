"""The plan of a sweep: its axes, and seeds that follow from what is run and not from its place."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.simulation.sweep.axes import axes, axis, points
from market_sim.simulation.sweep.engines import processes
from market_sim.simulation.sweep.plan import Plan


def seeds(plan: Plan) -> dict[tuple[object, ...], int]:
    return {(*plan.values(job.parameters), job.repetition): job.seed for job in plan.jobs()}


def test_a_further_value_or_more_repetitions_change_no_other_run() -> None:
    few = Plan("first-market", axes(["traders=4,8"]), repetitions=2)
    more = Plan("first-market", axes(["traders=2,4,6,8"]), repetitions=5)
    assert len(set(seeds(more).values())) == 20
    assert seeds(few).items() <= seeds(more).items()
    keys = [job.key for job in few.jobs()]
    assert set(keys) <= {job.key for job in more.jobs()}
    assert len(set(keys)) == 4


def test_every_part_of_what_is_run_changes_the_seed() -> None:
    one = Plan("first-market", axes(["traders=4"]), repetitions=1)
    others = [
        Plan("crowded-room", axes(["traders=4"]), repetitions=1),
        Plan("first-market", axes(["traders=5"]), repetitions=1),
        Plan("first-market", axes(["traders=4"]), repetitions=1, root_seed=8),
    ]
    found = {job.seed for plan in (one, *others) for job in plan.jobs()}
    assert len(found) == 4


def test_a_run_of_another_length_or_with_a_guest_is_another_job_with_the_same_seed() -> None:
    plans = [
        Plan("first-market", repetitions=1),
        Plan("first-market", repetitions=1, epochs=3),
        Plan("first-market", repetitions=1, guests="momentum"),
    ]
    jobs = [job for plan in plans for job in plan.jobs()]
    assert len({job.key for job in jobs}) == 3
    assert len({job.seed for job in jobs}) == 1


def test_the_last_axis_changes_fastest() -> None:
    assert list(points(axes(["a=1..2", "b=x,y"]))) == [
        {"a": "1", "b": "x"}, {"a": "1", "b": "y"}, {"a": "2", "b": "x"}, {"a": "2", "b": "y"},
    ]  # fmt: skip
    assert axis("share=0..1:0.25").values == ("0", "0.25", "0.5", "0.75", "1")
    assert axis("fall=-10..10:10").values == ("-10", "0", "10")
    assert axis("n=100..300:100").values == ("100", "200", "300")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["traders"], "--over is written spread_bps=5..40:5 or traders=4,8,16, found 'traders'"),
        (["traders=4..2"], "a range goes up from the first to the last value by a positive step"),
        (["traders=4..8:0"], "by a positive step"),
        (["traders=4..x"], "a range is FIRST..LAST:STEP of numbers, found '4..x'"),
        (["traders=0..nan"], "a range is FIRST..LAST:STEP of numbers"),
        (["traders=4,4"], "each value is given once and none is empty"),
        (["traders=4,"], "each value is given once and none is empty"),
        (["traders=0..1:0.00001"], "an axis has at most 10,000 values"),
        (["traders=4", "traders=8"], "--over names traders twice"),
        (["trader=4"], "scenario first-market has no parameter trader, it has traders, makers, shock_percent, "),
        (["traders=4,many"], "traders must be a whole number from"),
        (["traders=4,04"], "two runs of this sweep are the same: --over gives traders the value 4 twice"),
    ],
)
def test_a_wrong_axis_is_one_sentence_before_anything_runs(typed, sentence) -> None:
    with pytest.raises(InputError) as wrong:
        Plan("first-market", axes(typed))
    assert sentence in str(wrong.value)


def test_a_parameter_is_either_swept_or_fixed_and_a_sweep_has_an_end() -> None:
    with pytest.raises(InputError, match="choose one"):
        Plan("first-market", axes(["traders=4"]), (("traders", "8"),))
    with pytest.raises(InputError, match="at most 1,000,000 runs, found 2,000,000"):
        Plan("first-market", axes(["traders=4,5"]), repetitions=1_000_000)


def test_jobs_are_auto_or_a_number() -> None:
    assert processes("auto") >= 1
    assert processes("3") == 3
    for wrong in ("0", "many", "-1", "1.5"):
        with pytest.raises(InputError, match="--jobs is auto or a whole number"):
            processes(wrong)
