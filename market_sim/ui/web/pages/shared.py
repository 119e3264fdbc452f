"""What several subjects need: the run, the job or the number behind a part of an address, or the right refusal."""

from __future__ import annotations

from typing import NoReturn

from flask import abort, current_app, request

from market_sim.ui.web.run_library import OpenRun, RunLibrary


def library() -> RunLibrary:
    """The runs of this site."""
    return current_app.extensions["library"]


def open_run(name: str) -> OpenRun:
    """The run of this name, read; 404 when there is none, 422 when it is damaged."""
    entry = library().find(name)
    if entry is None:
        for one in library().damaged():
            if one.name == name:
                _unusable(f"run {name} cannot be shown: {one.problem}")
        abort(404, "there is no run of this name")
    return library().open(entry)


def whole(name: str, default: int, most: int) -> int:
    """A whole number behind the question mark of an address; 422 when it is something else."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        _unusable(f"{name} must be a whole number from 0 to {most}")
    return min(int(text), most)


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """A word behind the question mark of an address, the first one when none is given; 422 when it is unknown."""
    word = request.args.get(name, "") or choices[0]
    if word not in choices:
        _unusable(f"{name} must be one of {', '.join(choices)}")
    return word


def _unusable(sentence: str) -> NoReturn:
    abort(422, sentence)
