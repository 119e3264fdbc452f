"""A lesson's folder is read field by field; what is wrong is said with file and line."""

from __future__ import annotations

import shutil

import pytest

from market_sim.core.errors import InputError
from market_sim.course.catalogue import find_lesson, load_course
from market_sim.course.lesson import hints_in, load_lesson
from tests.conftest import ROOT


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "01-order-book"
    shutil.copytree(ROOT / "lessons" / "01-order-book", copy)
    return copy


def changed(folder, old, new):
    page = folder / "lesson.md"
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_lesson_knows_its_parts(folder):
    lesson = load_lesson(folder)
    assert (lesson.id, lesson.points, lesson.timeout, lesson.tries) == ("01-order-book", 10, 5, 3)
    assert [task.title for task in lesson.tasks] == ["The queue", "The match"]
    assert lesson.look.scenario == "first-market"
    assert lesson.prediction.outcome in lesson.prediction.choices
    assert {task: len(hints) for task, hints in lesson.hints.items()} == {1: 3, 2: 3}
    assert lesson.debrief.startswith("In this run the exchange accepted")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "01-order-book"', 'id = "01-orders"', "line 2: the id is the name of the folder"),
        ('id = "01-order-book"', 'id = "../../etc"', "line 2: an id has 1 to 64 of a-z"),
        ("points = 10", 'points = "many"', "line 9: points must be a whole number"),
        ("points = 10", "points = 0", "line 9: points must be from 1 to 100"),
        ("points = 10\n", "", "line 1: the field points is missing"),
        ("minutes = 30", "minuts = 30", "the field minutes is missing"),
        ('track = "market"', 'track = "cooking"', "track must be one of"),
        ("timeout = 5", 'timeout = 5\ncolour = "blue"', "line 11: a lesson has no field 'colour'"),
        ("[[tasks]]\nid = 1", "[[tasks]]\nid = 2", "tasks are numbered 1, 2, 3, found [2, 2]"),
        ("[[tasks]]\nid = 1", "[[tasks]]\nnumber = 1", "tasks has no part 'number'"),
        ("seed = 7", 'seed = "seven"', "look: seed is 'seven'"),
        ("[look]", "[look]\nlength = 7", "look has no part 'length'"),
        ("[look]", "[look", "line 22: the front matter is not TOML: Expected ']'"),
        ('outcome = "fewer than one in five"', 'outcome = "none"', "its outcome is one of them"),
        ("requires = []", "requires = [1]", "requires must be a list of at least 0 texts"),
    ],
)
def test_a_wrong_field_is_refused_with_its_line(folder, old, new, said):
    changed(folder, old, new)
    with pytest.raises(InputError) as told:
        load_lesson(folder)
    assert "01-order-book/lesson.md, line " in str(told.value)
    assert said in str(told.value)


def test_hints_are_numbered_under_their_task(tmp_path):
    file = tmp_path / "hints.md"
    file.write_text("# Hints\n\n## Task 1\n1. first,\n   more\n3. third\n")
    with pytest.raises(InputError, match=r"hints.md, line 6: hints are numbered from 1"):
        hints_in(file)
    file.write_text("# Hints\n\n## Task 1\n1. first,\n   more\n2. second\n")
    assert hints_in(file) == {1: ("first,\nmore", "second")}


def test_a_lesson_is_found_by_its_id_its_number_or_not_at_all():
    course = ROOT / "lessons"
    assert find_lesson(course, "04-streamlet").id == "04-streamlet"
    assert find_lesson(course, "4").id == "04-streamlet"
    with pytest.raises(InputError, match="did you mean 04-streamlet"):
        find_lesson(course, "04-streamlit")
    for id in ("../lessons/01-order-book", "", "/etc", "01-order-book/../02-market-maker", "x" * 10_000):
        with pytest.raises(InputError, match="there is no lesson"):
            find_lesson(course, id)


def test_the_lessons_take_20_to_50_minutes_and_are_numbered_without_gaps():
    course = load_course(ROOT / "lessons")
    assert [lesson.id[:2] for lesson in course] == [f"{number:02}" for number in range(1, len(course) + 1)]
    assert all(20 <= lesson.minutes <= 50 for lesson in course)
    assert {lesson.track for lesson in course} == {"market", "consensus", "settlement"}
