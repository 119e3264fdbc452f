"""The judge: grades one answer to one lesson by pytest, in a process of its own.

Command line, site and gradebook all use `judge`, so they give the same verdict.
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
"""The number of checks of full length, hidden ones included, that the outer time limit allows for."""
OUTER_SECONDS = 60
"""The additional time for starting, simulating and writing."""


@dataclass(frozen=True)
class Judging:
    """The settings for judging answers."""

    isolation: str = "auto"
    timeout: float | None = None
    """An upper bound for the time limit of each lesson."""
    checks_dir: Path | None = None
    replays: str = ""
    """The folder for runs of failed checks; empty to keep none."""


@dataclass(frozen=True)
class Judged:
    """The result: the verdict, the judge's output, the time it took."""

    verdict: Verdict
    said: str
    seconds: float


def judge(lesson: Lesson, answer: Path, how: Judging | None = None) -> Judged:
    """Check one answer; returns a verdict even when the judge process dies."""
    how = how or Judging()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="verdict-") as place:
        file = Path(place) / "verdict.json"
        limit = OUTER_SECONDS + MOST_CHECKS * min(lesson.timeout, how.timeout or lesson.timeout)
        code, said = judge_process.run(arguments(lesson, answer, how, file), limit, Path(place))
        verdict = read(file.read_text(encoding="utf-8")) if file.is_file() else _none(lesson, code, said)
    return Judged(verdict, said, time.monotonic() - begun)


def arguments(lesson: Lesson, answer: Path, how: Judging, verdict: Path) -> list[str]:
    """The arguments of `pytest lessons/ID --student answers/ID.py`, with absolute paths."""
    settings = ROOT / "pyproject.toml"
    options = ["-c", str(settings), "--rootdir", str(ROOT)] if settings.is_file() else []
    options += [
        "-o",
        "addopts=--import-mode=importlib --strict-markers --strict-config",
    ]  # one process, whatever tests take
    options += ["--check-timeout", f"{how.timeout:g}"] if how.timeout else []
    options += ["--checks-dir", str(how.checks_dir)] if how.checks_dir else []
    return [
        *("-p", "no:cacheprovider", "--noconftest", *options, "--isolation", how.isolation),
        *(str(lesson.folder.absolute()), "--student", str(answer.absolute())),
        *("--verdict", str(verdict), "--replays", how.replays),
    ]


def _none(lesson: Lesson, code: int, said: str) -> Verdict:
    """The verdict when the judge wrote none."""
    lines = [line for line in reversed(said.splitlines()) if line.strip()]
    last = next((line for line in lines if "error" in line.lower()), lines[0] if lines else "")
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    trouble = f"no verdict: the judge of this answer was ended {how}" + (f": {last[:200]}" if last else "")
    return Verdict(lesson.id, lesson.title, "", "", possible=lesson.points, trouble=trouble)
