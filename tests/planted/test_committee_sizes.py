"""Each bug of the protocol is noticed in committees of four and of seven: at n = 4 several wrong rules look right."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.planted.runner import FAILED, Bug, bugs, copy_tree, patched, run_test

SCHEDULES = "test_no_schedule_within_the_bound_breaks_an_invariant"
ONLY_SEEN_AT = {"BC26": (7,), "BC2": (5,)}
"""With four validators a majority is the right quorum, and with 3f + 1 so is 2f + 1."""

FOUND_BY_SCHEDULES = [bug for bug in bugs() if bug.area == "consensus" and bug.test.endswith(SCHEDULES)]
RUNS = [
    pytest.param(bug, validators, id=f"{bug.id}-{validators}",
                 marks=pytest.mark.planted(default=False, area="consensus", place=place))
    for place, bug in enumerate(FOUND_BY_SCHEDULES)
    for validators in ONLY_SEEN_AT.get(bug.id, (4, 7))
]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One copy for one bug after the other: what Python compiled of it serves them all."""
    return copy_tree(tmp_path_factory.mktemp("sizes"))


@pytest.mark.parametrize(("bug", "validators"), RUNS)
def test_a_bug_of_the_protocol_is_noticed_in_committees_of_four_and_of_seven(bug: Bug, validators: int, place: Path):
    size = {"CONSENSUS_VALIDATORS": str(validators), "CONSENSUS_SCHEDULES": "36"}
    with patched(bug.patch, place):
        found = run_test(place, replace(bug, environment=bug.environment | size, seconds=90))
    assert found.code == FAILED, f"{bug.id} ({bug.says}) went unnoticed at n = {validators}:\n{found.output[-3000:]}"


IN_ONE_SITUATION = [bug for bug in bugs() if bug.area == "consensus" and re.search(r"\b4\b[^:]*\]$", bug.test)]
"""Bugs that one situation shows, and not a schedule: their tests name the size of the committee."""

OF_NO_SIZE = {"BC6", "BC23", "BC27"}
"""The signed bytes and the pool of one validator know no committee; BC23 needs a schedule that was made for four."""


@pytest.mark.parametrize(
    "bug",
    [
        pytest.param(bug, id=f"{bug.id}-7", marks=pytest.mark.planted(default=False, area="consensus", place=place))
        for place, bug in enumerate(IN_ONE_SITUATION)
    ],
)
def test_what_one_situation_shows_is_noticed_in_a_committee_of_seven_too(bug: Bug, place: Path):
    at_seven = re.sub(r"\b4\b(?=[^:]*\]$)", "7", bug.test)
    with patched(bug.patch, place):
        found = run_test(place, replace(bug, test=at_seven, seconds=90))
    assert found.code == FAILED, f"{bug.id} ({bug.says}) went unnoticed by {at_seven}:\n{found.output[-3000:]}"


def test_every_bug_of_the_protocol_is_tried_in_both():
    tried = {bug.id for bug in (*FOUND_BY_SCHEDULES, *IN_ONE_SITUATION)}
    assert {bug.id for bug in bugs() if bug.area == "consensus" and not bug.left_out} - tried == OF_NO_SIZE


def test_most_bugs_of_the_protocol_are_found_by_schedules():
    assert len(FOUND_BY_SCHEDULES) >= 14
