"""The commands of the course: `lesson` for a student; `grade`, `lint`, `new-scenario`, `new-lesson` for a teacher."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from market_sim.core.errors import InputError
from market_sim.core.invocation import python
from market_sim.course import commands
from market_sim.course.judging import Judging
from market_sim.ui.cli.arguments import Parser, whole
from market_sim.ui.cli.places import new_file, new_folder

LESSON_VERBS = ("list", "start", "read", "check", "hint", "predict", "reset", "progress")


def lesson(arguments: Sequence[str]) -> int:
    """`simulate.py lesson VERB [ID]`."""
    parser = Parser(
        prog="simulate.py lesson", description="Take a lesson: see, start, read, check, get a hint.", allow_abbrev=False
    )
    parser.add_argument("verb", choices=LESSON_VERBS, metavar="VERB", help=", ".join(LESSON_VERBS))
    parser.add_argument("id", nargs="?", metavar="ID", help="the lesson, such as 01-order-book")
    parser.add_argument("choice", nargs="?", metavar="CHOICE", help="for predict: your choice")
    parser.add_argument("--task", type=whole(1), default=1, metavar="N", help="for hint: the number of the task")
    parser.add_argument("--watch", action="store_true", help="for check: check again after each change")
    parser.add_argument("--yes", action="store_true", help="for reset: do not ask")
    typed = parser.parse_args(list(arguments))
    out = sys.stdout
    if typed.verb == "list":
        return commands.lesson_list(out)
    if typed.verb == "progress":
        return commands.lesson_progress(out)
    if typed.id is None:
        raise InputError(f"lesson {typed.verb} needs the id of a lesson; see: {python('lesson', 'list')}")
    if typed.verb == "start":
        return commands.lesson_start(typed.id, out)
    if typed.verb == "read":
        return commands.lesson_read(typed.id, out)
    if typed.verb == "check":
        return commands.lesson_check(typed.id, out, watch=typed.watch)
    if typed.verb == "hint":
        return commands.lesson_hint(typed.id, out, typed.task)
    if typed.verb == "predict":
        if typed.choice is None:
            where = python("lesson", "read", typed.id)
            raise InputError(f"lesson predict needs your choice after the id; see the choices: {where}")
        return commands.predict(typed.id, typed.choice, out)
    return commands.lesson_reset(typed.id, out, lambda question: typed.yes or _asked(question))


def grade(arguments: Sequence[str]) -> int:
    """`simulate.py grade SUBMISSIONS/`: a whole class."""
    parser = Parser(prog="simulate.py grade", description="Grade the answers of a class.", allow_abbrev=False)
    parser.add_argument(
        "submissions", type=Path, metavar="SUBMISSIONS", help="a folder with one folder for each student"
    )
    parser.add_argument("--checks-dir", type=Path, metavar="DIR", help="the hidden checks, outside every checkout")
    parser.add_argument("--out", type=new_file, default="grades.csv", metavar="FILE", help="default grades.csv")
    parser.add_argument(
        "--json",
        type=new_folder,
        default="results",
        metavar="DIR",
        help="the folder of the documents, default results/",
    )
    parser.add_argument(
        "--workers", type=whole(1, 64), default=2, metavar="N", help="answers judged at once, default 2"
    )
    parser.add_argument("--timeout", type=whole(1, 3_600), metavar="N", help="the most seconds one check may take")
    typed = parser.parse_args(list(arguments))
    how = Judging()
    if typed.checks_dir is not None:
        how = replace(how, checks_dir=typed.checks_dir)
    if typed.timeout is not None:
        how = replace(how, timeout=float(typed.timeout))
    return commands.grade(
        typed.submissions, typed.out, sys.stdout, sys.stderr, documents=typed.json, how=how, workers=typed.workers
    )


def lint(arguments: Sequence[str]) -> int:
    """`simulate.py lint`: check that the lessons keep the rules for lessons."""
    parser = Parser(prog="simulate.py lint", description="Check all lessons, or those named.", allow_abbrev=False)
    parser.add_argument("only", nargs="*", metavar="ID", help="a lesson; default: all")
    parser.add_argument("--checks-dir", type=Path, metavar="DIR", help="the hidden checks, outside every checkout")
    typed = parser.parse_args(list(arguments))
    return commands.lint(sys.stdout, only=typed.only, checks_dir=typed.checks_dir)


def new_scenario(arguments: Sequence[str]) -> int:
    """`simulate.py new-scenario NAME`."""
    parser = Parser(
        prog="simulate.py new-scenario", description="Write a scenario that runs as it is.", allow_abbrev=False
    )
    parser.add_argument("name", metavar="NAME", help="of the scenario, for example my-room")
    return commands.new_scenario(parser.parse_args(list(arguments)).name, sys.stdout)


def new_lesson(arguments: Sequence[str]) -> int:
    """`simulate.py new-lesson SCENARIO`."""
    parser = Parser(prog="simulate.py new-lesson", description="Write a lesson that passes lint.", allow_abbrev=False)
    parser.add_argument("scenario", metavar="SCENARIO", help="what the lesson plays: a name or a .py file")
    parser.add_argument("--checks-dir", type=Path, metavar="DIR", help="where its hidden checks go")
    typed = parser.parse_args(list(arguments))
    return commands.new_lesson(typed.scenario, sys.stdout, checks_dir=typed.checks_dir)


def _asked(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
