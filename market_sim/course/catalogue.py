"""The list of lessons in a folder, and the search for one by its id."""

from __future__ import annotations

import difflib
from pathlib import Path

from market_sim.core.errors import InputError
from market_sim.course.lesson import LESSON_ID, Lesson, load_lesson


def lesson_folders(course: Path) -> dict[str, Path]:
    """The folders with a lesson, by name. An id is looked up here and never joined to a path."""
    if not course.is_dir():
        raise InputError(f"there is no folder {course} with lessons; start from the folder of the checkout")
    found = sorted(folder for folder in course.iterdir() if (folder / "lesson.md").is_file())
    return {folder.name: folder for folder in found}


def load_course(course: Path) -> tuple[Lesson, ...]:
    """All lessons of a folder, in the order of their names."""
    return tuple(load_lesson(folder) for folder in lesson_folders(course).values())


def find_lesson(course: Path, id: str) -> Lesson:
    """The lesson with this id; its number alone is enough when it is the only one with that number."""
    folders = lesson_folders(course)
    if id in folders:
        return load_lesson(folders[id])
    numbered = [name for name in folders if id and name.partition("-")[0] == id.zfill(2)]
    if len(numbered) == 1 and LESSON_ID.fullmatch(id):
        return load_lesson(folders[numbered[0]])
    near = difflib.get_close_matches(id[:64], folders, 1, cutoff=0.4)
    meant = f"did you mean {near[0]}?" if near else f"there is {', '.join(folders) or 'none'}"
    raise InputError(f"there is no lesson {id[:64]!r}; {meant}")
