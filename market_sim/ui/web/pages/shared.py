"""Helpers of several blueprints: the run or the number in a URL, or the right HTTP error; rows as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

from flask import Response, abort, current_app, request

from market_sim.course.gradebook import escaped
from market_sim.ui.web.run_library import OpenRun, RunLibrary

LARGEST_SIZE = 1_000_000
"""The largest quantity for which the venues of a run are compared."""
ON_A_PAGE = 50
"""The most rows of a long list on one page."""
NUMBER = re.compile(r"[-+]?[0-9][0-9,.]*")


def library() -> RunLibrary:
    """The run library of this site."""
    return current_app.extensions["library"]


def open_run(name: str) -> OpenRun:
    """The open run with this name; 404 when there is none, 422 when it is damaged."""
    entry = library().find(name)
    if entry is None:
        for one in library().damaged():
            if one.name == name:
                _unusable(f"run {name} cannot be shown: {one.problem}")
        abort(404, "there is no run of this name")
    return library().open(entry)


def whole(name: str, default: int, most: int) -> int:
    """A whole number in the query string; 422 when it is none."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        _unusable(f"{name} must be a whole number from 0 to {most}")
    return min(int(text), most)


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """A choice in the query string, the first one by default; 422 when it is unknown."""
    word = request.args.get(name, "") or choices[0]
    if word not in choices:
        _unusable(f"{name} must be one of {', '.join(filter(None, choices))}")
    return word


class Listed(NamedTuple):
    """One page of a long list: its rows, the place of the first one, and that of the first of the next page, if any."""

    rows: Sequence[Any]
    first: int
    following: int | None


def listed(rows: Sequence[Any]) -> Listed:
    """The page of these rows that begins at the place in the query string."""
    first = whole("from", 0, len(rows))
    end = first + ON_A_PAGE
    return Listed(rows[first:end], first, end if len(rows) > end else None)


def csv_file(head: Sequence[str], rows: Iterable[Sequence[object]], name: str) -> Response:
    """These rows as a file that a browser stores; no cell of text is a formula to a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    answer = Response(text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _cell(cell: object) -> object:
    return escaped(cell) if isinstance(cell, str) and not NUMBER.fullmatch(cell) else cell


def _unusable(sentence: str) -> NoReturn:
    abort(422, sentence)
