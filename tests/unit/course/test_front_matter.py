"""The front matter is read strictly, and what is wrong is said with its line."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.course.front_matter import read


def values(*lines: str) -> dict[str, object]:
    entries, _ = read("\n".join(["---", *lines, "---", "# Body"]), "lesson.md")
    return {key: entry.value for key, entry in entries.items()}


def test_values_are_numbers_texts_lists_and_maps():
    found = values(
        "a: 12", 'b: "02"', "c: [1, two words, [x]]", 'd: [{id: 1, title: "A, b"}, {id: 2}]', "e: []", "f: {}"
    )
    assert found == {
        "a": 12,
        "b": "02",
        "c": [1, "two words", ["x"]],
        "d": [{"id": 1, "title": "A, b"}, {"id": 2}],
        "e": [],
        "f": {},
    }


def test_the_body_begins_after_the_second_fence():
    assert read("---\na: 1\n---\n# Title\n\ntext", "lesson.md")[1] == "# Title\n\ntext"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("id: 02", "line 3: put '02' in double quotes"),
        ("answer: no", "line 3: put 'no' in double quotes"),
        ("price: 1.5", "line 3: put '1.5' in double quotes"),
        ("when: 2026-01-01", "line 3: put '2026-01-01' in double quotes"),
        ("title: a: b", "line 3: put 'a: b' in double quotes"),
        ("title: 'single'", "line 3: put"),
        ("title: *anchor", "line 3: put"),
        ("title:", "line 3: expected a value"),
        ("Title: x", "line 3: expected `key: value`"),
        ("list: [1, 2", "line 3: expected ']'"),
        ("list: [1 2, [3]", "line 3: expected ']'"),
        ("map: {a: 1, a: 2}", "line 3: expected a new `key: value`"),
        ('text: "open', "line 3: a quotation mark has no partner"),
        ('text: "a" b', "line 3: expected the end of the line"),
        (r'text: "\q"', "line 3: "),
        ("first: 2", "line 3: first stands here twice, first in line 2"),
        ("- item", "line 3: expected `key: value`"),
    ],
)
def test_a_mistake_is_said_with_its_line(line, said):
    with pytest.raises(InputError) as told:
        values("first: 1", line)
    assert f"lesson.md, {said}" in str(told.value)


@pytest.mark.parametrize("text", ["", "# Title", "---\na: 1\n"])
def test_both_fences_must_be_there(text):
    with pytest.raises(InputError, match=r"lesson.md, line"):
        read(text, "lesson.md")
