"""The check set of a lesson: its visible and hidden checks, read once when grading begins, and tested before use.

The judges get copies, so an answer that overwrites checks on the disk changes no marks. A check that the model solution
does not pass is broken: it counts for no student, and grading reports it.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from market_sim.core.errors import InputError
from market_sim.course.checks_source import CheckSource, checks_in
from market_sim.course.judging import Judging, judge
from market_sim.course.lesson import Lesson
from market_sim.course.verdict import CheckVerdict, Verdict, total

NOT_FOR_JUDGES = ("solution.py", "starter.py")
"""The files of a lesson that no judge needs, beside the folder of wrong answers."""


@dataclass(frozen=True)
class CheckSet:
    """A lesson and its checks, with all files that judging needs."""

    lesson: Lesson
    files: tuple[tuple[str, bytes], ...]
    with_hidden: bool
    """Whether a folder with hidden checks was given; this lesson need not have any."""
    checks: tuple[CheckSource, ...]

    @property
    def maximum(self) -> float:
        """All points, hidden ones included; the same for every student, with or without a submission."""
        return total(check.points for check in self.checks)

    @classmethod
    def of(cls, lesson: Lesson, checks_dir: Path | None) -> CheckSet:
        """Read all files that judging needs; an error in them raises InputError."""
        checks = checks_in(lesson.checks, lesson.id)
        files = [(f"lessons/{lesson.id}/{name}", data) for name, data in _files(lesson.folder, NOT_FOR_JUDGES)]
        hidden = None if checks_dir is None else checks_dir / lesson.id / "checks.py"
        has_hidden = hidden is not None and hidden.is_file()
        if checks_dir is not None and hidden is not None:
            if has_hidden:
                checks += checks_in(hidden, f"{checks_dir.name}/{lesson.id}")
            elif lesson.hidden is not None:
                raise InputError(
                    f"{lesson.id} announces {lesson.hidden.checks} hidden checks, and there is no file {hidden}"
                )
            files += [(f"hidden/{lesson.id}/{name}", data) for name, data in _files(hidden.parent)]
            salt = checks_dir / "salt.txt"
            files += [("hidden/salt.txt", salt.read_bytes())] if salt.is_file() else []
        return cls(lesson, tuple(files), checks_dir is not None, tuple(checks))

    @property
    def digest(self) -> str:
        """A digest of all files that judging reads, and of the model solution, which tests the checks."""
        sha = hashlib.sha256()
        solution = self.lesson.solution.read_bytes() if self.lesson.solution.is_file() else b""
        for name, data in (*self.files, ("solution.py", solution)):
            sha.update(f"{name}\0{len(data)}\0".encode() + data)
        return sha.hexdigest()[:16]

    @contextmanager
    def laid_out(self) -> Iterator[tuple[Lesson, Path | None]]:
        """Copies of the lesson and of the hidden checks in a temporary folder that only this user may enter."""
        with tempfile.TemporaryDirectory(prefix="judging-") as place:
            for name, data in self.files:
                file = Path(place) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            hidden = Path(place) / "hidden" if self.with_hidden else None
            if hidden is not None:
                hidden.mkdir(exist_ok=True)  # other lessons may have all the hidden checks
            yield replace(self.lesson, folder=Path(place) / "lessons" / self.lesson.id), hidden

    def faults(self, how: Judging) -> dict[str, Fault]:
        """The broken checks by name: those that the model solution does not pass."""
        if not self.lesson.solution.is_file():
            return {}
        with self.laid_out() as (lesson, hidden):
            verdict = judge(lesson, self.lesson.solution, replace(how, checks_dir=hidden)).verdict
        if verdict.trouble:
            raise InputError(f"{self.lesson.id}: the checks cannot be used: {verdict.trouble}")
        points = {check.name: check.points for check in self.checks}
        return {
            check.name: Fault(self._fault(check), points.get(check.name, check.points))
            for check in verdict.checks
            if check.status != "passed"
        }

    def _fault(self, check: CheckVerdict) -> str:
        where = f"{self.lesson.id}, {'check' if check.visible else 'hidden check'} {check.name}"
        if check.status == "broken check":
            return f"{where} does not count: {check.reason}"
        said = f"{check.status}: {check.reason}" if check.reason else check.status
        return f"{where} does not count: the model solution does not pass it ({said})"


@dataclass(frozen=True)
class Fault:
    """A broken check: the sentence about it, and its points, which do not count."""

    sentence: str
    points: float


def without(verdict: Verdict, faulty: Collection[str]) -> Verdict:
    """The verdict without the points of broken checks."""
    return replace(verdict, checks=tuple(one.uncounted() if one.name in faulty else one for one in verdict.checks))


def _files(folder: Path, besides: Sequence[str] = ()) -> Iterator[tuple[str, bytes]]:
    """All files of a folder with their relative names, without compiled Python and wrong answers."""
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = file.relative_to(folder).as_posix()
        if file.is_file() and name not in besides and not {"wrong", "__pycache__"} & set(name.split("/")[:-1]):
            yield name, file.read_bytes()
