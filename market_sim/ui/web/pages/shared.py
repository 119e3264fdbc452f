"""Helpers of several blueprints: the run or the number in a URL, or the right HTTP error."""

from __future__ import annotations

from typing import NoReturn

from flask import abort, current_app, request

from market_sim.ui.web.run_library import OpenRun, RunLibrary


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
        _unusable(f"{name} must be one of {', '.join(choices)}")
    return word


def _unusable(sentence: str) -> NoReturn:
    abort(422, sentence)
