"""The submissions of a class: SUBMISSIONS/STUDENT/LESSON.py, and stray files that are no answer to a lesson."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

EXPECTED = "expected SUBMISSIONS/STUDENT/LESSON.py"


@dataclass(frozen=True)
class Stray:
    """A file that is no answer to a lesson, and the lesson that was probably meant."""

    file: str
    student: str
    meant: str

    @property
    def sentence(self) -> str:
        """The remark about this file."""
        meant = f"did you mean {self.meant}.py?" if self.meant else EXPECTED
        return f"{self.file} was not graded: it is no answer to a lesson; {meant}"


def students_in(submissions: Path) -> list[Path]:
    """The folders of the students, in the order of their names."""
    return sorted(one for one in submissions.iterdir() if one.is_dir() and not one.name.startswith("."))


def strays(submissions: Path, lessons: Sequence[str]) -> Iterator[Stray]:
    """The files that are no answers: misnamed, nested too deep, or in no student's folder."""
    for folder, folders, files in os.walk(submissions):
        folders[:] = sorted(one for one in folders if not one.startswith((".", "__")))
        inside = Path(folder).relative_to(submissions).parts
        for name in sorted(files):
            stem, ending = os.path.splitext(name)
            if ending.lower() not in (".py", ".ipynb", ".txt") or (
                len(inside) == 1 and ending == ".py" and stem in lessons
            ):
                continue
            shown = "/".join((*inside, name))
            yield Stray(shown, inside[0] if inside else "", meant_by(stem, lessons))


def meant_by(stem: str, lessons: Sequence[str]) -> str:
    """The lesson whose name is nearest to that of a file; "" when none is near.

    >>> meant_by("01_order_book (1)", ["01-order-book", "02-market-maker"])
    '01-order-book'
    >>> meant_by("notes", ["01-order-book"])
    ''
    """
    alike = stem.lower().replace("_", "-").replace(" ", "-")
    numbered = [one for one in lessons if alike.lstrip("0").partition("-")[0] == one.lstrip("0").partition("-")[0]]
    near = difflib.get_close_matches(alike, lessons, 1)
    return near[0] if near else numbered[0] if len(numbered) == 1 else ""
