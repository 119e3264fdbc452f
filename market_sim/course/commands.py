"""The commands of the course: functions that print to a stream and return an exit code.

0: done; 1: a check of the answer or of `lint` failed; 2: a wrong argument, raised as InputError.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.core.invocation import python
from market_sim.course.catalogue import find_lesson, load_course
from market_sim.course.gradebook import Classroom, grade_class
from market_sim.course.judging import Judging, judge
from market_sim.course.lesson import Lesson
from market_sim.course.lint import lint_course
from market_sim.course.look import command_of
from market_sim.course.progress import LessonRecord, Progress
from market_sim.course.reading import further_reading, next_lesson, open_sections, outcome, where_to_go_on
from market_sim.course.scaffold import write_lesson, write_scenario
from market_sim.course.verdict import lines

DONE, FAILED, INTERRUPTED = 0, 1, 130
COURSE = Path("lessons")
ANSWERS = Path("answers")
GLANCE_SECONDS = 0.5


def lesson_list(out: TextIO, course: Path = COURSE, answers: Path = ANSWERS) -> int:
    """List the lessons with goal, length and progress."""
    progress, lessons = Progress(answers), load_course(course)
    for lesson in lessons:
        record = progress.of(lesson)
        state = "passed" if record.passed else tries(record.tries) if record.tries else ""
        out.write(f"{lesson.id:<20} {lesson.minutes:>3} min  {lesson.points:>3} points  {state:<8} {lesson.title}\n")
        out.write(f"{'':<20} {lesson.goal}\n")
    start = where_to_go_on(lessons, progress)
    if start is not None:
        out.write(f"go on with: {python('lesson', 'start', start.id)}\n")
    return DONE


def lesson_read(id: str, out: TextIO, course: Path = COURSE, answers: Path = ANSWERS) -> int:
    """Print the sections of a lesson that are open, as on the site."""
    lesson = find_lesson(course, id)
    record = Progress(answers).of(lesson)
    out.write(f"# {lesson.title}\n\n{lesson.goal}\n\n")
    for place, (_, text) in enumerate(open_sections(lesson, record)):
        out.write(f"{text}\n\n")
        if place == 0:
            _write_prediction(lesson, record, out)
    if record.passed:
        out.writelines(f"further reading: {one}\n" for one in further_reading(lesson))
    return DONE


def _write_prediction(lesson: Lesson, record: LessonRecord, out: TextIO) -> None:
    out.write(f"## Predict, then look\n\n{lesson.prediction.question}\n")
    if not record.prediction:
        for place, choice in enumerate(lesson.prediction.choices, start=1):
            out.write(f"  {place}. {choice}\n")
        command = python("lesson", "predict", lesson.id, lesson.prediction.choices[0])
        out.write(f"\nLock one of these before you look, for example: {command}\n\n")
        return
    out.write(f"Your prediction is locked: {record.prediction}\n")
    if turned_out := outcome(lesson, record):
        out.write(f"It turned out: {turned_out}\n")
    out.write("\n")


def tries(number: int) -> str:
    """A number of tries in words."""
    return f"{number} {'try' if number == 1 else 'tries'}"


def lesson_start(id: str, out: TextIO, course: Path = COURSE, answers: Path = ANSWERS) -> int:
    """Copy the starter to the answers; an existing answer is kept."""
    lesson = find_lesson(course, id)
    mine = answers / f"{lesson.id}.py"
    if mine.exists():
        out.write(f"{mine} is there already; edit it, or begin anew with: {python('lesson', 'reset', lesson.id)}\n")
    else:
        answers.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(lesson.starter, mine)
        out.write(f"{mine} is yours to edit.\n")
    for task in lesson.tasks:
        out.write(f"  task {task.id}  {task.title}\n")
    out.write(f"read   {python('lesson', 'read', lesson.id)}\n")
    out.write(f"check  {python('lesson', 'check', lesson.id)}\n")
    out.write(f"or do all of it in the browser: {python('serve')}\n")
    return DONE


def lesson_check(
    id: str,
    out: TextIO,
    course: Path = COURSE,
    answers: Path = ANSWERS,
    how: Judging | None = None,
    watch: bool = False,
) -> int:
    """Check an answer; with `watch`, again after each change until it passes."""
    lesson, mine = find_lesson(course, id), answers / f"{find_lesson(course, id).id}.py"
    if not mine.is_file():
        raise InputError(f"there is no {mine}; begin with: {python('lesson', 'start', lesson.id)}")
    try:
        while True:
            changed = mine.stat().st_mtime_ns
            verdict = judge(lesson, mine, how or Judging(replays="results")).verdict
            progress = Progress(answers)
            progress.tried(lesson, verdict)
            out.writelines(f"{line}\n" for line in lines(verdict))
            if verdict.passed:
                out.write(f"read the debrief: {python('lesson', 'read', lesson.id)}\n")
                out.writelines(f"further reading: {one}\n" for one in further_reading(lesson))
                following = next_lesson(load_course(course), lesson)
                if following is not None:
                    out.write(f"next lesson, {following.title}: {python('lesson', 'start', following.id)}\n")
                return DONE
            if progress.may_see_solution(lesson):
                out.write(f"the model solution is {lesson.solution}\n")
            if not watch:
                return FAILED
            out.write(f"waiting for a change of {mine}; Ctrl-C ends\n")
            out.flush()
            while mine.stat().st_mtime_ns == changed:
                time.sleep(GLANCE_SECONDS)
    except KeyboardInterrupt:
        return INTERRUPTED


def lesson_hint(id: str, out: TextIO, task: int = 1, course: Path = COURSE, answers: Path = ANSWERS) -> int:
    """Print the next hint of a task."""
    lesson = find_lesson(course, id)
    if task not in {one.id for one in lesson.tasks}:
        raise InputError(f"{lesson.id} has the tasks {', '.join(str(one.id) for one in lesson.tasks)}, found {task}")
    progress = Progress(answers)
    found = progress.next_hint(lesson, task)
    if found is None:
        out.write(f"all hints of task {task} were shown:\n")
        out.writelines(f"{place}. {hint}\n" for place, hint in enumerate(lesson.hints[task], start=1))
    else:
        out.write(f"task {task}, hint {found[0]} of {len(lesson.hints[task])}: {found[1]}\n")
    return DONE


def lesson_reset(
    id: str, out: TextIO, confirm: Callable[[str], bool], course: Path = COURSE, answers: Path = ANSWERS
) -> int:
    """Begin a lesson again; asks first, and keeps the old answer beside the new one."""
    lesson = find_lesson(course, id)
    mine = answers / f"{lesson.id}.py"
    if not confirm(f"Begin {lesson.id} anew? Your answer is kept as {mine.name}.old; hints and tries are forgotten."):
        out.write("nothing was changed\n")
        return DONE
    if mine.exists():
        mine.replace(mine.with_name(mine.name + ".old"))
    Progress(answers).reset(lesson)
    return lesson_start(lesson.id, out, course, answers)


def lesson_progress(out: TextIO, course: Path = COURSE, answers: Path = ANSWERS) -> int:
    """Print the progress in the course in one line, and a line for each lesson that was begun."""
    progress, lessons = Progress(answers), load_course(course)
    out.write(progress.sentence(lessons) + "\n")
    for lesson in lessons:
        record = progress.of(lesson)
        if record.tries or record.hints or record.prediction:
            hints = sum(record.hints.values())
            out.write(
                f"  {lesson.id:<20} best {record.best:g}/{lesson.points}, {tries(record.tries)}, "
                f"{hints} {'hint' if hints == 1 else 'hints'}\n"
            )
    return DONE


def predict(id: str, choice: str, out: TextIO, course: Path = COURSE, answers: Path = ANSWERS) -> int:
    """Lock a prediction, before the run is shown."""
    lesson = find_lesson(course, id)
    choices = lesson.prediction.choices
    if choice.isdecimal() and choice not in choices and 1 <= int(choice) <= len(choices):
        choice = choices[int(choice) - 1]
    Progress(answers).predict(lesson, choice)
    out.write(f"locked: {choice}\n")
    out.write(f"look at the run: {command_of(lesson, python)}\n")
    return DONE


def grade(
    submissions: Path,
    table: Path,
    out: TextIO,
    screen: TextIO,
    documents: Path = Path("results"),
    course: Path = COURSE,
    how: Judging | None = None,
    workers: int = 2,
    lessons: Sequence[str] = (),
) -> int:
    """Grade a class: reads SUBMISSIONS/STUDENT/LESSON.py, writes the table, shows progress on the screen.

    Returns 0 for any marks, and 1 when checks of the instructor are broken; a broken check costs no student points.
    """
    room = Classroom(submissions, table, documents, course, how or Judging(), workers, tuple(lessons))
    try:
        graded = grade_class(room, screen)
    except KeyboardInterrupt:
        out.write("interrupted; the same command goes on from here\n")
        return INTERRUPTED
    out.write(
        f"{counted(graded.rows, 'row')} in {table}: {graded.judged} judged now, {graded.known} known from before\n"
    )
    out.write(f"isolation {graded.isolation}\n")
    out.writelines(f"{remark}\n" for remark in graded.remarks)
    if graded.faults:
        out.writelines(f"{fault}\n" for fault in graded.faults)
        out.write("grading itself did not work as it should: mend these checks and grade again; no points lost\n")
        return FAILED
    return DONE


def lint(out: TextIO, course: Path = COURSE, only: Sequence[str] = (), checks_dir: Path | None = None) -> int:
    """Check that every lesson keeps the rules for lessons."""
    findings = list(lint_course(course, only, checks_dir, out))
    out.writelines(f"{finding}\n" for finding in findings)
    out.write(f"{counted(len(findings), 'finding')}\n" if findings else "every lesson keeps its promises\n")
    return FAILED if findings else DONE


def new_scenario(name: str, out: TextIO, folder: Path = Path()) -> int:
    """Write a scenario that runs as it is."""
    file = write_scenario(name, folder)
    out.write(f"{file}\nrun it: {python('--scenario', str(file), '--headless')}\n")
    return DONE


def new_lesson(scenario: str, out: TextIO, course: Path = COURSE, checks_dir: Path | None = None) -> int:
    """Write a lesson about a scenario that passes `lint` as it is."""
    folder = write_lesson(scenario, course, checks_dir)
    out.write(f"{folder}\ncheck it: {python('lint', folder.name)}\n")
    return DONE
