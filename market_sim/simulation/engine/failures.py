"""Errors in user code: each in one line, with the file and the line of the user.

The author of a strategy, a scenario or a mechanism needs the line in that file, not the line of ours that noticed. So
a frame of this package, of Python's library or of an installed one is named only when no frame is the user's.
"""

from __future__ import annotations

import os
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any

from market_sim.core.errors import InputError, InvariantBroken, MarketSimError

PACKAGE = str(Path(__file__).resolve().parents[2]) + os.sep
LIBRARIES = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")})


def where_it_failed(error: BaseException, decide: Callable[..., Any] | None = None) -> str:
    """The type of an error, its message, and the line in the user's file (by the file's name, without its path).

    Where no line of the user was running (`decide` yielded something that is no order), the line where `decide` begins.
    """
    frame = their_frame(error)
    code = getattr(decide, "__code__", None)
    if frame is not None:
        place = _place(frame.filename, frame.lineno)
    elif code is not None and is_theirs(code.co_filename):
        place = _place(code.co_filename, code.co_firstlineno)
    else:
        last = traceback.extract_tb(error.__traceback__)[-1:]
        place = _place(last[0].filename, last[0].lineno) if last else ""
    return f"{_said(error)} ({place})" if place else _said(error)


@contextmanager
def explained() -> Iterator[None]:
    """Turn an exception from a scenario, a mechanism or a conclusion into one sentence with the user's file and line.

    An error without a line of the user is ours: a MarketSimError passes unchanged, anything else is InvariantBroken.
    `sys.exit()` in the user's code is such an exception, too: it must not end this program with a code of its own.
    """
    try:
        yield
    except (InvariantBroken, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        frame = their_frame(error)
        if frame is not None:
            raise InputError(f"{_shown(frame.filename)}, line {frame.lineno}: {_said(error)}") from error
        if isinstance(error, MarketSimError | SystemExit):
            raise
        raise InvariantBroken(f"{type(error).__name__} in this program's own code: {error}") from error


def their_frame(error: BaseException) -> traceback.FrameSummary | None:
    """The innermost frame of the user; None where all are ours or a library's."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = (frame for frame in reversed(frames) if is_theirs(frame.filename) and not _is_generated(frame))
    return next(theirs, None)


def _is_generated(frame: traceback.FrameSummary) -> bool:
    """Whether this is the `__init__` that a dataclass gets: Python compiles it from a string, and nobody wrote it."""
    return (frame.filename, frame.name) == ("<string>", "__init__")


def is_theirs(filename: str) -> bool:
    """Whether this is code of the user: a file, a cell of a notebook, or a line at a prompt."""
    path = filename if filename.startswith("<") else os.path.abspath(filename)
    return not path.startswith((PACKAGE, "<frozen", *LIBRARIES))


def _said(error: BaseException) -> str:
    """The message of an error; other errors than ours get their type in front."""
    if isinstance(error, MarketSimError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _place(filename: str, line: int | None) -> str:
    return f"line {line} of {filename if filename.startswith('<') else PurePath(filename).name}"


def _shown(filename: str) -> str:
    """The path of a file: relative to the working directory when it lies below it, otherwise as it is."""
    path, here = Path(filename), Path.cwd()
    return str(path.relative_to(here)) if not filename.startswith("<") and path.is_relative_to(here) else filename
