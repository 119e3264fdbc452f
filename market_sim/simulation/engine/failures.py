"""Failures in somebody's own code: the error in one line, with the file and the line that its author wrote.

Whoever writes a strategy, a scenario or a mechanism wants to know where it went wrong there, not where we noticed.
So a frame of this package, of Python's library or of an installed one is never named when there is one of theirs.
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


def where_it_failed(error: Exception, decide: Callable[..., Any] | None = None) -> str:
    """The kind of error, its message, and the place in its author's file: never a whole path of somebody's machine.

    Where no line of theirs was running (something was yielded that is no order), it is where `decide` begins.
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
    """Turn whatever a scenario, a mechanism or a conclusion raises into one sentence with its author's file and line.

    An error without a line of theirs is ours: our own sentences go on as they are, anything else is a broken promise.
    """
    try:
        yield
    except (InvariantBroken, MemoryError):
        raise
    except Exception as error:
        frame = their_frame(error)
        if frame is not None:
            raise InputError(f"{_shown(frame.filename)}, line {frame.lineno}: {_said(error)}") from error
        if isinstance(error, MarketSimError):
            raise
        raise InvariantBroken(f"{type(error).__name__} in this program's own code: {error}") from error


def their_frame(error: Exception) -> traceback.FrameSummary | None:
    """The innermost place that is neither ours nor a library's; None where there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame for frame in reversed(frames) if is_theirs(frame.filename)), None)


def is_theirs(filename: str) -> bool:
    """Whether this code was written by whoever uses this package: in a file, a notebook's cell or at a prompt."""
    path = filename if filename.startswith("<") else os.path.abspath(filename)
    return not path.startswith((PACKAGE, "<frozen", *LIBRARIES))


def _said(error: Exception) -> str:
    """An error of ours is a sentence already; of others the kind comes first."""
    if isinstance(error, MarketSimError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _place(filename: str, line: int | None) -> str:
    return f"line {line} of {filename if filename.startswith('<') else PurePath(filename).name}"


def _shown(filename: str) -> str:
    """A file as one would type it: relative when it lies below, else as it is."""
    path, here = Path(filename), Path.cwd()
    return str(path.relative_to(here)) if not filename.startswith("<") and path.is_relative_to(here) else filename
