"""The page of the course: every lesson with its requirements and its progress, and the learner's name."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.core.errors import InputError
from market_sim.course.lesson import Lesson
from market_sim.course.reading import where_to_go_on
from market_sim.ui.web.lesson_service import LONGEST_NAME, LessonService

pages = Blueprint("course", __name__)


def service() -> LessonService:
    """The lesson service of this site."""
    return current_app.extensions["lessons"]


@pages.get("/")
def overview() -> str:
    """The list of lessons; an unreadable lesson is shown with its error."""
    try:
        lessons, problem = service().lessons(), ""
    except InputError as error:
        lessons, problem = [], str(error)
    whole = [lesson for lesson in lessons if isinstance(lesson, Lesson)]
    progress = service().progress()
    return render_template(
        "course.html",
        lessons=lessons,
        problem=problem,
        progress=progress,
        sentence=progress.sentence(whole),
        titles={lesson.id: lesson.title for lesson in whole},
        points=sum(lesson.points for lesson in whole),
        earned=sum(min(progress.of(lesson).best, lesson.points) for lesson in whole),
        begun=any(one.tries or one.prediction or one.hints for one in map(progress.of, whole)),
        start=where_to_go_on(whole, progress),
        name=service().notebook.name,
    )


@pages.post("/name")
def name() -> ResponseReturnValue:
    """Store the name of the learner."""
    typed = request.form.get("name", "").strip()
    if len(typed) > LONGEST_NAME or not typed.isprintable():
        abort(422, f"a name has at most {LONGEST_NAME} printable characters")
    service().notebook.name = typed
    return redirect(url_for("course.overview"), 303)
