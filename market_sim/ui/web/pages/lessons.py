"""The pages of one lesson: its text, and the forms for prediction, answer, check, hints and reset."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.core.errors import InputError
from market_sim.core.invocation import python, runnable
from market_sim.course.lesson import Lesson
from market_sim.course.reading import DEBRIEF, LOOK, further_reading, next_lesson, open_sections
from market_sim.ui.web.lesson_service import TooManyChecks, edition_of
from market_sim.ui.web.lesson_text import code_html, lesson_html
from market_sim.ui.web.pages.course import service
from market_sim.ui.web.pages.runs import shown
from market_sim.ui.web.pages.scenarios import take
from market_sim.ui.web.terms import GlossaryLinks

pages = Blueprint("lessons", __name__)

AREAS_OF = {
    "market": ("market",),
    "consensus": ("market", "consensus"),
    "settlement": ("market", "consensus", "settlement"),
}
"""The parts of the glossary whose words a track explains; a word of another part would be another word there."""


def find(id: str) -> Lesson:
    """The lesson with this id; 404 when there is none."""
    lesson = service().lesson(id)
    if lesson is None:
        abort(404, "there is no lesson with this id")
    return lesson


def back(lesson: Lesson, place: str) -> ResponseReturnValue:
    """A redirect to this anchor of the lesson page."""
    return redirect(url_for("lessons.page", id=lesson.id, _anchor=place), 303)


@pages.get("/lessons/<lesson:id>")
def page(id: str) -> str:
    """The page of a lesson."""
    return shown_page(find(id))


def shown_page(lesson: Lesson, draft: str | None = None, problem: str = "") -> str:
    """Render the page; with `draft`, it shows the typed text, which could not be saved."""
    record, progress = service().record(lesson), service().progress()
    run = service().run(lesson) if record.prediction else None
    answer = service().answer(lesson)
    terms = GlossaryLinks(url_for("site.glossary"), AREAS_OF[lesson.track])
    parts = [(title, lesson_html(text, terms)) for title, text in open_sections(lesson, record)]
    verdict = service().notebook.verdict(lesson.id)
    course = [one for one in service().lessons() if isinstance(one, Lesson)]
    return render_template(
        "lesson.html",
        lesson=lesson,
        record=record,
        introduction=parts[0][1],
        look=next((html for title, html in parts if title == LOOK), ""),
        tasks=[html for title, html in parts[1:] if title not in (LOOK, DEBRIEF)],
        debrief=lesson_html(runnable(lesson.debrief)) if record.passed else "",
        solution=code_html(lesson.solution.read_text("utf-8")) if progress.may_see_solution(lesson) else "",
        coloured=code_html(answer) if answer else "",
        answer=answer,
        draft=draft,
        problem=problem,
        edition=edition_of(answer or ""),
        verdict=verdict,
        replays={check.name: _replay(check.replay) for check in verdict.checks} if verdict else {},
        hints={task.id: lesson.hints.get(task.id, ())[: record.hints.get(str(task.id), 0)] for task in lesson.tasks},
        titles={one.id: one.title for one in course},
        further=further_reading(lesson),
        following=next_lesson(course, lesson),
        command=python("lesson", "check", lesson.id),
        run=run,
        at=run.last if run else 0,
        shown=shown,
    )


def keep_code(lesson: Lesson) -> ResponseReturnValue | None:
    """Save the code sent with another button, so that none is lost; the page with the draft if that fails."""
    if "code" not in request.form:
        return None
    code = request.form["code"]
    try:
        service().save(lesson, code, request.form.get("edition", ""))
    except InputError as problem:
        return shown_page(lesson, code.replace("\r\n", "\n"), str(problem)), 409
    return None


@pages.post("/lessons/<lesson:id>/look")
def look(id: str) -> ResponseReturnValue:
    """Lock the prediction, then start the run."""
    lesson = find(id)
    if (refused := keep_code(lesson)) is not None:
        return refused
    if not service().record(lesson).prediction:
        service().predict(lesson, request.form.get("choice", ""))
    if service().run(lesson) is not None:
        return back(lesson, "look")
    job = take(service().look(lesson), home=url_for("lessons.page", id=lesson.id, _anchor="look"))
    return redirect(url_for("live.page", number=job), 303)


@pages.post("/lessons/<lesson:id>/begin")
def begin(id: str) -> ResponseReturnValue:
    """Copy the starter."""
    lesson = find(id)
    service().begin(lesson)
    return back(lesson, "answer")


@pages.post("/lessons/<lesson:id>/answer")
def answer(id: str) -> ResponseReturnValue:
    """Save the text of the page, and check it if requested."""
    lesson = find(id)
    if "code" not in request.form:
        abort(422, "the form holds no code")
    if (refused := keep_code(lesson)) is not None:
        return refused
    if request.form.get("then") != "check":
        flash("Saved.")
        return back(lesson, "answer")
    return checked(lesson)


@pages.post("/lessons/<lesson:id>/check")
def check(id: str) -> ResponseReturnValue:
    """Check the file as it is, for work in an editor."""
    lesson = find(id)
    if (refused := keep_code(lesson)) is not None:
        return refused
    service().begin(lesson)
    return checked(lesson)


def checked(lesson: Lesson) -> ResponseReturnValue:
    """Check and show; 429 when too many checks run already."""
    try:
        service().check(lesson, Path(current_app.config["RESULTS"]).absolute())
    except TooManyChecks:
        abort(429, "other answers are being checked right now; try again in a moment")
    return back(lesson, "result")


@pages.post("/lessons/<lesson:id>/hint")
def hint(id: str) -> ResponseReturnValue:
    """One more hint of a task."""
    lesson = find(id)
    task = request.form.get("task", "")
    if task not in {str(one.id) for one in lesson.tasks}:
        abort(422, "there is no such task in this lesson")
    if (refused := keep_code(lesson)) is not None:
        return refused
    service().hint(lesson, int(task))
    return back(lesson, f"hints-{task}")


@pages.get("/lessons/<lesson:id>/reset")
def ask_reset(id: str) -> str:
    """The page that asks for confirmation of a reset."""
    return render_template("reset.html", lesson=find(id))


@pages.post("/lessons/<lesson:id>/reset")
def reset(id: str) -> ResponseReturnValue:
    """Begin the lesson again."""
    lesson = find(id)
    service().reset(lesson)
    flash(f"The lesson begins anew; your old answer is answers/{lesson.id}.py.old.")
    return back(lesson, "content")


def _replay(folder: str) -> str:
    """The name of a check's replay, if it is in the run library."""
    name = Path(folder).name if folder else ""
    return name if name and current_app.extensions["library"].find(name) else ""
