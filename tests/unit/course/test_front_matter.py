"""The front matter is TOML between two fences, and what is wrong is said with its line."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.course.front_matter import Entry, read


def page(*lines: str) -> str:
    return "\n".join(["+++", *lines, "+++", "# Body"])


def test_each_value_knows_the_line_of_its_key():
    entries, _ = read(
        page("a = 12", "# a = 13", 'text = "+++"', "", "[look]", "a = 1", "[[tasks]]", "id = 1", "[[tasks]]", "id = 2"),
        "lesson.md",
    )
    assert entries == {
        "a": Entry(12, 2),
        "text": Entry("+++", 4),
        "look": Entry({"a": 1}, 6),
        "tasks": Entry([{"id": 1}, {"id": 2}], 8),
    }


def test_the_body_begins_after_the_second_fence_and_may_hold_others():
    assert read("+++\na = 1\n+++\n# Title\n\n+++", "lesson.md")[1] == "# Title\n\n+++"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("id = 02", "line 3: the front matter is not TOML: "),
        ("answer = no", "line 3: the front matter is not TOML: Invalid value"),
        ("title: x", "line 3: the front matter is not TOML: Expected '='"),
        ("title =", "line 3: the front matter is not TOML: Invalid value"),
        ('text = "open', "line 3: the front matter is not TOML: "),
        (r'text = "\q"', "line 3: the front matter is not TOML: "),
        ("first = 2", "line 3: the front matter is not TOML: Cannot overwrite a value"),
        ("list = [1, 2", "line 4: the front matter is not TOML: Unclosed array"),
    ],
)
def test_a_mistake_is_said_once_with_its_line(line, said):
    with pytest.raises(InputError) as told:
        read(page("first = 1", line), "lesson.md")
    assert f"lesson.md, {said}" in str(told.value)
    assert str(told.value).count("line 3") + str(told.value).count("line 4") == 1
    assert "(at" not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("text", ["", "# Title", "+++\na = 1\n", "---\nid: x\n---\n"])
def test_both_fences_must_be_there(text):
    with pytest.raises(InputError, match=r"lesson.md, line"):
        read(text, "lesson.md")
