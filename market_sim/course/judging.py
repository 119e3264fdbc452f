"""The judge: one answer to one lesson, graded by pytest in a process of its own that can be ended from outside.

The command line, the page and the gradebook all come through here, so they all say the same.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from market_sim.course import judge_process
from market_sim.course.lesson import Lesson
from market_sim.course.verdict import Verdict, read

ROOT = Path(__file__).resolve().parents[2]
MOST_CHECKS = 20
"""So many checks of full length the outer limit allows for, hidden ones included."""
OUTER_SECONDS = 60
"""What starting, simulating and writing may take on top."""


@dataclass(frozen=True)
class Judging:
    """How answers are judged."""

    isolation: str = "auto"
    timeout: float | None = None
    """Caps the time limit of each lesson."""
    checks_dir: Path | None = None
    replays: str = ""
    """Where runs of failed checks are kept; empty for nowhere."""
    unsafe: bool = False
    """Run the answer inside the judge: practice, not a grade."""


@dataclass(frozen=True)
class Judged:
    """What came of it: the verdict, what the judge printed, how long it took."""

    verdict: Verdict
    said: str
    seconds: float


def judge(lesson: Lesson, answer: Path, how: Judging | None = None) -> Judged:
    """Let pytest check one answer; whatever happens to that process, there is a verdict."""
    how = how or Judging()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="verdict-") as place:
        file = Path(place) / "verdict.json"
        limit = OUTER_SECONDS + MOST_CHECKS * min(lesson.timeout, how.timeout or lesson.timeout)
        code, said = judge_process.run(arguments(lesson, answer, how, file), limit, Path(place))
        verdict = read(file.read_text(encoding="utf-8")) if file.is_file() else _none(lesson, code, said)
    return Judged(verdict, said, time.monotonic() - begun)


def arguments(lesson: Lesson, answer: Path, how: Judging, verdict: Path) -> list[str]:
    """`pytest lessons/ID --student answers/ID.py`, spelled out so that it works from every folder."""
    settings = ROOT / "pyproject.toml"
    options = ["-c", str(settings), "--rootdir", str(ROOT)] if settings.is_file() else []
    options += ["--check-timeout", f"{how.timeout:g}"] if how.timeout else []
    options += ["--checks-dir", str(how.checks_dir)] if how.checks_dir else []
    options += ["--unsafe-in-process"] if how.unsafe else ["--isolation", how.isolation]
    return [
        *("-p", "no:cacheprovider", "--noconftest", *options),
        *(str(lesson.folder.absolute()), "--student", str(answer.absolute())),
        *("--verdict", str(verdict), "--replays", how.replays),
    ]


def _none(lesson: Lesson, code: int, said: str) -> Verdict:
    """The verdict when the judge gave none."""
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "")
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    trouble = f"no verdict: the judge of this answer was ended {how}" + (f": {last[:200]}" if last else "")
    return Verdict(lesson.id, lesson.title, "", "", possible=lesson.points, trouble=trouble)
